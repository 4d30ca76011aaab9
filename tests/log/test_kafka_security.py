"""A broker that asks who comes: TLS both ways, SCRAM, and tokens of an authorization server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.authority import Authority
from tests.log.tokens import AUDIENCE, CLIENT, ISSUER, SECRET, tokens
from tests.servers.kafka import Kafka
from trunkline.log import Event, LogError, Topic, open_log

MODULE = "org.apache.kafka.common.security"


class Guarded(NamedTuple):
    """The broker, and the parts of the URL that lead to it."""

    broker: Kafka
    tls: str
    token_url: str
    stranger: str
    """An authority that the broker does not come from."""

    def url(self, *options: str) -> str:
        return f"kafka://127.0.0.1:{self.broker.secure_port}/?{'&'.join(('security=sasl_tls', self.tls, *options))}"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    authority = Authority(folder)
    certificate, key = authority.issue("broker")
    (folder / "store.pem").write_bytes(key.read_bytes() + certificate.read_bytes())
    own_certificate, own_key = authority.issue("client")
    stranger = folder / "stranger"
    stranger.mkdir()
    secure = "listener.name.secure"
    with tokens() as identity:
        broker = Kafka(
            folder / "kafka",
            {
                f"{secure}.ssl.keystore.type": "PEM",
                f"{secure}.ssl.keystore.location": str(folder / "store.pem"),
                f"{secure}.ssl.truststore.type": "PEM",
                f"{secure}.ssl.truststore.location": str(authority.file),
                f"{secure}.ssl.client.auth": "required",
                f"{secure}.sasl.enabled.mechanisms": "SCRAM-SHA-512,OAUTHBEARER",
                f"{secure}.scram-sha-512.sasl.jaas.config": f"{MODULE}.scram.ScramLoginModule required;",
                f"{secure}.oauthbearer.sasl.jaas.config": (f"{MODULE}.oauthbearer.OAuthBearerLoginModule required;"),
                f"{secure}.oauthbearer.sasl.server.callback.handler.class": (
                    f"{MODULE}.oauthbearer.OAuthBearerValidatorCallbackHandler"
                ),
                f"{secure}.oauthbearer.sasl.oauthbearer.jwks.endpoint.url": f"{identity.url}/keys",
                f"{secure}.oauthbearer.sasl.oauthbearer.expected.audience": AUDIENCE,
                f"{secure}.oauthbearer.sasl.oauthbearer.expected.issuer": ISSUER,
            },
            secure="SASL_SSL",
            format_options=("--add-scram", "SCRAM-SHA-512=[name=trunkline,password=scram-s3cret]"),
            jvm_options=(f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={identity.url}/keys",),
        )
        broker.start()
        tls = f"ca={authority.file}&certificate={own_certificate}&key=${{file:{own_key}}}"
        yield Guarded(broker, tls, f"{identity.url}/token", str(Authority(stranger).file))
        broker.kill()


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_PASSWORD", "scram-s3cret")
    monkeypatch.setenv("WRONG_PASSWORD", "wr0ng")
    monkeypatch.setenv("CLIENT_SECRET", SECRET)


def works(url: str, topic: str) -> bool:
    """Whether the log there takes an event and gives it back, in a transaction too."""
    log = open_log(url)
    try:
        log.create(Topic(name=topic))
        log.append(topic, [Event(b"a")])
        with log.transactional("writer").transaction() as transaction:
            transaction.append(topic, [Event(b"b")])
        log.settled(topic, 0)
        return [record.value for record in log.read(topic, 0, 0)] == [b"a", b"b"]
    finally:
        log.close()


def test_a_log_is_reached_by_tls_with_a_certificate_and_by_a_password(guarded: Guarded) -> None:
    assert works(guarded.url("user=trunkline", "password=${env:KAFKA_PASSWORD}"), "scram")


def test_a_log_is_reached_with_tokens_of_an_authorization_server(guarded: Guarded) -> None:
    options = (f"token_url={guarded.token_url}", f"client={CLIENT}", "client_secret=${env:CLIENT_SECRET}")
    assert works(guarded.url("mechanism=OAUTHBEARER", *options), "tokens")


@pytest.mark.parametrize(
    "options",
    [
        ("user=trunkline", "password=${env:WRONG_PASSWORD}"),
        ("mechanism=OAUTHBEARER", "token_url={token_url}", f"client={CLIENT}", "client_secret=${env:WRONG_PASSWORD}"),
    ],
    ids=["password", "client secret"],
)
def test_who_gives_a_wrong_secret_is_told_what_to_check(guarded: Guarded, options: tuple[str, ...]) -> None:
    given = [option.replace("{token_url}", guarded.token_url) for option in options]
    with pytest.raises(LogError, match="check its user, secret and rights") as refused:
        open_log(guarded.url(*given))
    assert "wr0ng" not in str(refused.value)


def test_a_broker_of_another_authority_is_not_trusted(guarded: Guarded) -> None:
    url = guarded.url("user=trunkline", "password=${env:KAFKA_PASSWORD}")
    with pytest.raises(LogError, match="do not trust each other"):
        open_log(url.replace(guarded.tls.split("&")[0], f"ca={guarded.stranger}"))
