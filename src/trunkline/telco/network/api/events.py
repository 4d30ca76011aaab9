"""Health and alarm changes as server-sent events (WHATWG HTML, 9.2) that resume exactly.

An event's id is `H-A`: the offsets in `network.health` and `network.alarm` that its reader goes on from. So a client
that reconnects with `Last-Event-ID` gets what follows, each change once, as long as the log keeps it. The server holds
nothing for a client but these two numbers: recent changes are shared by all, and older ones are read from the log. A
client that reads slowly therefore costs no memory; one that reads nothing at all is closed (`http.sse`).
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

import msgspec

from trunkline.http import Problem, sse
from trunkline.log.port import Log
from trunkline.telco.model import Alarm, Health, Severity
from trunkline.telco.network.view.alarmlist import LocatedAlarm
from trunkline.telco.network.view.network import Change, NetworkView
from trunkline.telco.network.view.scopes import Scope as HealthScope
from trunkline.telco.network.view.scopes import region_of, vendor_of

TOPICS = (Health.topic, Alarm.topic)  # in the order of an event id
NAMES = {Health.topic: "health", Alarm.topic: "alarm"}
RECENT = 10_000  # changes of each topic held for all clients
PIECE = 500  # changes sent at once
MOST_CLIENTS = 200


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which changes: `kinds` of `health` and `alarm`; every other field given must match where a change has it."""

    kinds: tuple[str, ...] = ()
    scopes: tuple[HealthScope, ...] = ()
    vendors: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()

    def matches(self, record: Health | LocatedAlarm) -> bool:
        if self.kinds and NAMES[record.topic] not in self.kinds:
            return False
        if isinstance(record, Health):
            vendor, region = vendor_of(record), region_of(record)
            if self.scopes and record.scope not in self.scopes:
                return False
        else:
            vendor, region = record.vendor, record.region
            if self.severities and record.perceived_severity not in self.severities:
                return False
        return (not self.vendors or vendor in self.vendors) and (not self.regions or region in self.regions)


class Position(NamedTuple):
    """How far a client is: the next offset of each topic."""

    health: int
    alarm: int

    def __str__(self) -> str:
        return f"{self.health}-{self.alarm}"

    @classmethod
    def parse(cls, id: str) -> Position:
        """Raises `Problem` (400) on an id that this API never gave."""
        health, dash, alarm = id.partition("-")
        if not (dash and health.isdecimal() and alarm.isdecimal()):
            raise Problem(400, f"Last-Event-ID {id!r} is not an id of this stream: send the last one back as it was")
        return cls(int(health), int(alarm))


class Recent:
    """The last changes of one topic, from offset `first` on."""

    def __init__(self, first: int) -> None:
        self.first = first
        self._offsets: list[int] = []
        self._changes: list[Change] = []

    def take(self, changes: Sequence[Change]) -> None:
        self._changes += changes
        self._offsets += [change.offset for change in changes]
        if len(self._changes) > 2 * RECENT:
            del self._changes[:-RECENT], self._offsets[:-RECENT]
            self.first = self._offsets[0]

    def after(self, offset: int) -> list[Change]:
        at = bisect_left(self._offsets, offset)
        return self._changes[at : at + PIECE]


