"""Faults: seeded, of the agreed rate, in storms and flaps, seen in measurements, and kept over a restart."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from belgicom.simulator.alarms import Alarm
from belgicom.simulator.faults import REMEMBERED, STORM_SITES, Faults
from belgicom.simulator.measurements import Period
from belgicom.simulator.network import Network, build_network
from belgicom.simulator.traffic import Condition

BEGIN = datetime(2026, 3, 9, 15, 0, tzinfo=UTC)


def run(faults: Faults, ticks: int, storm_at: int | None = None) -> list[Alarm]:
    """What is reported in so many ticks, as if a second passed with each."""
    return [
        alarm
        for _ in range(ticks)
        for alarm in faults.advance(BEGIN + timedelta(seconds=faults.tick), storm=faults.tick == storm_at)
    ]


def test_the_same_seed_reports_the_same_alarms_in_the_same_order(network: Network) -> None:
    first, again, other = (run(Faults(network, seed, rate=60), 300, storm_at=100) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_faults_begin_at_the_rate_that_was_asked_for() -> None:
    reported = run(Faults(build_network(1, 600), 1, rate=30), 1200)
    raised = [alarm for alarm in reported if not alarm.cleared and alarm.changed == alarm.raised]
    begun = {alarm.object for alarm in raised}  # flaps come again, and count once
    assert 0.8 * 600 < len(begun) < 1.2 * 600


def test_without_a_rate_nothing_happens(network: Network) -> None:
    assert run(Faults(network, 1, rate=0), 5000) == []


def test_what_was_raised_is_active_until_it_is_cleared_and_nothing_is_raised_twice(network: Network) -> None:
    faults = Faults(network, 3, rate=60)
    standing: dict[tuple[str, str, str, int], int] = {}
    for alarm in run(faults, 1500, storm_at=500):
        if not alarm.cleared:
            assert standing.setdefault(alarm.object, alarm.id) == alarm.id
        elif alarm.object in standing:
            assert standing.pop(alarm.object) == alarm.id
    assert standing == {key: alarm.id for key, alarm in faults.active.items()}


def test_each_vendor_numbers_its_alarms_without_a_gap(network: Network) -> None:
    raised: dict[str, list[int]] = {}
    for alarm in run(Faults(network, 3, rate=60), 900):
        if not alarm.cleared and alarm.changed == alarm.raised:
            raised.setdefault(alarm.site.vendor, []).append(alarm.id)
    assert set(raised) == {"Ericsson", "Nokia", "Huawei"}
    for ids in raised.values():
        assert ids == list(range(ids[0], ids[0] + len(ids)))


def test_some_alarms_flap_some_grow_worse_and_some_clears_have_no_raise(network: Network) -> None:
    reported = run(Faults(network, 5, rate=60), 3000)
    raises = Counter(alarm.object for alarm in reported if not alarm.cleared and alarm.changed == alarm.raised)
    assert max(raises.values()) >= 3
    assert any(alarm.changed > alarm.raised and not alarm.cleared for alarm in reported)
    ids = {alarm.id for alarm in reported if not alarm.cleared}
    orphans = [alarm for alarm in reported if alarm.cleared and alarm.id not in ids]
    assert orphans
    assert all(alarm.raised == alarm.changed for alarm in orphans)


def test_a_storm_cuts_off_forty_sites_of_one_region_within_seconds_and_passes() -> None:
    faults = Faults(build_network(1, 600), 1, rate=0)
    reported = run(faults, 10, storm_at=2)
    cut_off = {alarm.site for alarm in reported if alarm.problem.name == "transport-down"}
    assert len({site.region for site in cut_off}) == 1
    in_region = sum(site.region == next(iter(cut_off)).region for site in faults.network.sites)
    assert len(cut_off) == min(STORM_SITES, in_region)
    assert {alarm.site for alarm in reported if alarm.problem.name == "cell-down"} < cut_off
    run(faults, 300)
    assert faults.active == {}


def test_a_fault_shows_in_its_cells_measurements_by_the_share_of_the_period_it_lasted() -> None:
    faults = Faults(build_network(1, 600), 1, rate=0)
    storm = run(faults, 300, storm_at=0)
    down = next(alarm for alarm in storm if alarm.problem.name == "transport-down" and not alarm.cleared)
    up = next(alarm for alarm in storm if alarm.object == down.object and alarm.cleared)
    period = Period(BEGIN + timedelta(minutes=15), 900)
    conditions = faults.conditions(down.site, period)
    lasted = (up.changed - down.raised).total_seconds()
    assert {key: condition.outage for key, condition in conditions.items()} == {
        (cell.technology, cell.number): pytest.approx(lasted / 900) for cell in down.site.cells
    }
    assert faults.conditions(down.site, Period(BEGIN, 900)) == {}
    unhurt = next(site for site in faults.network.sites if site.region != down.site.region)
    assert faults.conditions(unhurt, period) == {}


def test_a_fault_that_still_lasts_counts_up_to_the_periods_end() -> None:
    faults = Faults(build_network(1, 600), 1, rate=0)
    run(faults, 65, storm_at=0)
    (_, alarm), *_ = faults.active.items()
    condition = next(iter(faults.conditions(alarm.site, Period(BEGIN + timedelta(minutes=1), 60)).values()))
    assert isinstance(condition, Condition)
    assert condition.outage == pytest.approx((BEGIN + timedelta(minutes=1) - alarm.raised).total_seconds() / 60)


def test_faults_that_are_long_over_are_forgotten(network: Network) -> None:
    faults = Faults(network, 3, rate=60)
    run(faults, 2500)
    assert faults.ended
    now = BEGIN + timedelta(seconds=faults.tick)
    assert all(over.end >= now - REMEMBERED - timedelta(seconds=2) for over in faults.ended)


@pytest.mark.parametrize("stop_at", [1, 137, 500])
def test_stopped_and_started_again_it_goes_on_as_if_it_had_not_stopped(network: Network, stop_at: int) -> None:
    whole = Faults(network, 3, rate=60)
    expected = run(whole, 700, storm_at=200)

    before = Faults(network, 3, rate=60)
    reported = run(before, stop_at, storm_at=200)
    after = Faults(network, 3, rate=60)
    after.restore(json.loads(json.dumps(before.saved())))
    reported += run(after, 700 - stop_at, storm_at=200)
    assert reported == expected
    assert after.active == whole.active


def test_after_the_network_became_smaller_faults_of_sites_that_are_gone_are_forgotten(network: Network) -> None:
    before = Faults(network, 3, rate=60)
    run(before, 300)
    after = Faults(Network(network.sites[:10]), 3, rate=60)
    after.restore(json.loads(json.dumps(before.saved())))
    names = {site.name for site in network.sites[:10]}
    assert {alarm.site.name for alarm in after.active.values()} == {
        alarm.site.name for alarm in before.active.values() if alarm.site.name in names
    }
    run(after, 300)
