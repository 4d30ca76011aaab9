"""The way to one subscriber: takes the events of one partition, in order, and does not go on before one is delivered.

Each lane has a thread of its own, so that none waits for another's subscriber. It keeps no record of what it has done:
whoever runs it saves its `progress`.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from trunkline.backoff import backoff
from trunkline.log.envelope import attributes
from trunkline.log.port import Log, Record
from trunkline.settings import Hub as Settings
from trunkline.tmf.declaration import Document, OpenApi
from trunkline.tmf.events import API, TOPIC, now
from trunkline.tmf.hub import metrics
from trunkline.tmf.hub.connection import Answer, Connection
from trunkline.tmf.hub.letter import DeadLetter
from trunkline.tmf.hub.news import News
from trunkline.tmf.hub.query import interest
from trunkline.tmf.hub.subscription import Subscription
from trunkline.tmf.hub.telling import resources_of, told

READ = 200  # events read at once
IDLE = 5.0  # seconds between looks although nothing new was told of
MOST_UNSAVED = 100  # dead letters that are not saved yet, after which it waits
WAIT = 0.05  # seconds, for these to be saved

logger = logging.getLogger(__name__)


class Progress(NamedTuple):
    """How far a lane has come: the next offset, events that it gave up, and dead letters that were delivered."""

    offset: int
    letters: Sequence[DeadLetter]
    delivered: Sequence[str]


class Failure(NamedTuple):
    """An event that the subscriber did not take, in so many attempts; the last answer."""

    attempts: int
    answer: Answer


class Stopped(Exception):
    """The lane is to end, in the middle of an event: whoever goes on begins with that one."""


class Lane:
    """Serves `subscription`, to a version of `api` that is served at `base`, from `offset` of `partition` on."""

    def __init__(
        self,
        subscription: Subscription,
        partition: int,
        offset: int,
        *,
        api: OpenApi,
        base: str,
        log: Log,
        connection: Connection,
        settings: Settings,
        news: News,
    ) -> None:
        self.subscription, self.partition = subscription, partition
        self._api, self._base, self._log, self._settings, self._news = api, base, log, settings, news
        self._connection = connection
        self._resources = {of.name: of for of in resources_of(api)}
        self._interest = interest(subscription.query, api, subscription.version)
        self._number = str(api.number).encode()
        self._offset = offset
        self._letters: list[DeadLetter] = []
        self._delivered: list[str] = []
        self._replay: deque[DeadLetter] = deque()
        self._lock = threading.Lock()  # of the four above
        self._failures = 0  # one after the other, whatever the event
        self._failed = Answer(0)
        self._failed_at = -float("inf")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"hub {subscription.id}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stop.set()

    def join(self, timeout: float) -> None:
        """Wait for the end, `timeout` seconds at most."""
        self._thread.join(timeout)

    @property
    def ended(self) -> bool:
        """Whether it has ended, by itself or because it was stopped."""
        return not self._thread.is_alive()

    # What it is asked and told by whoever runs it

    def progress(self) -> Progress:
        """How far it has come."""
        with self._lock:
            return Progress(self._offset, tuple(self._letters), tuple(self._delivered))

    def saved(self, progress: Progress) -> None:
        """This progress is in the store."""
        with self._lock:
            del self._letters[: len(progress.letters)]
            del self._delivered[: len(progress.delivered)]

    @property
    def replays(self) -> bool:
        """Whether it has dead letters to send again, or their outcome is not saved yet."""
        with self._lock:
            return bool(self._replay or self._letters or self._delivered)

    def replay(self, letters: Iterable[DeadLetter]) -> None:
        """Send these again before anything else; not while `replays`."""
        with self._lock:
            self._replay.extend(letters)

    # Its thread

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                seen = self._news.count
                if not (self._send_again() or self._go_on()):
                    self._news.wait(seen, IDLE)
        except Stopped:
            pass
        except Exception:
            logger.exception("the subscription %s is not served for a moment", self.subscription.id)
        finally:
            self._connection.close()

    def _send_again(self) -> bool:
        """Send the first dead letter that is to be sent again; whether there was one."""
        with self._lock:
            letter = self._replay[0] if self._replay else None
        if letter is None:
            return False
        failure = self._tell(letter.event, time.time())
        with self._lock:
            self._replay.popleft()
            if failure is None:
                self._delivered.append(letter.id)
            else:
                self._letters.append(_still_dead(letter, failure))
        return True

    def _go_on(self) -> bool:
        """Deliver the next events; whether there were any."""
        records = self._log.read(TOPIC, self.partition, self._offset, READ)
        for record in records:
            if record.offset > self._offset:
                self._look_for_missed(record)
            letter = self._deliver(record)
            with self._lock:
                self._offset = record.offset + 1
                if letter is not None:
                    self._letters.append(letter)
                    metrics.DEAD.inc()
            while len(self._letters) >= MOST_UNSAVED:
                self._pause(WAIT)
        return bool(records)

    def _look_for_missed(self, record: Record) -> None:
        """A gap may be a transaction's mark; or the log has not kept what was not delivered yet."""
        start = self._log.start(TOPIC, self.partition)
        if start > self._offset:
            logger.error(
                "the subscription %s missed the events %d to %d of %s/%d: the log does not keep them any more",
                self.subscription.id, self._offset, start - 1, TOPIC, self.partition,
            )  # fmt: skip

    def _deliver(self, record: Record) -> DeadLetter | None:
        """Deliver an event, where it is one of the API; the dead letter that became of it."""
        if self._stop.is_set():
            raise Stopped
        if record.value is None or (API, self._number) not in record.headers:
            return None
        failure = self._tell(record.value, record.time / 1e6)
        return None if failure is None else _letter(self.subscription, record, failure)

    def _tell(self, event: bytes | msgspec.Raw, since: float) -> Failure | None:
        """Send an event that is there `since` a time (seconds since the epoch), where it is asked for."""
        try:
            body = self._body(event)
        except Exception as error:  # whatever is wrong with one event, the next ones are waited for
            logger.exception("an event cannot be told to the subscription %s", self.subscription.id)
            return Failure(0, Answer(0, f"it cannot be told: {type(error).__name__}: {error}"[:300]))
        return None if body is None else self._send(body, since)

    def _body(self, value: bytes | msgspec.Raw) -> bytes | None:
        event: Document = msgspec.json.decode(value)
        [(name, document)] = event["event"].items()
        of = self._resources[name]
        if not self._interest.meets(of, event["eventType"], document):
            return None
        return msgspec.json.encode(told(event, of, self.subscription.version, self._base, self._interest.fields))

    def _send(self, body: bytes, since: float) -> Failure | None:
        """Send until it is taken or to be given up."""
        settings = self._settings
        if self._is_over(since) and time.monotonic() < self._failed_at + settings.longest_pause:
            return Failure(0, self._failed)
        attempt = 0
        while True:
            if self._stop.is_set():
                raise Stopped
            attempt += 1
            answer = self._request(body)
            if answer.taken:
                self._failures = 0
                return None
            self._failures += 1
            self._failed, self._failed_at = answer, time.monotonic()
            if attempt >= settings.attempts or self._is_over(since):
                return Failure(attempt, answer)
            wait = backoff(self._failures, settings.first_pause, settings.longest_pause, random.random())  # noqa: S311
            self._pause(min(max(wait, answer.pause), settings.longest_pause))

    def _request(self, body: bytes) -> Answer:
        began = time.monotonic()
        answer = self._connection.post(body)
        metrics.REQUEST.observe(time.monotonic() - began)
        metrics.REQUESTS.labels("taken" if answer.taken else "failed").inc()
        return answer

    def _is_over(self, since: float) -> bool:
        return time.time() > since + self._settings.max_age

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Stopped


def _letter(subscription: Subscription, record: Record, failure: Failure) -> DeadLetter:
    told = attributes(record)
    return DeadLetter(
        subscription=subscription.id,
        partition=record.partition,
        offset=record.offset,
        event_id=told["id"],
        event_type=told["type"],
        attempts=failure.attempts,
        status=failure.answer.status,
        message=failure.answer.message,
        died=now(),
        event=_raw(record.value or b""),
    )


def _still_dead(letter: DeadLetter, failure: Failure) -> DeadLetter:
    return replace(
        letter,
        attempts=letter.attempts + failure.attempts,
        status=failure.answer.status,
        message=failure.answer.message,
        died=now(),
        replay=False,
    )


def _raw(value: bytes) -> msgspec.Raw:
    """A value as part of a document; null where it is no JSON."""
    try:
        msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.Raw(b"null")
    return msgspec.Raw(value)
