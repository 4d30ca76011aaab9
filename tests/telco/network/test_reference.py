"""The reference operator's formula tables and health rules: on real counters, through the real log and contracts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

from tests.components import sample
from tests.telco.network.outputs import NOON, Running, at
from trunkline import contracts
from trunkline.log import open_log
from trunkline.log.envelope import cloud_event
from trunkline.log.port import Log
from trunkline.quarantine import Rejected
from trunkline.streams import Worker
from trunkline.systems.ericsson import measurements as ericsson
from trunkline.systems.system import Origin
from trunkline.telco import network
from trunkline.telco.model import (
    Alarm,
    AlarmCommand,
    AlarmReport,
    Health,
    HealthStatus,
    Kpi,
    Measurement,
    NetworkResource,
    Report,
    Severity,
    Source,
)
from trunkline.telco.network.performance import formulas
from trunkline.telco.network.performance.kpis import KpiProcessor

ROOT = Path(__file__).parents[3]
BELGICOM = ROOT / "belgicom"
KPIS = {
    "Accessibility", "Retainability", "HandoverSuccessRate", "DownlinkThroughput", "CellAvailability",
    "PrbUtilisationDownlink", "MeanRrcConnections",
}  # fmt: skip
M = TypeVar("M")


def test_the_reference_operators_tables_and_rules_are_right() -> None:
    assert network.check(BELGICOM) == []


@pytest.mark.parametrize("vendor", ["Ericsson", "Nokia", "Huawei"])
@pytest.mark.parametrize("cls", ["EUtranCellFDD", "EUtranCellTDD", "NRCellDU"])
def test_every_vendor_and_technology_gives_the_same_kpis_in_the_same_units(vendor: str, cls: str) -> None:
    tables = formulas.load(BELGICOM / "kpis")
    table = tables.find(vendor, f"ManagedElement=N,{cls}=1")
    reference = tables.find("Ericsson", "ManagedElement=N,EUtranCellFDD=1")
    assert table is not None
    assert reference is not None
    assert {formula.name for formula in table.formulas} == KPIS
    assert {f.name: f.unit for f in table.formulas} == {f.name: f.unit for f in reference.formulas}


LTE, NR = "ManagedElement=N,ENBFunction=1,EUtranCellFDD=1", "ManagedElement=N,GNBDUFunction=1,NRCellDU=1"


@pytest.mark.parametrize(
    ("vendor", "dn", "kpi", "counters", "value"),
    [
        (
            "Ericsson", LTE, "Accessibility",
            {"pmRrcConnEstabSucc": 95, "pmRrcConnEstabAtt": 110, "pmRrcConnEstabAttReatt": 10,
             "pmS1SigConnEstabSucc": 90, "pmS1SigConnEstabAtt": 95,
             "pmErabEstabSuccInit": 80, "pmErabEstabAttInit": 90},
            80.0,
        ),
        (
            "Ericsson", LTE, "Retainability",
            {"pmErabRelNormalEnbAct": 60, "pmErabRelMmeAct": 38, "pmErabRelAbnormalMmeAct": 3,
             "pmErabRelAbnormalEnbAct": 2},
            95.0,
        ),
        ("Ericsson", LTE, "DownlinkThroughput",
         {"pmPdcpVolDlDrb": 110_000, "pmPdcpVolDlDrbLastTTI": 10_000, "pmUeThpTimeDl": 5_000}, 20.0),
        ("Ericsson", LTE, "CellAvailability", {"pmCellDowntimeAuto": 45, "pmCellDowntimeMan": 45}, 90.0),
        ("Ericsson", NR, "CellAvailability", {"pmCellDowntimeAuto": 9, "pmCellDowntimeMan": 0}, 99.0),
        # 1000 Mbit in 10 s: volume in units of 64 bit, time in units of 1/8 ms
        ("Ericsson", NR, "DownlinkThroughput", {"pmMacVolDlDrb": 15_625_000, "pmMacTimeDlDrb": 80_000}, 100.0),
        ("Nokia", LTE, "CellAvailability", {"M8020C3": 81, "M8020C6": 90}, 90.0),
        ("Nokia", LTE, "PrbUtilisationDownlink", {"M8011C37": 425}, 42.5),
        # 100 MB in 8 s
        ("Nokia", NR, "DownlinkThroughput", {"M55309C01001": 100_000_000, "M55308C00008": 8_000_000}, 100.0),
        ("Huawei", LTE, "Retainability", {"1526727547": 990, "1526727546": 10}, 99.0),
        ("Huawei", LTE, "DownlinkThroughput",
         {"1526728261": 11_000_000, "1526729005": 1_000_000, "1526729015": 500}, 20.0),
        ("Huawei", NR, "DownlinkThroughput",
         {"1911816643": 1_100_000, "1911816644": 100_000, "1911816649": 10_000_000}, 100.0),
        ("Huawei", NR, "CellAvailability", {"1911816551": 450}, 50.0),
    ],
)  # fmt: skip
def test_kpis_are_what_hand_computation_gives(
    vendor: str, dn: str, kpi: str, counters: dict[str, Any], value: float
) -> None:
    tables = formulas.load(BELGICOM / "kpis")
    sent = Running(lambda: KpiProcessor(tables)).take(measurement(vendor, dn, counters))
    assert {found.name: found.value for found in sent.of(Kpi)} == {kpi: pytest.approx(value)}


def measurement(vendor: str, dn: str, counters: dict[str, Any]) -> Measurement:
    return Measurement(
        vendor=vendor, system="nms", dn=dn, native_dn=dn, group="g", end_time=NOON, granularity=900, counters=counters,
        source=Source(uri="sftp://nms/a.xml", offset=10, line=2),
    )  # fmt: skip


def test_a_real_ericsson_file_gives_kpis_with_their_places_in_it() -> None:
    files = sorted(sample("pm/ericsson").glob("*.xml"))
    tables = formulas.load(BELGICOM / "kpis")
    kpis = Running(lambda: KpiProcessor(tables))
    found: defaultdict[str, dict[str, Kpi]] = defaultdict(dict)
    for file in files:
        with file.open("rb") as stream:
            for item in ericsson.read(stream, Origin("enm", file.as_uri())):
                assert isinstance(item, Measurement)
                for kpi in kpis.take(item).of(Kpi):
                    found[kpi.dn][kpi.name] = kpi
    lte, nr = (f"ManagedElement=seliitdus00487,{cell}" for cell in ("LTECell=1", "NRCell=32"))
    # The file has neither PRB nor RRC level counters for LTE; all else is there, for cells that carried nothing.
    assert found[lte].keys() == KPIS - {"PrbUtilisationDownlink", "MeanRrcConnections"}
    assert found[nr].keys() == KPIS
    assert len(found) == 6
    assert found[lte]["CellAvailability"].value == 0.0, "the cell was locked for the whole period"
    assert found[nr]["CellAvailability"].value == 100.0
    assert found[nr]["PrbUtilisationDownlink"].value == pytest.approx(100 * (3_780_540 + 2_880) / 3_032_642_268)
    assert found[nr]["MeanRrcConnections"].value == 0.0
    assert found[nr]["Accessibility"].value is None
    source = found[nr]["PrbUtilisationDownlink"].passport.sources[0]
    lines = files[0].read_text().splitlines()
    assert "NRCellDU=32" in "".join(lines[source.line - 1 : source.line + 2])


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    declared = contracts.load(BELGICOM / "contracts")
    log = open_log(f"sqlite://{tmp_path / 'log.db'}", declared.validators())
    contracts.accept(log, declared)
    yield log
    log.close()


def append(log: Log, *items: Any) -> None:
    for number, item in enumerate(items):
        event = cloud_event(
            type=item.topic, source="test:", id=str(number), value=msgspec.json.encode(item), key=item.key
        )
        log.append(item.topic, [event])


def last(log: Log, kind: type[M]) -> dict[str, M]:
    """The last record of each key of a topic."""
    topic = kind.topic  # type: ignore[attr-defined]
    partitions = next(found.partitions for found in log.topics() if found.name == topic)
    records = [record for number in range(partitions) for record in log.read(topic, number, 0)]
    return {(r.key or b"").decode(): msgspec.json.decode(r.value, type=kind) for r in records if r.value is not None}


def test_what_the_processors_say_keeps_the_contracts_from_report_to_health(log: Log) -> None:
    source = Source(uri="snmp://127.0.0.1:5000")
    report = AlarmReport(
        kind=Report.RAISE, vendor="Ericsson", system="enm", dn=LTE, problem="ServiceUnavailable",
        severity=Severity.CRITICAL, time=at(1), native_id="7", agent="enm-1", source=source,
    )  # fmt: skip
    history = msgspec.structs.replace(
        report, kind=Report.CLEAR, problem="Old", severity=Severity.CLEARED, native_id="8"
    )
    unknown = msgspec.structs.replace(history, dn="", problem="", native_id="none")
    resource = NetworkResource(
        dn=LTE, native_dn=LTE, cls="EUtranCellFDD", vendor="Ericsson", site="ANT_HAVEN", region="Antwerpen",
        technology="LTE", time=NOON, source=source,
    )  # fmt: skip
    up = measurement("Ericsson AB", LTE, {"pmCellDowntimeAuto": 0, "pmCellDowntimeMan": 0})
    append(log, resource, up, report, history, unknown)
    worker = Worker(log, network.processors(BELGICOM), "here")
    work_off(worker)
    (alarm,) = (alarm for alarm in last(log, Alarm).values() if alarm.state != "cleared")
    append(log, AlarmCommand(command="acknowledge", alarm_id=alarm.id, dn=alarm.dn, user="an", time=at(9)))
    work_off(Worker(log, network.processors(BELGICOM), "here"))
    assert {alarm.state: alarm.ack_user for alarm in last(log, Alarm).values()} == {"raised": "an", "cleared": ""}
    assert [kpi.value for kpi in last(log, Kpi).values()] == [100.0]
    health = last(log, Health)
    assert health.keys() == {
        "cell:ManagedElement=N,LTECell=1", "site:ANT_HAVEN", "region:Antwerpen", "vendor:Ericsson", "network:network",
    }  # fmt: skip
    assert {record.status for record in health.values()} == {HealthStatus.CRITICAL}
    assert [rejected.reason for rejected in last(log, Rejected).values()] == ["alarm.unknown"]


def work_off(worker: Worker) -> None:
    while not worker.caught_up():
        worker.run_once()
