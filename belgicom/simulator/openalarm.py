"""An alarm as ENM shows it in its FM OpenAlarm JSON: Ericsson's second way to tell of an alarm."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from belgicom.simulator.alarms import Alarm
from belgicom.simulator.names import ericsson_context, ericsson_dn
from belgicom.simulator.traffic import BELGIUM

ENM_NUMBERS = 281_479_271_600_000  # ENM's own numbers begin here; the node's number is `alarmId`
EVENT_TYPE = {
    "communicationsAlarm": "Communications alarm",
    "qualityOfServiceAlarm": "Quality of service alarm",
    "processingErrorAlarm": "Processing error alarm",
    "equipmentAlarm": "Equipment alarm",
    "environmentalAlarm": "Environmental alarm",
}


def open_alarm(alarm: Alarm, now: datetime) -> dict[str, Any]:
    """The alarm as it stands, with ENM's attribute names."""
    site, problem = alarm.site, alarm.problem
    return {
        "alarmNumber": ENM_NUMBERS + alarm.id,
        "fdn": f"NetworkElement={site.name}",
        "objectOfReference": f"{ericsson_context(site)},{ericsson_dn(site, alarm.cell)}",
        "eventTime": _time(alarm.raised),
        "insertTime": _time(now),
        "lastUpdated": _time(alarm.changed),
        "presentSeverity": "CLEARED" if alarm.cleared else alarm.severity.upper(),
        "previousSeverity": problem.severity.upper(),
        "eventType": EVENT_TYPE[problem.event_type],
        "probableCause": problem.cause.upper().replace(" ", "_"),
        "specificProblem": problem.ericsson,
        "problemText": f"{problem.name} at {site.town}",
        "alarmState": "CLEARED_UNACKNOWLEDGED" if alarm.cleared else "ACTIVE_UNACKNOWLEDGED",
        "recordType": "ALARM",
        "backupStatus": False,
        "trendIndication": "UNDEFINED",
        "proposedRepairAction": "",
        "commentText": "",
        "alarmId": alarm.id,
        "visibility": True,
    }


def _time(moment: datetime) -> str:
    local = moment.astimezone(BELGIUM)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03}{local:%z}"
