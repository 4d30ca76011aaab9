"""The accounts that charging knows, by their ids and by the numbers that use at their cost, for who tops up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from trunkline.log.port import Record
from trunkline.store import Attribute, Kind, Query, Store, Unit
from trunkline.store.query import Compare, Operator
from trunkline.telco.model import Account

_NUMBERS: Final = ("members", "msisdn")
KIND: Final = Kind("charging.account", (Attribute(_NUMBERS),))

_account = msgspec.json.Decoder(Account).decode


def take(unit: Unit, records: Sequence[Record]) -> list[str]:
    """Accounts are as they are last said to be. Those that are nobody's any more, of which all is to go."""
    last = {(record.key or b"").decode(): record.value for record in records}
    unit.put_many(KIND.name, {id: value for id, value in last.items() if value is not None})
    return [id for id, value in last.items() if value is None]


def get(unit: Unit, id: str) -> Account | None:
    """The account of an id."""
    stored = unit.get(KIND.name, id)
    return _account(stored.document) if stored is not None else None


def holder_of(store: Store, msisdn: str) -> str:
    """The account that pays for a number now; empty where none does."""
    found = store.find(Query(KIND.name, Compare(_NUMBERS, Operator.EQ, msisdn)))
    for stored in found.records:
        account = _account(stored.document)
        if any(member.msisdn == msisdn and member.until is None for member in account.members):
            return account.id
    return ""
