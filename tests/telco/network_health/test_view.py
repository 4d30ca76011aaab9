"""The view in memory: what it knows of the network, without any server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.telco.network_health.conftest import CELL, NOON, Network, eventually, make_alarm, minutes
from trunkline.log.envelope import cloud_event
from trunkline.log.port import Log, Record, Topic
from trunkline.telco.model import AckState, Health, Severity
from trunkline.telco.network.view import alarmlist, scopes
from trunkline.telco.network.view.alarmlist import AlarmFilter, AlarmList, AlarmSort, LocatedAlarm
from trunkline.telco.network.view.kpiseries import KpiHead, KpiRing
from trunkline.telco.network.view.network import TAIL, NetworkView
from trunkline.telco.network.view.scopes import HealthFilter, HealthSort, Scope


@pytest.fixture
def view(log: Log) -> NetworkView:
    return NetworkView(log)


def ids(view: NetworkView, **wanted: Any) -> list[str]:
    return [alarm.id for alarm in view.alarms(AlarmFilter(**wanted)).alarms]


def test_the_last_record_of_a_scope_is_its_health(network: Network, view: NetworkView) -> None:
    network.health("network", "network", 100, minutes(0))
    network.health("network", "network", 60, minutes(15))
    view.catch_up()
    assert view.network().score == 60
    assert [health.score for health in view.history(Scope.NETWORK, "network")] == [100, 60]


def test_nothing_is_known_of_a_network_that_was_never_heard_of(view: NetworkView) -> None:
    view.catch_up()
    assert view.network() is None
    assert view.alarms() == ([], 0, None)
    assert view.kpis(CELL) == []


def test_history_begins_with_what_was_in_force_at_its_start(network: Network, view: NetworkView) -> None:
    for quarter, score in enumerate((100, 80, 60, 40)):
        network.health("site", "ANT_01", score, minutes(15 * quarter))
    view.catch_up()
    scores = [h.score for h in view.history(Scope.SITE, "ANT_01", since=minutes(20), until=minutes(45))]
    assert scores == [80, 60]
    assert [h.score for h in view.history(Scope.SITE, "ANT_01", since=minutes(30))] == [60, 40]


def test_the_history_of_a_scope_is_bounded(network: Network, view: NetworkView, monkeypatch: Any) -> None:
    monkeypatch.setitem(scopes.KEPT, "cell", 3)
    for quarter in range(5):
        network.health("cell", CELL, 100 - quarter, minutes(15 * quarter))
    view.catch_up()
    assert [health.score for health in view.history(Scope.CELL, CELL)] == [98, 97, 96]


def test_scopes_are_filtered_and_the_worst_come_first(network: Network, view: NetworkView) -> None:
    network.health("site", "ANT_01", 95, vendor="Nokia", region="Antwerpen")
    network.health("site", "ANT_02", 40, vendor="Nokia", region="Antwerpen")
    network.health("site", "GNT_01", 10, vendor="Nokia", region="Oost-Vlaanderen")
    view.catch_up()
    page = view.scopes(Scope.SITE, HealthFilter(regions=("Antwerpen",)), HealthSort.SCORE)
    assert [health.id for health in page.scopes] == ["ANT_02", "ANT_01"]
    assert page.total == 2


def test_an_alarm_is_found_by_the_place_of_the_nearest_object_above(network: Network, view: NetworkView) -> None:
    network.resource("ManagedElement=ANT_01", site="Antwerpen Haven", region="Antwerpen")
    network.alarm("a", dn="ManagedElement=ANT_01,ENBFunction=1,EUtranCellFDD=3")
    network.alarm("b", dn="ManagedElement=GNT_01")
    view.catch_up()
    assert ids(view, regions=("Antwerpen",)) == ["a"]
    assert view.alarm("a").site == "Antwerpen Haven"
    assert (view.alarm("b").site, view.alarm("b").region) == ("GNT_01", "unknown")


def test_an_alarm_that_came_before_the_topology_gets_its_place(network: Network, view: NetworkView) -> None:
    network.alarm("a", dn="ManagedElement=ANT_01,ENBFunction=1")
    network.alarm("other", dn="ManagedElement=ANT_01(2)")
    view.catch_up()
    network.resource("ManagedElement=ANT_01", region="Antwerpen")
    view.catch_up()
    assert ids(view, regions=("Antwerpen",)) == ["a"]


def test_a_cleared_alarm_leaves_the_active_ones_and_stays_as_history(network: Network, view: NetworkView) -> None:
    network.alarm("a")
    network.alarm("a", "cleared", state="cleared", cleared_time=minutes(5))
    view.catch_up()
    assert ids(view) == []
    assert ids(view, states=("cleared",)) == ["a"]


def test_a_forgotten_alarm_is_gone(network: Network, view: NetworkView) -> None:
    network.alarm("a")
    view.catch_up()
    network.forget_alarm("a")
    view.catch_up()
    assert view.alarm("a") is None
    assert ids(view) == []


def test_only_the_alarms_cleared_last_are_kept() -> None:
    alarms = AlarmList(cleared_kept=2)
    for number in range(4):
        put(alarms, located(f"a{number}", state="cleared"))
    assert [alarms.get(f"a{number}") is not None for number in range(4)] == [False, False, True, True]
    assert len(alarms) == 2


def test_kpis_are_in_the_order_of_their_periods_whatever_order_they_came_in(
    network: Network, view: NetworkView
) -> None:
    for quarter in (1, 0, 2):
        network.kpi(value=90 + quarter, at=minutes(15 * quarter))
    network.kpi("Retainability", None)
    view.catch_up()
    accessibility, retainability = view.kpis(CELL)
    assert [(point.end_time, point.value) for point in accessibility.points] == [
        (minutes(0), 90), (minutes(15), 91), (minutes(30), 92),
    ]  # fmt: skip
    assert retainability.points[0].value is None
    assert [
        point.value for point in view.kpis(CELL, ["Accessibility"], since=minutes(15), until=minutes(30))[0].points
    ] == [91]


def test_a_corrected_kpi_replaces_the_value_of_its_period(network: Network, view: NetworkView) -> None:
    network.kpi(value=50)
    corrected = network.kpi(value=99)
    view.catch_up()
    [series] = view.kpis(CELL)
    assert [(point.id, point.value) for point in series.points] == [(corrected, 99)]


def test_a_kpi_value_is_found_again_with_its_passport(network: Network, view: NetworkView) -> None:
    id = network.kpi(value=98.5)
    view.catch_up()
    kpi = view.kpi(id)
    assert kpi.value == 98.5
    assert kpi.passport.counters == {"pmRrcConnEstabSucc": 197, "pmRrcConnEstabAtt": 200}
    partition, offset = id.split("-")
    assert view.kpi(f"{partition}-{int(offset) + 1}") is None
    with pytest.raises(ValueError, match="is not the id of a KPI value"):
        view.kpi("Accessibility")


def test_a_series_has_the_unit_of_its_latest_period() -> None:
    ring = KpiRing(head("%", 0))
    for offset, (unit, quarter) in enumerate((("%", 1), ("s", 2), ("%", 0))):
        ring.put(head(unit, quarter), Record("network.kpi", 0, offset, None, None, (), 0))
    assert ring.series(ring.points()).unit == "s"


def head(unit: str, quarter: int) -> KpiHead:
    return KpiHead(name="K", dn=CELL, vendor="Nokia", end_time=minutes(15 * quarter), value=1.0, unit=unit)


def test_a_kpi_value_that_the_log_no_longer_keeps_is_not_mistaken_for_the_next(
    log: Log, network: Network, view: NetworkView
) -> None:
    ids = [network.kpi(value=value, at=minutes(value)) for value in range(3)]
    log.create(Topic(name="network.kpi", partitions=4, retention_bytes=1))
    log.maintain()
    view.catch_up()
    assert view.kpi(ids[0]) is None
    assert view.kpi(ids[2]).value == 2


def test_a_question_that_needs_no_kpis_does_not_read_them(network: Network, view: NetworkView) -> None:
    network.health("network", "network")
    network.kpi()
    view.catch_up(["network.health"])
    assert view.network() is not None
    assert view.kpis(CELL) == []


def test_a_following_view_shows_what_is_appended_and_tells_of_it(network: Network, view: NetworkView) -> None:
    heard: list[tuple[str, str]] = []
    stop = threading.Event()
    view.catch_up()
    view.subscribe(lambda topic, changes: heard.extend((topic, change.record.key) for change in changes))
    thread = threading.Thread(target=view.follow, args=(stop,))
    thread.start()
    try:
        network.alarm("a")
        network.health("site", "ANT_01", 40)
        eventually(lambda: len(heard) == 2)
    finally:
        stop.set()
        thread.join()
    assert sorted(heard) == [("network.alarm", "a"), ("network.health", "site:ANT_01")]
    assert view.alarm("a") is not None


# The alarm list against the plainest thing that could be right: a dictionary, filtered and sorted anew each time.

SEVERITIES = ("critical", "major", "minor", "cleared")
DNS = ("ManagedElement=A", "ManagedElement=A,Cell=1", "ManagedElement=A(2)", "ManagedElement=B,Cell=1")


def located(id: str, severity: str = "major", at: datetime = NOON, **fields: Any) -> LocatedAlarm:
    alarm = make_alarm(id, severity, at, **fields)
    values = {name: getattr(alarm, name) for name in alarm.__struct_fields__}
    return LocatedAlarm(**values, site=alarm.dn.partition(",")[0], region=alarm.vendor[:1])


def put(alarms: AlarmList, alarm: LocatedAlarm) -> None:
    alarms.update([(alarm.id, alarm)])


def keyed(alarm: LocatedAlarm, sort: AlarmSort) -> tuple[Any, ...]:
    rank = list(Severity).index(alarm.perceived_severity)
    return {
        AlarmSort.RAISED: (alarm.raised_time, alarm.id),
        AlarmSort.CHANGED: (alarm.changed_time, alarm.id),
        AlarmSort.SEVERITY: (rank, -alarm.raised_time.timestamp(), alarm.id),
        AlarmSort.DN: (alarm.dn, alarm.id),
    }[sort]


def matches(alarm: LocatedAlarm, wanted: AlarmFilter) -> bool:
    below = alarm.dn == wanted.dn or alarm.dn.startswith(wanted.dn + ",")
    return (
        (alarm.state in wanted.states if wanted.states else alarm.state != "cleared")
        and (not wanted.severities or alarm.perceived_severity in wanted.severities)
        and (not wanted.vendors or alarm.vendor in wanted.vendors)
        and (not wanted.regions or alarm.region in wanted.regions)
        and (not wanted.ack_states or alarm.ack_state in wanted.ack_states)
        and (not wanted.dn or below)
        and (wanted.since is None or alarm.raised_time >= wanted.since)
        and (wanted.until is None or alarm.raised_time < wanted.until)
    )


def choose(values: Any) -> Any:
    return st.lists(st.sampled_from(values), max_size=2).map(tuple)


filters = st.builds(
    AlarmFilter,
    severities=choose(tuple(Severity)),
    vendors=choose(("Nokia", "Huawei")),
    regions=choose(("N", "H")),
    ack_states=choose(tuple(AckState)),
    states=choose(("raised", "updated", "cleared")),
    dn=st.sampled_from(("", *DNS)),
    since=st.none() | st.integers(0, 5).map(minutes),
    until=st.none() | st.integers(0, 5).map(minutes),
)


@pytest.fixture(scope="module", autouse=True)
def few_are_many() -> Iterator[None]:
    """So that a test's little batches also take the way of large ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alarmlist, "MANY", 10)
        yield


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    wanted=filters,
    sort=st.sampled_from(tuple(AlarmSort)),
    descending=st.booleans(),
    limit=st.integers(1, 7),
    often=st.sampled_from((0.02, 1.0)),
)
def test_every_filter_order_and_page_shows_what_a_plain_search_shows(
    seed: int, wanted: AlarmFilter, sort: AlarmSort, descending: bool, limit: int, often: float
) -> None:
    random = Random(seed)
    listed, plain = AlarmList(), {}

    changes: list[tuple[str, LocatedAlarm | None]] = []
    for _ in range(120):
        id = f"a{random.randrange(40)}"
        if random.random() < 0.1:
            changes.append((id, None))
            plain.pop(id, None)
            continue
        severity = random.choice(SEVERITIES)
        alarm = located(
            id,
            severity,
            minutes(random.randrange(6)),
            vendor=random.choice(("Nokia", "Huawei")),
            dn=random.choice(DNS),
            state="cleared" if severity == "cleared" else random.choice(("raised", "updated")),
            ack_state=random.choice(tuple(AckState)),
            changed_time=NOON + timedelta(seconds=random.randrange(9)),
        )
        changes.append((id, alarm))
        plain[id] = alarm
        if random.random() < often:
            listed.update(changes)
            changes = []
    listed.update(changes)
    expected = [alarm for alarm in plain.values() if matches(alarm, wanted)]
    expected.sort(key=lambda alarm: keyed(alarm, sort), reverse=descending)
    found, after = [], None
    while True:
        page = listed.page(wanted, sort, descending=descending, limit=limit, after=after)
        assert page.total == len(expected)
        assert len(page.alarms) <= limit
        found += page.alarms
        if page.next is None:
            break
        after = page.next
    assert [alarm.id for alarm in found] == [alarm.id for alarm in expected]


