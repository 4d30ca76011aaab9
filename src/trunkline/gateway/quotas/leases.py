"""Quotas as one gateway spends them: in blocks that it takes from the ledger, larger the more it needs.

A block is at most a part of what is left, so that the last requests of a quota are taken one by one and all of it can
be used, at whichever replica. What is not needed is given back every `TURN`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple, TypeVar

from trunkline.gateway.quotas.ledger import LARGEST_BLOCK, Counter, Granted, Ledger, Wanted
from trunkline.gateway.quotas.period import Allowance, Period
from trunkline.store import StoreError

PATIENCE: Final = 3.0
"""Seconds that a request waits for the store."""
TURN: Final = 1.0
"""Seconds after which what is not needed is given back, a quota that was used up is asked for again, and so is a store
that has failed."""
FORGET: Final = 3_600.0
"""Seconds between two looks for what can be forgotten."""

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Unknown(Exception):
    """The store does not say how much of a quota is left."""


class Spent(NamedTuple):
    """Whether a request is within its quota, how much is left of it as far as this gateway knows, and when the next
    period begins."""

    allowed: bool
    left: int
    ends: datetime


@dataclass
class _Lease:
    """What this gateway holds of one quota."""

    amount: int
    held: int = 0
    resets: int = 0
    left: int = 0
    """What others may take, when the ledger was asked last."""
    asked: float = float("-inf")
    block: int = 1
    spent: int = 0
    """In this turn."""
    waiting: deque[asyncio.Future[bool]] = field(default_factory=deque)
    """Requests that wait for one each."""

    def take_in(self, granted: Granted) -> None:
        """Hand out what was granted to those who wait, and hold the rest."""
        if granted.resets != self.resets:
            self.held, self.resets = 0, granted.resets  # of what was counted before the reset, nothing is given back
        self.held += granted.granted
        self.left, self.asked = granted.left, time.monotonic()
        self.block = min(2 * self.block, LARGEST_BLOCK)
        while self.waiting and (self.held or not self.left):
            one = self.waiting.popleft()
            if not one.done():
                one.set_result(self.held > 0)
                self.held -= self.held > 0

    def excess(self) -> int:
        """What of the held this turn's requests say is not needed; another turn begins."""
        excess = max(0, self.held - 2 * self.spent)
        self.held -= excess
        self.block, self.spent = max(1, self.spent), 0
        return excess


class Leases:
    """Blocks of quotas, in the memory of one gateway. Run `keep` beside."""

    def __init__(self, ledger: Ledger, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._ledger, self._now = ledger, now
        self._leases: dict[Counter, _Lease] = {}
        self._thirsty: dict[Counter, _Lease] = {}
        self._wanted = asyncio.Event()
        self._asking: float | None = None
        self._failed = float("-inf")

    async def spend(self, rule: str, caller: str, allowance: Allowance) -> Spent:
        """Spend one request of a caller's quota, if there is one left. Raises `Unknown`."""
        period = Period.of(allowance.unit, self._now())
        counter = Counter(rule, caller, period)
        if (lease := self._leases.get(counter)) is None:
            lease = self._leases[counter] = _Lease(allowance.amount)
        elif lease.amount != allowance.amount:  # what is held was granted of another quota
            lease.amount, lease.held, lease.asked = allowance.amount, 0, float("-inf")
        lease.spent += 1
        if lease.held:
            lease.held -= 1
            return Spent(True, lease.held + lease.left, period.ends)
        used_up = not lease.left and time.monotonic() - lease.asked < TURN
        allowed = not used_up and await self._granted(counter, lease)
        return Spent(allowed, lease.held + lease.left, period.ends)

    async def keep(self) -> None:
        """Ask the ledger for what is wanted, and give back what is not needed, until cancelled; all is given back
        then."""
        try:
            async with asyncio.TaskGroup() as group:
                for work in (self._ask, self._give_back, self._forget):
                    group.create_task(work())
        finally:
            held = {counter: (lease.held, lease.resets) for counter, lease in self._leases.items() if lease.held}
            self._leases.clear()
            if held:
                self._told(self._ledger.give_back, held)

    async def _granted(self, counter: Counter, lease: _Lease) -> bool:
        """Wait until this request is granted by the ledger, or is not."""
        now = time.monotonic()
        if now - self._failed < TURN or (self._asking and now - self._asking > PATIENCE):
            raise Unknown
        one: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        lease.waiting.append(one)
        self._thirsty[counter] = lease
        self._wanted.set()
        try:
            async with asyncio.timeout(PATIENCE):
                try:
                    return await one
                except asyncio.CancelledError:
                    if one.done() and not one.cancelled() and not one.exception() and one.result():
                        lease.held += 1
                    raise
        except TimeoutError:
            raise Unknown from None

    async def _ask(self) -> None:
        """Ask for all who wait at once: while one answer is awaited, the next question grows."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            asked, self._thirsty = self._thirsty, {}
            wanted = {
                counter: Wanted(lease.amount, sum(not one.done() for one in lease.waiting), lease.block)
                for counter, lease in asked.items()
            }
            self._asking = time.monotonic()
            try:
                granted = await asyncio.to_thread(self._ledger.take, wanted)
            except StoreError as error:
                self._fail(error, asked.values())
                continue
            finally:
                self._asking = None
            for counter, lease in asked.items():
                lease.take_in(granted[counter])
                if lease.waiting:
                    self._thirsty[counter] = lease
                    self._wanted.set()

    def _fail(self, error: StoreError, leases: Iterable[_Lease]) -> None:
        logger.warning("nobody can say what is left of quotas: %s", error)
        self._failed = time.monotonic()
        for lease in leases:
            while lease.waiting:
                one = lease.waiting.popleft()
                if not one.done():
                    one.set_exception(Unknown())

    async def _give_back(self) -> None:
        while True:
            await asyncio.sleep(TURN)
            unspent: dict[Counter, tuple[int, int]] = {}
            for counter, lease in list(self._leases.items()):
                if not (lease.spent or lease.waiting):
                    del self._leases[counter]
                if excess := lease.excess():
                    unspent[counter] = excess, lease.resets
            if unspent:
                await asyncio.to_thread(self._told, self._ledger.give_back, unspent)

    async def _forget(self) -> None:
        while True:
            await asyncio.to_thread(self._told, self._ledger.forget, self._now())
            await asyncio.sleep(FORGET)

    @staticmethod
    def _told(tell: Callable[[T], None], what: T) -> None:
        """Tell the ledger; where it does not hear, what was held is lost to the quota, and nobody else."""
        try:
            tell(what)
        except StoreError as error:
            logger.warning("the ledger of quotas does not hear: %s", error)
