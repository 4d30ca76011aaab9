"""The URL of a log on Kafka."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.log import LogError
from trunkline.log.kafka.address import parse


def test_a_url_says_where_the_brokers_are_and_what_the_log_is_called_there() -> None:
    address = parse("kafka://one:9092,two:9093/?prefix=belgicom.&replication=3&partitioner=murmur2&lease=2.5")
    assert address.bootstrap == address.client["bootstrap.servers"] == "one:9092,two:9093"
    assert (address.prefix, address.replication, address.partitioner) == ("belgicom.", 3, "murmur2")
    assert (address.lease, address.transaction, address.reads) == (2.5, 10.0, "checked")
    assert address.client["security.protocol"] == "plaintext"


def test_secrets_are_looked_up_and_never_stand_in_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_PASSWORD", "s3cret")
    url = "kafka://one:9092/?security=sasl_tls&ca=/ca.pem&mechanism=SCRAM-SHA-256&user=u&password=${env:KAFKA_PASSWORD}"
    client = parse(url).client
    assert client["sasl.password"] == "s3cret"
    assert (client["security.protocol"], client["sasl.mechanism"]) == ("sasl_ssl", "SCRAM-SHA-256")
    with pytest.raises(LogError, match="password") as refused:
        parse("kafka://one:9092/?security=sasl_tls&user=u&password=s3cret")
    assert "s3cret" not in str(refused.value)
    with pytest.raises(LogError, match="no user or password") as refused:
        parse("kafka://u:s3cret@one:9092/")
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("kafka://one:9092/?retention=3&colour=red", "colour, retention"),
        ("kafka://one:9092/?prefix=a&prefix=b", "prefix stands there twice"),
        ("kafka://one/", "host:port"),
        ("kafka://one:9092,/", "host:port"),
        ("kafka:///?prefix=a", "host:port"),
        ("kafka://one:9092/topic", "no path"),
        ("kafka://one:9092/?replication=0", "from 1 to 32"),
        ("kafka://one:9092/?lease=soon", "lease=soon"),
        ("kafka://one:9092/?partitioner=random", "crc32, murmur2"),
        ("kafka://one:9092/?security=ssl", "plain, tls"),
        ("kafka://one:9092/?security=sasl_tls&mechanism=GSSAPI", "SCRAM-SHA-512"),
        ("kafka://one:9092/?security=sasl_tls&user=u", "password is missing"),
        ("kafka://one:9092/?security=sasl_tls&mechanism=OAUTHBEARER&client=c", "token_url is missing"),
        ("kafka://one:9092/?ca=/ca.pem", "ca"),
        ("kafka://one:9092/?security=sasl_tls&user=u&password=${env:NOT_SET_ANYWHERE}", "NOT_SET_ANYWHERE"),
    ],
)
def test_a_url_that_is_wrong_is_refused_with_what_is_wrong_in_it(url: str, reason: str) -> None:
    with pytest.raises(LogError, match=reason):
        parse(url)


@given(st.text(max_size=60))
def test_whatever_stands_behind_the_scheme_is_an_address_or_refused(text: str) -> None:
    with suppress(LogError):
        parse(f"kafka://{text}")
