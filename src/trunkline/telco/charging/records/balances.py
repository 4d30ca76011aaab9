"""The last balance of each account as charging told of it, with its place in the log.

The place tells two balances apart, so it is what an answer is known by (`ETag`) and what a stream goes on from.
"""

from __future__ import annotations

from typing import Final

import msgspec

from trunkline.log.port import Record
from trunkline.store import Kind, Store, Unit
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
    return _standing.decode(stored.document) if stored is not None else None


def keep(unit: Unit, standing: Standing) -> None:
    """Keep a balance as the last one of its account."""
    unit.put(KIND.name, standing.balance.account, msgspec.json.encode(standing))


def forget(unit: Unit, account: str) -> None:
    """Charging knows this account no more."""
    unit.remove(KIND.name, account)
