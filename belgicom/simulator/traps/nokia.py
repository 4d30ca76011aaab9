"""Nokia's alarms: NetAct's north-bound MIBs. NetAct counts all its notifications in one sequence, heartbeats too."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from belgicom.simulator import ber
from belgicom.simulator.alarms import Alarm
from belgicom.simulator.names import nokia_dn
from belgicom.simulator.traps.notification import Notification, date_and_time_text

ROOT = "1.3.6.1.4.1.28458.1.26"
SEQUENCE, EVENT_TIME, OBJECT = f"{ROOT}.2.1.3.9", f"{ROOT}.2.1.6.3", f"{ROOT}.2.1.6.5"
FAULT = f"{ROOT}.3.1.1"
ENTRY = f"{ROOT}.3.1.4.2.1"

RAISED, CHANGED, CLEARED, HEARTBEAT = f"{ROOT}.3.0.1.1", f"{ROOT}.3.0.1.3", f"{ROOT}.3.0.1.5", f"{ROOT}.2.0.1.2"
SEVERITY = {"critical": 1, "major": 2, "minor": 3, "warning": 4}
SEVERITY_CLEARED = 5
EVENT_TYPE = {
    "communicationsAlarm": 1,
    "qualityOfServiceAlarm": 2,
    "processingErrorAlarm": 3,
    "equipmentAlarm": 4,
    "environmentalAlarm": 5,
}
NOT_ACKNOWLEDGED = 2


def notification(alarm: Alarm, sequence: int) -> Notification:
    """The notification of an alarm that was raised, changed or cleared.

    A clear gives the problem's number alone, the time of the clear and no time of the alarm.
    """
    problem, time = alarm.problem, date_and_time_text(alarm.changed)
    code, words = problem.nokia
    common: list[ber.VarBind] = [
        (SEQUENCE, sequence),
        (f"{FAULT}.5", str(alarm.id)),
        (f"{FAULT}.7", EVENT_TYPE[problem.event_type]),
        (OBJECT, nokia_dn(alarm.site, alarm.cell)),
        (EVENT_TIME, time),
        (f"{FAULT}.14", problem.cause_number),
        (f"{FAULT}.4", f"{problem.name} at {alarm.site.town}|FF FF FF||||"),
        (f"{FAULT}.19", f"NEName={alarm.site.name}|controlObjName=|siteObjName={alarm.site.name}"),
    ]
    if alarm.cleared:
        cleared: list[ber.VarBind] = [
            (f"{FAULT}.16", str(code)), (f"{FAULT}.13", SEVERITY_CLEARED), (f"{FAULT}.8", time), (f"{FAULT}.9", "NE"),
        ]  # fmt: skip
        return Notification(CLEARED, [*common, *cleared])
    raised: list[ber.VarBind] = [
        (f"{FAULT}.6", date_and_time_text(alarm.raised)),
        (f"{FAULT}.16", f"{code}|{words}"),
        (f"{FAULT}.13", SEVERITY[alarm.severity]),
    ]
    return Notification(RAISED if alarm.changed == alarm.raised else CHANGED, [*common, *raised])


def heartbeat(sequence: int, now: datetime) -> Notification:
    """nbiHeartbeatNotification, which takes a number of the sequence."""
    return Notification(HEARTBEAT, [(SEQUENCE, sequence), (EVENT_TIME, date_and_time_text(now))])


def table(alarms: Iterable[Alarm], sequence: int) -> dict[str, ber.Value]:
    """nbiActiveAlarmsTable, indexed by the alarm's id as a string: its length, then its characters (RFC 2578, 7.7)."""
    objects: dict[str, ber.Value] = {}
    for alarm in alarms:
        name, problem = str(alarm.id), alarm.problem
        index = ".".join(map(str, (len(name), *name.encode())))
        columns: tuple[tuple[int, ber.Value], ...] = (
            (2, EVENT_TYPE[problem.event_type]),
            (3, nokia_dn(alarm.site, alarm.cell)),
            (4, date_and_time_text(alarm.changed)),
            (5, date_and_time_text(alarm.raised)),
            (6, problem.cause_number),
            (7, f"{problem.nokia[0]}|{problem.nokia[1]}"),
            (8, SEVERITY[alarm.severity]),
            (10, f"{problem.name} at {alarm.site.town}|FF FF FF||||"),
            (11, NOT_ACKNOWLEDGED),
        )
        objects |= {f"{ENTRY}.{column}.{index}": value for column, value in columns}
    return objects
