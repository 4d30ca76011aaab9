"""A registry that is ill, strict or not there: what is tried again, and what the message says to do."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from tests.registry.conftest import EVENT, codec, contract
from tests.registry.scripted import Answer, scripted
from tests.servers.process import free_ports
from tests.systems.certificates import self_signed
from trunkline.registry import RegistryError
from trunkline.registry.client import Registry
from trunkline.registry.written import AGAIN

ILL: Answer = (503, '{"error_code":50301,"message":"no leader"}')
UNKNOWN: Answer = (404, '{"error_code":40403,"message":"Schema not found"}')
REGISTERED: Answer = (200, '{"id":7}')
SCHEMA: Answer = (200, '{"schema":"{\\"type\\":\\"object\\"}","schemaType":"JSON"}')
WIRE = b"\0\0\0\0\7" + EVENT


def refused(*answers: Answer, event: bytes = EVENT) -> str:
    """What is said where the schema of `things` is registered with a registry that answers so."""
    with scripted(*answers) as registry, pytest.raises(RegistryError) as error:
        codec(registry.url, contract("things")).to_wire("things", [event])
    return str(error.value).replace(registry.url, "URL")


def test_a_registry_that_is_ill_for_a_moment_is_asked_again() -> None:
    with scripted(ILL, ILL, SCHEMA) as registry:
        assert Registry(registry.url, retries=3).schema(7).type == "JSON"
    assert [request for request, _ in registry.asked] == ["GET /schemas/ids/7"] * 3


def test_one_that_stays_ill_is_no_events_fault() -> None:
    assert refused(ILL) == (
        "the schema registry URL, things-value: it fails: no leader (503, code 50301); try again when it is well"
    )
    with scripted(ILL) as registry, pytest.raises(RegistryError, match="schema 7: it fails: no leader"):
        codec(registry.url, contract("things")).from_wire("things", [WIRE])


def test_one_that_is_not_there_is_told_with_its_address() -> None:
    [port] = free_ports(1)
    with pytest.raises(RegistryError, match=rf"http://127.0.0.1:{port}, things-value: it cannot be reached: Connect"):
        codec(f"http://127.0.0.1:{port}", contract("things")).to_wire("things", [EVENT])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((401, '{"error_code":40101,"message":"Unauthorized"}'),
         "it does not let us: Unauthorized (401, code 40101); see user, password and token under [schema_registry]"),
        ((403, "<html>"), "it does not let us: Unknown Schema Registry Error"),
        ((404, "<html>"), "nothing is there: Unknown Schema Registry Error"),
        ((404, '{"error_code":404,"message":"HTTP 404 Not Found"}'),
         "is `url` under [schema_registry] the address of Confluent's API, with its path?"),
        ((409, '{"error_code":409,"message":"Schema being registered is incompatible: READER_FIELD_MISSING"}'),
         "does not go with those before it: Schema being registered is incompatible: READER_FIELD_MISSING (409"),
        ((422, '{"error_code":42201,"message":"Invalid schema"}'), "it does not take the schema: Invalid schema"),
        ((200, "<html>it is I, a proxy"), "it cannot be reached: JSONDecodeError"),
    ],
)  # fmt: skip
def test_each_refusal_says_which_subject_and_what_to_do(answer: Answer, said: str) -> None:
    message = refused(answer)
    assert message.startswith("the schema registry URL, things-value: ")
    assert said in message


def test_an_address_where_nothing_is_makes_no_event_unreadable() -> None:
    with scripted((404, "<html>")) as registry, pytest.raises(RegistryError, match="nothing is there"):
        codec(registry.url, contract("things")).from_wire("things", [WIRE])


def test_a_schema_is_asked_for_once_and_an_unknown_one_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("trunkline.registry.written.time.monotonic", lambda: clock[0])
    with scripted(UNKNOWN, SCHEMA) as registry:
        ours = codec(registry.url, contract("things"))
        reason = f"the schema registry {registry.url} has no schema 7: Schema not found (404, code 40403)"
        assert ours.from_wire("things", [WIRE, WIRE]) == ([WIRE, WIRE], [(0, reason), (1, reason)])
        clock[0] += AGAIN / 2
        assert ours.from_wire("things", [WIRE])[1] == [(0, reason)]
        assert len(registry.asked) == 1
        clock[0] += AGAIN
        assert ours.from_wire("things", [WIRE, WIRE]) == ([EVENT, EVENT], [])
        assert ours.from_wire("things", [WIRE]) == ([EVENT], [])
    assert len(registry.asked) == 2


def test_schemas_are_kept_up_to_a_bound_and_asked_for_again_beyond_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trunkline.registry.written.KEPT", 3)
    with scripted(SCHEMA) as registry:
        ours = codec(registry.url, contract("things"))
        for id in (1, 2, 3, 4, 4, 2, 1):
            assert ours.from_wire("things", [b"\0\0\0\0" + bytes([id]) + EVENT]) == ([EVENT], [])
        assert [request[-1] for request, _ in registry.asked] == ["1", "2", "3", "4", "1"]


def test_a_registry_that_keeps_compatibility_to_itself_is_let_be(caplog: pytest.LogCaptureFixture) -> None:
    with scripted(REGISTERED, (403, '{"error_code":40301,"message":"read only"}')) as registry:
        ours = codec(registry.url, contract("things"))
        assert ours.to_wire("things", [EVENT, None])[0] is not None
    assert "the compatibility of things-value stays as it is" in caplog.text


def test_a_password_is_sent_and_never_told() -> None:
    with scripted((401, "no")) as registry, pytest.raises(RegistryError) as error:
        Registry(registry.url, user="trunkline", password="se:cret").schema(1)
    assert registry.asked == [("GET /schemas/ids/1", f"Basic {b64encode(b'trunkline:se:cret').decode()}")]
    assert "cret" not in str(error.value)


def test_a_token_is_taken_anew_for_each_request() -> None:
    tokens = iter(["one", "two"])
    with scripted(SCHEMA) as registry:
        client = Registry(registry.url, token=lambda: next(tokens))
        client.schema(1)
        client.schema(2)
    assert [login for _, login in registry.asked] == ["Bearer one", "Bearer two"]


def test_only_a_registry_whose_certificate_comes_from_ca_is_believed(tmp_path: Path) -> None:
    its, key = tmp_path / "registry.pem", tmp_path / "registry.key"
    self_signed(its, key)
    with scripted(SCHEMA, certificate=(its, key)) as registry:
        assert Registry(registry.url, ca=str(its)).schema(1).type == "JSON"
        with pytest.raises(RegistryError, match="CERTIFICATE_VERIFY_FAILED"):
            Registry(registry.url, retries=0).schema(1)
    with pytest.raises(RegistryError, match=r"its certificates: .*No such file"):
        Registry(registry.url, ca=str(tmp_path / "none.pem"))
