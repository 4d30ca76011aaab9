"""Measurement files: read by the platform without a loss, joined with the topology, and of figures that agree."""

import gzip
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from belgicom.simulator.measurements import MeasuredObject, Period, PmFile, measured, pm_file
from belgicom.simulator.mishaps import FileMishap, spoiled
from belgicom.simulator.names import canonical_dn
from belgicom.simulator.network import Network, Site
from belgicom.simulator.traffic import Condition, Work, busyness, work
from trunkline.quarantine import Rejected
from trunkline.systems import Origin, installed_systems
from trunkline.telco.model import Measurement
from trunkline.telco.network.performance import formulas

KPIS = Path(__file__).parents[2] / "belgicom" / "kpis"
VENDORS = ["Ericsson", "Nokia", "Huawei"]


def read(vendor: str, file: PmFile) -> list[Measurement | Rejected]:
    """What the platform makes of a file."""
    content = gzip.decompress(file.content) if file.name.endswith(".gz") else file.content
    pm = installed_systems()[vendor.lower()].formats[0]
    assert pm.matches(content[:4096])
    return list(pm.read(BytesIO(content), Origin("test", f"file:///{file.name}")))


def with_nr(network: Network, vendor: str) -> Site:
    return next(site for site in network.of(vendor) if site.of("NR"))


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_platform_reads_every_counter_of_every_cell(network: Network, period: Period, vendor: str) -> None:
    for site in network.of(vendor):
        objects = measured(7, site, period)
        taken = read(vendor, pm_file(period, {site: objects}))
        assert all(isinstance(each, Measurement) for each in taken)
        assert {each.dn for each in taken} == {
            canonical_dn(site, cell, control_plane=part)
            for cell in site.cells
            for part in ((False, True) if vendor == "Ericsson" else (False,))
        }
        assert sum(len(each.counters) for each in taken) == sum(len(each.counters) for each in objects)
        assert {(each.end_time, each.granularity, each.suspect) for each in taken} == {(period.end, 900, False)}


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("moment", ["2026-01-15T00:00", "2026-07-15T00:00", "2026-03-29T01:00", "2026-10-25T01:00"])
def test_times_are_true_in_winter_in_summer_and_when_the_clocks_change(
    network: Network, vendor: str, moment: str
) -> None:
    period = Period(datetime.fromisoformat(moment).replace(tzinfo=UTC), 60)
    site = with_nr(network, vendor)
    times = {
        (each.end_time, each.granularity) for each in read(vendor, pm_file(period, {site: measured(7, site, period)}))
    }
    assert times == {(period.end, 60)}


@pytest.mark.parametrize("vendor", VENDORS)
def test_all_kpis_of_the_formula_tables_can_be_computed_and_a_healthy_cell_is_good(
    network: Network, period: Period, vendor: str
) -> None:
    tables, site = formulas.load(KPIS), with_nr(network, vendor)
    counters: dict[tuple[str, str], tuple[formulas.Table, dict[str, Any]]] = {}
    for each in read(vendor, pm_file(period, {site: measured(7, site, period)})):
        table = tables.find(vendor, each.dn)
        assert table is not None
        wanted, cell = table.wanted[formulas.class_of(each.dn)], each.dn.rpartition("=")[2]
        _, known = counters.setdefault((table.name, cell), (table, {}))
        known.update({name: value for key, value in each.counters.items() for name in wanted.get(key, ())})
    assert len(counters) == len(site.cells)
    for table, known in counters.values():
        values = {each.name: each.compute(known, 900)[0] for each in table.formulas}
        assert all(value is not None for value in values.values()), values
        assert values["CellAvailability"] == 100
        for name in ("Accessibility", "Retainability", "HandoverSuccessRate"):
            assert 97 < values[name] <= 100, (table.name, values)
        assert 5 < values["PrbUtilisationDownlink"] < 95
        assert 10 < values["DownlinkThroughput"] < 300


