"""The Network Health API over HTTP: health, alarms and what is done with them, KPIs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import pytest

from tests.telco.network_health.conftest import CELL, Network, eventually, minutes, reason
from trunkline.log.envelope import attributes
from trunkline.telco.model import AlarmCommand, AlarmReport, Health, Report, Severity, Source
from trunkline.telco.network.api import alarms as api_alarms


def seen(api: httpx.Client, path: str) -> Any:
    """The answer as soon as the view has it."""
    return eventually(lambda: answer.json() if (answer := api.get(path)).status_code == 200 else None)


def refused(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    return problem


# Health


def test_the_network_is_served_with_the_reasons_of_its_health(api: httpx.Client, network: Network) -> None:
    why = reason(value=81.5, threshold=90.0, unit="%")
    network.health("network", "network", 42, cells={"critical": 1}, alarms={"major": 2}, reasons=(why,))
    health = seen(api, "/network")
    assert health["status"] == "critical"
    assert health["reasons"][0] == {
        "kind": "kpi", "name": "Accessibility", "status": "critical", "dn": CELL, "time": "2026-11-23T12:00:00Z",
        "value": 81.5, "threshold": 90.0, "unit": "%",
    }  # fmt: skip


def test_a_network_of_which_nothing_is_known_is_not_found(idle: httpx.Client) -> None:
    assert refused(idle.get("/network"), 404)["detail"] == "nothing is known of the network yet"


@pytest.mark.parametrize(
    ("plural", "scope", "id"),
    [
        ("regions", "region", "Vlaams-Brabant"),
        ("vendors", "vendor", "Nokia"),
        ("sites", "site", "Gent / Dampoort"),
        ("cells", "cell", CELL),
    ],
)
def test_each_kind_of_scope_is_listed_and_served_now_and_over_time(
    api: httpx.Client, network: Network, plural: str, scope: str, id: str
) -> None:
    network.health(scope, id, 100, minutes(0))
    network.health(scope, id, 20, minutes(15))
    path = f"/{plural}/{quote(id, safe='')}"
    eventually(lambda: seen(api, path)["score"] == 20)
    assert [health["id"] for health in api.get(f"/{plural}").json()] == [id]
    assert [health["score"] for health in api.get(f"{path}/history").json()] == [100, 20]
    period = {"from": "2026-11-23T12:10:00Z", "to": "2026-11-23T12:15:00Z"}
    assert [health["score"] for health in api.get(f"{path}/history", params=period).json()] == [100]
    refused(api.get(f"/{plural}/nowhere"), 404)
    refused(api.get(f"/{plural}/nowhere/history"), 404)


def test_scopes_are_filtered_sorted_and_paged(api: httpx.Client, network: Network) -> None:
    sites = [
        Health(
            scope="site", id=f"ANT_{number:02}", status="critical" if number % 2 else "healthy", score=100.0 - number,
            time=minutes(0), vendor="Nokia" if number < 8 else "Huawei", region="Antwerpen",
        )
        for number in range(10)
    ]  # fmt: skip
    network.put(*sites)
    seen(api, "/sites/ANT_09")
    query = {"status": "critical", "vendor": "Nokia", "sort": "score", "limit": 3}
    first = api.get("/sites", params=query)
    assert [site["id"] for site in first.json()] == ["ANT_07", "ANT_05", "ANT_03"]
    assert first.headers["x-total-count"] == "4"
    second = api.get(first.links["next"]["url"].removeprefix("/network-health/v1"))
    assert [site["id"] for site in second.json()] == ["ANT_01"]
    assert "next" not in second.links
    several = api.get("/sites", params={"vendor": ["Nokia", "Huawei"], "sort": "-id"})
    assert [site["id"] for site in several.json()][:2] == ["ANT_09", "ANT_08"]


def test_the_overview_is_a_table_of_vendors_and_regions_with_the_worst_sites(
    api: httpx.Client, network: Network
) -> None:
    where = {"vendor": "Nokia", "region": "Antwerpen"}
    network.health("site", "ANT_01", 100, cells={"healthy": 3}, **where)
    network.health("site", "ANT_02", 40, cells={"critical": 1}, reasons=(reason(),), **where)
    network.health("site", "LIE_01", 100, vendor="Huawei", region="Liège", cells={"healthy": 6})
    rows = eventually(lambda: len(found := api.get("/overview").json()) == 2 and found)
    assert [(row["vendor"], row["region"], row["score"]) for row in rows] == [
        ("Huawei", "Liège", 100.0), ("Nokia", "Antwerpen", 85.0),
    ]  # fmt: skip
    assert [(site["id"], site["reasons"][0]["name"]) for site in rows[1]["worst"]] == [("ANT_02", "Accessibility")]


# Alarms


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"severity": "critical"}, ["a09", "a06", "a03", "a00"]),
        ({"severity": ["critical", "major"], "vendor": "Nokia"}, ["a04", "a03", "a01", "a00"]),
        ({"region": "Antwerpen", "vendor": "Huawei"}, ["a11", "a09", "a07"]),
        ({"site": "Haven", "severity": "minor"}, ["a11", "a05"]),
        ({"dn": "ManagedElement=GNT_01"}, ["a10", "a08", "a06", "a04", "a02", "a00"]),
        ({"dn": "ManagedElement=GNT_01,Equipment=4"}, ["a04"]),
        ({"from": "2026-11-23T12:09:00Z"}, ["a11", "a10", "a09"]),
        ({"from": "2026-11-23T13:09:00+01:00", "to": "2026-11-23T12:11:00Z"}, ["a10", "a09"]),
        ({"sort": "perceivedSeverity", "limit": "5"}, ["a09", "a06", "a03", "a00", "a10"]),
        ({"sort": "raisedTime", "limit": "2"}, ["a00", "a01"]),
        ({"ackState": "acknowledged"}, []),
        ({"state": "cleared"}, []),
        ({"state": "raised", "limit": "1"}, ["a11"]),
        ({"vendor": "Nokia", "region": "nowhere"}, []),
    ],
)
def test_alarms_are_filtered_and_sorted(idle: httpx.Client, query: dict[str, Any], expected: list[str]) -> None:
    assert [alarm["id"] for alarm in idle.get("/alarms", params=query).json()] == expected


def test_all_alarms_are_walked_page_by_page(idle: httpx.Client) -> None:
    found, url = [], "/alarms?limit=5&sort=-perceivedSeverity"
    while url:
        page = idle.get(url)
        assert page.headers["x-total-count"] == "12"
        found += [alarm["id"] for alarm in page.json()]
        url = page.links.get("next", {}).get("url", "").removeprefix("/network-health/v1")
    assert len(found) == 12
    assert set(found) == {f"a{number:02}" for number in range(12)}


def test_one_alarm_is_served_with_its_place(idle: httpx.Client) -> None:
    alarm = idle.get("/alarms/a01").json()
    assert (alarm["site"], alarm["region"], alarm["perceivedSeverity"]) == ("Haven", "Antwerpen", "major")
    refused(idle.get("/alarms/nothing"), 404)


@pytest.fixture
def raised(api: httpx.Client, network: Network, alarm_book: None) -> list[str]:
    """The ids of two alarms that a system raised an hour ago, with the processor at work that keeps them."""
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    network.put(
        *(
            AlarmReport(
                kind=Report.RAISE, vendor="Huawei", system="imap", dn=f"ManagedElement=LIE_0{number}", problem="29245",
                severity=Severity.MAJOR, time=hour_ago, source=Source(uri="snmp://127.0.0.1:50112"),
            )
            for number in (1, 2)
        )
    )  # fmt: skip
    page = eventually(lambda: len(found := api.get("/alarms", params={"sort": "dn"}).json()) == 2 and found)
    return [alarm["id"] for alarm in page]


def test_an_operator_takes_an_alarm_on_and_gives_it_back(api: httpx.Client, raised: list[str]) -> None:
    taken = api.post(f"/alarms/{raised[0]}/acknowledge", json={"user": "an"})
    assert (taken.status_code, taken.json()["ackState"], taken.json()["ackUser"]) == (200, "acknowledged", "an")
    assert [alarm["id"] for alarm in api.get("/alarms", params={"ackState": "acknowledged"}).json()] == raised[:1]
    back = api.post(f"/alarms/{raised[0]}/unacknowledge", json={"user": "an"})
    assert (back.status_code, back.json().get("ackState", "unacknowledged")) == (200, "unacknowledged")
    assert api.get("/alarms", params={"ackState": "acknowledged"}).json() == []


def test_an_operator_comments_on_an_alarm(api: httpx.Client, raised: list[str]) -> None:
    task = {"user": "an", "text": "stroomonderbreking in de straat"}
    for count in (1, 2):
        alarm = api.post(f"/alarms/{raised[0]}/comment", json=task)
        assert alarm.status_code == 200
        assert [(said["user"], said["text"]) for said in alarm.json()["comments"]] == [tuple(task.values())] * count


def test_an_operator_declares_an_alarm_over_once(api: httpx.Client, raised: list[str]) -> None:
    over = api.post(f"/alarms/{raised[0]}/clear", json={"user": "an"})
    assert (over.status_code, over.json()["state"], over.json()["clearedBy"]) == (200, "cleared", "an")
    assert [alarm["id"] for alarm in api.get("/alarms").json()] == raised[1:]
    again = refused(api.post(f"/alarms/{raised[0]}/clear", json={"user": "an"}), 409)
    assert "is cleared already" in again["detail"]


def test_an_operator_groups_an_alarm_under_the_one_that_stands_for_the_fault(
    api: httpx.Client, raised: list[str]
) -> None:
    child, parent = raised
    grouped = api.post(f"/alarms/{child}/group", json={"user": "an", "parent": parent})
    assert (grouped.status_code, grouped.json()["parent"]) == (200, parent)
    eventually(lambda: api.get(f"/alarms/{parent}").json().get("children") == [child])
    apart = api.post(f"/alarms/{child}/ungroup", json={"user": "an"})
    assert (apart.status_code, apart.json().get("parent", "")) == (200, "")


def test_an_alarm_is_not_grouped_under_itself_or_under_nothing(api: httpx.Client, raised: list[str]) -> None:
    refused(api.post(f"/alarms/{raised[0]}/group", json={"user": "an", "parent": raised[0]}), 409)
    unknown = refused(api.post(f"/alarms/{raised[0]}/group", json={"user": "an", "parent": "nothing"}), 409)
    assert "'nothing' is not a known alarm" in unknown["detail"]


def test_a_command_whose_effect_is_not_seen_in_time_is_accepted_with_its_place_in_the_log(
    api: httpx.Client, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.alarm("a01")
    seen(api, "/alarms/a01")
    monkeypatch.setattr(api_alarms, "EFFECT_WITHIN", 0.05)
    accepted = api.post("/alarms/a01/acknowledge", json={"user": "an", "text": "I look"})
    assert accepted.status_code == 202
    place = accepted.json()
    [record] = network.log.read(place["topic"], place["partition"], place["offset"])
    command = msgspec.json.decode(record.value, type=AlarmCommand)
    assert (command.command, command.alarm_id, command.user, command.text) == ("acknowledge", "a01", "an", "I look")
    assert attributes(record)["type"] == "network.alarm.command"


@pytest.mark.parametrize(
    ("task", "body", "field"),
    [
        ("acknowledge", {}, "user"),
        ("acknowledge", {"user": "  "}, "user"),
        ("acknowledge", {"user": "an", "note": "?"}, "note"),
        ("comment", {"user": "an"}, "text"),
        ("comment", {"user": "an", "text": "x" * 2001}, "text"),
        ("group", {"user": "an"}, "parent"),
        ("clear", [], "body"),
    ],
)
def test_a_task_that_is_not_as_described_is_refused_naming_the_field(
    idle: httpx.Client, task: str, body: Any, field: str
) -> None:
    problem = refused(idle.post(f"/alarms/a01/{task}", json=body), 400)
    assert [error["name"] for error in problem["errors"]] == [field]


def test_a_task_for_an_unknown_alarm_is_not_taken(idle: httpx.Client) -> None:
    for task in ("acknowledge", "unacknowledge", "comment", "clear", "group", "ungroup"):
        body = {"user": "an", "text": "x", **({"parent": "p"} if task == "group" else {})}
        refused(idle.post(f"/alarms/nothing/{task}", json=body), 404 if task != "group" else 409)


# KPIs


def test_kpis_of_a_cell_are_served_over_time(api: httpx.Client, network: Network) -> None:
    for quarter in range(3):
        network.kpi(value=95 + quarter, at=minutes(15 * quarter))
    network.kpi("Retainability", None)
    series = eventually(lambda: len(found := api.get("/kpis", params={"dn": CELL}).json()) == 2 and found)
    assert [(one["name"], one["unit"], len(one["points"])) for one in series] == [
        ("Accessibility", "%", 3), ("Retainability", "%", 1),
    ]  # fmt: skip
    assert series[1]["points"][0]["value"] is None
    query = {"dn": CELL, "name": "Accessibility", "from": "2026-11-23T12:15:00Z", "to": "2026-11-23T12:30:00Z"}
    [accessibility] = api.get("/kpis", params=query).json()
    assert [point["value"] for point in accessibility["points"]] == [96]


def test_kpis_of_a_site_are_those_of_its_cells_and_nodes(api: httpx.Client, network: Network) -> None:
    network.resource("ManagedElement=ANT_01", site="Haven", region="Antwerpen")
    network.health("cell", "ManagedElement=GNT_01,LTECell=1", site="Dampoort")
    for dn in (CELL, "ManagedElement=ANT_01", "ManagedElement=GNT_01,LTECell=1"):
        network.kpi(dn=dn)
    found = eventually(lambda: api.get("/kpis", params={"site": "Dampoort"}).json())
    assert [series["dn"] for series in found] == ["ManagedElement=GNT_01,LTECell=1"]
    eventually(lambda: len(api.get("/kpis", params={"site": "Haven"}).json()) == 2)


def test_kpis_are_asked_of_one_object_or_of_one_site(idle: httpx.Client) -> None:
    refused(idle.get("/kpis"), 400)
    refused(idle.get("/kpis", params={"dn": CELL, "site": "Haven"}), 400)


def test_a_kpi_value_has_its_passport(api: httpx.Client, network: Network) -> None:
    id = network.kpi(value=98.5)
    kpi = api.get(f"/kpis/{id}").json()
    assert kpi["passport"]["formula"] == "ericsson-lte/Accessibility"
    assert kpi["passport"]["counters"] == {"pmRrcConnEstabSucc": 197, "pmRrcConnEstabAtt": 200}
    refused(api.get("/kpis/0-999999"), 404)
    refused(api.get("/kpis/9999-0"), 404)
    assert "is not the id of a KPI value" in refused(api.get("/kpis/Accessibility"), 400)["detail"]


# Requests that are not understood


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/alarms?severty=major", "severty"),
        ("/network?x=1", "x"),
        ("/sites?region=A&dn=B", "dn"),
        ("/sites/A?limit=1", "limit"),
        ("/events?scopes=cell", "scopes"),
        ("/kpis/0-0/explain?format=text", "format"),
    ],
)
def test_an_unknown_query_parameter_is_refused_by_name(idle: httpx.Client, path: str, name: str) -> None:
    problem = refused(idle.get(path), 400)
    assert [(error["in"], error["name"]) for error in problem["errors"]] == [("query", name)]
    assert name in problem["detail"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/alarms?severity=bad", "severity.0"),
        ("/alarms?limit=0", "limit"),
        ("/alarms?limit=1001", "limit"),
        ("/alarms?limit=x", "limit"),
        ("/alarms?from=2026-11-23T12:00:00", "from"),
        ("/alarms?from=yesterday", "from"),
        ("/alarms?sort=text", "sort"),
        ("/alarms?cursor=!!", "cursor"),
        ("/alarms?cursor=WzEsMiwz", "cursor"),
        ("/alarms?cursor=WyJ4IiwxXQ", "cursor"),
        ("/sites?cursor=WyJ4IiwxXQ", "cursor"),
        ("/sites?sort=score&cursor=WyJ4IiwieCJd", "cursor"),
        ("/sites?status=fine", "status.0"),
        ("/sites/A/history?from=1", "from"),
        ("/events?severity=loud", "severity.0"),
    ],
)
def test_a_value_that_cannot_be_is_refused_naming_its_parameter(idle: httpx.Client, path: str, name: str) -> None:
    problem = refused(idle.get(path), 400)
    assert [error["name"] for error in problem["errors"]] == [name]
