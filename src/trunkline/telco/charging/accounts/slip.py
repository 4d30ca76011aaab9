"""A slip: what tabs have taken, as columns of events that are put together from what is there already.

They are what `RatedUsage` and `Posting` are as JSON; the usage's part is the event that came.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from trunkline.telco.charging.accounts.tab import Slot, Tab, Taken
from trunkline.telco.charging.tariff.editions import Counted
from trunkline.telco.model import Usage

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
        drawn = b",".join([b"%b%d}" % (slot.drawn, much) for slot, much, _ in draws])
        self._rated(value, usage, tab, counted, drawn, free, amount)
        name, time = _json(usage.id), _json(usage.started)
        for number, (slot, much, _) in enumerate(draws):
            self._posted(slot, much, tab, name, number, time)

    def add_all(
        self,
        values: Sequence[bytes],
        usages: Sequence[Usage],
        tab: Tab,
        counted: Sequence[Counted],
        slots: Sequence[Slot | None],
    ) -> None:
        """Usages, as they came, and what paid all of each."""
        for value, usage, its, slot in zip(values, usages, counted, slots, strict=True):
            _, quantity, cost = its
            if slot is None:
                self._rated(value, usage, tab, its, b"", 0, 0)
                continue
            free, amount, much = (0, cost, cost) if slot.meter is None else (quantity, 0, quantity)
            self._rated(value, usage, tab, its, b"%b%d}" % (slot.drawn, much), free, amount)
            self._posted(slot, much, tab, _json(usage.id), 0, _json(usage.started))

    def _rated(
        self, value: bytes, usage: Usage, tab: Tab, counted: Counted, drawn: bytes, free: int, amount: int
    ) -> None:
        line, quantity, _ = counted
        rated = b'{"usage":%b,%b,"quantity":%d,"free":%d,"amount":%d,"drawn":[%b],"cycle":%b}' % (
            value,
            line.told,
            quantity,
            free,
            amount,
            drawn,
            tab.cycle,
        )
        tab.book.history.put((usage.started, 1, usage.id), rated)
        self.accounts.append(tab.key)
        self.rated.append(rated)
        self.kept[f"usage|{usage.account}|{usage.id}"] = rated

    def _posted(self, slot: Slot, amount: int, tab: Tab, usage: bytes, number: int, time: bytes) -> None:
        self.posters.append(tab.key)
        self.postings.append(
            b'{"id":%b/0/%d",%b%d,"time":%b,"cause":%b}' % (usage[:-1], number, slot.posted, amount, time, usage)
        )
