"""Who has used how much of which quota, in the store that all replicas share.

What is taken here is used, as far as others can know. So who takes a block and dies with a part of it unspent takes
that part with it: a quota may come out smaller by this, never larger.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeVar

import msgspec

from trunkline.gateway.quotas.period import Period
from trunkline.store import Attribute, Conflict, Kind, Query, Store, Stored, open_store
from trunkline.store.query import And, Compare, Operator, Sort

KIND: Final = Kind(
    "gateway.quota",
    (Attribute(("rule",)), Attribute(("caller",)), Attribute(("period",)), Attribute(("ends",), "time")),
)
SHARE: Final = 64
"""A block is at most this part of what is left, so the last requests of a quota are taken one by one."""
LARGEST_BLOCK: Final = 1_000
KEPT: Final = timedelta(days=62)
"""How long the records of a period that is over are kept."""
ATTEMPTS: Final = 10
_LONGEST: Final = 300
_PAGE: Final = 500
_encode: Final = msgspec.json.Encoder().encode
T = TypeVar("T")


class Counter(NamedTuple):
    """What is counted by itself: a caller's requests under a rule, in a period. `rule` is where the quota is attached
    (`group partners`), `caller` is "" where all are counted together."""

    rule: str
    caller: str
    period: Period

    @property
    def id(self) -> str:
        """Of its record. A caller's name may be as long as a header, an id not."""
        whole = f"{self.rule}/{self.period.name}/{self.caller}"
        return whole if len(whole) <= _LONGEST else f"sha256 {hashlib.sha256(whole.encode()).hexdigest()}"


class Wanted(NamedTuple):
    """`waiting` requests need one each, of a quota of `amount`; a block of up to `block` saves asking again."""

    amount: int
    waiting: int
    block: int


class Granted(NamedTuple):
    """`granted` may be spent; `left` is what remains for others. `resets` is to be said when some is given back."""

    granted: int
    left: int
    resets: int


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """The record of a counter. `resets` is how often it was set to nothing."""

    rule: str
    caller: str
    period: str
    ends: datetime
    quota: int
    used: int
    resets: int = 0


class Ledger:
    """The records of all quotas in the store at `url`, opened when it is needed first. Threads may share it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opened: Store | None = None
        self._opening = threading.Lock()

    def open(self) -> Store:
        """Open the store, if it is not open yet. Raises `StoreError`."""
        with self._opening:
            if self._opened is None:
                store = open_store(self._url)
                store.declare([KIND])
                self._opened = store
            return self._opened

    def take(self, wanted: Mapping[Counter, Wanted]) -> dict[Counter, Granted]:
        """Take of these quotas what there is, in one step. Raises `StoreError`."""
        ids = {counter.id: counter for counter in wanted}

        def change(records: dict[str, Used]) -> dict[Counter, Granted]:
            granted = {}
            for id, counter in ids.items():
                asked = wanted[counter]
                before = records.get(id) or Used(
                    rule=counter.rule,
                    caller=counter.caller[:_LONGEST],
                    period=counter.period.name,
                    ends=counter.period.ends,
                    quota=asked.amount,
                    used=0,
                )
                left = max(0, asked.amount - before.used)
                taken = min(left, max(asked.waiting, min(asked.block, left // SHARE, LARGEST_BLOCK)))
                granted[counter] = Granted(taken, left - taken, before.resets)
                records[id] = msgspec.structs.replace(before, used=before.used + taken, quota=asked.amount)
            return granted

        return self._change(ids, change)

    def give_back(self, unspent: Mapping[Counter, tuple[int, int]]) -> None:
        """Give back what was taken and not spent: how much, and the number of resets then. Raises `StoreError`; whether
        it is given back is not known then, and it may not be spent any more."""
        ids = {counter.id: much for counter, much in unspent.items()}

        def change(records: dict[str, Used]) -> None:
            for id, (much, resets) in ids.items():
                if (found := records.get(id)) and found.resets == resets:
                    records[id] = msgspec.structs.replace(found, used=max(0, found.used - much))

        self._change(ids, change)

    def used(self, rule: str = "", caller: str = "", since: datetime | None = None) -> Iterator[Used]:
        """The records, the period that ends last first; of one rule, one caller, of periods that end after `since`."""
        return (_read(found) for found in self._found(rule, caller, since))

    def reset(self, rule: str, caller: str, now: datetime) -> list[Used]:
        """Count anew what this caller has used in the periods that are not over; gives what was counted until then.
        Blocks that gateways hold are spent beside. Raises `StoreError`."""
        running = [found.id for found in self._found(rule, caller, now) if _read(found).caller == caller]

        def change(records: dict[str, Used]) -> list[Used]:
            before = list(records.values())
            for id, found in list(records.items()):
                records[id] = msgspec.structs.replace(found, used=0, resets=found.resets + 1)
            return before

        return self._change(running, change)

    def forget(self, now: datetime) -> None:
        """Remove the records of periods that were over long ago. Raises `StoreError`."""
        query = Query(KIND.name, Compare(("ends",), Operator.LT, now - KEPT), limit=_PAGE)
        store = self.open()
        while found := store.find(query).records:
            with store.unit() as unit:
                for id in unit.get_many(KIND.name, [record.id for record in found]):
                    unit.remove(KIND.name, id)

    def close(self) -> None:
        """Let go of the store."""
        if self._opened:
            self._opened.close()

    def _found(self, rule: str, caller: str, since: datetime | None) -> Iterator[Stored]:
        asked = [Compare((name,), Operator.EQ, value) for name, value in (("rule", rule), ("caller", caller)) if value]
        if since:
            asked.append(Compare(("ends",), Operator.GT, since))
        query = Query(KIND.name, And(tuple(asked)) if asked else None, (Sort(("ends",), True),), limit=_PAGE)
        store = self.open()
        while (page := store.find(query)).records:
            yield from page.records
            query = query._replace(after=page.last)

    def _change(self, ids: Collection[str], change: Callable[[dict[str, Used]], T]) -> T:
        """Let `change` change the records of these ids that are there, or add to them, while nobody else does."""
        attempt = 1
        while True:
            try:
                with self.open().unit() as unit:
                    before = {id: _read(stored) for id, stored in unit.get_many(KIND.name, ids).items()}
                    after = dict(before)
                    result = change(after)
                    changed = {id: _encode(record) for id, record in after.items() if before.get(id) != record}
                    unit.put_many(KIND.name, changed)
                return result
            except Conflict:
                if attempt == ATTEMPTS:
                    raise
                attempt += 1


def _read(stored: Stored) -> Used:
    return msgspec.json.decode(stored.document, type=Used)