class EventFeed:
    """The changes of the network for any number of streams. Belongs to one event loop."""

    def __init__(self, log: Log, view: NetworkView) -> None:
        """Begin to hear `view`, which must have caught up and not follow yet. To be made in the event loop's thread."""
        self._log, self._view = log, view
        self._loop = asyncio.get_running_loop()
        self._recent = {topic: Recent(view.position(topic)) for topic in TOPICS}
        self._alarm = msgspec.json.Decoder(LocatedAlarm)
        self._health = msgspec.json.Decoder(Health)
        self.clients = 0
        self.open = True
        self.news = self._loop.create_future()
        """Done at the next change. To be taken before looking for changes, so that none slips through between."""
        view.subscribe(self._heard)

    def stop(self) -> None:
        """End every stream."""
        self.open = False
        self._ring()

    def now(self) -> Position:
        """Where a client without `Last-Event-ID` begins: after all that the view shows."""
        return Position(*(self._view.position(topic) for topic in TOPICS))

    async def after(self, position: Position) -> tuple[str, list[Change]]:
        """The next changes of one topic after `position`, and which; the alarms first, [] when there are none."""
        for topic, offset in ((Alarm.topic, position.alarm), (Health.topic, position.health)):
            recent = self._recent[topic]
            changes = await asyncio.to_thread(self._read, topic, offset) if offset < recent.first else []
            changes = changes or recent.after(offset)
            if changes:
                return topic, changes
        return Health.topic, []

    async def gap(self, position: Position) -> str:
        """What of the past after `position` is lost, in words; "" where all of it is still there."""
        for topic, offset in zip(TOPICS, position, strict=True):
            first = await asyncio.to_thread(self._log.start, topic, 0)
            end = await asyncio.to_thread(self._log.end, topic, 0)
            # Of the compacted alarms the last state of each is kept for ever, wherever the topic starts.
            if offset < first and topic != Alarm.topic:
                return f"{topic} is kept from {first} on, and this stream goes on from {offset}"
            if offset > end:
                return f"{topic} ends at {end}, before {offset}: the log is another one"
        return ""

    def _read(self, topic: str, offset: int) -> list[Change]:
        while records := self._log.read(topic, 0, offset, PIECE):
            values = [(record.offset, record.value) for record in records if record.value is not None]
            if values:
                return [Change(offset, self._decoded(topic, value)) for offset, value in values]
            offset = records[-1].offset + 1
        return []

    def _decoded(self, topic: str, value: bytes) -> Health | LocatedAlarm:
        return self._health.decode(value) if topic == Health.topic else self._view.located(self._alarm.decode(value))

    def _heard(self, topic: str, changes: Sequence[Change]) -> None:
        self._loop.call_soon_threadsafe(self._keep, topic, changes)

    def _keep(self, topic: str, changes: Sequence[Change]) -> None:
        self._recent[topic].take(changes)
        self._ring()

    def _ring(self) -> None:
        news, self.news = self.news, self._loop.create_future()
        news.set_result(None)


class EventStream(sse.EventStream):
    """One client's stream."""

    def __init__(self, feed: EventFeed, wanted: EventFilter, last_event_id: str = "") -> None:
        super().__init__(feed, MOST_CLIENTS)
        self._feed, self._wanted = feed, wanted
        self._resumed = Position.parse(last_event_id) if last_event_id else None

    async def frames(self) -> AsyncIterator[bytes]:
        position = self._resumed or self._feed.now()
        yield f"retry: {sse.RETRY}\nid: {position}\n\n".encode()
        if lost := await self._feed.gap(position):
            position = self._feed.now()
            yield sse.frame("gap", position, msgspec.json.encode({"detail": f"{lost}; read the present state anew"}))
        while self._feed.open:
            news = self._feed.news
            topic, changes = await self._feed.after(position)
            if changes:
                frames, position = self._piece(topic, changes, position)
                if frames:
                    yield frames
                continue
            await asyncio.wait([news], timeout=sse.HEARTBEAT)
            if not news.done():
                # An id without data moves the client on, past what its filter left out, and shows it no event.
                yield f": alive\nid: {position}\n\n".encode()
        yield b": the server stops; reconnect and the stream goes on where it was\n\n"

    def _piece(self, topic: str, changes: Sequence[Change], position: Position) -> tuple[bytes, Position]:
        frames = []
        for change in changes:
            position = position._replace(**{NAMES[topic]: change.offset + 1})
            if self._wanted.matches(change.record):
                frames.append(sse.frame(NAMES[topic], position, msgspec.json.encode(change.record)))
        return b"".join(frames), position
