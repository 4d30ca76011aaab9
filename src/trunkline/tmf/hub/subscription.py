"""What a partner has subscribed to, and how far it has been served: documents of the store."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import msgspec

from trunkline.log.port import Log, Topic
from trunkline.store import Kind
from trunkline.tmf.declaration import Document, Version, number, text
from trunkline.tmf.events import TOPIC

DAY = 86_400.0


class Subscriber(msgspec.Struct, frozen=True):
    """Who has subscribed, and for which purpose: what decides which part of an event is delivered."""

    subject: str
    client: str
    roles: tuple[str, ...]
    region: str
    purpose: str


Seen = Callable[[Subscriber | None, str, Document], Document | None]
"""What a subscriber may see of a document of the resource of this name; None where it may not be told at all."""


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """`callback` is sent the events of a version of an API that meet `query`, which is kept as it was given. `base` is
    the URL of that version, as the subscriber reached it; `subscriber` is not known where nobody had to say."""

    id: str
    api: int
    version: Version
    callback: str
    query: str = ""
    base: str = ""
    subscriber: Subscriber | None = None

    def belongs_to(self, who: Subscriber | None) -> bool:
        """Whether it is the same person's, by the same application; anybody's where nobody has to say."""
        own = self.subscriber
        return who is None or (own is not None and (own.subject, own.client) == (who.subject, who.client))


class Position(msgspec.Struct, frozen=True):
    """The next offset of a partition of the events that a subscription is served from."""

    offset: int


SUBSCRIPTIONS = Kind("hub", (number("api"), text("version")))
POSITIONS = Kind("hubPosition")


def subscription_id(api: int, version: Version, callback: str, query: str, subscriber: Subscriber | None) -> str:
    """The id of a subscription: the same for the same of the same subscriber, so that the store has it once. Another's
    is another: nobody learns of it, or takes its place."""
    whose = (subscriber.subject, subscriber.client) if subscriber is not None else ()
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "\n".join((str(api), version, callback, query, *whose))))


def position_id(subscription: str, partition: int) -> str:
    """The id of its position in a partition."""
    return f"{subscription}/{partition}"


def partitions(log: Log) -> int:
    """How many the topic of events has. It is made where it is not there: with one, so that all events are in order."""
    there = {topic.name: topic.partitions for topic in log.topics()}
    if TOPIC not in there:
        log.create(Topic(name=TOPIC, retention=30 * DAY))
        return 1
    return there[TOPIC]
