"""What is done with requests that may be made: limits, sizes, headers, faults, caches, where they go; through Envoy."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.gateway.issuer import Issuer, declared
from tests.gateway.running import Running, eventually, free_port, gateway, openapi
from tests.gateway.upstream import Upstream, serving
from trunkline.gateway.purges import purge

OPEN = {"kind": "open", "reason": "a test of traffic, not of callers"}
OPERATIONS = {"list": "GET /thing", "get": "GET /thing/{id}", "make": "POST /thing"}
CACHEABLE = {"list": {"x-classification": "public"}, "get": {"x-classification": "internal"}}
APIS = {
    "spiky": [{"kind": "spike", "rate": "1 per hour", "burst": 2}],
    "limited": [{"kind": "rate-limit", "limit": "2 per hour", "per": "address"}],
    "together": [{"kind": "rate-limit", "limit": "3 per hour", "per": "all"}],
    "paged": [{"kind": "cors", "origins": ["https://shop.example.net"], "headers": ["content-type", "x-extra"]}],
    "dressed": [
        {
            "kind": "headers",
            "set": {"x-channel": "100% web %REQ(authorization)%"},
            "remove": ["cookie"],
            "set_response": {"strict-transport-security": "max-age=31536000"},
            "remove_response": ["x-secret"],
        }
    ],
    "small": [{"kind": "size", "body": "100 B"}],
    "faulty": [{"kind": "fault", "percent": 100, "status": 503, "header": "x-break"}],
    "held-up": [{"kind": "fault", "percent": 100, "delay": "300 ms"}],
    "quick": [{"kind": "timeout", "request": "100 ms"}],
    "kept": [],
    "tried": [{"kind": "retry", "times": 2, "on": ["connect-failure"]}],
    "narrow": [{"kind": "circuit-breaker", "requests": 1, "waiting": 1, "connections": 1}],
    "left-out": [{"kind": "outlier", "failures": 2, "pause": "60 s"}],
    "split": [{"kind": "canary", "upstream": "new", "percent": 50}],
    "copied": [],
}
OF_OPERATIONS = {
    "kept": {"list": [{"kind": "cache"}], "get": [{"kind": "cache"}]},
    "copied": {"list": [{"kind": "mirror", "upstream": "new"}]},
}
UPSTREAMS = {"left-out": "frail", "tried": "half-dead"}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with serving("one") as running:
        yield running


@pytest.fixture(scope="module")
def new() -> Iterator[Upstream]:
    with serving("new") as running:
        yield running


@pytest.fixture(scope="module")
def frail() -> Iterator[Upstream]:
    with serving("frail") as running:
        yield running


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return Issuer(tmp_path_factory.mktemp("issuer"))


@pytest.fixture(scope="module")
def running(
    upstream: Upstream, new: Upstream, frail: Upstream, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    one = f"127.0.0.1:{upstream.port}"
    files = {
        "gateway.yaml": {
            "upstreams": {
                "things": {"addresses": [one]},
                "new": {"addresses": [f"127.0.0.1:{new.port}"]},
                "frail": {"addresses": [f"127.0.0.1:{frail.port}", one]},
                "half-dead": {"addresses": [f"127.0.0.1:{free_port()}", one]},
            },
            "issuers": {"ours": declared(str(issuer.keys_file))},
            "policies": [OPEN],
        }
    }
    for name, policies in APIS.items():
        files[f"{name}/openapi.yaml"] = openapi(f"/{name}/v1", OPERATIONS, **(CACHEABLE if name == "kept" else {}))
        files[f"{name}/policies.yaml"] = {
            "upstream": UPSTREAMS.get(name, "things"),
            "policies": policies,
            "operations": OF_OPERATIONS.get(name, {}),
        }
    files["kept-known/openapi.yaml"] = openapi("/kept-known/v1", OPERATIONS, **CACHEABLE)
    files["kept-known/policies.yaml"] = {
        "upstream": "things",
        "policies": [{"kind": "jwt", "replaces": True}],
        "operations": {"list": [{"kind": "cache"}]},
    }
    with gateway(tmp_path_factory.mktemp("gw"), files) as running:
        yield running


@pytest.mark.parametrize(
    ("api", "most", "kind"), [("spiky", 2, "spike"), ("limited", 2, "rate-limit"), ("together", 3, "rate-limit")]
)
def test_no_more_than_the_limit_comes_through(running: Running, api: str, most: int, kind: str) -> None:
    answers = [running.call(f"/{api}/v1/thing") for _ in range(most + 1)]
    assert [answer.status_code for answer in answers] == [200] * most + [429]
    decision = running.why(answers[-1])
    assert decision.rule is not None
    assert (decision.rule.kind, decision.because != "") == (kind, True)


def test_a_limit_is_of_the_operation_it_is_attached_to(running: Running) -> None:
    """Each operation that an API's limit holds for counts by itself."""
    while running.call("/limited/v1/thing").status_code == 200:
        pass
    assert running.call("/limited/v1/thing/1").status_code == 200


