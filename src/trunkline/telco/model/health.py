"""Network health: how well a part of the network serves, and why."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

import msgspec


class HealthStatus(StrEnum):
    """From best to worst; `unknown` means that nothing was heard of the scope in time."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


class Reason(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """Why a scope is not healthy: a KPI against its threshold, or an alarm.

    `kind` is `kpi`, `alarm` or `silence`. For a KPI: `name`, `value`, `threshold`, `unit` and the period's end `time`.
    For an alarm: its id in `alarm`, its specific problem in `name`, its `severity`. `dn` is the object it is about.
    """

    kind: str
    name: str
    status: HealthStatus
    dn: str
    time: datetime
    value: float | None = None
    threshold: float | None = None
    unit: str = ""
    alarm: str = ""
    severity: str = ""


class Health(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """The health of one scope from `time` on, until the next record of the same scope.

    `scope` is `network`, `vendor`, `region`, `site` or `cell`, and `id` names the one (`"Nokia"`, `"Antwerpen"`,
    a site's name, a cell's DN; "network" for the whole). `score` runs from 0 to 100. `cells` counts the cells below by
    status, `alarms` the active alarms by severity, `kpis` the current value of each KPI over the scope.
    """

    topic: ClassVar[str] = "network.health"
    current: ClassVar[str] = "network.health.current"
    """The compacted topic that has the last record of each scope, however long ago it was told."""

    scope: str
    id: str
    status: HealthStatus
    score: float
    time: datetime
    vendor: str = ""
    region: str = ""
    site: str = ""
    technology: str = ""
    cells: dict[str, int] = {}
    alarms: dict[str, int] = {}
    kpis: dict[str, float | None] = {}
    reasons: tuple[Reason, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.scope}:{self.id}"