def test_a_huawei_file_covers_several_nodes_and_a_radionodes_only_itself(network: Network, period: Period) -> None:
    huawei, ericsson = network.of("Huawei")[:3], network.of("Ericsson")[:2]
    file = pm_file(period, {site: measured(7, site, period) for site in huawei})
    assert {each.dn.split(",")[0] for each in read("Huawei", file)} == {canonical_dn(site) for site in huawei}
    with pytest.raises(ValueError, match="one node"):
        pm_file(period, {site: [] for site in ericsson})
    with pytest.raises(ValueError, match="one vendor"):
        pm_file(period, {ericsson[0]: [], huawei[0]: []})


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_probe_with_counters_of_ones_own_arrives_as_it_was_given(
    network: Network, period: Period, vendor: str
) -> None:
    site = network.of(vendor)[0]
    name = measured(7, site, period)[0].name
    taken = read(vendor, pm_file(period, {site: [MeasuredObject("probe", name, {"M1C1": 41, "M1C2": None})]}))
    assert [each.counters for each in taken] == [{"M1C1": 41, "M1C2": None}]


def test_the_same_period_is_counted_alike_and_the_next_one_otherwise(network: Network, period: Period) -> None:
    site = network.sites[0]
    assert measured(7, site, period) == measured(7, site, period)
    assert measured(7, site, period) != measured(8, site, period)
    assert measured(7, site, period) != measured(7, site, Period(period.end + timedelta(minutes=15), 900))


def test_traffic_sleeps_at_night_and_is_busiest_in_the_evening() -> None:
    day = [busyness(datetime(2026, 3, 9, hour, tzinfo=UTC)) for hour in range(24)]
    assert min(day) == day[3]  # four o'clock in Belgium
    assert max(day) == day[18]
    assert max(day) > 5 * min(day)


@pytest.mark.parametrize("condition", [Condition(), Condition(0.4, 0.6), Condition(1.0), Condition(0, 1)])
def test_counters_agree_with_each_other_whatever_befell_the_cell(
    network: Network, period: Period, condition: Condition
) -> None:
    for site in network.sites:
        for cell in site.cells:
            did = work(7, site, cell, period.end, 900, condition)
            assert all(getattr(did, field.name) >= 0 for field in fields(Work))
            assert did.rrc_attempts >= did.rrc_successes == did.s1_attempts >= did.s1_successes
            assert did.bearer_attempts >= did.bearer_successes >= did.bearer_releases >= did.bearer_drops
            assert did.handover_attempts >= did.handover_preparations >= did.handover_successes
            assert did.secondary_attempts >= did.secondary_successes
            assert did.blocks_used <= did.blocks
            assert did.available == round(900 * (1 - condition.outage))


def test_a_cell_that_is_down_serves_nobody_and_an_impaired_one_serves_badly(network: Network, period: Period) -> None:
    site, cell = network.sites[0], network.sites[0].cells[0]
    down = work(7, site, cell, period.end, 900, Condition(outage=1.0))
    assert (down.rrc_attempts, down.downlink_bytes, down.users_sum, down.available) == (0, 0, 0, 0)
    well, badly = (work(7, site, cell, period.end, 900, Condition(impairment=share)) for share in (0.0, 0.6))
    assert badly.rrc_successes / badly.rrc_attempts < 0.96 < well.rrc_successes / well.rrc_attempts


@pytest.mark.parametrize("vendor", VENDORS)
def test_of_a_file_cut_off_the_whole_part_is_taken_and_a_garbled_byte_is_noticed(
    network: Network, period: Period, vendor: str
) -> None:
    site = network.of(vendor)[0]
    file = pm_file(period, {site: measured(7, site, period)})
    cut = spoiled(PmFile(file.name.removesuffix(".gz"), _plain(file)), FileMishap.TRUNCATED)
    taken = read(vendor, cut)
    assert any(isinstance(each, Rejected) for each in taken)
    assert any(isinstance(each, Measurement) for each in taken)
    assert any(isinstance(each, Rejected) for each in read(vendor, spoiled(file, FileMishap.MISENCODED)))


def _plain(file: PmFile) -> bytes:
    return gzip.decompress(file.content) if file.name.endswith(".gz") else file.content


@pytest.mark.parametrize("seconds", [60, 300, 900])
def test_a_period_ends_at_a_whole_multiple_of_its_length(seconds: int) -> None:
    last = Period.before(datetime(2026, 3, 9, 15, 14, 59, tzinfo=UTC), seconds)
    assert last.end.timestamp() % seconds == 0
    assert timedelta() <= datetime(2026, 3, 9, 15, 14, 59, tzinfo=UTC) - last.end < timedelta(seconds=seconds)
    assert last.end - last.start == timedelta(seconds=seconds)
