"""What was heard of each cell: the last value of every KPI, and whether anything still comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from trunkline.telco.model import HealthStatus, Ratio, Reason
from trunkline.telco.network.health.judgement import Reading

LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Cell(msgspec.Struct, omit_defaults=True):
    """What was heard of a cell. It is `silent` while nothing comes in time."""

    name: str
    vendor: str = ""
    readings: dict[str, Reading] = {}
    silent: bool = True

    @property
    def last(self) -> Reading | None:
        return max(self.readings.values(), key=lambda reading: reading.end_time, default=None)

    def take(self, kpi: str, reading: Reading, silence: int) -> bool:
        """Take a KPI's value, unless a younger one is known; drop what fell behind by `silence` periods."""
        before = self.readings.get(kpi)
        if before is not None and reading.end_time < before.end_time:
            return False
        self.readings[kpi] = reading
        last = self.last or reading
        oldest = last.end_time - timedelta(seconds=silence * last.granularity)
        for name in [name for name, known in self.readings.items() if known.end_time <= oldest]:
            del self.readings[name]
        return True

    def deadline(self, silence: int) -> datetime:
        """When it is silent unless something comes; one that was never heard of is silent already."""
        last = self.last
        return last.end_time + timedelta(seconds=silence * last.granularity) if last else LONG_AGO

    @property
    def silence(self) -> Reason | None:
        """The reason to show while it is silent."""
        if not self.silent:
            return None
        last = self.last
        return Reason(
            kind="silence",
            name="no measurements in time" if last else "no measurements yet",
            status=HealthStatus.UNKNOWN,
            dn=self.name,
            time=last.end_time if last else LONG_AGO,
        )


class PassportHead(msgspec.Struct, frozen=True, gc=False):
    """Which formula a KPI came of."""

    formula: str


class KpiHead(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """What of a `Kpi` health needs: all but the counters and sources of its passport."""

    name: str
    dn: str
    vendor: str
    end_time: datetime
    granularity: int
    value: float | None
    unit: str
    ratios: tuple[Ratio, ...]
    passport: PassportHead
    suspect: bool = False
