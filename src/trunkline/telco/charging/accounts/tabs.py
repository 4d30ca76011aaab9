"""Usages as they come, many at once: rated in columns, and taken by their accounts' tabs where these can."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableSequence, Sequence
from itertools import islice
from typing import Final, NamedTuple

from trunkline.log.port import Record
from trunkline.telco.charging.accounts.book import Book
from trunkline.telco.charging.accounts.slip import Slip
from trunkline.telco.charging.accounts.tab import Seat
from trunkline.telco.charging.accounts.telling import Telling
from trunkline.telco.charging.tariff.editions import Counted, Editions
from trunkline.telco.model import Usage

MOST: Final = 20_000
"""Tabs that are kept from one batch to the next, the last ones: each takes some kilobytes."""


class Its(NamedTuple):
    """An account's part of a batch, in columns."""

    records: Sequence[Record]
    usages: Sequence[Usage]
    seats: Sequence[Seat | None]
    counted: Sequence[Counted | None]


class Tabs:
    """The tabs of a partition's accounts."""

    def __init__(self, editions: Editions, books: Mapping[str, Book]) -> None:
        self._editions, self._books = editions, books
        self._kept: dict[str, Book] = {}  # those with a tab, the first used first

    def charge(
        self,
        records: Sequence[Record],
        usages: Sequence[Usage],
        told: Telling,
        by_book: Callable[[Record], None],
    ) -> None:
        """Charge usages, account by account, each one's in order: what is of one account lies together in the cache
        too. Those that no tab takes are left to `by_book`."""
        accounts: dict[str, list[int]] = {}
        for place, usage in enumerate(usages):
            accounts.setdefault(usage.account, []).append(place)
        seats: list[Seat | None] = [None] * len(usages)
        for account, places in accounts.items():
            self._seat(account, places, usages, seats)
        counted = self._editions.rate(usages, [None if seat is None else seat.edition for seat in seats])
        slip = Slip()
        for account, places in accounts.items():
            its = Its(
                [records[place] for place in places],
                [usages[place] for place in places],
                [seats[place] for place in places],
                [counted[place] for place in places],
            )
            last = self._all(its, slip)
            if last is None:
                last = self._each(self._books.get(account), its, slip, told, by_book)
            if last is not None:
                told.settle(self._books[account], last)
        told.slip(slip)
        self._let_go()

    def forget(self, account: str) -> None:
        """Keep no tab of an account that is nobody's any more."""
        self._kept.pop(account, None)

    def _all(self, its: Its, slip: Slip) -> Record | None:
        """Let the account's tab take them all; the last of them, None where it cannot."""
        seats = [seat for seat in its.seats if seat is not None]
        counted = [each for each in its.counted if each is not None]
        if len(seats) < len(its.usages) or len(counted) < len(its.usages):
            return None
        tab = seats[0].tab
        slots = tab.take_all(its.usages, seats, counted)
        if slots is None:
            return None
        slip.add_all([record.value or b"" for record in its.records], its.usages, tab, counted, slots)
        return its.records[-1]

    def _each(
        self, book: Book | None, its: Its, slip: Slip, told: Telling, by_book: Callable[[Record], None]
    ) -> Record | None:
        """One after the other, in order; the last that the tab has taken, where nothing came behind it."""
        last: Record | None = None
        for record, usage, seat, counted in zip(*its, strict=True):
            if seat is not None and counted is not None:
                taken = seat.tab.take(seat, usage, *counted)
                if taken is not None:
                    slip.add(record.value or b"", usage, seat.tab, counted, taken)
                    last = record
                    continue
            told.slip(slip)
            if book is not None and last is not None:
                told.settle(book, last)
                last = None
            by_book(record)
        return last

    def _seat(
        self, account: str, places: Sequence[int], usages: Sequence[Usage], seats: MutableSequence[Seat | None]
    ) -> None:
        """Find the seats of an account's usages; none where its book is not open."""
        book = self._books.get(account)
        if book is None or not book.open:
            return
        self._kept.pop(account, None)
        self._kept[account] = book
        tab, known = book.tab, book.tab.seats.get
        for place in places:
            usage = usages[place]
            seat = known(usage.subscription)
            if seat is None or not seat.since <= usage.started < seat.until:
                seat = tab.seat(usage.subscription, usage.started, self._editions)
            seats[place] = seat

    def _let_go(self) -> None:
        """Keep no more tabs than we may: what they have taken is with the books."""
        for account in list(islice(self._kept, max(0, len(self._kept) - MOST))):
            self._kept.pop(account).close_tab()
