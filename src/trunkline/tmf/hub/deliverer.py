"""Runs the lanes: one for each subscription and partition of the events that this process holds.

Processes share the partitions as members of a group of the log. Positions and dead letters are saved in the store a few
times a second, together; what was delivered after that is delivered again when the process is killed. A position is
saved only where nobody else has saved it since, so that a process which stood still cannot turn it back.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from trunkline.log import Log
from trunkline.log.port import TopicPartition
from trunkline.settings import Hub as Settings
from trunkline.store import Conflict, Store, StoreError, Unit
from trunkline.tmf.declaration import OpenApi
from trunkline.tmf.errors import Refusal
from trunkline.tmf.events import TOPIC
from trunkline.tmf.hub import metrics
from trunkline.tmf.hub.connection import Connection
from trunkline.tmf.hub.guard import Forbidden, Guard, read
from trunkline.tmf.hub.lane import Lane, Progress
from trunkline.tmf.hub.letter import LETTERS, DeadLetters
from trunkline.tmf.hub.news import News
from trunkline.tmf.hub.sending import Sender
from trunkline.tmf.hub.subscription import (
    POSITIONS,
    SUBSCRIPTIONS,
    Position,
    Seen,
    Subscription,
    position_id,
)  # fmt: skip
from trunkline.tmf.hub.subscriptions import Subscriptions

GROUP = "tmf.hub"
LOOK = 0.5  # seconds between looks at who subscribes, what is to be sent again, and what this process holds
SAVE = 0.1  # seconds between two saves
NEWS = 0.1  # seconds to wait for new events at once
GRACE = 8.0  # seconds that requests have to end when it is stopped; the supervisor waits for 10

logger = logging.getLogger(__name__)


class Held(NamedTuple):
    """A lane, and what is known of its position: the offset that the store has, and the version of that document."""

    lane: Lane
    offset: int
    version: int


class Deliverer:
    """Delivers the events of `log` to the subscriptions of `store`, in one process, what of them may be `seen`. `name`
    is the process's: no two that live may share one. `root` is the URL before the paths of `apis`, as hrefs have it; ""
    takes for each subscriber the one that it came by."""

    def __init__(
        self,
        log: Log,
        store: Store,
        apis: Sequence[OpenApi],
        settings: Settings,
        name: str,
        *,
        root: str = "",
        seen: Seen | None = None,
    ) -> None:
        self._log, self._store, self._settings, self._root = log, store, settings, root
        self._seen = seen
        self._apis = {api.number: api for api in apis}
        self._letters = DeadLetters(store)
        self._guard = Guard(settings.allow)
        self._subscriptions = Subscriptions(store, log, self._guard)
        self._tls = ssl.create_default_context(cafile=settings.authority)
        self._news = News()
        self._lanes: dict[tuple[str, int], Held] = {}
        self._partitions: frozenset[int] = frozenset()
        self._ends: dict[TopicPartition, int] = {}
        self._unfit: set[str] = set()
        self._look_at = self._save_at = 0.0
        self._member = log.member(GROUP, TOPIC, name)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Raises `LogError`."""
        try:
            while not stop.is_set():
                self.step()
        finally:
            self.close()

    def step(self) -> None:
        """A round: look at what there is to serve, pass on that there is news, save how far the lanes have come."""
        moment = time.monotonic()
        try:
            if moment >= self._look_at:
                self._look_at = moment + LOOK
                self._look()
            if moment >= self._save_at:
                self._save_at = moment + SAVE
                self._save()
        except StoreError as error:
            logger.warning("the store does not take how far events are delivered, which is tried again: %s", error)
        if not self._ends:
            time.sleep(NEWS)
        elif self._log.wait(self._ends, NEWS):
            self._ends = {place: self._log.end(*place) for place in self._ends}
            self._news.tell()

    def close(self) -> None:
        """Begin nothing more, let requests end for a while, save, and let go of the share."""
        try:
            self._end(list(self._lanes))
            self._save()
        except StoreError as error:
            logger.warning("how far events are delivered is not saved, so that some come again: %s", error)
        finally:
            self._member.close()

    # What there is to serve

    def _look(self) -> None:
        held = self._member.assignment()
        if held != self._partitions:
            self._end([place for place in self._lanes if place[1] not in held])
            self._partitions = held
            self._ends = {TopicPartition(TOPIC, number): 0 for number in held}
        there = {subscription.id: subscription for subscription in self._subscriptions.all()}
        for place in [place for place in self._lanes if place[0] not in there]:
            self._lanes.pop(place).lane.stop()  # what it has under way has its time limit
        self._end([place for place, one in self._lanes.items() if one.lane.ended])
        for subscription in there.values():
            for partition in held:
                if (subscription.id, partition) not in self._lanes:
                    self._begin(subscription, partition)
        metrics.SUBSCRIPTIONS.set(len({id for id, _ in self._lanes}))
        if self._lanes and self._letters.any_to_replay():
            self._replay()

    def _begin(self, subscription: Subscription, partition: int) -> None:
        """Serve a subscription from where its position is; from the start of a partition that came after it."""
        api = self._apis.get(subscription.api)
        id = position_id(subscription.id, partition)
        with self._store.unit() as unit:
            if unit.get(SUBSCRIPTIONS.name, subscription.id) is None:
                return
            stored = unit.get(POSITIONS.name, id)
            if stored is None:
                stored = unit.add(POSITIONS.name, id, _encoded(self._log.start(TOPIC, partition)))
        offset = msgspec.json.decode(stored.document, type=Position).offset
        try:
            if api is None or subscription.version not in api.versions:
                raise Forbidden(f"TMF{subscription.api} {subscription.version} is not served any more")
            callback = read(subscription.callback)
            connection = Connection(callback, self._guard, self._settings.timeout, self._tls)
            lane = Lane(
                subscription,
                partition,
                offset,
                api=api,
                base=self._root + api.path(subscription.version) if self._root else subscription.base,
                log=self._log,
                sender=Sender(connection, self._settings),
                news=self._news,
                seen=self._seen,
            )
        except (Forbidden, Refusal) as error:
            if subscription.id not in self._unfit:
                self._unfit.add(subscription.id)
                logger.error("the subscription %s cannot be served: %s", subscription.id, error)
            return
        self._lanes[subscription.id, partition] = Held(lane, offset, stored.version)
        lane.start()

    def _replay(self) -> None:
        """Hand dead letters that are to be sent again to lanes that have none."""
        for id in {id for id, _ in self._lanes}:
            letters = [letter for letter in self._letters.to_replay(id) if (id, letter.partition) in self._lanes]
            for partition in {letter.partition for letter in letters}:
                lane = self._lanes[id, partition].lane
                if not lane.replays:
                    lane.replay(letter for letter in letters if letter.partition == partition)
        self._news.tell()

    def _end(self, places: Sequence[tuple[str, int]]) -> None:
        """End these lanes, and save how far they came."""
        if not places:
            return
        for place in places:
            self._lanes[place].lane.stop()
        self._news.tell()
        deadline = time.monotonic() + GRACE
        for place in places:
            self._lanes[place].lane.join(max(0.0, deadline - time.monotonic()))
        self._save()
        for place in places:
            self._lanes.pop(place, None)

    # How far they have come

    def _save(self) -> None:
        """Save the progress of all lanes that have made any, in one unit; each in its own where that conflicts."""
        made = {place: (held, held.lane.progress()) for place, held in self._lanes.items()}
        changed = {
            place: (held, progress)
            for place, (held, progress) in made.items()
            if progress.offset != held.offset or progress.letters or progress.delivered
        }
        if not changed:
            return
        try:
            self._write(changed)
        except Conflict:
            for place, one in changed.items():
                try:
                    self._write({place: one})
                except Conflict:
                    logger.info("the subscription %s has ended, or another process serves it", place[0])
                    self._lanes.pop(place).lane.stop()

    def _write(self, changed: dict[tuple[str, int], tuple[Held, Progress]]) -> None:
        with self._store.unit() as unit:
            versions = {place: _write(unit, held, progress) for place, (held, progress) in changed.items()}
        for place, (held, progress) in changed.items():
            held.lane.saved(progress)
            self._lanes[place] = Held(held.lane, progress.offset, versions[place])


def _write(unit: Unit, held: Held, progress: Progress) -> int:
    """The new version of the position. Raises `Conflict` where it is not the one that is known."""
    id = position_id(held.lane.subscription.id, held.lane.partition)
    stored = unit.replace(POSITIONS.name, id, _encoded(progress.offset), held.version)
    for letter in progress.letters:
        unit.put(LETTERS.name, letter.id, msgspec.json.encode(letter))
    for letter_id in progress.delivered:
        if unit.get(LETTERS.name, letter_id) is not None:
            unit.remove(LETTERS.name, letter_id)
    return stored.version


def _encoded(offset: int) -> bytes:
    return msgspec.json.encode(Position(offset))
