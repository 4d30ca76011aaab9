"""What looks into bodies, through the running Envoy: nothing passes unread, whatever way it is sent."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.gateway import http2
from tests.gateway.issuer import Issuer, declared
from tests.gateway.running import Running, eventually, gateway, load, openapi
from tests.gateway.upstream import Upstream, serving
from trunkline.gateway.policies.inspecting import COMPANION

OPEN = {"kind": "open", "reason": "a test of bodies, not of callers"}
OPERATIONS = {"list": "GET /thing", "make": "POST /thing"}
JSON = {"content-type": "application/json"}
XML = {"content-type": "application/xml"}
NAME = {"type": "string", "maxLength": 5, "x-classification": "personal"}
THING = {"type": "object", "properties": {"id": {"type": "string"}, "name": NAME, "size": {"type": "integer"}}}
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
TAKES = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {**THING, "required": ["name"]}}}}
}
IT = {"description": "it", "content": {"application/json": {"schema": THING}}}
ANSWERS = {"responses": {"200": IT, "4XX": {"description": "no"}}}
DESCRIBED = {"list": {"parameters": [LIMIT], **ANSWERS}, "make": {**TAKES, **ANSWERS}}
APIS: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "plain": ([], {}),
    "guarded": ([{"kind": "size", "body": "12 MiB"}, {"kind": "json-threats", "also": ["text/csv"]}], {}),
    "either": ([{"kind": "json-threats"}, {"kind": "xml-threats", "most": {"depth": 3}}], {}),
    "described": (
        [
            {"kind": "validate", "response": "refuse", "strict": True},
            {"kind": "fault", "percent": 100, "status": 503, "header": "x-break"},
        ],
        DESCRIBED,
    ),
    "changed": (
        [
            {"kind": "validate", "response": "refuse"},
            {
                "kind": "transform",
                "request": [{"do": "rename", "at": "/name", "to": "label"}, {"do": "set", "at": "/by", "value": "gw"}],
                "response": [{"do": "rename", "at": "/label", "to": "name"}],
            },
        ],
        DESCRIBED,
    ),
    "hidden": (
        [
            {"kind": "jwt", "replaces": True},
            {"kind": "mask", "hide": ["personal"], "except_scopes": ["thing.names"]},
        ],
        {each: {"x-classification": "internal", **ANSWERS} for each in OPERATIONS},
    ),
    "tiered": (
        [
            {"kind": "api-key", "replaces": True},
            {"kind": "mask", "hide": ["personal"], "ends": ["personal"], "except_tiers": ["gold"]},
        ],
        {each: {"x-classification": "internal", **ANSWERS} for each in OPERATIONS},
    ),
    "watched": (
        [
            {"kind": "json-threats", "shadow": True},
            {"kind": "validate", "request": "report", "response": "report"},
        ],
        DESCRIBED,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with serving() as running:
        yield running


@pytest.fixture(autouse=True)
def as_it_was(upstream: Upstream) -> Iterator[None]:
    yield
    upstream.answer, upstream.status, upstream.headers = None, 200, {}


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return Issuer(tmp_path_factory.mktemp("issuer"))


@pytest.fixture(scope="module")
def running(upstream: Upstream, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    files: dict[str, Any] = {
        "gateway.yaml": {
            "upstreams": {"things": {"addresses": [f"127.0.0.1:{upstream.port}"]}},
            "issuers": {"ours": declared(str(issuer.keys_file))},
            "tiers": {"gold": "1000 per second", "tin": "1000 per second"},
            "policies": [OPEN],
        }
    }
    for name, (policies, more) in APIS.items():
        files[f"{name}/openapi.yaml"] = openapi(f"/{name}/v1", OPERATIONS, **more)
        files[f"{name}/policies.yaml"] = {"upstream": "things", "policies": policies}
    files["hidden/policies.yaml"]["operations"] = {"list": [{"kind": "cache"}]}
    with gateway(tmp_path_factory.mktemp("gw"), files) as running:
        yield running


def post(running: Running, api: str, body: Any, headers: dict[str, str] = JSON, query: str = "") -> Any:
    return running.call(f"/{api}/v1/thing{query}", "POST", content=body, headers=headers)


def refusal(running: Running, response: Any) -> tuple[int, str, str]:
    """Its status, the kind of rule that decided, and what was found."""
    decision = running.why(response)
    assert decision.rule is not None
    assert decision.because
    assert response.json()["@type"] == "Error"
    return response.status_code, decision.rule.kind, decision.details


def send(running: Running, *parts: bytes) -> bytes:
    """A request as it is written, with what comes back to the end of its head."""
    with socket.create_connection(("127.0.0.1", int(running.url.rpartition(":")[2])), timeout=30) as caller:
        answer = b""
        for part in parts:
            caller.sendall(part)
            if part.endswith(b"100-continue\r\n\r\n"):
                while b"100 Continue\r\n\r\n" not in answer:
                    answer += caller.recv(65_536)
                answer = b""
        while b"\r\n\r\n" not in answer:
            answer += caller.recv(65_536)
    return answer


def companion(running: Running) -> int:
    """The process that listens at the companion's socket."""
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(running.places.companion(COMPANION)))
        pid, _, _ = struct.unpack("3i", caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return int(pid)


def test_a_body_that_is_not_json_is_refused_however_it_is_sent(running: Running, upstream: Upstream) -> None:
    before, bad = len(upstream.asked), b'{"a":1,"a":2}'
    answer = post(running, "guarded", bad)
    assert refusal(running, answer) == (400, "json-threats", "json-threats[duplicate]_/a")
    assert "json-threats[duplicate] /a" in answer.json()["message"]
    assert post(running, "guarded", iter([bad[:3], bad[3:]])).status_code == 400
    assert running.call("/guarded/v1/thing", content=bad, headers=JSON).status_code == 413  # a GET with a body
    assert running.call("/guarded/v1/thing", content=iter([bad]), headers=JSON).status_code == 413
    port = int(running.url.rpartition(":")[2])
    assert b"badRequest" in http2.post(port, "/guarded/v1/thing", bad)
    head = b"POST /guarded/v1/thing HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    length = f"content-length: {len(bad)}\r\n".encode()
    assert b" 400 " in send(running, head + length + b"expect: 100-continue\r\n\r\n", bad)
    assert b" 400 " in send(running, head + length + b"\r\n", *(bad[at : at + 1] for at in range(len(bad))))
    chunk = f"{len(bad):x}\r\n".encode() + bad + b"\r\n0\r\n"
    assert b" 400 " in send(running, head + b"transfer-encoding: chunked\r\n\r\n" + chunk + b"x-trailer: 1\r\n\r\n")
    assert len(upstream.asked) == before


def test_a_body_that_is_json_goes_on_as_it_is(running: Running) -> None:
    body = b' {"a": 1.10, "b":[ ]}\n'
    assert post(running, "guarded", body).json()["body"] == body.decode()
    assert post(running, "guarded", iter([body[:5], body[5:]])).json()["body"] == body.decode()
    port = int(running.url.rpartition(":")[2])
    assert json.loads(http2.post(port, "/guarded/v1/thing", body))["body"] == body.decode()
    assert post(running, "guarded", b"").status_code == 200
    assert running.call("/guarded/v1/thing").status_code == 200
    assert post(running, "guarded", b"a;b", {"content-type": "text/csv"}).json()["body"] == "a;b"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/json, text/plain"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/xml"},
        {"content-type": "multipart/form-data; boundary=json"},
        {**JSON, "content-encoding": "gzip"},
        {**JSON, "content-encoding": "identity, br"},
    ],
)
def test_a_body_under_another_name_is_refused(running: Running, upstream: Upstream, headers: dict[str, str]) -> None:
    before = len(upstream.asked)
    body = gzip.compress(b"{}", mtime=0) if "content-encoding" in headers else b"{}"
    status, kind, _ = refusal(running, post(running, "guarded", body, headers))
    assert (status, kind, len(upstream.asked)) == (415, "json-threats", before)


