"""Ericsson's alarm traps and ENM's alarm JSON."""

import io
import json
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import components
from tests.systems import traps
from trunkline.quarantine import Rejected
from trunkline.systems import Origin, Trap
from trunkline.systems.ericsson import alarms, openalarm
from trunkline.telco.model import AlarmReport, EventType, Report, Severity

ORIGIN = Origin("enm", "snmp://127.0.0.1:50112")
CELL = "ManagedElement=ANT_HAVEN_02,ENBFunction=1,EUtranCellFDD=ANT_HAVEN_02-1"


def read(*args: object, **kwargs: object) -> AlarmReport:
    report = alarms.read(traps.trap(traps.eri(*args, **kwargs)), ORIGIN)
    assert isinstance(report, AlarmReport), report
    return report


def test_a_trap_says_which_object_has_which_problem_since_when():
    report = read(5, 2_708_555)
    assert report == AlarmReport(
        kind=Report.RAISE, vendor="Ericsson", system="enm", dn=CELL,
        native_dn="ManagedElement=ANT_HAVEN_02,ENodeBFunction=1,EUtranCellFDD=ANT_HAVEN_02-1",
        problem="Service Unavailable", severity=Severity.CRITICAL, event_type=EventType.COMMUNICATIONS,
        probable_cause="unavailable", specific_problem="Service Unavailable", text="S1 link",
        time=datetime(2026, 3, 9, 14, 54, 48, tzinfo=UTC),
        native_id="193.9175059 ManagedElement=ANT_HAVEN_02,ENodeBFunction=1,EUtranCellFDD=ANT_HAVEN_02-1",
        agent="127.0.0.1", sequence=2_708_555, source=ORIGIN.source(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("number", "severity"),
    [(1, "indeterminate"), (2, "warning"), (3, "minor"), (4, "major"), (5, "critical"), (7, "cleared")],
)
def test_the_number_of_a_trap_is_its_severity(number: int, severity: str):
    report = read(number)
    assert report.severity == severity
    assert report.kind is (Report.CLEAR if number == 7 else Report.RAISE)


def test_variables_with_and_without_their_row_number_are_the_same():
    assert read(instance=".14") == read()


def test_more_text_to_an_alarm_is_a_comment_on_it():
    oid, variables = traps.eri(8)
    arrived = datetime(2026, 3, 9, 15, tzinfo=UTC)
    report = alarms.read(Trap(oid, tuple(variables.items()), "10.0.0.1", arrived), ORIGIN)
    assert isinstance(report, AlarmReport)
    assert (report.kind, report.text, report.time) == (Report.COMMENT, "S1 link", arrived)
    assert report.native_id == read().native_id


@pytest.mark.parametrize("number", [20, 30])
def test_a_heartbeat_reports_no_alarm(number: int):
    assert alarms.read(traps.trap(traps.eri(number)), ORIGIN) is None


@pytest.mark.parametrize(
    ("made", "reason", "says"),
    [
        (traps.eri(5, object=None), "alarm.unreadable", "eriAlarmActiveManagedObject is missing"),
        (traps.eri(5, time=b"yesterday"), "alarm.unreadable", "eriAlarmActiveEventTime: 'yesterday'"),
        (traps.eri(5, major=b"many"), "alarm.unreadable", "eriAlarmActiveMajorType is 'many'"),
        (traps.eri(12), "alarm.stateless", "never cleared"),
        (traps.eri(99), "alarm.unknown-notification", "2.0.99"),
    ],
)
def test_what_is_no_alarm_or_cannot_be_read_is_rejected_with_its_reason(made, reason: str, says: str):
    rejected = alarms.read(traps.trap(made), ORIGIN)
    assert isinstance(rejected, Rejected)
    assert rejected.reason == reason
    assert says in rejected.message


def test_alarm_traps_take_numbers_and_heartbeats_tell_the_last_one():
    alarm, beat = traps.trap(traps.eri(4, 7)), traps.trap(traps.eri(20, 7))
    assert (alarms.sequence(alarm), alarms.latest(alarm)) == (7, None)
    assert (alarms.sequence(beat), alarms.latest(beat)) == (None, 7)


def test_ericssons_own_numbers_of_x733_causes_are_named():
    assert read(cause=100_514).probable_cause == "equipmentMalfunction"
    assert read(cause=100_527).probable_cause == read(cause=8).probable_cause == "lossOfSignal"
    assert read(cause=100_555).probable_cause == "versionMismatch"
    assert read(cause=123_456).probable_cause == "123456"


# ENM


def enm(**changed: object) -> dict[str, object]:
    return {
        "alarmNumber": 281479271678035, "fdn": "NetworkElement=ANT_HAVEN_02",
        "objectOfReference": "SubNetwork=BE,MeContext=ANT_HAVEN_02,ManagedElement=ANT_HAVEN_02,ENodeBFunction=1,"
        "EUtranCellFDD=ANT_HAVEN_02-1",
        "eventTime": "2026-03-09T15:54:48.000+0100", "lastUpdated": "2026-03-09T15:59:00.000+0100",
        "presentSeverity": "CRITICAL", "eventType": "Communications alarm", "probableCause": "LOSS_OF_SIGNAL",
        "specificProblem": "Service Unavailable", "problemText": "S1 link", "alarmState": "ACTIVE_UNACKNOWLEDGED",
        "recordType": "ALARM",
    } | changed  # fmt: skip


def read_enm(text: str | bytes) -> list[AlarmReport | Rejected]:
    raw = text.encode() if isinstance(text, str) else text
    return list(openalarm.read(io.BytesIO(raw), Origin("enm", "file:///alarms.json")))


def test_an_alarm_is_the_same_over_a_trap_and_over_enm():
    by_trap, (by_enm,) = read(), read_enm(json.dumps(enm()))
    assert isinstance(by_enm, AlarmReport)
    assert (by_enm.dn, by_enm.problem) == (by_trap.dn, by_trap.problem)
    assert by_enm.event_type is EventType.COMMUNICATIONS
    assert by_enm.probable_cause == "lossOfSignal"
    assert by_enm.time == by_trap.time


@pytest.mark.parametrize("form", ["[{0}, {1}]", "{0}\n{1}\n", "\ufeff{0}{1}", "[\n {0},\n {1}\n]"])
def test_one_object_an_array_and_lines_are_read_alike(form: str):
    found = read_enm(form.replace("{0}", json.dumps(enm())).replace("{1}", json.dumps(enm(alarmNumber=2), indent=1)))
    assert [report.native_id for report in found if isinstance(report, AlarmReport)] == ["281479271678035", "2"]


def test_each_alarm_bears_its_place_in_the_file():
    first = json.dumps(enm())
    found = read_enm(f"[\n{first},\n{first}]")
    assert [(report.source.offset, report.source.line) for report in found if isinstance(report, AlarmReport)] == [
        (2, 2), (len(first) + 4, 3),
    ]  # fmt: skip


def test_an_acknowledged_alarm_is_a_raise_and_an_acknowledgement():
    raised, acknowledged = read_enm(json.dumps(enm(alarmState="ACTIVE_ACKNOWLEDGED", ackOperator="an")))
    assert isinstance(raised, AlarmReport)
    assert isinstance(acknowledged, AlarmReport)
    assert (raised.kind, acknowledged.kind, acknowledged.user) == (Report.RAISE, Report.ACKNOWLEDGE, "an")
    assert acknowledged.time == datetime(2026, 3, 9, 14, 59, tzinfo=UTC)


@pytest.mark.parametrize("changed", [{"presentSeverity": "CLEARED"}, {"alarmState": "CLEARED_UNACKNOWLEDGED"}])
def test_an_alarm_that_ceased_is_a_clear_at_the_time_it_ceased(changed: dict[str, object]):
    (report,) = read_enm(json.dumps(enm(ceaseTime="2026-03-09T16:00:00.000+0100", **changed)))
    assert isinstance(report, AlarmReport)
    assert (report.kind, report.severity) == (Report.CLEAR, Severity.CLEARED)
    assert report.time == datetime(2026, 3, 9, 15, tzinfo=UTC)


def test_a_bad_alarm_costs_no_other():
    good, bad = json.dumps(enm()), json.dumps(enm(presentSeverity="AWFUL"))
    found = read_enm(f"[{good},{bad},{{broken}},nonsense,{good}]")
    reasons = [item.reason if isinstance(item, Rejected) else "taken" for item in found]
    assert reasons == ["taken", "alarm.unreadable", "alarm.unreadable", "json.not-an-object", "taken"]
    bad_one, broken = found[1], found[2]
    assert isinstance(bad_one, Rejected)
    assert isinstance(broken, Rejected)
    assert bad_one.offset == len(good) + 2
    assert broken.part == b"{broken}"


def test_a_file_that_breaks_off_is_rejected_where_its_last_object_begins():
    whole = json.dumps(enm())
    found = read_enm(whole + "\n" + whole[:50])
    assert isinstance(found[0], AlarmReport)
    assert isinstance(found[1], Rejected)
    assert (found[1].reason, found[1].offset, found[1].line) == ("json.truncated", len(whole) + 1, 2)


def test_an_object_of_many_megabytes_is_rejected_and_not_held():
    found = read_enm(b'{"presentSeverity": "' + b"x" * 3_000_000 + b'"}' + json.dumps(enm()).encode())
    assert isinstance(found[0], Rejected)
    assert (found[0].reason, found[0].length, len(found[0].part)) == ("json.too-large", 3_000_023, 4096)
    assert isinstance(found[1], AlarmReport)


def test_quotes_and_braces_inside_strings_are_no_structure():
    (report,) = read_enm(json.dumps(enm(problemText='"} { \\ [')))
    assert isinstance(report, AlarmReport)
    assert report.text == '"} { \\ ['


def test_the_format_is_known_by_its_head():
    assert openalarm.matches(json.dumps([enm()]).encode())
    assert not openalarm.matches(b'{"something": "else"}')
    assert not openalarm.matches(b"<presentSeverity/>")


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_no_bytes_make_the_reader_fail_or_lose_the_alarm_between_them(before: bytes, after: bytes):
    clean = bytes(byte for byte in before if byte not in b'{}"\\')
    found = read_enm(clean + json.dumps(enm()).encode() + after)
    assert sum(isinstance(item, AlarmReport) for item in found) >= 1


@given(st.binary(max_size=400))
def test_a_broken_alarm_is_a_report_or_rejected(noise: bytes):
    whole = bytearray(json.dumps(enm()).encode())
    for at, byte in enumerate(noise):
        whole[at * 7 % len(whole)] = byte
    for item in read_enm(bytes(whole)):
        assert isinstance(item, AlarmReport | Rejected)
        msgspec.json.encode(item)


def test_the_sample_of_enm_and_the_sample_trap_are_one_alarm():
    made = json.loads(components.sample("made/ericsson_eri_alarm_trap.json").read_text())
    columns = made["varbinds"] | {"7": bytes.fromhex(made["varbinds"]["7"])}
    varbinds = {f"{made['base']}.{n}": v.encode() if isinstance(v, str) else v for n, v in columns.items()}
    by_trap = alarms.read(Trap(made["snmpTrapOID"], tuple((varbinds | made["alarm_seq"]).items())), ORIGIN)
    with components.sample("made/ericsson_enm_openalarm.json").open("rb") as stream:
        (by_enm,) = openalarm.read(stream, ORIGIN)
    assert isinstance(by_trap, AlarmReport)
    assert isinstance(by_enm, AlarmReport)
    assert (by_trap.dn, by_trap.problem, by_trap.time) == (by_enm.dn, by_enm.problem, by_enm.time)
    assert by_trap.sequence == 2708555
