"""Nokia's alarm traps (NetAct)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests import components
from tests.systems import traps
from trunkline.quarantine import Rejected
from trunkline.systems import Origin, Trap
from trunkline.systems.nokia import alarms
from trunkline.telco.model import AlarmReport, EventType, Report, Severity

ORIGIN = Origin("netact", "snmp://127.0.0.1:50112")
CELL = "ManagedElement=MRBTS-4711,ENBFunction=LNBTS-4711,EUtranCellFDD=LNCEL-11"


def read(*args: object, **kwargs: object) -> AlarmReport:
    report = alarms.read(traps.trap(traps.nbi(*args, **kwargs)), ORIGIN)
    assert isinstance(report, AlarmReport), report
    return report


def test_a_new_alarm_is_a_raise_with_the_stable_number_of_its_problem():
    assert read() == AlarmReport(
        kind=Report.RAISE, vendor="Nokia", system="netact", dn=CELL,
        native_dn="PLMN-PLMN/MRBTS-4711/LNBTS-4711/LNCEL-11", problem="7653", severity=Severity.CRITICAL,
        event_type=EventType.EQUIPMENT, probable_cause="coolingFanFailure", specific_problem="CELL FAULTY",
        text="Unit down", time=datetime(2026, 3, 9, 14, 54, 46, tzinfo=UTC), native_id="65182239", agent="127.0.0.1",
        sequence=11_164_043, source=ORIGIN.source(),
    )  # fmt: skip


@pytest.mark.parametrize("problem", [b"7653", b"7653|CELL FAULTY"])
def test_a_clear_bears_the_same_problem_whether_its_words_are_there_or_not(problem: bytes):
    report = read(5, severity=5, problem=problem, clear_time=b"2026-03-09,16:11:28.0,+1:0", clear_user=b"NE")
    assert (report.kind, report.problem, report.severity) == (Report.CLEAR, "7653", Severity.CLEARED)
    assert report.time == datetime(2026, 3, 9, 15, 11, 28, tzinfo=UTC)
    assert report.user == "NE"


def test_a_clear_without_problem_is_found_by_its_alarm_id():
    report = read(5, severity=5)
    assert (report.kind, report.problem, report.native_id) == (Report.CLEAR, "", "65182239")
    assert report.time == datetime(2026, 3, 9, 14, 54, 59, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "severity"),
    [(1, "critical"), (2, "major"), (3, "minor"), (4, "warning"), (5, "cleared"), (6, "indeterminate")],
)
def test_severity_codes_are_netacts(code: int, severity: str):
    assert read(severity=code).severity == severity


@pytest.mark.parametrize(
    ("code", "event_type"),
    [(1, "communicationsAlarm"), (2, "qualityOfServiceAlarm"), (3, "processingErrorAlarm"), (4, "equipmentAlarm"),
     (5, "environmentalAlarm"), (9, None)],
)  # fmt: skip
def test_alarm_types_count_from_one(code: int, event_type: str | None):
    assert read(type=code).event_type == event_type


@pytest.mark.parametrize(
    ("time", "moment"),
    [
        (b"2018-12-18,15:57:8.2,-2:0", datetime(2018, 12, 18, 17, 57, 8, 200_000, tzinfo=UTC)),
        (b"2018-1-8,5:7:8.0,+5:30", datetime(2018, 1, 7, 23, 37, 8, tzinfo=UTC)),
        (b"2018-12-18,15:57:8.2", datetime(2018, 12, 18, 15, 57, 8, 200_000, tzinfo=UTC)),
        (bytes.fromhex("07E20C120F3908022D0200"), datetime(2018, 12, 18, 17, 57, 8, 200_000, tzinfo=UTC)),
        (bytes.fromhex("07E20C120F390802"), datetime(2018, 12, 18, 15, 57, 8, 200_000, tzinfo=UTC)),
        (b"2016-12-31,23:59:60.0,+0:0", datetime(2017, 1, 1, tzinfo=UTC)),
    ],
)
def test_times_come_as_text_or_as_octets(time: bytes, moment: datetime):
    assert read(alarm_time=time).time == moment


@pytest.mark.parametrize(
    "time", [b"2018-13-18,15:57:8.2", b"tomorrow", bytes(8), bytes.fromhex("07E20C120F3908022A0200"), b"1-1-1,0:0:0.0"]
)
def test_a_time_that_is_none_is_rejected(time: bytes):
    rejected = alarms.read(traps.trap(traps.nbi(alarm_time=time)), ORIGIN)
    assert isinstance(rejected, Rejected)
    assert "nbiAlarmTime" in rejected.message


@pytest.mark.parametrize(("state", "kind"), [(1, Report.ACKNOWLEDGE), (2, Report.UNACKNOWLEDGE)])
def test_an_acknowledgement_says_who_and_when(state: int, kind: Report):
    report = read(2, ack_state=state, ack_time=b"2026-03-09,17:00:0.0,+1:0", ack_user=b"els")
    assert (report.kind, report.user, report.native_id) == (kind, "els", "65182239")
    assert report.time == datetime(2026, 3, 9, 16, tzinfo=UTC)


def test_a_comment_says_what_who_and_when():
    report = read(4, comment=b"Crew on its way", comment_time=b"2026-03-09,17:00:0.0,+1:0", comment_user=b"els")
    assert (report.kind, report.text, report.user) == (Report.COMMENT, "Crew on its way", "els")


def test_another_severity_is_a_raise_of_the_same_alarm():
    report = read(3, severity=3)
    assert (report.kind, report.severity, report.native_id) == (Report.RAISE, Severity.MINOR, "65182239")


@pytest.mark.parametrize("oid", sorted(alarms.SILENT))
def test_heartbeats_and_other_notes_of_the_manager_report_no_alarm_but_take_numbers(oid: str):
    _, variables = traps.nbi()
    trap = Trap(oid, tuple(variables.items()))
    assert alarms.read(trap, ORIGIN) is None
    assert alarms.sequence(trap) == 11_164_043


def test_the_sequence_is_read_where_the_mib_has_it_too():
    assert alarms.sequence(Trap(f"{alarms.ROOT}.3.0.1.1", ((f"{alarms.ROOT}.2.1.3.7.0", 42),))) == 42


@pytest.mark.parametrize(
    ("made", "reason", "says"),
    [
        (traps.nbi(object=None), "alarm.unreadable", "nbiObjectInstance is missing"),
        (traps.nbi(id=None), "alarm.unreadable", "nbiAlarmId is missing"),
        (traps.nbi(event_time=None, alarm_time=None), "alarm.unreadable", "nbiAlarmTime and nbiEventTime are missing"),
        (traps.nbi(2), "alarm.unreadable", "nbiAckState is missing"),
        (traps.nbi(9), "alarm.unknown-notification", "3.0.1.9"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_reason(made, reason: str, says: str):
    rejected = alarms.read(traps.trap(made), ORIGIN)
    assert isinstance(rejected, Rejected)
    assert rejected.reason == reason
    assert says in rejected.message


def sampled(trap: dict[str, Any]) -> Trap:
    varbinds = ((oid, v.encode() if isinstance(v, str) else v) for oid, v in trap["varbinds"].items())
    return Trap(trap["snmpTrapOID"], tuple(varbinds))


def test_the_sample_is_raised_and_cleared():
    made = json.loads(components.sample("made/nokia_netact_snmp_trap.json").read_text())
    raised, cleared = (alarms.read(sampled(trap), ORIGIN) for trap in made["traps"])
    assert isinstance(raised, AlarmReport)
    assert isinstance(cleared, AlarmReport)
    assert (raised.kind, cleared.kind) == (Report.RAISE, Report.CLEAR)
    assert (raised.dn, raised.problem) == (cleared.dn, cleared.problem) == (CELL, "7653")
    assert (raised.sequence, cleared.sequence) == (11_164_043, 11_164_061)
