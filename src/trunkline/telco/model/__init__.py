"""The canonical model: the records that every system is translated to, whoever made the equipment."""

from trunkline.telco.model.alarm import AckState, Alarm, AlarmCommand, AlarmReport, Comment, EventType, Report, Severity
from trunkline.telco.model.dn import Dn
from trunkline.telco.model.health import Health, HealthStatus, Reason
from trunkline.telco.model.kpi import Kpi, Passport, Ratio
from trunkline.telco.model.measurement import Measurement, Value
from trunkline.telco.model.resource import NetworkResource
from trunkline.telco.model.source import Source

RECORDS: dict[str, type[AlarmReport | Measurement | NetworkResource]] = {
    kind.topic: kind for kind in (AlarmReport, Measurement, NetworkResource)
}
"""What systems bring, by topic."""

__all__ = [
    "RECORDS",
    "AckState",
    "Alarm",
    "AlarmCommand",
    "AlarmReport",
    "Comment",
    "Dn",
    "EventType",
    "Health",
    "HealthStatus",
    "Kpi",
    "Measurement",
    "NetworkResource",
    "Passport",
    "Ratio",
    "Reason",
    "Report",
    "Severity",
    "Source",
    "Value",
]
