"""Who pays for a number now: what the directory of mediation says, for who tops up by it."""

from __future__ import annotations

from typing import Final

import msgspec

from trunkline.log.port import Record
from trunkline.store import Kind, Unit
from trunkline.telco.model import Number

KIND: Final = Kind("charging.number")

_number = msgspec.json.Decoder(Number).decode


def take(unit: Unit, record: Record) -> None:
    """A number is somebody's, or nobody's any more. SIMs are not topped up, so these are not kept."""
    id = (record.key or b"").decode()
    if id.startswith("imsi:"):
        return
    if record.value is not None:
        unit.put(KIND.name, id, record.value)
    elif unit.get(KIND.name, id) is not None:
        unit.remove(KIND.name, id)


def account_of(unit: Unit, msisdn: str) -> str:
    """The account that pays for a number; empty where nobody does."""
    stored = unit.get(KIND.name, msisdn)
    number = _number(stored.document) if stored is not None else None
    return number.account if number is not None and number.until is None else ""
