"""A slip: what tabs have taken, as columns of events that are put together from what is there already.

They are what `RatedUsage` and `Posting` are as JSON; the usage's part is the event that came.
"""

from __future__ import annotations

import msgspec

from trunkline.telco.charging.accounts.tab import Tab, Taken
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
        line, quantity, _ = counted
        id, key = usage.id, tab.key
        drawn = b""
        if draws:
            name, time = _json(id), _json(usage.started)
            drawn = b",".join([b"%b%d}" % (slot.drawn, much) for slot, much, _ in draws])
            for number, (slot, much, _) in enumerate(draws):
                self.posters.append(key)
                self.postings.append(
                    b'{"id":%b/0/%d",%b%d,"time":%b,"cause":%b}' % (name[:-1], number, slot.posted, much, time, name)
                )
        rated = b'{"usage":%b,%b,"quantity":%d,"free":%d,"amount":%d,"drawn":[%b],"cycle":%b}' % (
            value,
            line.told,
            quantity,
            free,
            amount,
            drawn,
            tab.cycle,
        )
        tab.book.history.put((usage.started, 1, id), rated)
        self.accounts.append(key)
        self.rated.append(rated)
        self.kept[f"usage|{usage.account}|{id}"] = rated
