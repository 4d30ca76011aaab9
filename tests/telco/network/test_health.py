"""The health of cells, sites, regions, vendors and the network, and why."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.telco.network.outputs import NOON, Running, Sent, at
from tests.telco.network.test_rules import RULES
from trunkline.telco.model import (
    Alarm,
    Health,
    HealthStatus,
    Kpi,
    NetworkResource,
    Passport,
    Ratio,
    Severity,
    Source,
)
from trunkline.telco.network.health import rules
from trunkline.telco.network.health.processor import HealthProcessor
from trunkline.telco.network.performance import formulas

TABLE = """\
vendor: {vendor}
technology: LTE
classes: [EUtranCellFDD]
version: "1.0"
kpis:
  - {{name: Accessibility, spec: x, unit: "%", scale: 100, ratios: [{{numerator: ok, denominator: tried}}]}}
  - {{name: Load, spec: x, unit: "%", scale: 100, ratios: [{{numerator: used, denominator: all}}]}}
"""
SOURCE = Source(uri="sftp://nms/a.xml")


@pytest.fixture
def network(tmp_path: Path) -> Running:
    (tmp_path / "kpis").mkdir()
    for vendor in ("Nokia", "Ericsson"):
        (tmp_path / "kpis" / f"{vendor.lower()}.yaml").write_text(TABLE.format(vendor=vendor))
    (tmp_path / "health.yaml").write_text(RULES)
    tables, judgement = formulas.load(tmp_path / "kpis"), rules.load(tmp_path / "health.yaml")
    return Running(lambda: HealthProcessor(judgement, tables))


def cell(number: int) -> str:
    """Cells 0 to 3 are on node N0, 4 to 7 on N1, …"""
    return f"ManagedElement=N{number // 4},LTECell={number}"


def dn(number: int) -> str:
    return f"ManagedElement=N{number // 4},ENBFunction=1,EUtranCellFDD={number}"


def resource(number: int, **fields: Any) -> NetworkResource:
    told = {"site": f"S{number // 4}", "region": "Antwerpen", "vendor": "Nokia", "technology": "LTE"}
    return NetworkResource(
        dn=dn(number), native_dn="x", cls="EUtranCellFDD", time=NOON, source=SOURCE, **{**told, **fields}
    )


def kpi(number: int, ok: float, tried: float = 100, period: int = 0, name: str = "Accessibility", **fields: Any) -> Kpi:
    vendor = fields.pop("vendor", "Nokia")
    return Kpi(
        name=name, dn=cell(number), vendor=vendor, technology="LTE", end_time=at(60 * period), granularity=60,
        value=100 * ok / tried if tried else None, unit="%", ratios=(Ratio(numerator=ok, denominator=tried),),
        passport=Passport(
            formula=f"{vendor.lower()}/{name}", version="1", expression="", counters={}, sources=(SOURCE,)
        ), **fields,
    )  # fmt: skip


def alarm(on: str, severity: Severity = Severity.MAJOR, state: str = "raised", id: str = "a1", **fields: Any) -> Alarm:
    told = {"vendor": "Nokia", "problem": "7653", "specific_problem": "CELL FAULTY"}
    return Alarm(
        id=id, state=state, dn=on, perceived_severity=severity, raised_time=NOON, changed_time=NOON, source=SOURCE,
        **{**told, **fields},
    )  # fmt: skip


def told(sent: Sent) -> dict[str, Health]:
    return {health.key: health for health in sent.of(Health)}


def test_a_cell_whose_kpis_are_good_is_healthy(network: Running) -> None:
    health = told(network.take(resource(0), kpi(0, 99)))[f"cell:{cell(0)}"]
    assert (health.status, health.score, health.kpis) == (HealthStatus.HEALTHY, 100.0, {"Accessibility": 99.0})
    assert (health.site, health.region, health.vendor, health.technology) == ("S0", "Antwerpen", "Nokia", "LTE")


def test_a_kpi_beyond_its_threshold_is_the_reason(network: Running) -> None:
    health = told(network.take(resource(0), kpi(0, 96)))[f"cell:{cell(0)}"]
    (reason,) = health.reasons
    assert (health.status, health.score) == (HealthStatus.DEGRADED, 85.0)
    assert (reason.kind, reason.name, reason.value, reason.threshold, reason.unit) == (
        "kpi", "Accessibility", 96.0, 98.0, "%",
    )  # fmt: skip
    assert told(network.take(kpi(0, 90, period=1)))[f"cell:{cell(0)}"].status is HealthStatus.CRITICAL


def test_what_the_equipment_doubts_is_not_held_against_the_cell(network: Running) -> None:
    network.take(resource(0), kpi(0, 99))
    health = told(network.take(kpi(0, 10, period=1, suspect=True), time=at(60)))
    assert health[f"cell:{cell(0)}"].status is HealthStatus.HEALTHY
    assert health["network:network"].kpis == {}


def test_an_alarm_in_a_cell_counts_for_the_cell(network: Running) -> None:
    network.take(resource(0), kpi(0, 99))
    health = told(network.take(alarm(f"{dn(0)},Antenna=1", Severity.CRITICAL)))
    for scope in (f"cell:{cell(0)}", "site:S0"):
        assert health[scope].status is HealthStatus.CRITICAL
        assert health[scope].alarms == {"critical": 1}
        assert [(reason.kind, reason.alarm, reason.name) for reason in health[scope].reasons] == [
            ("alarm", "a1", "CELL FAULTY")
        ]
    assert health[f"cell:{cell(0)}"].score == 50.0
    assert health["region:Antwerpen"].alarms == health["network:network"].alarms == {"critical": 1}


def test_an_alarm_on_a_node_counts_for_its_site_and_not_for_its_cells(network: Running) -> None:
    network.take(resource(0), kpi(0, 99))
    health = told(network.take(alarm("ManagedElement=N0,Rack=1,Fan=2", Severity.MAJOR)))
    assert (health["site:S0"].status, health["site:S0"].score) == (HealthStatus.DEGRADED, 80.0)
    assert f"cell:{cell(0)}" not in health


def test_an_alarm_that_changes_or_is_cleared_changes_the_health_back(network: Running) -> None:
    network.take(resource(0), kpi(0, 99))
    network.take(alarm(dn(0), Severity.CRITICAL))
    assert told(network.take(alarm(dn(0), Severity.MINOR, "updated")))[f"cell:{cell(0)}"].score == 95.0
    cleared = told(network.take(alarm(dn(0), Severity.CLEARED, "cleared")))[f"cell:{cell(0)}"]
    assert (cleared.status, cleared.score, cleared.alarms) == (HealthStatus.HEALTHY, 100.0, {})


def test_an_alarm_about_a_problem_that_says_nothing_is_ignored(network: Running) -> None:
    network.take(resource(0), kpi(0, 99))
    assert not network.take(alarm(dn(0), Severity.CRITICAL, problem="door open")).events


def test_a_site_is_as_its_cells_are(network: Running) -> None:
    network.take(*(resource(number) for number in range(4)), *(kpi(number, 99) for number in range(4)))
    one = told(network.take(kpi(0, 90, period=1)))["site:S0"]
    assert (one.status, one.cells, one.score) == (HealthStatus.DEGRADED, {"healthy": 3, "critical": 1}, 90.0)
    two = told(network.take(kpi(1, 90, period=1)))["site:S0"]
    assert (two.status, two.cells) == (HealthStatus.CRITICAL, {"healthy": 2, "critical": 2})


def test_a_scopes_kpi_is_the_sum_of_numerators_over_the_sum_of_denominators(network: Running) -> None:
    network.take(resource(0), resource(4, site="S1"))
    health = told(network.take(kpi(0, 1000, 1000), kpi(4, 0, 10)))
    for scope in ("region:Antwerpen", "vendor:Nokia", "network:network"):
        assert health[scope].kpis == {"Accessibility": round(100 * 1000 / 1010, 4)}
    assert health["site:S1"].kpis == {"Accessibility": 0.0}


def test_kpis_that_vendors_count_differently_are_averaged_by_cells(network: Running) -> None:
    network.take(resource(0), resource(1), resource(4, vendor="Ericsson"))
    health = told(network.take(kpi(0, 100, 100), kpi(1, 100, 100), kpi(4, 700, 1000, vendor="Ericsson")))
    assert health["network:network"].kpis == {"Accessibility": 90.0}


def test_a_cell_that_moves_takes_its_share_along(network: Running) -> None:
    network.take(resource(0), resource(1), kpi(0, 90), kpi(1, 99))
    health = told(network.take(resource(0, site="S9", region="Limburg", vendor="Ericsson"), time=at(5)))
    assert health["site:S0"].cells == {"healthy": 1}
    assert health["site:S9"].cells == health["region:Limburg"].cells == {"critical": 1}
    assert health["vendor:Nokia"].cells == {"healthy": 1}
    assert health["region:Antwerpen"].reasons == ()
    assert [reason.dn for reason in health["region:Limburg"].reasons] == [cell(0)]


def test_a_site_that_moves_leaves_nothing_behind(network: Running) -> None:
    network.take(resource(0), resource(1), resource(4, site="S1"), kpi(0, 90), kpi(1, 90), kpi(4, 99))
    health = told(network.take(*(resource(number, region="Limburg") for number in (0, 1)), time=at(5)))
    assert health["region:Antwerpen"].reasons == ()
    assert {reason.dn for reason in health["region:Limburg"].reasons} == {cell(0)}


def test_a_vendors_reasons_are_about_its_own_objects(network: Running) -> None:
    health = told(network.take(resource(0), resource(1, vendor="Ericsson"), kpi(0, 90), kpi(1, 99, vendor="Ericsson")))
    assert health["site:S0"].status is HealthStatus.CRITICAL
    assert [reason.dn for reason in health["vendor:Nokia"].reasons] == [cell(0)]
    assert health["vendor:Ericsson"].reasons == ()


def test_cells_stand_where_their_node_stands_once_that_is_known(network: Running) -> None:
    network.take(kpi(0, 99))
    node = NetworkResource(
        dn="ManagedElement=N0",
        native_dn="x",
        cls="ManagedElement",
        site="S0",
        region="Limburg",
        time=NOON,
        source=SOURCE,
    )
    health = told(network.take(node, time=at(5)))
    assert health[f"cell:{cell(0)}"].region == "Limburg"
    assert health["region:unknown"].cells == {}


def test_a_silent_cell_is_unknown_until_it_is_heard_of_again(network: Running) -> None:
    network.take(resource(0), kpi(0, 99), time=at(1))
    assert not network.tick(at(179)).events
    silent = told(network.tick(at(181)))
    (reason,) = silent[f"cell:{cell(0)}"].reasons
    assert (silent[f"cell:{cell(0)}"].status, reason.kind) == (HealthStatus.UNKNOWN, "silence")
    assert silent["network:network"].status is HealthStatus.UNKNOWN
    back = told(network.take(kpi(0, 99, period=4), time=at(245)))
    assert back[f"cell:{cell(0)}"].status is HealthStatus.HEALTHY


def test_a_silent_cell_with_an_alarm_is_as_its_alarm_says(network: Running) -> None:
    network.take(resource(0), kpi(0, 99), alarm(dn(0), Severity.CRITICAL))
    assert told(network.tick(at(181)))[f"cell:{cell(0)}"].status is HealthStatus.CRITICAL


def test_measurements_of_long_ago_say_nothing_about_now(network: Running) -> None:
    health = told(network.take(resource(0), kpi(0, 99), time=NOON + timedelta(days=400)))
    assert health[f"cell:{cell(0)}"].status is HealthStatus.UNKNOWN


def test_a_cell_of_the_topology_that_never_measured_is_unknown(network: Running) -> None:
    health = told(network.take(resource(0)))
    assert health[f"cell:{cell(0)}"].status is HealthStatus.UNKNOWN
    assert health["site:S0"].cells == {"unknown": 1}


def test_cells_of_which_nothing_is_known_do_not_count_against_their_site(network: Running) -> None:
    network.take(*(resource(number) for number in range(4)))
    assert told(network.take(kpi(0, 99)))["site:S0"].status is HealthStatus.HEALTHY


def test_a_corrected_value_of_a_period_counts(network: Running) -> None:
    network.take(resource(0), kpi(0, 99))
    assert told(network.take(kpi(0, 90)))[f"cell:{cell(0)}"].status is HealthStatus.CRITICAL


def test_an_older_period_does_not_replace_a_younger_one(network: Running) -> None:
    network.take(resource(0), kpi(0, 99, period=2))
    assert not network.take(kpi(0, 10, period=1)).events


def test_a_kpi_that_stopped_coming_is_dropped_while_others_go_on(network: Running) -> None:
    network.take(resource(0), kpi(0, 90), kpi(0, 50, name="Load"))
    network.take(kpi(0, 50, period=2, name="Load"), time=at(120))
    health = told(network.take(kpi(0, 50, period=3, name="Load"), time=at(180)))[f"cell:{cell(0)}"]
    assert (health.kpis, health.status) == ({"Load": 50.0}, HealthStatus.HEALTHY)


def test_what_changes_nothing_is_not_told(network: Running) -> None:
    items = [resource(0), kpi(0, 99), alarm(dn(0))]
    network.take(*items)
    assert not network.take(*items, time=at(60)).events


def test_many_changes_in_one_batch_are_told_once(network: Running) -> None:
    network.take(*(resource(number) for number in range(8)))
    sent = network.take(*(kpi(number, 99) for number in range(8)), *(kpi(number, 90) for number in range(8)))
    assert len(told(sent)) == len(sent.of(Health)) == len(set(sent.ids))
    assert sent.on(Health.current) == sent.on(Health.topic), "the last of each is kept in the compacted topic, too"


def test_figures_above_the_sites_that_merely_move_are_told_once_a_second(network: Running) -> None:
    network.take(*(resource(number) for number in range(4)), *(kpi(number, 99) for number in range(4)), time=at(10))
    quick = told(network.take(kpi(0, 99.5, period=1), time=at(10.2)))
    assert quick.keys() == {f"cell:{cell(0)}", "site:S0"}
    assert told(network.tick(at(11.3)))["network:network"].kpis == {"Accessibility": round(396.5 / 4, 4)}


def test_a_status_or_a_count_is_told_at_once(network: Running) -> None:
    network.take(*(resource(number) for number in range(4)), *(kpi(number, 99) for number in range(4)), time=at(10))
    assert "network:network" in told(network.take(alarm(dn(0)), time=at(10.1)))


def test_a_regions_reasons_are_those_of_its_worst_sites(network: Running) -> None:
    network.take(*(resource(number) for number in range(60)))
    bad = [kpi(number, 96 if number < 8 else 90) for number in range(48)]
    health = told(network.take(*bad, *(kpi(number, 99) for number in range(48, 60))))
    assert len(health["region:Antwerpen"].reasons) == 10
    assert all(reason.status is HealthStatus.CRITICAL for reason in health["region:Antwerpen"].reasons)


def test_time_of_a_scope_never_runs_backwards(network: Running) -> None:
    network.take(resource(0), kpi(0, 99), time=at(10))
    assert told(network.take(kpi(0, 90, period=1), time=at(5)))[f"cell:{cell(0)}"].time == at(10)


@pytest.mark.parametrize("on", ["", "no name", "a,b,c", "ManagedElement=", "LTECell=1"])
def test_an_alarm_on_an_object_of_an_odd_name_harms_nothing(network: Running, on: str) -> None:
    assert told(network.take(alarm(on)))["network:network"].alarms == {"major": 1}


def story(when: datetime = NOON) -> list[Any]:
    """Things that happen, one after the other."""
    things: list[Any] = [resource(number) for number in range(12)]
    things += [kpi(number, 90 + number, period=period) for period in range(3) for number in range(0, 12, 2)]
    things += [alarm(dn(number), id=f"c{number}") for number in range(5)]
    things += [alarm("ManagedElement=N1", Severity.CRITICAL, id="n1"), alarm(dn(2), Severity.CLEARED, "cleared", "c2")]
    things += [
        resource(3, site="S7", region="Limburg"),
        alarm(dn(0), Severity.CRITICAL, "updated", "c0"),
        kpi(0, 99, period=5),
    ]
    return things


@pytest.mark.parametrize("stop", range(1, 42, 4))
def test_a_restart_at_any_point_tells_nothing_twice_and_loses_nothing(network: Running, stop: int) -> None:
    things = story()
    steady = Running(network.make)
    for index, thing in enumerate(things):
        if index == stop:
            network.restart()
        seconds = at(10 * index)
        one, other = steady.take(thing, time=seconds), network.take(thing, time=seconds)
        assert told(one) == told(other), (index, thing)
    assert steady.kept == network.kept
    assert told(steady.tick(at(900))) == told(network.tick(at(900)))


def test_the_sums_are_those_of_all_cells_judged_anew(network: Running) -> None:
    """What many small changes added up to, beside a processor that is handed the last state alone."""
    for index, thing in enumerate(story()):
        network.take(thing, time=at(10 * index))
    anew = Running(network.make)
    anew.kept.update(network.kept)
    anew.restart()
    news = [alarm(f"ManagedElement=N{node}", Severity.MINOR, id=f"x{node}") for node in range(3)]
    one, other = told(network.take(*news, time=at(900))), told(anew.take(*news, time=at(900)))
    assert one == other
    assert {"site:S0", "site:S1", "site:S2", "region:Antwerpen", "vendor:Nokia", "network:network"} <= one.keys()


def test_an_alarm_tells_who_made_a_cell_that_nothing_was_measured_of(network: Running) -> None:
    sent = network.take(kpi(0, 99), alarm(dn(1), vendor="Nokia"))
    (site,) = [health for health in sent.of(Health) if health.scope == "site"][-1:]
    assert (site.vendor, site.cells) == ("Nokia", {"healthy": 1, "degraded": 1})
