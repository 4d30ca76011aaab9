"""Who subscribes to what: made, told and ended by the routes of `/hub`, followed by the deliverer."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import suppress

import msgspec

from trunkline.log import Log
from trunkline.store import Conflict, Query, Store, Stored, Unit
from trunkline.store.query import And, Compare, Operator, Path, Value
from trunkline.tmf.declaration import OpenApi, Version
from trunkline.tmf.errors import bad, conflict, not_found
from trunkline.tmf.events import TOPIC
from trunkline.tmf.hub import guard
from trunkline.tmf.hub.guard import Forbidden, Guard
from trunkline.tmf.hub.letter import DeadLetters
from trunkline.tmf.hub.query import interest
from trunkline.tmf.hub.subscription import (
    POSITIONS,
    SUBSCRIPTIONS,
    Position,
    Subscriber,
    Subscription,
    partitions,
    position_id,
    subscription_id,
)  # fmt: skip

PAGE = 1_000  # subscriptions found at once
MOST = 1_000  # subscriptions to all APIs together: each has a thread of its own where it is served
PATIENCE = 3.0  # seconds that a subscriber waits until it is known where its callback leads
ATTEMPTS = 5  # at a change in whose way others get
ID = re.compile(r"[0-9a-f-]{36}")

logger = logging.getLogger(__name__)
_decode = msgspec.json.Decoder(Subscription).decode


class Subscriptions:
    """The subscriptions of a store to the events of a log. Where a `subscriber` is given, those of others are not
    there."""

    def __init__(self, store: Store, log: Log, guard: Guard) -> None:
        store.declare([SUBSCRIPTIONS, POSITIONS])
        self._store, self._log, self._guard = store, log, guard
        self._letters = DeadLetters(store)
        self._partitions = partitions(log)

    def add(
        self,
        api: OpenApi,
        version: Version,
        callback: str,
        query: str,
        base: str,
        subscriber: Subscriber | None = None,
    ) -> Subscription:
        """Subscribe to all changes from now on; `base` is the URL of the version. Raises `Refusal`: 400 where the
        callback must not be called or the query cannot be read, 409 where there is this subscription already, or there
        are too many."""
        self._judge(callback)
        interest(query, api, version)
        if self._store.find(Query(SUBSCRIPTIONS.name, limit=1)).total >= MOST:
            raise conflict("tooMany", f"there are {MOST} subscriptions", "end those that nobody needs any more")
        id = subscription_id(api.number, version, callback, query, subscriber)
        added = Subscription(
            id=id,
            api=api.number,
            version=version,
            callback=callback,
            query=query,
            base=base,
            subscriber=subscriber,
        )
        # What is committed after this unit comes to the log after these offsets.
        ends = {partition: self._log.end(TOPIC, partition) for partition in range(self._partitions)}

        def add(unit: Unit) -> None:
            if unit.get(SUBSCRIPTIONS.name, id) is not None:
                raise conflict("subscribed", "this callback has subscribed with this query already", f"its id is {id}")
            unit.add(SUBSCRIPTIONS.name, id, msgspec.json.encode(added))
            for partition, end in ends.items():
                unit.put(POSITIONS.name, position_id(id, partition), msgspec.json.encode(Position(end)))

        self._in_unit(add)
        return added

    def get(self, api: OpenApi, version: Version, id: str, subscriber: Subscriber | None = None) -> Subscription:
        """A subscription to a version of an API. Raises `Refusal` (404)."""
        stored = self._store.get(SUBSCRIPTIONS.name, id) if ID.fullmatch(id) else None
        return _of(api, version, id, stored, subscriber)

    def remove(self, api: OpenApi, version: Version, id: str, subscriber: Subscriber | None = None) -> None:
        """End a subscription, and forget its dead letters. Raises `Refusal` (404)."""

        def remove(unit: Unit) -> None:
            stored = unit.get(SUBSCRIPTIONS.name, id) if ID.fullmatch(id) else None
            _of(api, version, id, stored, subscriber)
            unit.remove(SUBSCRIPTIONS.name, id)
            for partition in range(self._partitions):
                if unit.get(POSITIONS.name, position_id(id, partition)) is not None:
                    unit.remove(POSITIONS.name, position_id(id, partition))

        self._in_unit(remove)
        self._letters.drop([letter.id for letter in self._letters.all(id)])

    def listed(
        self, api: OpenApi, version: Version, offset: int, limit: int, subscriber: Subscriber | None = None
    ) -> tuple[list[Subscription], int]:
        """A part of the subscriptions to a version of an API, and how many there are."""
        asked: list[tuple[Path, Value]] = [(("api",), api.number), (("version",), version.value)]
        if subscriber is not None:
            asked += [(("subscriber", "subject"), subscriber.subject), (("subscriber", "client"), subscriber.client)]
        where = And(tuple(Compare(path, Operator.EQ, value) for path, value in asked))
        found = self._store.find(Query(SUBSCRIPTIONS.name, where, offset=offset, limit=limit))
        return [_decode(stored.document) for stored in found.records], found.total

    def all(self) -> Iterator[Subscription]:
        """The subscriptions to all APIs."""
        after = ""
        while (found := self._store.find(Query(SUBSCRIPTIONS.name, limit=PAGE, after=after))).records:
            yield from (_decode(stored.document) for stored in found.records)
            after = found.last

    def behind(self, subscription: Subscription) -> int:
        """How many events, of all APIs, have yet to be looked at for a subscription."""
        left = 0
        for partition in range(self._partitions):
            stored = self._store.get(POSITIONS.name, position_id(subscription.id, partition))
            offset = msgspec.json.decode(stored.document, type=Position).offset if stored is not None else 0
            left += self._log.end(TOPIC, partition) - max(offset, self._log.start(TOPIC, partition))
        return left

    def _in_unit(self, change: Callable[[Unit], None]) -> None:
        """Make a change, again where another one got in its way. Raises `Refusal` (409) where that goes on."""
        for _ in range(ATTEMPTS):
            with suppress(Conflict), self._store.unit() as unit:
                change(unit)
                return
        raise conflict("changedMeanwhile", "others change this subscription at the same time", "try again")

    def _judge(self, callback: str) -> None:
        """A name that leads nowhere yet is let in: where it leads is judged for each connection anyway."""
        try:
            self._guard.judge(guard.read(callback), PATIENCE)
        except Forbidden as error:
            logger.warning("a subscription with the callback %r was refused: %s", callback, error)
            raise bad("callbackForbidden", "events cannot be sent to this callback", str(error)) from None
        except OSError as error:
            logger.warning("the callback %r leads nowhere yet: %s", callback, error)


def _of(api: OpenApi, version: Version, id: str, stored: Stored | None, subscriber: Subscriber | None) -> Subscription:
    found = _decode(stored.document) if stored is not None else None
    if found is None or (found.api, found.version) != (api.number, version) or not found.belongs_to(subscriber):
        raise not_found("subscription", id)
    return found
