"""What a processor is tested with: records made from the model, and a list for what it sends and keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from trunkline.log.envelope import micros
from trunkline.log.port import Record
from trunkline.streams.recorded import Processor

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
M = TypeVar("M")


def at(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


class Sent:
    """The `Outputs` of a batch: every event sent, and the state as it was kept."""

    def __init__(self, kept: dict[str, bytes] | None = None) -> None:
        self.events: list[tuple[str, str, bytes | None]] = []
        self.ids: list[str] = []
        self.kept = {} if kept is None else kept

    def send(self, topic: str, key: str, value: bytes | None, *, id: str, time: int = 0) -> None:
        self.events.append((topic, key, value))
        self.ids.append(id)

    def keep(self, key: str, value: bytes | None) -> None:
        if value is None:
            self.kept.pop(key, None)
        else:
            self.kept[key] = value

    def of(self, kind: type[M]) -> list[M]:
        """The records of one topic that were sent, in order."""
        topic = kind.topic  # type: ignore[attr-defined]
        return [msgspec.json.decode(value, type=kind) for name, _, value in self.events if name == topic and value]

    def on(self, topic: str) -> list[tuple[str, bytes | None]]:
        """(key, value) of the events of a topic, in order."""
        return [(key, value) for name, key, value in self.events if name == topic]

    def tombstones(self) -> list[str]:
        return [key for _, key, value in self.events if value is None]


class Running:
    """A processor at work, with the state that it keeps; `restart` goes on from that state alone."""

    def __init__(self, make: Callable[[], Processor]) -> None:
        self.make = make
        self.kept: dict[str, bytes] = {}
        self.processor = make()
        self.offset = 0

    def record(self, item: Any, time: datetime) -> Record:
        self.offset += 1
        return Record(item.topic, 0, self.offset, msgspec.json.encode(item), item.key.encode(), (), micros(time))

    def take(self, *items: Any, time: datetime = NOON) -> Sent:
        """Work on the items as one batch that came at `time`."""
        sent = Sent(self.kept)
        self.processor.process([self.record(item, time) for item in items], sent)
        return sent

    def each(self, items: Iterable[Any], time: datetime = NOON) -> None:
        for item in items:
            self.take(item, time=time)

    def tick(self, now: datetime) -> Sent:
        sent = Sent(self.kept)
        self.processor.tick(micros(now), sent)
        return sent

    def restart(self) -> None:
        self.processor = self.make()
        for key, value in self.kept.items():
            self.processor.restore(key, value)
