"""Quotas through the running Envoy: two gateways that share a store, what callers and operators are told, and what
holds while nobody can count."""

from __future__ import annotations

import os
import re
import signal
import socket
import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.gateway.issuer import Issuer, declared
from tests.gateway.running import Running, eventually, gateway, load, openapi
from tests.gateway.upstream import serving
from tests.store import stores
from trunkline.gateway import control
from trunkline.gateway.companions import Companions
from trunkline.gateway.quotas.ledger import Ledger
from trunkline.gateway.quotas.period import Period

OPEN = {"kind": "open", "reason": "a test of quotas, not of callers"}
KEY = {"kind": "api-key"}
JWT = {"kind": "jwt", "issuer": "ours"}


def quota(much: str, **more: Any) -> dict[str, Any]:
    return {"kind": "quota", "quota": much, **more}


APIS: Mapping[str, tuple[Any, ...]] = {
    "shared": (OPEN, quota("60 per month", per="all")),
    "told": (OPEN, quota("1 per month", per="all")),
    "many": (OPEN, quota("1000000 per hour", per="all")),
    "killed": (OPEN, quota("200 per week", per="all")),
    "named": (JWT, quota("2 per day")),
    "limited": (OPEN, {"kind": "rate-limit", "limit": "1 per hour", "per": "all"}, quota("9 per month", per="all")),
    "refused": (KEY, quota("9 per month", per="all")),
    "shadow": (OPEN, quota("1 per month", per="all", shadow=True)),
    "one": (KEY,),
    "two": (KEY,),
}


def files(upstream: int, apis: Mapping[str, tuple[Any, ...]], **more: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "gateway.yaml": {"upstreams": {"things": {"addresses": [f"127.0.0.1:{upstream}"]}}, "threads": 2, **more}
    }
    for name, policies in apis.items():
        group = {"group": "partners"} if name in ("one", "two") else {}
        said[f"{name}/openapi.yaml"] = openapi(f"/{name}/v1", {"list": "GET /thing", "get": "GET /thing/{id}"})
        said[f"{name}/policies.yaml"] = {"upstream": "things", "policies": list(policies), **group}
    return said


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    with serving() as running:
        yield running.port


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.prove)])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with stores.url(request.param, tmp_path_factory.mktemp("store")) as url:
        yield url


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return Issuer(tmp_path_factory.mktemp("issuer"))


@pytest.fixture(scope="module")
def gateways(
    upstream: int, store: str, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Running]]:
    """Two, with the same files."""
    said = files(
        upstream,
        APIS,
        issuers={"ours": declared(str(issuer.keys_file))},
        tiers={"gold": "100 per second"},
        groups={"partners": [quota("3 per month", per="application")]},
    )
    with ExitStack() as stack:
        yield [stack.enter_context(gateway(tmp_path_factory.mktemp("gw"), said, store=store)) for _ in range(2)]


@pytest.fixture
def running(gateways: list[Running]) -> Running:
    return gateways[0]


@pytest.fixture
def ledger(store: str) -> Iterator[Ledger]:
    with closing(Ledger(store)) as ledger:
        yield ledger


def used(ledger: Ledger, rule: str) -> dict[str, int]:
    return {record.caller: record.used for record in ledger.used(rule)}


