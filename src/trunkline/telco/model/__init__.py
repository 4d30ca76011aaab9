"""The canonical model: the records that every system is translated to, whoever made the equipment."""

from trunkline.telco.model.account import Account, Assignment, Holder, Member, Number
from trunkline.telco.model.alarm import AckState, Alarm, AlarmCommand, AlarmReport, Comment, EventType, Report, Severity
from trunkline.telco.model.charging import (
    Balance,
    Bucket,
    ChargingAnswer,
    ChargingCommand,
    ChargingRequest,
    Drawn,
    Granted,
    Ledger,
    Notice,
    Posting,
    RatedUsage,
    Unit,
)
from trunkline.telco.model.dn import Dn
from trunkline.telco.model.health import Health, HealthStatus, Reason
from trunkline.telco.model.kpi import Kpi, Passport, Ratio
from trunkline.telco.model.measurement import Measurement, Value
from trunkline.telco.model.resource import NetworkResource
from trunkline.telco.model.source import Source
from trunkline.telco.model.suspicion import Suspicion
from trunkline.telco.model.usage import Direction, Service, Usage, UsageReport

RECORDS: dict[str, type[AlarmReport | Measurement | NetworkResource | UsageReport]] = {
    kind.topic: kind for kind in (AlarmReport, Measurement, NetworkResource, UsageReport)
}
"""What systems bring, by topic."""

__all__ = [
    "RECORDS",
    "Account",
    "AckState",
    "Alarm",
    "AlarmCommand",
    "AlarmReport",
    "Assignment",
    "Balance",
    "Bucket",
    "ChargingAnswer",
    "ChargingCommand",
    "ChargingRequest",
    "Comment",
    "Direction",
    "Dn",
    "Drawn",
    "EventType",
    "Granted",
    "Health",
    "HealthStatus",
    "Holder",
    "Kpi",
    "Ledger",
    "Measurement",
    "Member",
    "NetworkResource",
    "Notice",
    "Number",
    "Passport",
    "Posting",
    "RatedUsage",
    "Ratio",
    "Reason",
    "Report",
    "Service",
    "Severity",
    "Source",
    "Suspicion",
    "Unit",
    "Usage",
    "UsageReport",
    "Value",
]
