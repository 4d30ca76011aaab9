"""A slip: what tabs have taken, as columns of events that are put together from what is there already.

They are what `RatedUsage` and `Posting` are as JSON; the usage's part is the event that came.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from trunkline.telco.charging.accounts.tab import Slot, Tab, Taken
from trunkline.telco.charging.tariff.editions import Counted
from trunkline.telco.model import Usage

RATED: Final = b'{"usage":%b,%b,"quantity":%d,"free":%d,"amount":%d,"drawn":[%b],"cycle":%b}'
POSTING: Final = b'{"id":%b/0/%d",%b%d,"time":%b,"cause":%b}'

_json = msgspec.json.Encoder().encode


class Slip:
    """`accounts` are the keys of `rated`, `posters` those of `postings`; `kept` is what is to be remembered."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.accounts: list[bytes] = []
        self.rated: list[bytes] = []
        self.posters: list[bytes] = []
        self.postings: list[bytes] = []
        self.kept: dict[str, bytes] = {}

    def add(self, value: bytes, usage: Usage, tab: Tab, counted: Counted, taken: Taken) -> None:
        """A usage, as it came in `value`, and what it took."""
        draws, free, amount = taken
        (_, told), quantity, _ = counted
        drawn = b",".join([b"%b%d}" % (slot.drawn, much) for slot, much, _ in draws])
        self._keep(usage, tab, RATED % (value, told, quantity, free, amount, drawn, tab.cycle))
        name, time = _json(usage.id), _json(usage.started)
        for number, (slot, much, _) in enumerate(draws):
            self.posters.append(tab.key)
            self.postings.append(POSTING % (name[:-1], number, slot.posted, much, time, name))

    def add_all(
        self,
        values: Sequence[bytes],
        usages: Sequence[Usage],
        tab: Tab,
        counted: Sequence[Counted],
        slots: Sequence[Slot | None],
    ) -> None:
        """Usages, as they came, and what paid all of each."""
        key, cycle, keep = tab.key, tab.cycle, self._keep
        post, posted = self.posters.append, self.postings.append
        for value, usage, ((_, told), quantity, cost), slot in zip(values, usages, counted, slots, strict=True):
            if slot is None:
                keep(usage, tab, RATED % (value, told, quantity, 0, 0, b"", cycle))
                continue
            if slot.meter is None:
                much, free, amount = cost, 0, cost
            else:
                much, free, amount = quantity, quantity, 0
            keep(usage, tab, RATED % (value, told, quantity, free, amount, b"%b%d}" % (slot.drawn, much), cycle))
            name = _json(usage.id)
            post(key)
            posted(POSTING % (name[:-1], 0, slot.posted, much, _json(usage.started), name))

    def _keep(self, usage: Usage, tab: Tab, rated: bytes) -> None:
        id = usage.id
        tab.book.history.put((usage.started, 1, id), rated)
        self.accounts.append(tab.key)
        self.rated.append(rated)
        self.kept[f"usage|{usage.account}|{id}"] = rated
