"""What the gateway does with every request, whatever the policies: routing, refusals, what it believes of a caller."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.gateway.running import Running, gateway, openapi
from tests.gateway.upstream import Upstream, serving

OPERATIONS = {"list": "GET /thing", "get": "GET /thing/{id}", "special": "GET /thing/special", "make": "POST /thing"}
OPEN = {"kind": "open", "reason": "a test of routes, not of callers"}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def running(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    files = {
        "gateway.yaml": {
            "upstreams": {"things": {"addresses": [f"127.0.0.1:{upstream.port}"], "health": "/healthz"}},
            "policies": [OPEN],
            "largest_body": "10 kB",
        },
        "things/openapi.yaml": openapi("/things/v1", OPERATIONS),
        "things/policies.yaml": {"upstream": "things"},
        "others/openapi.yaml": openapi("/things/v2", {"other": "GET /thing"}),
        "others/policies.yaml": {"upstream": "things"},
    }
    with gateway(tmp_path_factory.mktemp("gw"), files) as running:
        yield running


def test_an_operation_of_the_openapi_file_reaches_the_upstream(running: Running) -> None:
    answer = running.call("/things/v1/thing/7?a=b")
    assert (answer.status_code, answer.json()["path"]) == (200, "/things/v1/thing/7?a=b")
    assert running.call("/things/v2/thing").status_code == 200


def test_what_no_openapi_file_has_is_404_as_tmf630_wants_it(running: Running) -> None:
    answer = running.call("/things/v1/else")
    assert answer.status_code == 404
    error = answer.json()
    assert (error["code"], error["status"], error["@type"]) == ("notFound", "404", "Error")
    assert answer.headers["x-request-id"] in error["message"]


def test_a_method_that_is_not_offered_is_405_with_those_that_are(running: Running) -> None:
    answer = running.call("/things/v1/thing", "DELETE")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert answer.json()["code"] == "methodNotAllowed"


def test_a_fixed_path_is_found_before_one_that_varies(running: Running) -> None:
    answer = running.call("/things/v1/thing/special")
    assert running.why(answer).route == "things.special"


@pytest.mark.parametrize(
    "path", ["/things/v1/thing%2fspecial", "/things/v1/thing/..%2f..%2fadmin", "/things/v1/thing%5Cspecial"]
)
def test_an_encoded_slash_is_refused(running: Running, upstream: Upstream, path: str) -> None:
    before = len(upstream.asked)
    status, body = raw(running, f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert (status, len(upstream.asked)) == (400, before)
    assert b'"code":"badRequest"' in body
    assert b"request -" not in body  # it has an id all the same


def test_an_encoded_slash_in_front_of_any_api_leads_nowhere(running: Running, upstream: Upstream) -> None:
    before = len(upstream.asked)
    for path in ("/things%2Fv1/thing", "/things/v1%5Cthing", "/%2e%2e%2fthings/v1/thing"):
        status, _ = raw(running, f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert (status, len(upstream.asked)) == (404, before)


@pytest.mark.parametrize("dots", ["..", "%2e%2e", ".%2E"])
def test_dots_cannot_lead_to_another_operation_unseen(running: Running, dots: str) -> None:
    status, body = raw(running, f"GET /things/v1/thing/{dots}/else HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert status == 404, body


@pytest.mark.parametrize("header", ["x-trunkline-client", "X-Trunkline-Application", "x-trunkline-subject"])
def test_nobody_can_say_who_they_are_in_our_headers(running: Running, header: str) -> None:
    answer = running.call("/things/v1/thing", headers={header: "gold.me"})
    assert header.lower() not in answer.json()["headers"]


def test_an_address_that_a_header_claims_is_not_believed(running: Running) -> None:
    answer = running.call("/things/v1/thing", headers={"x-forwarded-for": "10.9.9.9"})
    assert running.why(answer).caller == "from 127.0.0.1"
    assert answer.json()["headers"]["x-envoy-external-address"] == "127.0.0.1"


def test_a_request_id_that_the_caller_made_up_is_replaced(running: Running) -> None:
    answer = running.call("/things/v1/thing", headers={"x-request-id": "mine"})
    assert answer.headers["x-request-id"] != "mine"


def test_a_body_beyond_the_limit_is_refused_before_it_reaches_anything(running: Running, upstream: Upstream) -> None:
    before = len(upstream.asked)
    answer = running.call("/things/v1/thing", "POST", content=b"x" * 10_001)
    assert (answer.status_code, len(upstream.asked)) == (413, before)
    assert running.why(answer).because == "the request's body is larger than is taken here"
    assert running.call("/things/v1/thing", "POST", content=b"x" * 10_000).json()["octets"] == 10_000


@pytest.mark.parametrize(
    "request_head",
    [
        "GET /things/v1/thing HTTP/1.1\r\nHost: a\r\n" + "".join(f"h{n}: x\r\n" for n in range(120)) + "\r\n",
        "GET /things/v1/thing HTTP/1.1\r\nHost: a\r\nlarge: " + "x" * 40_000 + "\r\n\r\n",
        "GET /things/v1/thing HTTP/1.1\r\nHost: a\r\nx_y: underscore\r\nConnection: close\r\n\r\n",
        "POST /things/v1/thing HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ids=["many headers", "large headers", "underscore", "two lengths"],
)
def test_a_head_that_could_trick_a_server_is_refused(running: Running, upstream: Upstream, request_head: str) -> None:
    before = len(upstream.asked)
    status, _ = raw(running, request_head)
    assert 400 <= status < 500
    assert len(upstream.asked) == before


def test_an_upstream_that_fails_is_told_as_what_it_is(running: Running, upstream: Upstream) -> None:
    upstream.status = 409
    try:
        assert running.call("/things/v1/thing").status_code == 409
    finally:
        upstream.status = 200


def test_the_access_log_has_no_query_and_no_credentials(running: Running) -> None:
    answer = running.call("/things/v1/thing?msisdn=32470000000", headers={"authorization": "Bearer secret"})
    assert running.why(answer).request == "GET /things/v1/thing"
    log = running.places.access_log.read_text()
    assert "32470000000" not in log
    assert "secret" not in log


def test_what_is_the_gateways_own_is_its_owners_alone(running: Running) -> None:
    for path in running.places.folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


def raw(running: Running, request: str) -> tuple[int, bytes]:
    """Send just these octets; the status and all that came back."""
    host, port = running.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request.encode())
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
            if b"\r\n\r\n" in answer and b"connection: close" not in answer.lower():
                break
    return int(answer.split(b" ", 2)[1]), answer