def test_ten_megabytes_of_brackets_are_refused_and_others_go_on(running: Running) -> None:
    answer = post(running, "guarded", b"[" * 10_000_000)
    assert refusal(running, answer)[:2] == (400, "json-threats")
    assert len(answer.json()["message"]) < 400
    assert post(running, "guarded", b"{}").status_code == 200


def test_xml_that_declares_entities_is_refused(running: Running, upstream: Upstream) -> None:
    laughs = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>'
    before = len(upstream.asked)
    assert refusal(running, post(running, "either", laughs, XML))[1:] == ("xml-threats", "xml-threats[doctype]")
    assert refusal(running, post(running, "either", b"<a><b><c><d/></c></b></a>", XML))[0] == 400
    assert refusal(running, post(running, "either", b"<a/>", JSON))[1] == "json-threats"
    assert refusal(running, post(running, "either", b"{}", XML))[1] == "xml-threats"
    assert len(upstream.asked) == before
    assert post(running, "either", b"<a><b>1</b></a>", XML).json()["body"] == "<a><b>1</b></a>"
    assert post(running, "either", b"{}").status_code == 200


@pytest.mark.parametrize(
    ("body", "headers", "query", "status", "found"),
    [
        (b'{"name":"toolong"}', JSON, "", 422, "validate[maxLength]_/name"),
        (b'{"size":1}', JSON, "", 422, "validate[required]_/name"),
        (b"{", JSON, "", 400, "validate[syntax]_/"),
        (b"", JSON, "", 400, "validate[required]_body"),
        (b"a", {"content-type": "text/plain"}, "", 415, "validate[content-type]"),
        (b'{"name":"a"}', JSON, "?admin=1", 400, "validate[query]_admin"),
    ],
)
def test_a_request_that_is_not_as_the_file_says_is_refused(
    running: Running, upstream: Upstream, body: bytes, headers: dict[str, str], query: str, status: int, found: str
) -> None:
    before, upstream.answer = len(upstream.asked), b"{}"
    answer = post(running, "described", body, headers, query)
    assert refusal(running, answer) == (status, "validate", found)
    assert len(upstream.asked) == before
    assert "toolong" not in answer.text


