"""The balances of accounts as they change, for any number of streams and requests.

The store has the last balance of every account, a moment late. The feed reads `charging.balance` from where the store
is, so that what is newer than the store is known here; that alone is held in memory.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

import msgspec

from trunkline.log.port import Log, Record, TopicPartition
from trunkline.store import Store
from trunkline.telco.charging.records import balances
from trunkline.telco.charging.records.balances import Standing
from trunkline.telco.model import Balance

MOST_RECENT = 50_000  # accounts of which the last change is held, whether or not the store has it by now
LOOK = 0.25  # seconds after which the follower looks whether it is to end

logger = logging.getLogger(__name__)


class BalanceFeed:
    """Belongs to one event loop. `stop` is set where changes cannot be followed any more: better none than old ones."""

    def __init__(self, log: Log, store: Store, stop: threading.Event) -> None:
        self._log, self._store, self._stop = log, store, stop
        self._recent: dict[str, Standing | None] = {}
        """The last change of an account, the latest changed last; None where charging knows it no more."""
        self._bells: WeakValueDictionary[str, asyncio.Future[None]] = WeakValueDictionary()
        self.clients = 0
        self.open = True

    def news(self, account: str) -> asyncio.Future[None]:
        """Done at the next change of an account. To be taken before looking at it, so that none slips through."""
        return self._bells.setdefault(account, asyncio.get_running_loop().create_future())

    async def now(self, account: str) -> Standing | None:
        """The last balance of an account; None where charging has none."""
        stored = await asyncio.to_thread(balances.get, self._store, account)
        recent = self._recent.get(account, stored)
        if stored is not None and recent is not None and stored.offset > recent.offset:
            return stored  # all of an account lie in one partition
        return recent

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow while the API is served."""
        loop = asyncio.get_running_loop()
        following = threading.Thread(target=self._follow, args=(loop,), name="charging balances")
        following.start()
        try:
            yield
        finally:
            self._stop.set()
            await asyncio.to_thread(following.join)

    def _follow(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self._follow_log(loop)
        except Exception:
            logger.exception("the balances of charging cannot be followed; the API stops")
            self._stop.set()
        # The server waits for open streams before it stops, so they must end first.
        loop.call_soon_threadsafe(self._end)

    def _follow_log(self, loop: asyncio.AbstractEventLoop) -> None:
        partitions = next(topic.partitions for topic in self._log.topics() if topic.name == Balance.topic)
        places = [TopicPartition(Balance.topic, number) for number in range(partitions)]
        with self._store.unit() as unit:
            known = unit.positions(Balance.topic)
        reader = self._log.reader()
        try:
            reader.assign({place: known.get(place, self._log.start(*place)) for place in places})
            while not self._stop.is_set():
                for batch in reader.take(timeout=LOOK):
                    loop.call_soon_threadsafe(self._take, [_change(record) for record in batch.records()])
        finally:
            reader.close()

    def _take(self, changes: Sequence[tuple[str, Standing | None]]) -> None:
        for account, standing in changes:
            self._recent.pop(account, None)
            self._recent[account] = standing
            if (bell := self._bells.pop(account, None)) is not None and not bell.done():
                bell.set_result(None)
        while len(self._recent) > MOST_RECENT:
            del self._recent[next(iter(self._recent))]

    def _end(self) -> None:
        self.open = False
        for bell in list(self._bells.values()):
            if not bell.done():
                bell.set_result(None)


def _change(record: Record) -> tuple[str, Standing | None]:
    account = (record.key or b"").decode()
    try:
        return account, Standing.of(record) if record.value is not None else None
    except msgspec.DecodeError:
        logger.warning("%s/%d, offset %d is no balance", record.topic, record.partition, record.offset)
        return "", None
