"""Ericsson's alarms: ERICSSON-ALARM-MIB, its traps and its table of active alarms.

The severity of a trap is the last number of its OID; a table's row has it in a column of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from belgicom.simulator import ber
from belgicom.simulator.alarms import Alarm
from belgicom.simulator.names import ericsson_dn
from belgicom.simulator.traps.notification import Notification, date_and_time

ROOT = "1.3.6.1.4.1.193.183.4"
ENTRY = f"{ROOT}.1.3.5.1"
LAST_SEQUENCE = f"{ROOT}.1.3.3.0"
MAJOR_TYPE = 193

TRAP = {"warning": 2, "minor": 3, "major": 4, "critical": 5}
CLEARED, HEARTBEAT = 7, 20
ROW_SEVERITY = {"critical": 3, "major": 4, "minor": 5, "warning": 6}  # ItuPerceivedSeverity
EVENT_TYPE = {  # IANAItuEventType
    "communicationsAlarm": 2,
    "qualityOfServiceAlarm": 3,
    "processingErrorAlarm": 4,
    "equipmentAlarm": 5,
    "environmentalAlarm": 6,
}


def notification(alarm: Alarm, sequence: int) -> Notification:
    """The trap of an alarm that was raised, changed or cleared."""
    number = CLEARED if alarm.cleared else TRAP[alarm.severity]
    columns = [(f"{ENTRY}.{column}.{alarm.id}", value) for column, value in _columns(alarm)]
    return Notification(f"{ROOT}.2.0.{number}", [*columns, (LAST_SEQUENCE, sequence)])


def heartbeat(sequence: int) -> Notification:
    """It tells the number of the last alarm trap and takes none itself."""
    return Notification(f"{ROOT}.2.0.{HEARTBEAT}", [(LAST_SEQUENCE, sequence)])


def table(alarms: Iterable[Alarm], sequence: int) -> dict[str, ber.Value]:
    """eriAlarmActiveAlarmTable and the number of the last trap."""
    objects: dict[str, ber.Value] = {LAST_SEQUENCE: sequence}
    for alarm in alarms:
        objects |= {f"{ENTRY}.{column}.{alarm.id}": value for column, value in _columns(alarm)}
        objects[f"{ENTRY}.10.{alarm.id}"] = ROW_SEVERITY[alarm.severity]
    return objects


def _columns(alarm: Alarm) -> tuple[tuple[int, ber.Value], ...]:
    problem = alarm.problem
    return (
        (2, MAJOR_TYPE),
        (3, problem.minor_type),
        (4, problem.ericsson),
        (5, ericsson_dn(alarm.site, alarm.cell)),
        (6, EVENT_TYPE[problem.event_type]),
        (7, date_and_time(alarm.changed)),
        (9, problem.cause_number),
        (12, f"{problem.name} at {alarm.site.town}"),
    )
