"""Alarms that a client has deleted, as long as the network may still tell of them.

What the network says of how the alarm was until then comes in a moment later, and brings it back no more; only a new
raise does.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from trunkline.store import Kind, Unit
from trunkline.telco.network.records.alarms import time_of
from trunkline.telco.network.records.reports import is_cleared
from trunkline.tmf.declaration import Document

KIND = Kind("network.alarm.deleted")


class Deleted(msgspec.Struct, frozen=True):
    """`until` is when the alarm had changed last."""

    until: datetime


_decode = msgspec.json.Decoder(Deleted).decode


def delete(unit: Unit, alarm: Document) -> None:
    """Remember that this alarm was deleted."""
    until = time_of(alarm, "alarmChangedTime") or datetime.now(UTC)
    unit.put(KIND.name, alarm["id"], msgspec.json.encode(Deleted(until)))


def stays(unit: Unit, alarm: Document) -> bool:
    """Whether what the network tells of an alarm that has no document is of one that was deleted."""
    stored = unit.get(KIND.name, alarm["id"])
    if stored is None:
        return False
    changed = time_of(alarm, "alarmChangedTime")
    if is_cleared(alarm) or changed is None or changed <= _decode(stored.document).until:
        return True
    unit.remove(KIND.name, alarm["id"])
    return False


def forget(unit: Unit, id: str) -> None:
    """The network has forgotten this alarm."""
    if unit.get(KIND.name, id) is not None:
        unit.remove(KIND.name, id)
