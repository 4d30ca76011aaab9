"""Huawei's alarm traps (iMAP)."""

import json
from datetime import UTC, datetime

import pytest

from tests import components
from tests.systems import traps
from trunkline.quarantine import Rejected
from trunkline.systems import Origin, Trap
from trunkline.systems.huawei import alarms
from trunkline.telco.model import AlarmReport, EventType, Report, Severity

ORIGIN = Origin("mae", "snmp://127.0.0.1:50112")
CELL = "ManagedElement=BRU_NOORD_01,ENBFunction=BRU_NOORD_01,EUtranCellFDD=2"


def read(*args: object, **kwargs: object) -> AlarmReport:
    report = alarms.read(traps.trap(traps.imap(*args, **kwargs)), ORIGIN)
    assert isinstance(report, AlarmReport), report
    return report


def test_a_fault_is_a_raise_with_the_number_of_its_problem():
    assert read() == AlarmReport(
        kind=Report.RAISE, vendor="Huawei", system="mae", dn=CELL,
        native_dn="eNodeB Function Name=BRU_NOORD_01, Local Cell ID=2, Cell Name=BRU_NOORD_01_L18_2", problem="29240",
        severity=Severity.MAJOR, event_type=EventType.COMMUNICATIONS, probable_cause="cellUnavailable",
        specific_problem="Cell Unavailable", text="Cell capability failure; NE=7741",
        time=datetime(2026, 3, 9, 15, 54, 46, tzinfo=UTC), native_id="30458812", agent="127.0.0.1", sequence=30_458_812,
        source=ORIGIN.source(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("level", "severity"),
    [(1, "critical"), (2, "major"), (3, "minor"), (4, "warning"), (5, "indeterminate"), (6, "cleared")],
)
def test_severity_codes_are_imaps_and_not_netacts(level: int, severity: str):
    report = read(c11=level)
    assert report.severity == severity
    assert report.kind is (Report.CLEAR if level == 6 else Report.RAISE)


@pytest.mark.parametrize("category", [2, b"2"])
def test_category_two_is_the_clear_of_the_alarm_with_that_serial_number(category: object):
    report = read(c2=category, c15=b"2026/03/09 - 16:11:28Z", c46=b"NE")
    assert (report.kind, report.severity, report.native_id) == (Report.CLEAR, Severity.CLEARED, "30458812")
    assert (report.time, report.user) == (datetime(2026, 3, 9, 16, 11, 28, tzinfo=UTC), "NE")
    assert report.sequence is None


@pytest.mark.parametrize(("category", "kind"), [(4, Report.ACKNOWLEDGE), (5, Report.UNACKNOWLEDGE)])
def test_an_acknowledgement_says_who_and_when(category: int, kind: Report):
    report = read(c2=category, c14=b"2026/03/09 - 17:00:00Z", c16=b"jan")
    assert (report.kind, report.user, report.time) == (kind, "jan", datetime(2026, 3, 9, 17, tzinfo=UTC))


@pytest.mark.parametrize(
    ("time", "moment"),
    [
        (b"2016-11-22 00:35:00", datetime(2016, 11, 22, 0, 35, tzinfo=UTC)),
        (b"2016-11-22 00:35:00 +08:00", datetime(2016, 11, 21, 16, 35, tzinfo=UTC)),
        (b"2016/11/22 - 00:35:00+01:00", datetime(2016, 11, 21, 23, 35, tzinfo=UTC)),
        (b"2016-07-22 00:35:00 UTC+01:00 DST", datetime(2016, 7, 21, 22, 35, tzinfo=UTC)),
        (b"2016-07-22,00:35:00.0-0300", datetime(2016, 7, 22, 3, 35, tzinfo=UTC)),
    ],
)
def test_times_of_all_releases_are_read(time: bytes, moment: datetime):
    assert read(c3=time).time == moment


@pytest.mark.parametrize(
    ("columns", "reason", "says"),
    [
        ({"c3": b"soon"}, "alarm.unreadable", "iMAPNorthboundAlarmOccurTime is 'soon'"),
        ({"c3": b"2016-13-22 00:35:00"}, "alarm.unreadable", "month must be in"),
        ({"c3": b"2016-11-22 00:35:00 +99:00"}, "alarm.unreadable", "offset must be"),
        ({"c3": None}, "alarm.unreadable", "iMAPNorthboundAlarmOccurTime is missing"),
        ({"c4": None}, "alarm.unreadable", "iMAPNorthboundAlarmMOName is missing"),
        ({"c9": b"x"}, "alarm.unreadable", "iMAPNorthboundAlarmID is 'x'"),
        ({"c11": 9}, "alarm.unreadable", "iMAPNorthboundAlarmLevel 9"),
        ({"c2": 8}, "alarm.unreadable", "iMAPNorthboundAlarmCategory 8"),
        ({"c2": 3}, "alarm.stateless", "event"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_reason(columns: dict[str, object], reason: str, says: str):
    rejected = alarms.read(traps.trap(traps.imap(**columns)), ORIGIN)
    assert isinstance(rejected, Rejected)
    assert rejected.reason == reason
    assert says in rejected.message


def test_only_new_alarms_and_events_count_on():
    def number(**columns: object) -> int | None:
        return alarms.sequence(traps.trap(traps.imap(**columns)))

    assert [number(c2=category) for category in (1, 2, 3, 4, 9)] == [30_458_812, None, 30_458_812, None, None]
    assert alarms.sequence(traps.trap(traps.imap(3))) is None


def test_answers_to_a_query_are_left_to_the_resynchronisation():
    assert [alarms.read(traps.trap(traps.imap(number)), ORIGIN) for number in (2, 3, 4)] == [None] * 3


def test_another_notification_is_rejected():
    rejected = alarms.read(Trap(f"{alarms.ROOT}.0.9", ()), ORIGIN)
    assert isinstance(rejected, Rejected)
    assert rejected.reason == "alarm.unknown-notification"


def test_the_sample_is_an_alarm_of_its_cell():
    made = json.loads(components.sample("made/huawei_imap_trap.json").read_text())
    varbinds = ((f"{made['base']}.{n}", v.encode() if isinstance(v, str) else v) for n, v in made["varbinds"].items())
    report = alarms.read(Trap(made["snmpTrapOID"], tuple(varbinds)), ORIGIN)
    assert isinstance(report, AlarmReport)
    assert (report.dn, report.problem, report.severity) == (CELL, "29240", Severity.MAJOR)
