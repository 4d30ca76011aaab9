"""Entries are removed when their time is over, and what remains is still proven whole.

They are removed up to a signed checkpoint. Their hashes stay, by which the chain and the tree go on from the first
entry to the last; and that they were removed is an entry itself, before it is done, which says up to where and how far
each writer had counted there. Who removes others, or without saying so, is found by `verify`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, NamedTuple

from trunkline.security.audit.entry import Entry, decode, writer_and_number
from trunkline.security.audit.ledger import Ledger

KIND: Final = "audit.cut"
"""The kind of the entry by which somebody says that entries are removed."""


class Cut(NamedTuple):
    """The first `size` entries are removed; `writers` had counted so far in them."""

    size: int
    writers: Mapping[str, int]

    @property
    def id(self) -> str:
        """What the entry names: the size, and a hash over the writers' numbers."""
        text = "".join(f"{name} {number}\n" for name, number in sorted(self.writers.items()))
        return f"{self.size}-{sha256(text.encode()).hexdigest()[:32]}"


def cut_before(ledger: Ledger, moment: datetime) -> Cut | None:
    """Up to where entries may be removed of which each is older than a moment: the last checkpoint before the first
    that is not. None where there is no such one above those that are removed already; the newest entry always stays.

    Raises `LedgerError`.
    """
    until = ledger.first_since(f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}")
    last = max((row[0] for row in ledger.checkpoints() if row[0] <= until), default=0)
    there = sum(1 for _ in ledger.removed())
    if last <= there:
        return None
    writers = ledger.removed_writers()
    for row in ledger.rows(there, last):
        writer, number = writer_and_number(decode(row.body).id)
        writers[writer] = max(number, writers.get(writer, -1))
    return Cut(last, writers)


def says(entry: Entry, cut: Cut) -> bool:
    """Whether an entry says that this cut is made."""
    return entry.resource.kind == KIND and entry.resource.id == cut.id and entry.action == "command"
