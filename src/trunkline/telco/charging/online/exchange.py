"""Requests into the log, and each its answer out of it: two threads for all requests that wait.

One thread writes what has come meanwhile in one append; one follows the answers, and the directory of numbers. What
waits is held by id, so that a request that comes twice at once is written once; one that comes again later is written
again, and charging, which knows its id, answers as it did before.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from queue import Empty, SimpleQueue

import msgspec

from trunkline.log.envelope import cloud_event
from trunkline.log.port import ContractViolation, Event, Log, LogError, TopicPartition
from trunkline.telco.charging.online import metrics
from trunkline.telco.charging.online.directory import Directory
from trunkline.telco.charging.online.problem import Cause, Refused
from trunkline.telco.model import ChargingAnswer, ChargingRequest, Number

TOPICS = (ChargingRequest.topic, ChargingAnswer.topic, Number.topic)
PATIENCE = 2.0  # seconds that a request waits for its answer
MOST_WAITING = 800  # requests; the listener refuses, without a word, more than 1,000 connections
MOST_TOGETHER = 500  # requests in one append
LOOK = 0.25  # seconds after which the follower looks whether it is to end

logger = logging.getLogger(__name__)

_ANSWER = msgspec.json.Decoder(ChargingAnswer)


class Exchange:
    """Belongs to one event loop. `stop` is set where answers cannot be followed any more: better none than silence."""

    def __init__(self, log: Log, source: str, stop: threading.Event, patience: float = PATIENCE) -> None:
        self.directory = Directory()
        self._log, self._source, self._stop, self._patience = log, source, stop, patience
        self._waiting: dict[str, list[asyncio.Future[ChargingAnswer]]] = {}
        self._count = 0
        self._queue: SimpleQueue[tuple[str, Event] | None] = SimpleQueue()
        self._ending = threading.Event()

    async def ask(self, request: ChargingRequest) -> ChargingAnswer:
        """The answer to a request. Raises `Refused`, always with when to send the same again: 503 where too many wait,
        504 where no answer comes in time, 500 where the log does not take it."""
        with self._place(request.id) as (answer, first):
            if first:
                event = cloud_event(
                    type=ChargingRequest.topic,
                    source=self._source,
                    id=request.id,
                    value=msgspec.json.encode(request),
                    key=request.key,
                )
                self._queue.put((request.id, event))
            try:
                async with asyncio.timeout(self._patience):
                    return await answer
            except TimeoutError:
                raise Refused(
                    504,
                    Cause.TIMED_OUT_REQUEST,
                    f"charging did not answer within {self._patience:g} s; send the same again: whatever became of "
                    "this one, both have one effect",
                    retry_after=1,
                ) from None

    @contextmanager
    def _place(self, id: str) -> Iterator[tuple[asyncio.Future[ChargingAnswer], bool]]:
        """A place among those that wait for the answer of an id, and whether it is the first for it."""
        if self._count >= MOST_WAITING:
            raise Refused(503, Cause.NF_CONGESTION, f"{MOST_WAITING} requests wait already", retry_after=1)
        answer: asyncio.Future[ChargingAnswer] = asyncio.get_running_loop().create_future()
        together = self._waiting.setdefault(id, [])
        together.append(answer)
        self._count += 1
        metrics.WAITING.inc()
        try:
            yield answer, len(together) == 1
        finally:
            self._count -= 1
            metrics.WAITING.dec()
            together.remove(answer)
            if not together:
                del self._waiting[id]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write and follow while the API is served. The directory is known when it begins."""
        loop = asyncio.get_running_loop()
        known = threading.Event()
        threads = [
            threading.Thread(target=self._follow, args=(loop, known), name="charging answers"),
            threading.Thread(target=self._write, args=(loop,), name="charging requests"),
        ]
        for thread in threads:
            thread.start()
        try:
            await asyncio.to_thread(known.wait)
            yield
        finally:
            self._ending.set()
            self._queue.put(None)
            for thread in threads:
                await asyncio.to_thread(thread.join)

    def _follow(self, loop: asyncio.AbstractEventLoop, known: threading.Event) -> None:
        try:
            self._follow_log(loop, known)
        except Exception:
            logger.exception("the answers of charging cannot be followed; the API stops")
            self._stop.set()
        finally:
            known.set()

    def _follow_log(self, loop: asyncio.AbstractEventLoop, known: threading.Event) -> None:
        partitions = {topic.name: topic.partitions for topic in self._log.topics() if topic.name in TOPICS}
        numbers = [TopicPartition(Number.topic, number) for number in range(partitions[Number.topic])]
        answers = [TopicPartition(ChargingAnswer.topic, number) for number in range(partitions[ChargingAnswer.topic])]
        # Nobody waits yet for an answer that is there already.
        offsets = {place: self._log.end(*place) for place in answers} | dict.fromkeys(numbers, 0)
        reader = self._log.reader()
        try:
            reader.assign(offsets)
            while not self._ending.is_set():
                for batch in reader.take(timeout=0.0 if not known.is_set() else LOOK):
                    if batch.topic == Number.topic:
                        self.directory.take(batch)
                    else:
                        self._hear(loop, batch.values)
                if not known.is_set() and reader.at_end():
                    known.set()
        finally:
            reader.close()

    def _hear(self, loop: asyncio.AbstractEventLoop, values: Sequence[bytes | None]) -> None:
        answers = [_ANSWER.decode(value) for value in values if value is not None]
        awaited = [answer for answer in answers if answer.id in self._waiting]
        if awaited:
            loop.call_soon_threadsafe(self._tell, awaited)

    def _tell(self, answers: Sequence[ChargingAnswer]) -> None:
        for answer in answers:
            for waiting in self._waiting.get(answer.id, ()):
                if not waiting.done():
                    waiting.set_result(answer)

    def _write(self, loop: asyncio.AbstractEventLoop) -> None:
        while (first := self._queue.get()) is not None:
            together = [first]
            while len(together) < MOST_TOGETHER:
                try:
                    further = self._queue.get_nowait()
                except Empty:
                    break
                if further is None:
                    self._queue.put(None)
                    break
                together.append(further)
            self._append(loop, together)

    def _append(self, loop: asyncio.AbstractEventLoop, requests: list[tuple[str, Event]]) -> None:
        try:
            self._log.append(ChargingRequest.topic, [event for _, event in requests])
        except ContractViolation as violation:
            broken = {index: f"{path}: {reason}" for index, path, reason in violation.failures}
            for index, reason in broken.items():
                problem = Refused(400, Cause.CHARGING_FAILED, f"the request breaks charging's contract at {reason}")
                loop.call_soon_threadsafe(self._fail, requests[index][0], problem)
            rest = [request for index, request in enumerate(requests) if index not in broken]
            if rest:
                self._append(loop, rest)
        except LogError as error:
            logger.warning("%d requests were not taken: %s", len(requests), error)
            problem = Refused(500, Cause.SYSTEM_FAILURE, "the event log does not take requests now", retry_after=1)
            for id, _ in requests:
                loop.call_soon_threadsafe(self._fail, id, problem)

    def _fail(self, id: str, problem: Refused) -> None:
        for waiting in self._waiting.get(id, ()):
            if not waiting.done():
                waiting.set_exception(problem)