def companion(running: Running) -> int:
    """The process that answers at the companion's socket."""
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(running.places.companion("quota")))
        pid, _, _ = struct.unpack("3i", caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return int(pid)


def answers(gateways: list[Running], path: str, times: int, **more: Any) -> list[httpx.Response]:
    """Of so many calls, eight at once, at one gateway after the other."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda turn: gateways[turn % len(gateways)].call(path, **more), range(times)))


def statuses(found: list[httpx.Response]) -> Counter[int]:
    return Counter(response.status_code for response in found)


def key(gateways: list[Running], application: str) -> dict[str, str]:
    """Issued at the first gateway, and given to the others."""
    issued = gateways[0].register.issue(application, "gold", datetime.now(UTC) + timedelta(days=1))
    return {"x-api-key": issued.text}


def test_gateways_that_share_a_store_let_through_exactly_the_quota(gateways: list[Running], ledger: Ledger) -> None:
    assert statuses(answers(gateways, "/shared/v1/thing", 80)) == {200: 60, 429: 20}
    assert used(ledger, "api shared") == {"": 60}


def test_callers_are_told_what_is_left_and_when_there_is_more(running: Running) -> None:
    first = running.call("/told/v1/thing")
    assert first.headers["ratelimit-policy"] == '"quota";q=1;w=2592000'
    assert re.fullmatch('"quota";r=0;t=[0-9]+', first.headers["ratelimit"])
    refused = running.call("/told/v1/thing")
    assert (refused.status_code, refused.json()["code"]) == (429, "tooManyRequests")
    after = datetime.now(UTC) + timedelta(seconds=int(refused.headers["retry-after"]))
    assert abs(Period.of("month", datetime.now(UTC)).ends - after) < timedelta(minutes=1)
    assert refused.headers["ratelimit"] == f'"quota";r=0;t={refused.headers["retry-after"]}'


def test_why_shows_the_rule_that_refused(running: Running) -> None:
    running.call("/told/v1/thing")
    decision = running.why(running.call("/told/v1/thing"))
    assert decision.rule is not None
    assert (decision.rule.kind, decision.rule.file) == ("quota", "apis/told/policies.yaml")
    assert "used up" in decision.because


def test_a_quota_of_a_group_counts_for_all_its_apis_and_each_application_by_itself(
    running: Running, ledger: Ledger
) -> None:
    one, other = (key([running], name) for name in ("shop", "app"))
    paths = ["/one/v1/thing", "/two/v1/thing", "/two/v1/thing/7", "/one/v1/thing"]
    eventually(lambda: running.call("/refused/v1/thing", headers=other).status_code == 200)
    assert [running.call(path, headers=one).status_code for path in paths] == [200, 200, 200, 429]
    assert running.call(paths[0], headers=other).status_code == 200
    assert used(ledger, "group partners") == {"gold.shop": 3, "gold.app": 1}


def test_tokens_that_name_no_client_share_a_quota_and_are_not_free(running: Running, issuer: Issuer) -> None:
    def call(**claims: Any) -> int:
        return running.call("/named/v1/thing", headers=issuer.bearer(**claims)).status_code

    assert [call(client_id=None) for _ in range(3)] == [200, 200, 429]
    assert [call(client_id=name) for name in ("crm", "crm", "erp", "crm")] == [200, 200, 200, 429]


def test_what_is_refused_before_is_not_counted(running: Running, ledger: Ledger) -> None:
    assert [running.call("/limited/v1/thing").status_code for _ in range(3)] == [200, 429, 429]
    assert used(ledger, "api limited") == {"": 1}
    assert running.call("/refused/v1/nothing").status_code == 404
    assert running.call("/refused/v1/thing", headers={"x-api-key": "wrong"}).status_code == 401
    assert used(ledger, "api refused").get("", 0) <= 1


def test_a_shadow_lets_through_and_reports(running: Running) -> None:
    first, second = (running.call("/shadow/v1/thing") for _ in range(2))
    assert [first.status_code, second.status_code] == [200, 200]
    assert "ratelimit" not in second.headers
    told = [response.json()["headers"].get("x-trunkline-would-refuse") for response in (first, second)]
    assert told == [None, "quota"]
    assert [rule.kind for rule in running.why(second).shadows] == ["quota"]


def test_a_killed_companion_comes_back_and_never_gives_more_than_the_quota(
    gateways: list[Running], ledger: Ledger
) -> None:
    seen = statuses(answers(gateways, "/killed/v1/thing", 60))
    assert seen == {200: 60}
    killed = companion(gateways[0])
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: companion_is_another(gateways[0], killed))
    eventually(lambda: gateways[0].call("/told/v1/thing").status_code == 429)
    while 429 not in (some := statuses(answers(gateways, "/killed/v1/thing", 40))):
        seen += some
    seen += some
    assert set(seen) == {200, 429}
    assert used(ledger, "api killed") == {"": 200}
    assert 180 <= seen[200] <= 200  # what it held is lost


def companion_is_another(running: Running, before: int) -> bool:
    try:
        return companion(running) != before
    except OSError:
        return False


def test_the_next_control_plane_replaces_the_companion_and_no_request_is_lost(gateways: list[Running]) -> None:
    running = gateways[1]
    before = companion(running)
    taking_over = Companions(running.places)
    with load(f"{running.url}/many/v1/thing", pause=0.01) as seen:
        taking_over.start({"quota"})
        assert companion(running) != before
        eventually(lambda: not Path(f"/proc/{before}").exists())
        so_far = seen["200"]
        eventually(lambda: seen["200"] > so_far + 20)
    assert set(seen) == {"200"}, seen


COUNTED = {
    "upstream": "things",
    "policies": [OPEN],
    "operations": {
        "list": [quota("9 per day", per="all")],
        "get": [quota("9 per day", per="all", when_unknown="allow")],
    },
}


@pytest.fixture(scope="module")
def uncounted(upstream: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A gateway whose store cannot be opened."""
    folder = tmp_path_factory.mktemp("gw")
    (folder / "store.db").mkdir()
    said = files(upstream, {"free": (OPEN,), "counted": ()}) | {"counted/policies.yaml": COUNTED}
    with gateway(folder, said, store=f"sqlite://{folder / 'store.db'}") as running:
        yield running


def test_the_rule_says_what_holds_while_nobody_can_count(uncounted: Running) -> None:
    refused = uncounted.call("/counted/v1/thing")
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    decision = uncounted.why(refused)
    assert (decision.details, decision.rule and decision.rule.kind) == ("rate_limiter_error", "quota")
    assert "nobody could count" in decision.because
    assert uncounted.call("/counted/v1/thing/7").status_code == 200


def test_the_companion_goes_after_the_last_quota_and_comes_with_the_first_and_no_request_is_lost(
    uncounted: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "LINGER", 0.1)
    with (
        load(f"{uncounted.url}/counted/v1/thing/7", pause=0.01) as counted,
        load(f"{uncounted.url}/free/v1/thing", pause=0.01) as free,
    ):
        uncounted.write("counted/policies.yaml", {"upstream": "things", "policies": [OPEN]})
        eventually(lambda: not uncounted.places.companion("quota").exists())
        uncounted.write("counted/policies.yaml", COUNTED)
        assert companion(uncounted)
    assert set(counted) == set(free) == {"200"}, (counted, free)


@pytest.mark.prove
def test_a_quota_whose_companion_does_not_start_changes_nothing_is_told_and_is_tried_again(
    uncounted: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "LINGER", 0.1)
    uncounted.write("counted/policies.yaml", {"upstream": "things", "policies": [OPEN]})
    eventually(lambda: not uncounted.places.companion("quota").exists())
    uncounted.places.companion("quota").mkdir()
    uncounted.write("counted/policies.yaml", COUNTED)
    assert "quota.log says why" in uncounted.status()["problems"][0]
    assert uncounted.call("/counted/v1/thing").status_code == 200
    uncounted.places.companion("quota").rmdir()
    eventually(lambda: uncounted.status()["problems"] == [])
    assert uncounted.call("/counted/v1/thing").status_code == 503
