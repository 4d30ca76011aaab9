"""Alarms that outside systems told of over the API, as long as the network has them.

The network tells of such an alarm a moment after it was posted, once the worker has taken the report. Until then its
document stands for what is to come: commands cannot reach it yet, and where the report turned out to be about an alarm
that another system had just raised, that one is told and the document goes.
"""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from trunkline.store import Kind, Unit
from trunkline.tmf.declaration import Document

KIND = Kind("network.alarm.posted")


class Posted(msgspec.Struct, frozen=True):
    """The alarm that was posted; `live` once the network tells of it."""

    alarm: str
    live: bool = False


_decode = msgspec.json.Decoder(Posted).decode


def post(unit: Unit, alarm: Document) -> None:
    """Remember that this alarm was posted."""
    unit.put(KIND.name, _key(alarm), msgspec.json.encode(Posted(alarm["id"])))


def find(unit: Unit, alarm: Document) -> Posted | None:
    """What is remembered of this alarm's object and problem."""
    stored = unit.get(KIND.name, _key(alarm))
    return _decode(stored.document) if stored is not None else None


def settle(unit: Unit, alarm: Document) -> str | None:
    """The network tells of this alarm. Returns the id of one that was posted and has come to be this one instead."""
    posted = find(unit, alarm)
    if posted is None or (posted.alarm == alarm["id"] and posted.live):
        return None
    if posted.alarm == alarm["id"]:
        unit.put(KIND.name, _key(alarm), msgspec.json.encode(Posted(posted.alarm, live=True)))
        return None
    unit.remove(KIND.name, _key(alarm))
    return None if posted.live else posted.alarm


def forget(unit: Unit, alarm: Document) -> None:
    """This alarm is gone."""
    posted = find(unit, alarm)
    if posted is not None and posted.alarm == alarm["id"]:
        unit.remove(KIND.name, _key(alarm))


def _key(alarm: Document) -> str:
    """One for an object and a problem, which make two reports be about one alarm."""
    name = f"{alarm['alarmedObject']['id']}|{alarm.get('problem', '')}"
    return blake2b(name.encode(), digest_size=16).hexdigest()
