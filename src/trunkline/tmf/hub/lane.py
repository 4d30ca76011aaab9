"""The way to one subscriber: takes the events of one partition, in order, and does not go on before one is delivered.

Each lane has a thread of its own, so that none waits for another's subscriber. It keeps no record of what it has done:
whoever runs it saves its `progress`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from trunkline.log.port import Log, Record
from trunkline.tmf.declaration import Document, OpenApi
from trunkline.tmf.events import API, TOPIC
from trunkline.tmf.hub import metrics
from trunkline.tmf.hub.connection import Answer
from trunkline.tmf.hub.letter import DeadLetter, letter_of, still_dead
from trunkline.tmf.hub.news import News
from trunkline.tmf.hub.query import interest
from trunkline.tmf.hub.sending import Failure, Sender, Stopped
from trunkline.tmf.hub.subscription import Seen, Subscription
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


class Lane:
    """Serves `subscription`, to a version of `api` that is served at `base`, from `offset` of `partition` on. What is
    not `seen` is as if it were not there: neither told nor found by the subscription's query."""

    def __init__(
        self,
        subscription: Subscription,
        partition: int,
        offset: int,
        *,
        api: OpenApi,
        base: str,
        log: Log,
        sender: Sender,
        news: News,
        seen: Seen | None = None,
    ) -> None:
        self.subscription, self.partition = subscription, partition
        self._base, self._log, self._sender, self._news, self._seen = base, log, sender, news, seen
        self._resources = {of.name: of for of in resources_of(api)}
        self._interest = interest(subscription.query, api, subscription.version)
        self._number = str(api.number).encode()
        self._offset = offset
        self._letters: list[DeadLetter] = []
        self._delivered: list[str] = []
        self._replay: deque[DeadLetter] = deque()
        self._lock = threading.Lock()  # of the four above
        self._thread = threading.Thread(target=self._run, name=f"hub {subscription.id}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more."""
        self._sender.stop()

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
            while True:
                self._sender.go_on()
                seen = self._news.count
                if not (self._send_again() or self._go_on()):
                    self._news.wait(seen, IDLE)
        except Stopped:
            pass
        except Exception:
            logger.exception("the subscription %s is not served for a moment", self.subscription.id)
        finally:
            self._sender.close()

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
                self._letters.append(still_dead(letter, *failure))
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
                self._sender.pause(WAIT)
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
        self._sender.go_on()
        if record.value is None or (API, self._number) not in record.headers:
            return None
        failure = self._tell(record.value, record.time / 1e6)
        return None if failure is None else letter_of(self.subscription.id, record, *failure)

    def _tell(self, event: bytes | msgspec.Raw, since: float) -> Failure | None:
        """Send an event that is there `since` a time (seconds since the epoch), where it is asked for."""
        try:
            body = self._body(event)
        except Exception as error:  # whatever is wrong with one event, the next ones are waited for
            logger.exception("an event cannot be told to the subscription %s", self.subscription.id)
            return Failure(0, Answer(0, f"it cannot be told: {type(error).__name__}: {error}"[:300]))
        return None if body is None else self._sender.send(body, since)

    def _body(self, value: bytes | msgspec.Raw) -> bytes | None:
        event: Document = msgspec.json.decode(value)
        [(name, document)] = event["event"].items()
        of = self._resources[name]
        if self._seen is not None:
            seen = self._seen(self.subscription.subscriber, name, document)
            if seen is None:
                return None
            document, event = seen, event | {"event": {name: seen}}
        if not self._interest.meets(of, event["eventType"], document):
            return None
        return msgspec.json.encode(told(event, of, self.subscription.version, self._base, self._interest.fields))
