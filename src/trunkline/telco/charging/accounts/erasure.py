"""Erasure: an account is taken back, and its book forgets it. The ledger keeps the sums, under nobody's name.

Who was erased has postings that nobody can read any more (docs/keys.md), and an account that was taken back has none
that count. What they came to is posted anew, all together, for the account `erased`: so the books stay what they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from trunkline.telco.charging.accounts.book import Book
from trunkline.telco.charging.accounts.effects import Effects
from trunkline.telco.charging.accounts.kept import place_key, session_key
from trunkline.telco.charging.accounts.ledger import UNITS
from trunkline.telco.charging.accounts.postings import Kind, posting
from trunkline.telco.charging.accounts.standing import NEVER
from trunkline.telco.model import Account, Ledger, Posting, Unit

ERASED: Final = "erased"
"""The account that has the sums of all that were erased."""
KINDS: Final[dict[Ledger, Kind]] = {
    Ledger.PAYMENTS: "topup",
    Ledger.GRANTS: "grant",
    Ledger.REVENUE: "usage",
    Ledger.CONSUMED: "usage",
    Ledger.EXPIRED: "expiry",
}


def erase(book: Book, cause: str, time: datetime, out: Effects) -> None:
    """Forget a book; `cause` is the event that took its account back."""
    id = book.account.id
    out.postings += _sums(book, cause, time)
    keys = [f"account|{id}", f"head|{id}", *(session_key(id, session) for session in book.sessions)]
    keys += [place_key(id, place) for place in book.history.forget(NEVER)]
    out.kept |= dict.fromkeys(keys)


def _sums(book: Book, cause: str, time: datetime) -> Iterator[Posting]:
    """What the account came to, of each account of the ledger. What sessions held is in the buckets."""
    nobody = Account(id=ERASED, customer="", kind=book.account.kind, currency=book.account.currency)
    for number, (key, amount) in enumerate(sorted(book.totals.amounts.items())):
        if amount and (its := UNITS.get(key)) is not None:
            unit, ledger = Unit(its), Ledger(key.partition("|")[0])
            bucket = f"{ERASED}/{nobody.currency if unit is Unit.MONEY else unit}"
            id, kind = f"{cause}/{number}", KINDS[ledger]
            yield posting(id, nobody, bucket, ledger, unit, amount, time=time, cause=cause, kind=kind)