def test_a_request_that_is_as_the_file_says_goes_on(running: Running, upstream: Upstream) -> None:
    upstream.answer = b'{"id":"7"}'
    assert post(running, "described", b'{"name":"a"}').json() == {"id": "7"}
    assert running.call("/described/v1/thing?limit=2").json() == {"id": "7"}
    assert refusal(running, running.call("/described/v1/thing?limit=x"))[0] == 400
    assert refusal(running, running.call("/described/v1/thing", content=b"{}", headers=JSON))[2] == "validate[body]"


@pytest.mark.parametrize(
    ("answer", "status", "headers", "found"),
    [
        (b'{"name":"s3cret-name"}', 200, {}, "validate[maxLength]_/name"),
        (b"<h1>s3cret</h1>", 200, {"content-type": "text/html"}, "validate[content-type]"),
        (b'{"name":', 200, {}, "validate[syntax]"),
        (b"s3cret", 500, {}, "validate[status]"),
        (gzip.compress(b"{}", mtime=0), 200, {"content-encoding": "gzip"}, "validate[content-encoding]"),
    ],
)
def test_a_response_that_is_not_as_the_file_says_is_told_to_nobody(
    running: Running, upstream: Upstream, answer: bytes, status: int, headers: dict[str, str], found: str
) -> None:
    upstream.answer, upstream.status, upstream.headers = answer, status, headers
    got = running.call("/described/v1/thing")
    assert refusal(running, got) == (502, "validate", found)
    assert "s3cret" not in got.text + str(got.headers)
    assert "/name" not in got.text


def test_what_the_gateway_itself_answers_is_not_the_upstreams_fault(running: Running, upstream: Upstream) -> None:
    upstream.answer = b"{}"
    broken = running.call("/described/v1/thing", headers={"x-break": "1"})
    assert (broken.status_code, broken.json()["code"]) == (503, "unavailable")  # which the file does not describe


def test_a_body_is_transformed_behind_the_files_back(running: Running, upstream: Upstream) -> None:
    """The file says what callers see: a request is held against it before, a response after."""
    upstream.answer = b'{"id":"7","label":"b","size":1}'
    answer = post(running, "changed", b'{"name":"a","size":12345678901234567890}')
    assert answer.json() == {"id": "7", "name": "b", "size": 1}
    assert upstream.asked[-1]["body"] == '{"size":12345678901234567890,"label":"a","by":"gw"}'
    assert refusal(running, post(running, "changed", b'{"label":"a"}'))[2] == "validate[required]_/name"
    upstream.answer = b'{"label":"toolong"}'
    assert refusal(running, running.call("/changed/v1/thing"))[2] == "validate[maxLength]_/name"
    upstream.status, upstream.answer = 404, b'{"label":"kept"}'
    assert running.call("/changed/v1/thing").json() == {"label": "kept"}


