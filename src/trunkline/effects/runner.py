"""Runs the ledger: takes requests, lets calls begin, and commits what became of them before anything else follows."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import NamedTuple

from trunkline.effects import metrics, topics
from trunkline.effects.effect import Effect
from trunkline.effects.effector import Answer
from trunkline.effects.lane import Lane
from trunkline.effects.ledger import End, Entry, Ledger, Stage
from trunkline.effects.outcome import Attempt, Result
from trunkline.effects.share import SYSTEM, Share
from trunkline.log.port import Fenced, Log, TopicPartition

TAKEN = 500  # events taken in with one commit
IDLE = 0.25  # seconds to wait for events while nothing waits,
BUSY = 0.02  # and for calls to end while some run
HANDOVER = 5.0  # seconds between looks at the share while calls run that must not be made twice
STANDSTILL = 2.0  # seconds after which such a call is not begun any more: others may think that this process is dead
GRACE = 8.0  # seconds that running calls have to end when the runner is stopped; the supervisor waits for 10
REPORT = 1.0  # seconds between two looks at the figures
PATIENT = 3  # times in a row that a runner which was fenced starts anew by itself

logger = logging.getLogger(__name__)


class Call(NamedTuple):
    """A call that runs."""

    lane: Lane
    share: Share
    entry: Entry
    attempt: Attempt
    probe: bool

    @property
    def at_most(self) -> bool:
        """Whether it must not be made twice."""
        return self.lane.settings.once == "at-most"


class Runner:
    """The ledger's work in one process. `worker` is the name under which it writes: no two that live may share one.

    Processes share the partitions of `effect.requested`. One thread keeps the ledger; each call has one of its own.
    """

    def __init__(
        self, log: Log, lanes: Sequence[Lane], worker: str, *, chance: Callable[[], float] = random.random
    ) -> None:
        self._partitions = topics.create(log)
        self._log, self._chance = log, chance
        self._lanes = {lane.name: lane for lane in lanes}
        self._producer = log.transactional(f"{SYSTEM}.{worker}")
        self._member = log.member(SYSTEM, Effect.topic, worker)
        self._reader = log.reader()
        self._reading: frozenset[TopicPartition] | None = None
        self._shares: dict[int, Share] = {}
        self._pool = ThreadPoolExecutor(max(1, sum(lane.settings.in_flight for lane in lanes)), "effect")
        self._ended: SimpleQueue[tuple[Call, Answer]] = SimpleQueue()
        self._running = 0
        self._running_at_most = 0
        self._look_at = 0.0
        self._handing_over = False
        self._ends: dict[int, list[End]] = {}
        """By partition: ends of calls that must not be made twice, until they are committed."""
        self._fenced = 0
        self._report_at = 0.0
        self._full: set[int] = set()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Raises `Fenced` where this runner is fenced again and again, and `LogError`."""
        try:
            while not stop.is_set():
                self.step(IDLE)
        finally:
            self.close()

    def step(self, timeout: float = 0.0) -> None:
        """A round: look at the share, take what has come, commit, and let calls begin."""
        try:
            self._hold_share()
            self._await(timeout)
            self._round(begin=True)
        except Fenced:
            self._fenced += 1
            self._forget()
            if self._fenced == PATIENT:
                raise
            logger.warning("another process has taken over a part of the effects; starting that part anew")

    @property
    def held(self) -> frozenset[int]:
        """The partitions that this process works on."""
        return frozenset(self._shares)

    @property
    def idle(self) -> bool:
        """Whether nothing runs and nothing is known that would."""
        return not self._running and not any(self._lanes.values()) and bool(self._shares) and self._reader.at_end()

    def close(self) -> None:
        """Begin nothing more, and let go of the share once the calls that run have ended, or had their time."""
        deadline = time.monotonic() + GRACE
        try:
            while self._running and time.monotonic() < deadline:
                self._await_end()
                self._round(begin=False)
        except Fenced:
            logger.warning("another process has taken over, and finds out by itself what became of the last calls")
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._reader.close()
            self._member.close()
            self._producer.close()
            for lane in self._lanes.values():
                lane.effector.close()

    # The share

    def _hold_share(self) -> None:
        """Take up the partitions that are this process's now, and let go of those that are not any more.

        A partition changes hands only here. Calls that must not be made twice are first let come to their end: whoever
        has the partition next could not know how they ended.
        """
        now = time.monotonic()
        if self._running_at_most:
            self._handing_over = now >= self._look_at
            return
        self._look_at, self._handing_over = now + HANDOVER, False
        held = self._member.assignment()
        if held == self._shares.keys():
            return
        for number in self._shares.keys() - held:
            self._let_go(number)
        if new := sorted(held - self._shares.keys()):
            committed = self._log.committed(SYSTEM)
            policies = {name: lane.settings for name, lane in self._lanes.items()}
            for number in new:
                ledger, ends = Ledger(number, policies, self._chance), self._ends.get(number, [])
                self._shares[number] = Share(self._log, ledger, committed, ends)
        for lane in self._lanes.values():
            lane.share(len(self._shares) / self._partitions, now)
        self._reading = None

    def _let_go(self, number: int) -> None:
        entries = self._shares.pop(number).ledger.open.values()
        for lane in self._lanes.values():
            lane.drop(entries)

    def _forget(self) -> None:
        """Keep nothing in memory: the share is looked at and its state read anew."""
        for number in list(self._shares):
            self._let_go(number)
        self._reading = None

    # A round

    def _await(self, timeout: float) -> None:
        """Wait until there may be something to do."""
        if self._running or any(self._lanes.values()):
            self._await_end()
            timeout = 0.0
        self._take_events(timeout)

    def _await_end(self) -> None:
        with suppress(Empty):
            self._take_end(*self._ended.get(timeout=BUSY))

    def _round(self, *, begin: bool) -> None:
        """Commit what has come, and only then make the calls that may begin."""
        while True:
            try:
                self._take_end(*self._ended.get_nowait())
            except Empty:
                break
        now = datetime.now(UTC)
        for share in self._shares.values():
            share.tidy(now)
        self._queue()
        calls = self._begin(now) if begin else []
        began = time.monotonic()
        try:
            self._commit()
        except BaseException:
            for call in calls:
                call.lane.left_out(call.probe)
                self._keep(call, Answer(Result.LATER, message="not called: it could not be written before"))
            raise
        for call in calls:
            self._running += 1
            self._running_at_most += call.at_most
            self._pool.submit(self._perform, call, began + STANDSTILL)
        if began >= self._report_at:
            self._report(began)

    def _take_events(self, timeout: float) -> None:
        """Take in requests and decisions; of a partition with too much to do, decisions only."""
        readable = {share.decisions: share for share in self._shares.values()}
        readable |= {share.requests: share for share in self._shares.values() if not share.ledger.full}
        if readable.keys() != self._reading:
            self._reading = frozenset(readable)
            self._reader.assign({place: share.offsets[place] for place, share in readable.items()})
        now = datetime.now(UTC)
        for batch in self._reader.take(TAKEN, timeout):
            readable[TopicPartition(batch.topic, batch.partition)].take(batch, now)

    def _take_end(self, call: Call, answer: Answer) -> None:
        """A call has ended."""
        self._running -= 1
        self._running_at_most -= call.at_most
        call.lane.ended(answer, call.probe, time.monotonic())
        metrics.CALLS.labels(call.lane.name, answer.result.value).inc()
        self._keep(call, answer)
        if self._shares.get(call.share.requests.partition) is call.share:
            call.share.ledger.end(call.entry, call.attempt, answer, datetime.now(UTC), probe=call.probe)
        else:
            logger.warning(
                "%s: the call for effect %s ended as %s after its partition had been lost",
                call.lane.name, call.entry.effect.id, answer.result.value,
            )  # fmt: skip

    def _keep(self, call: Call, answer: Answer) -> None:
        """Do not forget how a call ended that must not be made twice, before it is committed."""
        if call.at_most:
            self._ends.setdefault(call.entry.partition, []).append(End(call.entry, call.attempt, answer))

    def _queue(self) -> None:
        """What has become ready goes to its effector's lane."""
        for share in self._shares.values():
            for entry in share.ledger.ready:
                self._lanes[entry.effect.effector].add(entry)
            share.ledger.ready.clear()

    def _begin(self, now: datetime) -> list[Call]:
        calls = []
        for lane in self._lanes.values():
            if self._handing_over and lane.settings.once == "at-most":
                continue
            while (found := lane.begin(now, time.monotonic())) is not None:
                entry, probe = found
                share = self._shares[entry.partition]
                attempt = share.ledger.begin(entry, now)
                if attempt is None:
                    lane.left_out(probe)
                else:
                    calls.append(Call(lane, share, entry, attempt, probe))
        return calls

    def _commit(self) -> None:
        changed = [share for share in self._shares.values() if share.changed]
        if changed:
            with self._producer.transaction() as transaction:
                for share in changed:
                    share.write(transaction, self._member)
            for share in changed:
                share.written()
                self._ends.pop(share.ledger.number, None)
            self._fenced = 0

    # In a thread of its own

    def _perform(self, call: Call, until: float) -> None:
        """Make the call. One that must not be made twice is not begun after `until`: the process stood still since it
        said that it would, and another may have told a person by now that nobody knows how the call ended."""
        began = time.monotonic()
        if call.at_most and began > until:
            message = "not called: this process stood still just before"
            self._ended.put((call, Answer(Result.LATER, message=message, ill=call.probe)))
            return
        try:
            answer = call.lane.effector.perform(call.entry.effect)
        except Exception as error:
            logger.exception("%s: the effector failed on effect %s", call.lane.name, call.entry.effect.id)
            answer = Answer(Result.UNKNOWN, message=f"{type(error).__name__}: {error}"[:300], ill=True)
        metrics.CALL.labels(call.lane.name).observe(time.monotonic() - began)
        self._ended.put((call, answer))

    def _report(self, now: float) -> None:
        self._report_at = now + REPORT
        entries = [entry for share in self._shares.values() for entry in share.ledger.open.values()]
        metrics.OPEN.set(len(entries))
        metrics.DEAD.set(sum(entry.stage is Stage.DEAD for entry in entries))
        full = {number for number, share in self._shares.items() if share.ledger.full}
        for number in full - self._full:
            logger.warning(
                "partition %d takes no more effects in: too many are not over; see `trunkline effects list --open`",
                number,
            )
        self._full = full
        metrics.FULL.set(len(full))
        for lane in self._lanes.values():
            metrics.IN_FLIGHT.labels(lane.name).set(lane.in_flight)
            metrics.READY.labels(lane.name).set(len(lane))
            metrics.CIRCUIT.labels(lane.name).set(not lane.breaker.allows(now))
