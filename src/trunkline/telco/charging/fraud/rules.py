"""The rules: the operator's `fraud.yaml`, which says how much is suspicious and how fast nobody travels."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec

from trunkline.telco.model.suspicion import Level

FILE: Final = "fraud.yaml"
MOST_USES: Final = 500
"""Uses of a number that are remembered at most, the newest; so what is counted one by one has a lower limit."""

Name = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]
Positive = Annotated[int, msgspec.Meta(ge=1)]


class Counted(StrEnum):
    """What is counted, of what the subscriber began."""

    CALLS = "calls"
    NUMBERS = "numbers"
    """Different numbers called."""
    SECONDS = "seconds"
    """Of calls."""
    MESSAGES = "messages"
    OCTETS = "octets"
    """Of SIMs; a fixed line may carry as much as it can."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """More than `limit` in so many minutes is suspicious; where `destinations` (zones of `zones.yaml`) are named, of
    what went there."""

    counts: Counted
    minutes: Annotated[int, msgspec.Meta(ge=1, le=24 * 60)]
    limit: Positive
    destinations: tuple[str, ...] = ()
    severity: Level


class Travel(msgspec.Struct, frozen=True, kw_only=True):
    """When two uses cannot be of one SIM."""

    speed: Annotated[int, msgspec.Meta(ge=100, le=10_000)]
    """Km in an hour that nobody is faster than, from door to door."""
    distance: Positive
    """Km between two countries below which nothing is said: radio reaches over borders."""
    overlap_seconds: Annotated[int, msgspec.Meta(ge=0, le=3600)]
    """By which the clocks of two networks may differ."""
    severity: Level
    cloned: Level
    """Severity where two uses in two countries overlap."""


class FraudRules(msgspec.Struct, frozen=True, kw_only=True):
    """All of `fraud.yaml`. `velocity` counts in any such time, `roaming` from the arrival abroad on."""

    version: Literal["1.0"]
    late_hours: Annotated[int, msgspec.Meta(ge=1, le=72)]
    """How much later than the newest use of its number a usage is still taken."""
    velocity: dict[Name, Limit]
    roaming: dict[Name, Limit]
    travel: Travel

    @property
    def kept(self) -> int:
        """Seconds of uses that are remembered: so much that every window of a late usage is whole."""
        minutes = [limit.minutes for limit in (*self.velocity.values(), *self.roaming.values())]
        return self.late_hours * 3600 + max(minutes, default=0) * 60