def test_a_field_is_hidden_from_whom_it_is_not_for(running: Running, upstream: Upstream, issuer: Issuer) -> None:
    """Also where the cache has kept the response: what it keeps is not what anybody gets."""
    upstream.answer = b'{"id":"7","name":"Ann","size":1.50}'
    upstream.headers = {"cache-control": "public, max-age=3600", "etag": '"1"'}
    some, all_ = issuer.bearer(), issuer.bearer(scope="thing.names other")
    for _ in range(2):
        answer = running.call("/hidden/v1/thing", headers=some)
        assert answer.text == '{"id":"7","size":1.50}'
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers
        assert running.call("/hidden/v1/thing", headers=all_).json()["name"] == "Ann"
    part = running.call("/hidden/v1/thing", headers={**some, "range": "bytes=0-30", "accept-encoding": "gzip"})
    assert part.json() == {"id": "7", "size": 1.5}
    assert post(running, "hidden", b"{}", {**JSON, **some}).json() == {"id": "7", "size": 1.5}
    assert running.call("/hidden/v1/thing").status_code == 401


def test_a_response_that_is_too_large_to_be_looked_into_is_told_to_nobody(
    running: Running, upstream: Upstream, issuer: Issuer
) -> None:
    upstream.answer = b'{"name":"' + b"Ann" * 700_000 + b'"}'
    got = post(running, "hidden", b"{}", {**JSON, **issuer.bearer()})
    assert (got.status_code, "Ann" in got.text) == (500, False)
    assert running.why(got).because == "the upstream's answer is larger than can be looked into"
    assert post(running, "plain", b"{}").content == upstream.answer


def test_a_field_is_hidden_by_the_level_of_an_applications_key(running: Running, upstream: Upstream) -> None:
    upstream.answer = b'{"name":"Ann-Sophie Peeters"}'
    until = datetime.now(UTC) + timedelta(days=1)
    for tier, told in (("tin", "Ann-S***ers"), ("gold", "Ann-Sophie Peeters")):
        key = {"x-api-key": running.register.issue("shop", tier, until).text, "x-trunkline-tier": "gold"}
        eventually(lambda key=key: running.call("/tiered/v1/thing", headers=key).status_code == 200)
        assert running.call("/tiered/v1/thing", headers=key).json() == {"name": told}


@pytest.mark.parametrize(
    ("answer", "headers"),
    [
        (b"name=Ann", {"content-type": "text/plain"}),
        (b'{"name":"Ann"', {}),
        (gzip.compress(b'{"name":"Ann"}', mtime=0), {"content-encoding": "gzip"}),
        (b"[" * 100_000, {}),
    ],
)
def test_a_response_in_which_nothing_could_be_hidden_is_told_to_nobody(
    running: Running, upstream: Upstream, issuer: Issuer, answer: bytes, headers: dict[str, str]
) -> None:
    upstream.answer, upstream.headers = answer, headers
    got = post(running, "hidden", b"{}", {**JSON, **issuer.bearer()})
    assert refusal(running, got)[:2] == (502, "mask")
    assert "Ann" not in got.text


def test_a_shadow_refuses_nothing_and_says_what_it_would_have(running: Running, upstream: Upstream) -> None:
    upstream.answer = b'{"size":"x"}'
    answer = post(running, "watched", b'{"name":1,"name":2}')
    assert (answer.status_code, answer.content) == (200, upstream.answer)
    decision = running.why(answer)
    assert [rule.kind for rule in decision.shadows] == ["json-threats", "validate"]
    assert decision.found["json-threats"] == "json-threats[duplicate] /name"
    fine = post(running, "watched", b'{"name":"a"}')
    assert running.why(fine).found == {"validate": "validate[type] /size"}


