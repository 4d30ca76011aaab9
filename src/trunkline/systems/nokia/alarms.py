"""Alarm traps of Nokia NetAct: NSN-SNMP-NBI-* MIBs, lost ones by nbiSequenceId.

NetAct counts all its notifications in one sequence, heartbeats too. The specific problem is `7653|CELL FAULTY` in a
raise and `7653`, or nothing at all, in what follows: the number is the problem, and a report without one is found by
its nbiAlarmId. Times come as RFC 2579 octets or as text. Source: NSN-SNMP-NBI-FAULTMANAGEMENT-MIB (2011-01-24).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from trunkline.quarantine import Rejected
from trunkline.systems import x733
from trunkline.systems.nokia import objects
from trunkline.systems.snmp.mib import Mib, Variables
from trunkline.systems.system import Agent, Origin, Trap
from trunkline.telco.model import AlarmReport, EventType, Report, Severity

ROOT = "1.3.6.1.4.1.28458.1.26"
TABLE = "3.1.4.2.1"  # nbiActiveAlarmsEntry, indexed by nbiAlarmId

MIB = Mib(
    ROOT,
    {
        "2.1.3.7": "nbiSequenceId",
        "2.1.3.9": "nbiSequenceId",  # as NetAct sends it; the MIB gives 2.1.3.7
        "2.1.6.3": "nbiEventTime",
        "2.1.6.5": "nbiObjectInstance",
        "3.1.1.1": "nbiAckState",
        "3.1.1.2": "nbiAckTime",
        "3.1.1.3": "nbiAckUser",
        "3.1.1.4": "nbiAdditionalText",
        "3.1.1.5": "nbiAlarmId",
        "3.1.1.6": "nbiAlarmTime",
        "3.1.1.7": "nbiAlarmType",
        "3.1.1.8": "nbiClearTime",
        "3.1.1.9": "nbiClearUser",
        "3.1.1.10": "nbiCommentText",
        "3.1.1.11": "nbiCommentTime",
        "3.1.1.12": "nbiCommentUser",
        "3.1.1.13": "nbiPerceivedSeverity",
        "3.1.1.14": "nbiProbableCause",
        "3.1.1.16": "nbiSpecificProblem",
        f"{TABLE}.2": "nbiAlarmType",
        f"{TABLE}.3": "nbiObjectInstance",
        f"{TABLE}.4": "nbiEventTime",
        f"{TABLE}.5": "nbiAlarmTime",
        f"{TABLE}.6": "nbiProbableCause",
        f"{TABLE}.7": "nbiSpecificProblem",
        f"{TABLE}.8": "nbiPerceivedSeverity",
        f"{TABLE}.10": "nbiAdditionalText",
        f"{TABLE}.11": "nbiAckState",
        f"{TABLE}.12": "nbiAckTime",
        f"{TABLE}.13": "nbiAckUser",
    },
)


class Meaning(NamedTuple):
    """What a notification reports, and which of its variables say when (the first that is there), who and what."""

    kind: Report
    times: tuple[str, ...]
    user: str = ""
    text: str = "nbiAdditionalText"


RAISED = Meaning(Report.RAISE, ("nbiAlarmTime", "nbiEventTime"))
CHANGED = Meaning(Report.RAISE, ("nbiEventTime",))
ACKNOWLEDGEMENT = Meaning(Report.ACKNOWLEDGE, ("nbiAckTime", "nbiEventTime"), "nbiAckUser")
COMMENT = Meaning(Report.COMMENT, ("nbiCommentTime", "nbiEventTime"), "nbiCommentUser", "nbiCommentText")
CLEARED = Meaning(Report.CLEAR, ("nbiClearTime", "nbiEventTime"), "nbiClearUser")

NOTIFICATIONS = {
    f"{ROOT}.3.0.1.1": RAISED,
    f"{ROOT}.3.0.1.2": ACKNOWLEDGEMENT,
    f"{ROOT}.3.0.1.3": CHANGED,
    f"{ROOT}.3.0.1.4": COMMENT,
    f"{ROOT}.3.0.1.5": CLEARED,
    f"{ROOT}.3.0.2.1": RAISED,  # nbiAlarmSyncNotification: an answer to another manager's request
}
START_UP = f"{ROOT}.2.0.1.3"
SILENT = {
    f"{ROOT}.2.0.1.1",  # nbiChangedPeriodNotification
    f"{ROOT}.2.0.1.2",  # nbiHeartbeatNotification
    START_UP,
    f"{ROOT}.2.0.1.4",  # nbiShutDownNotification
    f"{ROOT}.2.0.2.1",  # nbiEndOfSequenceNotification
    f"{ROOT}.3.0.2.2",  # nbiAlarmSummaryNotification
}
REBUILT = frozenset({START_UP})

# nbiPerceivedSeverity: cleared is 5 and indeterminate 6, the other way round than in Huawei's iMAP.
SEVERITIES = {
    1: Severity.CRITICAL,
    2: Severity.MAJOR,
    3: Severity.MINOR,
    4: Severity.WARNING,
    5: Severity.CLEARED,
    6: Severity.INDETERMINATE,
}

# nbiAlarmType counts from 1, IANAItuEventType from 2.
EVENT_TYPES = {
    1: EventType.COMMUNICATIONS,
    2: EventType.QUALITY_OF_SERVICE,
    3: EventType.PROCESSING_ERROR,
    4: EventType.EQUIPMENT,
    5: EventType.ENVIRONMENTAL,
}
ACKNOWLEDGED = 1  # nbiAckState; 2 is unAcknowledged


def read(trap: Trap, origin: Origin) -> AlarmReport | Rejected | None:
    """The report that a trap makes, None where it reports no alarm, or `Rejected` where it is unreadable."""
    if trap.oid in SILENT:
        return None
    means = NOTIFICATIONS.get(trap.oid)
    if means is None:
        return origin.rejected(
            "alarm.unknown-notification", f"{trap.oid} is no notification of NetAct's MIBs", target=AlarmReport.topic
        )
    variables = MIB.variables(trap.varbinds)
    try:
        if means is ACKNOWLEDGEMENT and variables.number("nbiAckState") != ACKNOWLEDGED:
            means = means._replace(kind=Report.UNACKNOWLEDGE)
        return _report(variables, trap.agent, origin, means)
    except ValueError as fault:
        return origin.rejected("alarm.unreadable", f"NetAct trap {trap.oid}: {fault}", target=AlarmReport.topic)


def sequence(trap: Trap) -> int | None:
    """nbiSequenceId: every notification has one."""
    number = MIB.variables(trap.varbinds).get("nbiSequenceId")
    return number if isinstance(number, int) else None


def resynchronise(agent: Agent, origin: Origin) -> Iterator[AlarmReport | Rejected]:
    """Yield every row of nbiActiveAlarmsTable as a report, and its acknowledgement after it where there is one."""
    for index, row in MIB.rows(TABLE, agent.walk(f"{ROOT}.{TABLE}")).items():
        try:
            row["nbiAlarmId"] = _alarm_id(index)
            yield _report(row, agent.address, origin, RAISED)
            if row.number("nbiAckState", 0) == ACKNOWLEDGED:
                yield _report(row, agent.address, origin, ACKNOWLEDGEMENT)
        except ValueError as fault:
            yield origin.rejected(
                "alarm.unreadable", f"row {index} of nbiActiveAlarmsTable: {fault}", target=AlarmReport.topic
            )


def _report(variables: Variables, agent: str, origin: Origin, means: Meaning) -> AlarmReport:
    native = variables.text("nbiObjectInstance")
    severity = SEVERITIES.get(variables.number("nbiPerceivedSeverity", 6), Severity.INDETERMINATE)
    code, _, words = variables.text("nbiSpecificProblem", "").partition("|")
    kind = means.kind
    if kind is Report.RAISE and severity is Severity.CLEARED:
        kind = Report.CLEAR
    return AlarmReport(
        kind=kind,
        vendor="Nokia",
        system=origin.system,
        dn=objects.canonical(native),
        native_dn=native,
        problem=code.strip(),
        severity=Severity.CLEARED if kind is Report.CLEAR else severity,
        event_type=EVENT_TYPES.get(variables.number("nbiAlarmType", 0)),
        probable_cause=x733.probable_cause(variables.number("nbiProbableCause", 0)),
        specific_problem=words.strip() or code.strip(),
        text=variables.text(means.text, ""),
        user=variables.text(means.user, "") if means.user else "",
        time=variables.time(*means.times),
        native_id=variables.text("nbiAlarmId"),
        agent=agent,
        sequence=variables.number("nbiSequenceId", 0) or None,
        source=origin.source(),
    )


def _alarm_id(index: str) -> str:
    """nbiAlarmId as a table's index: the string's length, then its characters (RFC 2578 clause 7.7).

    >>> _alarm_id("2.52.49")
    '41'
    """
    length, *characters = (int(part) for part in index.split("."))
    if length != len(characters):
        raise ValueError("the index is no nbiAlarmId")
    return bytes(characters).decode("latin-1")