def test_a_list_that_changes_while_it_is_paged_misses_no_alarm_that_was_there_all_along() -> None:
    alarms = AlarmList()
    for number in range(10):
        put(alarms, located(f"a{number}", at=minutes(number)))
    first = alarms.page(AlarmFilter(), AlarmSort.RAISED, descending=True, limit=4)
    put(alarms, located("new", at=minutes(60)))
    put(alarms, located("a5", "minor", at=minutes(5), changed_time=minutes(60)))
    alarms.update([(first.alarms[-1].id, None)])
    rest = alarms.page(AlarmFilter(), AlarmSort.RAISED, descending=True, limit=100, after=first.next)
    assert [alarm.id for alarm in first.alarms + rest.alarms] == [f"a{number}" for number in range(9, -1, -1)]


def test_a_site_that_was_told_of_long_ago_is_still_known(
    log: Log, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TAIL, "network.health", 1)
    silent = network.health("site", "GNT_01", 0, minutes(0), status="unknown", cells={"unknown": 3})
    log.append(Health.current, [cloud_event(type=Health.current, source="/t", id="1", value=msgspec.json.encode(silent),
                                            key=silent.key)])  # fmt: skip
    network.health("site", "ANT_01", 90, minutes(15))
    restarted = NetworkView(log)
    restarted.catch_up()
    assert [health.id for health in restarted.scopes(Scope.SITE).scopes] == ["ANT_01", "GNT_01"]


def test_a_site_that_has_nothing_in_it_any_more_is_gone(network: Network, view: NetworkView) -> None:
    network.health("site", "MRBTS-1", 90, minutes(0), cells={"healthy": 1})
    network.health("site", "MRBTS-1", 0, minutes(1), status="unknown")
    network.health("site", "GNT_01", 0, minutes(1), status="unknown", cells={"unknown": 1})
    view.catch_up()
    assert [health.id for health in view.scopes(Scope.SITE).scopes] == ["GNT_01"]
