"""The recorder: takes entries from whoever does something, and makes them durable in the log, many at a time.

A change waits until its entry is durable; a read does not, and shares the next batch. Each recorder numbers its entries
from 0 under a name of its own. A batch that the log does not take is tried again as it is, so that no number is
missing; what comes in twice by that, the keeper knows by its number.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from trunkline.log.port import ContractViolation, Log, LogError
from trunkline.security.audit import metrics
from trunkline.security.audit.entry import TOPIC, Entry
from trunkline.security.audit.keeper import ensure_topic

BATCH: Final = 500  # entries in one append
LINGER: Final = 0.05  # seconds that a read's entry waits for others
MOST: Final = 20_000  # entries that may wait; then nobody is served any more
PATIENCE: Final = 5.0  # seconds that a change waits for its entry to be durable
AGAIN: Final = 0.5  # seconds after which the log is tried again

Make = Callable[[], Entry]
"""Makes an entry, when its turn comes: not in the time of who is served."""

logger = logging.getLogger(__name__)


class NotRecorded(Exception):
    """What was asked cannot be recorded now, so that it is not done, or is not told to be done."""


class Recorder:
    """Writes to `log`. Used by any number of threads; `close` makes durable what waits."""

    def __init__(self, log: Log) -> None:
        ensure_topic(log)
        self._log = log
        self.writer = secrets.token_hex(6)
        self._number = 0
        self._waiting: deque[tuple[Make, Future[None] | None]] = deque()
        self._look = threading.Event()
        self._hurry = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._write, name="audit", daemon=True)
        self._thread.start()

    def full(self) -> bool:
        """Whether so much waits that nobody may be served before it is written."""
        return len(self._waiting) >= MOST

    def add(self, make: Make) -> None:
        """Record it soon: within some hundredths of a second."""
        self._waiting.append((make, None))
        if not self._look.is_set():
            self._look.set()
        if len(self._waiting) >= BATCH:
            self._hurry.set()

    def record(self, make: Make) -> Future[None]:
        """Record it at once; done when it is durable."""
        durable: Future[None] = Future()
        self._waiting.append((make, durable))
        self._hurry.set()
        self._look.set()
        return durable

    async def settle(self, make: Make) -> None:
        """Record it and wait until it is durable. Raises `NotRecorded` where that takes too long."""
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.wrap_future(self.record(make))
        except TimeoutError:
            raise NotRecorded(f"the log has not taken the entry within {PATIENCE:g} s") from None

    def close(self) -> None:
        self._closing = True
        self._hurry.set()
        self._look.set()
        self._thread.join()

    def _write(self) -> None:
        while not self._closing or self._waiting:
            self._look.wait()
            self._hurry.wait(LINGER)
            self._look.clear()
            self._hurry.clear()
            while self._waiting:
                self._write_some()

    def _write_some(self) -> None:
        batch: list[tuple[Entry, Future[None] | None]] = []
        while self._waiting and len(batch) < BATCH:
            make, durable = self._waiting.popleft()
            try:
                batch.append((make().numbered(self.writer, self._number), durable))
            except Exception as error:
                logger.exception("an entry of the audit trail could not be made")
                _end(durable, NotRecorded(f"the entry could not be made: {error}"))
            else:
                self._number += 1
        metrics.WAITING.set(len(self._waiting) + len(batch))
        self._append(batch)
        metrics.WAITING.set(len(self._waiting))

    def _append(self, batch: list[tuple[Entry, Future[None] | None]]) -> None:
        """Until the log has them. One that the operator's contract refuses is said and left out, and `verify` finds
        that its number is missing."""
        while batch:
            try:
                self._log.append(TOPIC.name, [entry.event() for entry, _ in batch], 0)
            except ContractViolation as violation:
                logger.error("entries of the audit trail are lost, because their contract refuses them: %s", violation)
                broken = {index for index, _, _ in violation.failures}
                for index in broken:
                    _end(batch[index][1], NotRecorded(f"the contract of the audit trail refuses it: {violation}"))
                batch = [each for index, each in enumerate(batch) if index not in broken]
            except LogError:
                logger.exception("%d entries of the audit trail wait for the log", len(batch))
                if self._closing:
                    return
                time.sleep(AGAIN)
            else:
                metrics.RECORDED.inc(len(batch))
                for _, durable in batch:
                    _end(durable)
                return


def _end(durable: Future[None] | None, error: Exception | None = None) -> None:
    """Tell who waits, if anybody still does."""
    if durable is not None and durable.set_running_or_notify_cancel():
        if error is None:
            durable.set_result(None)
        else:
            durable.set_exception(error)
