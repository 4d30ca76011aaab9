"""Turning: time goes on for accounts of which nothing comes, so that cycles turn and what is over expires.

An account's own events let time pass for it, in their order. What would be due meanwhile is done by the log's clock, an
hour after it was due and an hour after the account's last event: usage comes later than it was, and who reads in what
happened long ago is not to find the cycles closed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from heapq import heappop, heappush
from typing import Final, NamedTuple

from trunkline.log.envelope import micros
from trunkline.streams.handlers import LATEST
from trunkline.telco.charging.accounts.book import Book

QUIET: Final = 3_600_000_000
"""Microseconds."""


class Due(NamedTuple):
    """An account for which the passing of time does something, and when."""

    account: str
    book: Book
    time: datetime


class Turning:
    """For which of a partition's accounts something is due. `clock` is the log's, in microseconds."""

    def __init__(self, books: Mapping[str, Book]) -> None:
        self.clock = 0
        self._books = books
        self._due: list[tuple[int, str]] = []  # a heap: when to look at an account
        self._next: dict[str, int] = {}  # the first of its entries in the heap, by account
        self._heard: dict[str, int] = {}  # when it was heard of an account since the worker began

    def hear(self, account: str) -> None:
        """An event of the account was worked on."""
        self._heard[account] = self.clock

    def watch(self, account: str) -> None:
        """Look at an account when something is due for it."""
        if (due := self._books[account].turns) is not None:
            self._await(account, micros(due) + QUIET)

    def forget(self, account: str) -> None:
        """It is nobody's any more."""
        self._next.pop(account, None)
        self._heard.pop(account, None)

    def due(self) -> Iterator[Due]:
        """For whom something is due now. Who has done it watches the account again."""
        while self._due and self._due[0][0] <= self.clock:
            at, account = heappop(self._due)
            if self._next.get(account) != at:
                continue
            del self._next[account]
            book = self._books[account]
            if (time := book.turns) is None:
                continue
            # a worker that has just begun does not know when it was heard of the account
            heard = self._heard.setdefault(account, self.clock)
            at = max(micros(time), heard) + QUIET
            if at <= self.clock:
                yield Due(account, book, time)
            else:
                self._await(account, at)

    def _await(self, account: str, at: int) -> None:
        if at < self._next.get(account, LATEST):
            self._next[account] = at
            heappush(self._due, (at, account))
