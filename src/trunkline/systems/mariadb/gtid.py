"""Global transaction IDs of MariaDB, `domain-server-number`, and positions: the last one of each domain.

Source: MariaDB documentation, "Global Transaction ID". In a domain the numbers only grow.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_GTID = re.compile(r"(\d{1,10})-(\d{1,10})-(\d{1,20})")


class Gtid(NamedTuple):
    domain: int
    server: int
    number: int

    def __str__(self) -> str:
        return f"{self.domain}-{self.server}-{self.number}"


class GtidPosition:
    """Behind which transactions a place in the binary log is."""

    def __init__(self, last: dict[int, Gtid]) -> None:
        self._last = last

    @classmethod
    def read(cls, text: str) -> GtidPosition:
        """The position `0-1-42,1-2-7`. Raises `ValueError`."""
        last = {}
        for part in filter(None, text.replace(" ", "").split(",")):
            if (found := _GTID.fullmatch(part)) is None:
                raise ValueError(f"{part!r} is no GTID")
            gtid = Gtid(*map(int, found.groups()))
            last[gtid.domain] = gtid
        return cls(last)

    def __str__(self) -> str:
        return ",".join(str(gtid) for _, gtid in sorted(self._last.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GtidPosition) and self._last == other._last

    __hash__ = None  # type: ignore[assignment]  # it moves on

    def covers(self, gtid: Gtid) -> bool:
        """Whether that transaction lies before this place."""
        last = self._last.get(gtid.domain)
        return last is not None and gtid.number <= last.number

    def advance(self, gtid: Gtid) -> None:
        self._last[gtid.domain] = gtid

    def or_earlier(self, other: GtidPosition) -> GtidPosition:
        """The earlier of the two in each domain; before the first transaction of one that only one of them knows."""
        both = self._last.keys() & other._last.keys()
        return GtidPosition({d: min(self._last[d], other._last[d], key=lambda gtid: gtid.number) for d in both})

    def copy(self) -> GtidPosition:
        return GtidPosition(dict(self._last))


def between(first: str, last: str) -> str:
    """`first..last`: to be read from `first` on, although all up to `last` is done but for distributed transactions
    that were prepared and not decided. Just `last` where the two are one."""
    return last if first == last else f"{first}..{last}"


def ends(text: str) -> tuple[str, str]:
    """The two places of `first..last`."""
    first, _, last = text.partition("..")
    return first, last if ".." in text else first
