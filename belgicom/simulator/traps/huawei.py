"""Huawei's alarms: MAE's iMAP north-bound traps. All are of one type; the category says new, changed or cleared.

A manager that lost traps sets a query, and MAE sends its list of alarms as traps between a begin and an end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from belgicom.simulator import ber
from belgicom.simulator.alarms import Alarm
from belgicom.simulator.names import huawei_dn
from belgicom.simulator.traps.notification import Notification

ROOT = "1.3.6.1.4.1.2011.2.15.2.4.3.3"
REPORT, QUERY_BEGIN, QUERY, QUERY_END = (f"{ROOT}.0.{number}" for number in range(1, 5))
ALARM_QUERY = "1.3.6.1.4.1.2011.2.15.2.4.1.5.0"

NEW, CLEARED, CHANGED = 1, 2, 9  # category
LEVEL = {"critical": 1, "major": 2, "minor": 3, "warning": 4}
EVENT_TYPE = {
    "environmentalAlarm": 2,
    "communicationsAlarm": 8,
    "equipmentAlarm": 5,
    "processingErrorAlarm": 7,
    "qualityOfServiceAlarm": 9,
}
YES, NO = 1, 2


def notification(alarm: Alarm, sequence: int) -> Notification:
    """The trap of an alarm that was raised, changed or cleared. Only new alarms are numbered, by their id."""
    changed = CHANGED if alarm.changed > alarm.raised else NEW
    return Notification(REPORT, _variables(alarm, CLEARED if alarm.cleared else changed))


def listed(alarms: Iterable[Alarm]) -> Iterator[Notification]:
    """The answer to a query: the alarms between a begin and an end."""
    yield Notification(QUERY_BEGIN, [(f"{ROOT}.1", "")])
    for alarm in alarms:
        yield Notification(QUERY, _variables(alarm, NEW))
    yield Notification(QUERY_END, [(f"{ROOT}.1", "")])


def _variables(alarm: Alarm, category: int) -> list[ber.VarBind]:
    problem, site = alarm.problem, alarm.site
    number, name = problem.huawei
    return [
        (f"{ROOT}.1", str(alarm.id)),
        (f"{ROOT}.2", category),
        (f"{ROOT}.3", _time(alarm.raised)),
        (f"{ROOT}.4", huawei_dn(site, alarm.cell)),
        (f"{ROOT}.5", 1),
        (f"{ROOT}.6", "BTS5900"),
        (f"{ROOT}.7", site.name),
        (f"{ROOT}.8", str(site.number)),
        (f"{ROOT}.9", number),
        (f"{ROOT}.10", EVENT_TYPE[problem.event_type]),
        (f"{ROOT}.11", LEVEL[alarm.severity]),
        (f"{ROOT}.12", YES if alarm.cleared else NO),
        (f"{ROOT}.13", NO),
        (f"{ROOT}.14", ""),
        (f"{ROOT}.15", _time(alarm.changed) if alarm.cleared else ""),
        (f"{ROOT}.16", ""),
        (f"{ROOT}.27", f"site={site.town}"),
        (f"{ROOT}.28", name),
        (f"{ROOT}.29", ""),
        (f"{ROOT}.30", f"Specific problem={problem.name}"),
        (f"{ROOT}.46", ""),
        (f"{ROOT}.47", "Cell" if alarm.cell else "NE"),
        (f"{ROOT}.51", f"NE={site.number}"),
    ]


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y/%m/%d - %H:%M:%SZ")
