"""A suspicion: that a number is used as no honest subscriber uses it, and what says so."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

Level = Literal["low", "medium", "high"]
Kind = Literal["velocity", "cloned-sim", "impossible-travel", "sudden-roaming"]
Unit = Literal["call", "number", "message", "second", "octet", "km"]


class Suspicion(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """Told once: its `id` says of what and of which day (UTC), so that a replay makes the same one again.

    `counted` is more than `limit`, both in `unit`: what was used from `since` to `time`; kilometres apart, and those
    that can be travelled meanwhile; seconds for which two uses overlap, and those that clocks may differ.
    """

    topic: ClassVar[str] = "charging.fraud"

    id: str
    account: str
    subscription: str
    kind: Kind
    rule: str
    """Name of the limit in `fraud.yaml`; the two countries, `BE-TR`, where it is about places."""
    severity: Level
    counted: int
    limit: int
    unit: Unit
    usages: tuple[str, ...]
    """Ids of the usages that say so, in their order; of many the last."""
    since: datetime
    time: datetime
    """When the last of them began: when it was too much."""

    @property
    def key(self) -> str:
        return self.account
