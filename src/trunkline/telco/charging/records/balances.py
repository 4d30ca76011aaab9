"""The last balance of each account as charging told of it, with its place in the log.

The place tells two balances apart, so it is what an answer is known by (`ETag`) and what a stream goes on from.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from trunkline.log.port import Record
from trunkline.store import Kind, Store, Stored, Unit
from trunkline.telco.model import Balance

KIND: Final = Kind("charging.balance")


class Standing(msgspec.Struct, frozen=True, rename="camel"):
    """A balance, and where it lies on `charging.balance`."""

    partition: int
    offset: int
    balance: Balance

    @property
    def tag(self) -> str:
        """The place in a word: `3-1042`."""
        return f"{self.partition}-{self.offset}"

    @classmethod
    def of(cls, record: Record) -> Standing:
        """What a record says. Raises `msgspec.DecodeError` where that is no balance."""
        return cls(record.partition, record.offset, _balance.decode(record.value or b""))


_balance = msgspec.json.Decoder(Balance)
_standing = msgspec.json.Decoder(Standing)


def get(source: Unit | Store, account: str) -> Standing | None:
    """The last balance of an account that is kept."""
    stored = source.get(KIND.name, account)
    return _read(stored) if stored is not None else None


def get_many(unit: Unit, accounts: Collection[str]) -> dict[str, Standing]:
    """The last balances of those of these accounts of which one is kept."""
    read = {id: _read(stored) for id, stored in unit.get_many(KIND.name, accounts).items()}
    return {id: standing for id, standing in read.items() if standing is not None}


def keep(unit: Unit, last: Mapping[str, Standing | None]) -> None:
    """Keep these as the last balances of their accounts; what charging knows no more is forgotten."""
    there = {account: standing for account, standing in last.items() if standing is not None}
    unit.put_many(KIND.name, {account: msgspec.json.encode(standing) for account, standing in there.items()})
    for account in unit.get_many(KIND.name, last.keys() - there.keys()):
        unit.remove(KIND.name, account)


def _read(stored: Stored) -> Standing | None:
    """What is kept; None where the person's key was deleted."""
    try:
        return _standing.decode(stored.document)
    except msgspec.ValidationError:
        return None