def test_a_request_meets_the_rules_of_the_plan_that_it_came_under(running: Running, upstream: Upstream) -> None:
    """Its head comes under one plan, its body when another is in force already."""
    head = b"POST /guarded/v1/thing HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 5\r\n\r\n"
    before, policies = len(upstream.asked), APIS["guarded"][0]
    with socket.create_connection(("127.0.0.1", int(running.url.rpartition(":")[2])), timeout=30) as caller:
        caller.sendall(head)
        eventually(lambda: running.admin.stats("downstream_rq_active").get("http.gateway.downstream_rq_active", 0) >= 1)
        tighter = [policies[0], {"kind": "json-threats", "most": {"depth": 1}}]
        running.write("guarded/policies.yaml", {"upstream": "things", "policies": tighter})
        assert refusal(running, post(running, "guarded", b"[[1]]"))[2] == "json-threats[depth]_/0"
        caller.sendall(b"[[1]]")
        assert b" 200 " in caller.recv(65_536)
    assert len(upstream.asked) == before + 1
    running.write("guarded/policies.yaml", {"upstream": "things", "policies": policies})


def test_without_its_companion_nothing_passes_unread_and_the_rest_goes_on(running: Running, upstream: Upstream) -> None:
    """It is killed under load: what comes meanwhile is refused, and then all is well again."""
    upstream.answer = b'{"id":"7"}'
    killed = companion(running)
    with load(f"{running.url}/described/v1/thing") as seen:
        eventually(lambda: seen["200"] > 5)
        before = len(upstream.asked)
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: seen["503"] > 5)
        assert post(running, "guarded", b'{"a":1,"a":2}').status_code in (400, 503)
        assert running.call("/plain/v1/thing").status_code == 200
        assert running.call("/guarded/v1/thing").status_code == 200  # has no body to look into
        refused = post(running, "guarded", b"{}")
        after = seen["200"]
        eventually(lambda: seen["200"] > after + 5)
    assert set(seen) == {"200", "503"}
    assert len(upstream.asked) > before
    if refused.status_code == 503:
        assert running.why(refused).because == "the companion that looks into bodies did not answer"
    assert post(running, "guarded", b'{"a":1,"a":2}').status_code == 400
    assert companion(running) != killed


def test_rules_that_are_gone_are_no_leave_to_pass(running: Running, upstream: Upstream) -> None:
    """The companion is a new one, and cannot find what a route names."""
    before = len(upstream.asked)
    for file in running.places.rules("").parent.iterdir():
        file.unlink()
    os.kill(killed := companion(running), signal.SIGKILL)
    eventually(lambda: running.places.companion(COMPANION).exists() and _answers(running, killed))
    assert post(running, "guarded", b"{}").status_code == 503
    assert len(upstream.asked) == before


def _answers(running: Running, killed: int) -> bool:
    try:
        return companion(running) != killed
    except ConnectionRefusedError:
        return False


@pytest.mark.prove
def test_no_bad_body_passes_whenever_the_companion_is_killed(upstream: Upstream, tmp_path: Any) -> None:
    files = {
        "gateway.yaml": {
            "upstreams": {"things": {"addresses": [f"127.0.0.1:{upstream.port}"]}},
            "policies": [OPEN, {"kind": "json-threats"}],
        },
        "things/openapi.yaml": openapi("/things/v1", OPERATIONS),
        "things/policies.yaml": {"upstream": "things"},
    }
    with gateway(tmp_path, files) as running:
        stop, seen = threading.Event(), {"good": Counter[int](), "bad": Counter[int]()}

        def ask(kind: str, body: bytes) -> None:
            with httpx.Client(timeout=60) as client:
                while not stop.is_set():
                    answer = client.post(f"{running.url}/things/v1/thing", content=body, headers=JSON)
                    seen[kind][answer.status_code] += 1

        bodies = (("good", b'{"fine":1}'), ("bad", b'{"bad":1,"bad":2}'), ("bad", b'{"bad":' * 1_000))
        threads = [threading.Thread(target=ask, args=body) for body in bodies]
        for thread in threads:
            thread.start()
        try:
            for _ in range(5):
                eventually(lambda killed=0: _answers(running, killed))
                good = seen["good"][200]
                eventually(lambda good=good: seen["good"][200] > good + 20)
                refused = seen["good"][503]
                os.kill(companion(running), signal.SIGKILL)
                eventually(lambda refused=refused: seen["good"][503] > refused)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    assert set(seen["good"]) == {200, 503}
    assert set(seen["bad"]) == {400, 503}
    assert not any("bad" in each["body"] for each in upstream.asked if each["path"] == "/things/v1/thing")
