"""A gateway that is changed while it runs: nothing is lost, what is wrong changes nothing, what dies comes back."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.gateway.issuer import Issuer, declared
from tests.gateway.running import Running, eventually, gateway, load, openapi
from tests.gateway.upstream import Upstream, serving
from trunkline.gateway.control import Control
from trunkline.gateway.credentials import Register
from trunkline.gateway.envoy.program import Envoy

OPEN = {"kind": "open", "reason": "a test of changes, not of callers"}
KEY = {"kind": "api-key"}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gw")


@pytest.fixture(scope="module")
def issuer(project: Path) -> Issuer:
    return Issuer(project)


@pytest.fixture(scope="module")
def running(upstream: Upstream, issuer: Issuer, project: Path) -> Iterator[Running]:
    files = {
        "gateway.yaml": {
            "upstreams": {"things": {"addresses": [f"127.0.0.1:{upstream.port}"], "health": "/healthz"}},
            "issuers": {"ours": declared()},
            "tiers": {"gold": "1000000 per second"},
            "groups": {"all-things": [{"kind": "timeout", "request": "5 s"}]},
        },
        "things/openapi.yaml": openapi("/things/v1", {"list": "GET /thing"}),
        "things/policies.yaml": {"upstream": "things", "group": "all-things", "policies": [OPEN]},
        "keyed/openapi.yaml": openapi("/keyed/v1", {"list": "GET /thing"}),
        "keyed/policies.yaml": {"upstream": "things", "policies": [KEY]},
        "tried/openapi.yaml": openapi("/tried/v1", {"list": "GET /thing"}),
        "tried/policies.yaml": {"upstream": "things", "policies": [OPEN]},
    }
    with gateway(project, files) as running:
        yield running


def things(*policies: object, **more: object) -> dict[str, object]:
    return {"upstream": "things", "group": "all-things", "policies": [OPEN, *policies], **more}


def test_no_request_fails_while_policies_change(running: Running) -> None:
    """Each change also gives the API another cluster, which is there before its routes are."""
    with load(f"{running.url}/things/v1/thing") as seen:
        for turn in range(5):
            breaker = {"kind": "circuit-breaker", "connections": 100 + turn}
            running.write("things/policies.yaml", things(breaker, {"kind": "headers", "set": {"x-turn": str(turn)}}))
    assert set(seen) == {"200"}, seen
    assert running.call("/things/v1/thing").json()["headers"]["x-turn"] == "4"
    assert not rejected(running)


def test_what_is_wrong_changes_nothing_and_is_told(running: Running) -> None:
    before = running.revision()
    running.write("things/policies.yaml", things({"kind": "scopes", "all_of": ["a"]}))
    assert running.revision() == before
    assert "looks at a token" in running.status()["problems"][0]
    assert running.call("/things/v1/thing").status_code == 200
    running.write("things/policies.yaml", things())
    assert running.status()["problems"] == []


def test_an_api_that_is_added_answers_and_one_that_is_taken_away_does_not(running: Running) -> None:
    running.write("new/policies.yaml", {"upstream": "things", "policies": [OPEN]})
    running.write("new/openapi.yaml", openapi("/new/v1", {"list": "GET /thing"}))
    assert running.call("/new/v1/thing").status_code == 200
    before = running.revision()
    for file in ("new/policies.yaml", "new/openapi.yaml"):
        (running.places.project / "apis" / file).unlink()
    (running.places.project / "apis/new").rmdir()
    eventually(lambda: running.revision() != before)
    assert running.call("/new/v1/thing").status_code == 404


@pytest.mark.parametrize(
    ("shadow", "kind"),
    [
        ([{"kind": "ip", "allow": ["10.0.0.0/8"]}], "ip"),
        ([{"kind": "spike", "rate": "1 per hour", "burst": 1}], "spike"),
        ([{"kind": "rate-limit", "limit": "1 per hour", "per": "address"}], "rate-limit"),
        ([{"kind": "jwt", "issuer": "ours"}], "jwt"),
    ],
)
def test_a_shadow_refuses_nothing_and_reports_what_it_would(running: Running, shadow: list, kind: str) -> None:
    policies = [{**policy, "shadow": True} for policy in shadow]
    running.write("tried/policies.yaml", {"upstream": "things", "policies": [OPEN, *policies]})
    running.call("/tried/v1/thing")
    answer = running.call("/tried/v1/thing")
    assert answer.status_code == 200
    decision = running.why(answer)
    assert [(rule.kind, rule.shadow) for rule in decision.shadows] == [(kind, True)]
    assert not decision.refused


def test_a_shadow_reports_nothing_of_a_request_that_it_would_let_through(running: Running, issuer: Issuer) -> None:
    policies = [
        {"kind": "ip", "allow": ["127.0.0.0/8"], "shadow": True},
        {"kind": "jwt", "issuer": "ours", "shadow": True},
        {"kind": "rate-limit", "limit": "1000 per second", "per": "address", "shadow": True},
    ]
    running.write("tried/policies.yaml", {"upstream": "things", "policies": [OPEN, *policies]})
    answer = running.call("/tried/v1/thing", headers=issuer.bearer())
    assert (answer.status_code, running.why(answer).shadows) == (200, [])


def test_a_shadow_of_scopes_and_levels_is_told_beside_what_is_enforced(running: Running, issuer: Issuer) -> None:
    policies = [
        {"kind": "jwt", "issuer": "ours"},
        {"kind": "scopes", "all_of": ["thing:write"], "shadow": True},
        {"kind": "tier", "allowed": ["gold"], "shadow": True},
    ]
    running.write("tried/policies.yaml", {"upstream": "things", "policies": policies})
    answer = running.call("/tried/v1/thing", headers=issuer.bearer(tier="bronze"))
    assert answer.status_code == 200
    assert {rule.kind for rule in running.why(answer).shadows} == {"scopes", "tier"}
    refused = running.call("/tried/v1/thing")
    decision = running.why(refused)
    assert decision.rule is not None
    assert (refused.status_code, decision.rule.kind) == (401, "jwt")


def test_a_limit_counts_on_while_another_api_changes(running: Running) -> None:
    limit = {"kind": "rate-limit", "limit": "3 per hour", "per": "all"}
    running.write("tried/policies.yaml", {"upstream": "things", "policies": [OPEN, limit]})
    assert [running.call("/tried/v1/thing").status_code for _ in range(2)] == [200, 200]
    running.write("things/policies.yaml", things({"kind": "headers", "set": {"x-other": "change"}}))
    assert running.call("/things/v1/thing").json()["headers"]["x-other"] == "change"
    assert [running.call("/tried/v1/thing").status_code for _ in range(2)] == [200, 429]
    running.write("things/policies.yaml", things())


def test_apis_whose_paths_begin_alike_are_told_apart(running: Running) -> None:
    for version in ("v1", "v2"):
        running.write(f"alike-{version}/policies.yaml", {"upstream": "things", "policies": [OPEN]})
        running.write(f"alike-{version}/openapi.yaml", openapi(f"/shared/alike/{version}", {"list": "GET /thing/{id}"}))
    assert running.call("/shared/alike/v1/thing/7").status_code == 200
    assert running.call("/shared/alike/v2/thing/7?x=/shared/alike/v3").status_code == 200
    for nowhere in ("/shared/alike/v3/thing/7", "/shared/alike", "/shared", "/shared/alike?/v1/thing/7", "/"):
        assert running.call(nowhere).status_code == 404
    assert running.why(running.call("/shared/alike/v2/thing/7")).route == "alike-v2.list"


def test_why_names_the_line_that_held_then_also_after_the_file_has_changed(running: Running) -> None:
    running.write("tried/policies.yaml", {"upstream": "things", "policies": [KEY]})
    refused = running.call("/tried/v1/thing")
    before = running.why(refused).rule
    running.write("tried/policies.yaml", "# a line more\nupstream: things\npolicies:\n  - kind: api-key\n")
    assert before is not None
    assert running.why(refused).rule == before
    assert running.why(running.call("/tried/v1/thing")).rule != before


def test_ten_thousand_keys_do_not_keep_one_from_being_revoked(running: Running) -> None:
    """Every key is known, and only those that are not revoked are."""
    many = running.register.issue_many([(f"app-{number}", "gold") for number in range(10_000)])
    last = {"x-api-key": many[-1].text}
    eventually(lambda: running.call("/keyed/v1/thing", headers=last).status_code == 200)
    running.register.revoke(many[-1].key.id)
    eventually(lambda: running.call("/keyed/v1/thing", headers=last).status_code == 401)
    assert running.call("/keyed/v1/thing", headers={"x-api-key": many[0].text}).status_code == 200


def test_two_processes_that_issue_keys_lose_none(running: Running) -> None:
    before = len(running.register.known())
    threads = [
        threading.Thread(target=lambda: [Register(running.places).issue("twin", "gold") for _ in range(5)])
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(running.register.known()) == before + 10


def test_a_killed_envoy_comes_back(running: Running) -> None:
    killed = envoy_of(running)
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: running.admin.is_live() and envoy_of(running) != killed)
    eventually(lambda: running.call("/things/v1/thing").status_code == 200)


def test_envoy_goes_on_without_its_control_plane_and_the_next_takes_it_over(running: Running, tmp_path: Path) -> None:
    """As after a kill of the control plane: nobody has stopped Envoy."""
    before = envoy_of(running)
    stop = threading.Event()
    another = threading.Thread(target=Control(running.places).run, args=(stop,))
    another.start()
    time.sleep(0.5)
    assert envoy_of(running) == before
    assert running.call("/things/v1/thing").status_code == 200
    stop.set()
    another.join()  # the one that stops takes Envoy with it; the other starts it anew
    eventually(lambda: running.admin.is_live())
    assert Envoy(running.places).runs()


def test_a_request_that_is_under_way_when_the_gateway_stops_is_answered(tmp_path: Path, upstream: Upstream) -> None:
    files = {
        "gateway.yaml": {"upstreams": {"things": {"addresses": [f"127.0.0.1:{upstream.port}"]}}},
        "things/openapi.yaml": openapi("/things/v1", {"list": "GET /thing"}),
        "things/policies.yaml": {"upstream": "things", "policies": [OPEN]},
    }
    answers: list[int] = []
    upstream.wait = 1.0
    try:
        with gateway(tmp_path, files) as short:
            url = f"{short.url}/things/v1/thing"
            asking = threading.Thread(target=lambda: answers.append(httpx.get(url, timeout=20).status_code))
            asking.start()
            eventually(lambda: short.admin.under_way() == 1)
        asking.join()
    finally:
        upstream.wait = 0.0
    assert answers == [200]


def rejected(running: Running) -> dict[str, int]:
    return {name: count for name, count in running.admin.stats("update_rejected").items() if count}


def envoy_of(running: Running) -> int:
    """The process that has the gateway's configuration."""
    bootstrap = str(running.places.bootstrap).encode()
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                arguments = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if bootstrap in arguments:
                return int(folder.name)
    return 0