def test_a_page_of_an_origin_that_may_call_is_told_so(running: Running, upstream: Upstream) -> None:
    before = len(upstream.asked)
    asked = {"origin": "https://shop.example.net", "access-control-request-method": "POST"}
    answer = running.call("/paged/v1/thing", "OPTIONS", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://shop.example.net"
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert answer.headers["access-control-allow-headers"] == "content-type, x-extra"
    assert len(upstream.asked) == before
    answer = running.call("/paged/v1/thing", headers={"origin": "https://shop.example.net"})
    assert answer.headers["access-control-allow-origin"] == "https://shop.example.net"


def test_a_page_of_another_origin_is_not(running: Running) -> None:
    for origin in ("https://evil.example.org", "https://shop.example.net.evil.org", "null"):
        asked = {"origin": origin, "access-control-request-method": "POST"}
        answer = running.call("/paged/v1/thing", "OPTIONS", headers=asked)
        assert "access-control-allow-origin" not in answer.headers
        assert "served" not in answer.text
        assert "access-control-allow-origin" not in running.call("/paged/v1/thing", headers={"origin": origin}).headers


def test_a_preflight_leads_past_no_policy(running: Running, upstream: Upstream) -> None:
    before = len(upstream.asked)
    for headers in ({}, {"origin": ""}, {"access-control-request-method": "POST"}, {"x-trunkline-nowhere": "things"}):
        asked = {"access-control-request-method": "POST", "origin": "https://shop.example.net", **headers}
        running.call("/paged/v1/thing", "OPTIONS", headers=asked)
        running.call("/paged/v1/thing", "OPTIONS", headers=headers)
    assert len(upstream.asked) == before


def test_headers_are_set_and_removed_on_both_ways(running: Running) -> None:
    answer = running.call("/dressed/v1/thing", headers={"cookie": "a=b", "x-channel": "mine", "authorization": "s3"})
    seen = answer.json()["headers"]
    assert seen["x-channel"] == "100% web %REQ(authorization)%"  # text, not a variable of Envoy's
    assert "cookie" not in seen
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert "x-secret" not in answer.headers


def test_a_body_beyond_the_policys_size_is_refused_however_it_is_sent(running: Running, upstream: Upstream) -> None:
    before = len(upstream.asked)
    assert running.call("/small/v1/thing", "POST", content=b"x" * 101).status_code == 413
    chunked = running.call("/small/v1/thing", "POST", content=iter([b"x" * 60, b"x" * 60]))
    assert (chunked.status_code, len(upstream.asked)) == (413, before)
    assert running.call("/small/v1/thing", "POST", content=b"x" * 100).json()["octets"] == 100


def test_a_fault_hits_only_those_who_ask_for_it(running: Running) -> None:
    assert running.call("/faulty/v1/thing").status_code == 200
    broken = running.call("/faulty/v1/thing", headers={"x-break": "1"})
    assert broken.status_code == 503
    assert running.why(broken).because == "a fault was injected on purpose"


def test_a_fault_holds_requests_up(running: Running) -> None:
    answer = running.call("/held-up/v1/thing")
    assert answer.status_code == 200
    eventually(lambda: answer.headers["x-request-id"] in running.places.access_log.read_text())
    line = next(line for line in running.places.access_log.open() if answer.headers["x-request-id"] in line)
    assert json.loads(line)["flags"] == "DI"  # Envoy's name of a delay that was injected


def test_an_upstream_that_takes_too_long_is_not_waited_for(running: Running, upstream: Upstream) -> None:
    upstream.wait = 0.5
    try:
        late = running.call("/quick/v1/thing")
    finally:
        upstream.wait = 0.0
    assert (late.status_code, late.json()["code"]) == (504, "timeout")
    decision = running.why(late)
    assert decision.rule is not None
    assert decision.rule.kind == "timeout"


def test_a_kept_response_is_given_again_until_it_is_purged(running: Running, upstream: Upstream) -> None:
    upstream.headers = {"cache-control": "public, max-age=3600"}
    try:
        first = running.call("/kept/v1/thing/1").json()["number"]
        assert running.call("/kept/v1/thing/1").json()["number"] == first
        assert running.call("/kept/v1/thing/2").json()["number"] != first
        purge(running.places, "kept")
        eventually(lambda: running.call("/kept/v1/thing/1").json()["number"] != first)
    finally:
        upstream.headers = {}


def test_what_the_upstream_does_not_let_be_kept_is_not(running: Running) -> None:
    numbers = {running.call("/kept/v1/thing").json()["number"] for _ in range(3)}
    assert len(numbers) == 3


def test_a_kept_response_is_given_to_nobody_who_may_not_call(
    running: Running, upstream: Upstream, issuer: Issuer
) -> None:
    upstream.headers = {"cache-control": "public, max-age=3600"}
    try:
        first = running.call("/kept-known/v1/thing", headers=issuer.bearer(sub="a"))
        again = running.call("/kept-known/v1/thing", headers=issuer.bearer(sub="b"))
        assert again.json()["number"] == first.json()["number"]
        assert "authorization" not in first.json()["headers"]  # what is kept was asked for in nobody's name
        assert running.call("/kept-known/v1/thing").status_code == 401
        assert running.call("/kept-known/v1/thing", headers={"authorization": "Bearer a.b.c"}).status_code == 401
    finally:
        upstream.headers = {}


def test_a_request_that_reached_nobody_is_sent_to_another_server(running: Running) -> None:
    assert {running.call("/tried/v1/thing").status_code for _ in range(10)} == {200}


def test_more_than_the_breaker_allows_at_once_is_refused_at_once(running: Running, upstream: Upstream) -> None:
    upstream.wait = 0.3
    try:
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda _: running.call("/narrow/v1/thing"), range(6)))
    finally:
        upstream.wait = 0.0
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses[200] >= 1
    assert statuses[503] >= 1
    refused = next(answer for answer in answers if answer.status_code == 503)
    decision = running.why(refused)
    assert decision.rule is not None
    assert decision.rule.kind == "circuit-breaker"


def test_a_server_that_fails_is_left_out(running: Running, frail: Upstream) -> None:
    frail.status = 503
    for _ in range(10):
        running.call("/left-out/v1/thing")
    asked = len(frail.asked)
    assert {running.call("/left-out/v1/thing").status_code for _ in range(10)} == {200}
    assert len(frail.asked) == asked


def test_part_of_the_requests_goes_to_the_new_version(running: Running) -> None:
    served = Counter(running.call("/split/v1/thing").json()["served"] for _ in range(60))
    assert set(served) == {"one", "new"}


def test_a_copy_goes_to_the_mirror_and_its_answer_to_nobody(running: Running, new: Upstream) -> None:
    before = new.paths().count("/copied/v1/thing")
    assert running.call("/copied/v1/thing").json()["served"] == "one"
    eventually(lambda: new.paths().count("/copied/v1/thing") == before + 1)
