"""Usages as they come, many at once: rated in columns, and taken by their accounts' tabs where these can."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from trunkline.log.port import Record
from trunkline.telco.charging.accounts.book import Book
from trunkline.telco.charging.accounts.tab import Seat, Taken
from trunkline.telco.charging.accounts.telling import Telling
from trunkline.telco.charging.tariff.editions import Counted, Editions
from trunkline.telco.model import Usage

FEWEST: Final = 8
"""Usages for which columns are worth making."""

_json = msgspec.json.Encoder().encode


class Tabs:
    """The tabs of a partition's accounts."""

    def __init__(self, editions: Editions, books: Mapping[str, Book]) -> None:
        self._editions, self._books = editions, books

    def charge(
        self,
        records: Sequence[Record],
        usages: Sequence[Usage],
        told: Telling,
        by_book: Callable[[Record], None],
    ) -> None:
        """Charge usages in order. Those that no tab takes are left to `by_book`, each in its turn."""
        seats = list(map(self._seat, usages))
        counted = self._editions.rate(usages, [None if seat is None else seat.edition for seat in seats])
        changed: dict[str, Record] = {}
        for record, usage, seat, its in zip(records, usages, seats, counted, strict=False):
            taken = None if seat is None or its is None else seat.tab.take(seat, usage, its)
            if taken is None or its is None or seat is None:
                if (last := changed.pop(usage.account, None)) is not None:
                    told.settle(self._books[usage.account], last)
                by_book(record)
            else:
                self._tell(record, usage, seat, its, taken, told)
                changed[usage.account] = record
        for account, record in changed.items():
            told.settle(self._books[account], record)

    def _seat(self, usage: Usage) -> Seat | None:
        book = self._books.get(usage.account)
        if book is None or not book.open:
            return None
        return book.tab.seat(usage.subscription, usage.started, self._editions)

    def _tell(self, record: Record, usage: Usage, seat: Seat, counted: Counted, taken: Taken, told: Telling) -> None:
        """What `RatedUsage` and `Posting` are as JSON: put together from what is there already."""
        draws, book, id, time = taken.draws, seat.tab.book, _json(usage.id), _json(usage.started)
        drawn = b",".join([b"%b%d}" % (slot.drawn, amount) for slot, amount, _ in draws])
        rated = b'{"usage":%b,%b,"quantity":%d,"free":%d,"amount":%d,"drawn":[%b],"cycle":%b}' % (
            record.value or b"",
            counted.line.told,
            counted.quantity,
            taken.free,
            taken.amount,
            drawn,
            seat.tab.cycle,
        )
        postings = [
            b'{"id":%b/0/%d",%b%d,"time":%b,"cause":%b}' % (id[:-1], number, slot.posted, amount, time, id)
            for number, (slot, amount, _) in enumerate(draws)
        ]
        book.history.put((usage.started, 1, usage.id), rated)
        told.taken(usage.account, usage.id, rated, postings)
