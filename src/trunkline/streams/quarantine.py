"""The quarantine as work to do: what was refused is repaired, put back in the order of its key, or dropped.

What becomes of a refused event is said on the compacted topic `quarantine.decision`, under the event's id; the topic
`quarantine` itself is never changed. An event that a processor refused goes back to that processor alone (`retry`);
one that was refused on its way into a topic is appended to that topic.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from trunkline.log.port import ContractViolation, Event, Log, LogError, Record, Topic, Validator
from trunkline.quarantine import Rejected
from trunkline.streams import retry

DECISIONS = Topic(name="quarantine.decision", compacted=True)
READ = 1_000


class Decision(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What was decided of a refused event: `repaired` (`value` is what it shall be), `replayed`, or `dropped`."""

    state: str
    by: str
    time: int
    """Microseconds since the epoch."""
    value: bytes | None = None
    why: str = ""
    whose: str = ""
    """As of what was refused."""


class Item(NamedTuple):
    """One refused event. `id` is its offset in the topic `quarantine`."""

    id: int
    rejected: Rejected
    decision: Decision | None

    @property
    def state(self) -> str:
        return self.decision.state if self.decision else "open"


class Refused(LogError):
    """What cannot be done with a refused event as it stands; the text says what to do first."""


class Quarantine:
    """The quarantine of a log. `validators` are the contracts by topic, which a repaired event must keep.

    `key_of` gives the key under which a value belongs into a topic, for events that never had a place in the log.
    """

    def __init__(
        self,
        log: Log,
        validators: Mapping[str, Validator] | None = None,
        key_of: Callable[[str, bytes], str | None] = lambda topic, value: None,
    ) -> None:
        self._log, self._validators, self._key_of = log, validators or {}, key_of
        log.create(DECISIONS)
        if Rejected.topic not in {topic.name for topic in log.topics()}:
            log.create(Topic(name=Rejected.topic))

    def items(self, last: int | None = None) -> Iterator[Item]:
        """What was refused, the oldest first; only the newest `last` where that is given."""
        decisions = self._decisions()
        first = self._log.start(Rejected.topic, 0)
        if last is not None:
            first = max(first, self._log.end(Rejected.topic, 0) - last)
        for record in self._read(Rejected.topic, first):
            if record.value is not None:  # whose it was, is erased
                rejected = msgspec.json.decode(record.value, type=Rejected)
                yield Item(record.offset, rejected, decisions.get(record.offset))

    def item(self, id: int) -> Item:
        """The refused event with this id. Raises `Refused` where there is none."""
        for record in self._log.read(Rejected.topic, 0, id, 1):
            if record.offset == id and record.value is not None:
                rejected = msgspec.json.decode(record.value, type=Rejected)
                return Item(id, rejected, self._decisions().get(id))
        raise Refused(f"there is nothing with id {id} in the quarantine")

    def value(self, item: Item) -> bytes:
        """The event as it shall go back: repaired, or as it came. Raises `Refused` where only its beginning is left."""
        if item.decision and item.decision.value is not None:
            return item.decision.value
        record = self._record(item.rejected)
        if record is not None and record.value is not None:
            return record.value
        if item.rejected.length <= len(item.rejected.part):
            return item.rejected.part
        raise Refused(
            f"event {item.id}: it is past its retention in {item.rejected.uri}, and only its first "
            f"{len(item.rejected.part)} bytes of {item.rejected.length} were kept: repair it with its whole value"
        )

    def repair(self, id: int, value: bytes, *, by: str, target: str = "") -> None:
        """Say what an event shall be. Raises `ContractViolation` where it would break its topic's contract."""
        item = self._open(id)
        topic = target or item.rejected.target
        if validator := self._validators.get(topic):
            record = self._record(item.rejected)
            key = record.key if record else (self._key_of(topic, value) or "").encode()
            if failures := list(validator.failures([Event(value, key)])):
                raise ContractViolation(topic, failures)
        self._decide(item, Decision(state="repaired", by=by, time=_now(), value=value))

    def drop(self, id: int, *, by: str, why: str) -> None:
        """Give an event up, for a reason."""
        self._decide(self._open(id), Decision(state="dropped", by=by, time=_now(), why=why))

    def replay(self, ids: Sequence[int], *, by: str) -> dict[int, str]:
        """Put events back, all together or none, the oldest first; where each went, by id.

        Raises `Refused` where an event cannot go back, or an older one of the same key is still in quarantine.
        """
        with closing(self._log.transactional("quarantine")) as producer:
            items = [self._open(id) for id in sorted(set(ids))]
            backs = [self._back(item) for item in items]
            self._refuse_overtaking(items, backs)
            with producer.transaction() as transaction:
                for item, back in zip(items, backs, strict=True):
                    transaction.append(back.topic, [back.event], back.partition)
                    decision = Decision(state="replayed", by=by, time=_now(), value=back.event.value)
                    transaction.append(DECISIONS.name, [_event(item, decision)])
        return {item.id: back.topic for item, back in zip(items, backs, strict=True)}

    def _open(self, id: int) -> Item:
        item = self.item(id)
        if item.state in ("replayed", "dropped"):
            raise Refused(f"event {id} was {item.state} by {item.decision.by if item.decision else '?'} already")
        return item

    def _back(self, item: Item) -> Back:
        rejected, value = item.rejected, self.value(item)
        record = self._record(rejected)
        topics = {topic.name: topic for topic in self._log.topics()}
        place = topics.get(f"retry.{rejected.system}")
        if place is not None and rejected.uri.startswith("log://"):
            if record is None:
                raise Refused(f"event {item.id}: it is past its retention in {rejected.uri}, and its key is not known")
            partition = record.partition if place.partitions > 1 else 0
            return Back(place.name, partition, retry.put_back(record, value))
        if rejected.target not in topics:
            raise Refused(
                f"event {item.id} ({rejected.stage}, {rejected.reason}) was refused before it was meant for a topic: "
                "repair its source, and let the file be taken again"
            )
        key = record.key if record else (self._key_of(rejected.target, value) or "").encode() or None
        return Back(rejected.target, None, Event(value, key, record.headers if record else ()))

    def _refuse_overtaking(self, items: Sequence[Item], backs: Sequence[Back]) -> None:
        keys = {(item.rejected.system, back.event.key): item.id for item, back in zip(items, backs, strict=True)}
        chosen = {item.id for item in items}
        for other in self.items():
            if (
                other.id in chosen
                or other.state in ("replayed", "dropped")
                or not other.rejected.uri.startswith("log:")
            ):
                continue
            record = self._record(other.rejected)
            later = keys.get((other.rejected.system, record.key if record else None), -1)
            if record is not None and other.id < later:
                raise Refused(
                    f"event {other.id} has the same key as event {later} and came before it: "
                    f"replay or drop {other.id} first, or both together"
                )

    def _record(self, rejected: Rejected) -> Record | None:
        """The event in its topic, while it is kept there."""
        place = urlsplit(rejected.uri)
        if place.scheme != "log":
            return None
        found = self._log.read(place.netloc, int(place.path.strip("/")), rejected.offset, 1)
        return found[0] if found and found[0].offset == rejected.offset else None

    def _decisions(self) -> dict[int, Decision]:
        return {
            int(record.key or b"0"): msgspec.json.decode(record.value, type=Decision)
            for record in self._read(DECISIONS.name, 0)
            if record.value is not None
        }

    def _decide(self, item: Item, decision: Decision) -> None:
        self._log.append(DECISIONS.name, [_event(item, decision)])

    def _read(self, topic: str, offset: int) -> Iterator[Record]:
        while records := self._log.read(topic, 0, offset, READ):
            yield from records
            offset = records[-1].offset + 1


class Back(NamedTuple):
    """Where an event goes back to."""

    topic: str
    partition: int | None
    event: Event


def _event(item: Item, decision: Decision) -> Event:
    its = msgspec.structs.replace(decision, whose=item.rejected.whose)
    return Event(msgspec.json.encode(its), str(item.id).encode())


def _now() -> int:
    return time.time_ns() // 1000
