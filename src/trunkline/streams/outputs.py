"""What a processor sends: gathered in columns while it works on a batch, written in the batch's one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from trunkline.log.envelope import cloud_event
from trunkline.log.port import Event, Transaction


class Sent:
    """The events for one topic, as columns. `marked` holds id and time of those that have one of their own, `due` the
    places of those that came of a timer or of a window's end, not of an event."""

    __slots__ = ("due", "keys", "marked", "values")

    def __init__(self) -> None:
        self.keys: list[bytes | None] = []
        self.values: list[bytes | None] = []
        self.marked: dict[int, tuple[str, int]] = {}
        self.due: set[int] = set()

    def remove(self, place: int) -> tuple[bytes | None, bytes | None]:
        """Take an event out; its key and value."""
        self.marked = {at - (at > place): its for at, its in self.marked.items() if at != place}
        self.due = {at - (at > place) for at in self.due if at != place}
        return self.keys.pop(place), self.values.pop(place)


class Outputs:
    """What a processor may do with a batch. All of it is committed with the batch's offsets, or none of it."""

    def __init__(self, processor: str) -> None:
        self._source = f"trunkline://{processor}"
        self._sent: dict[str, Sent] = {}

    def send(self, topic: str, key: str | bytes | None, value: bytes | None, *, id: str = "", time: int = 0) -> None:
        """Write an event. With an `id`, stable over a replay, it carries CloudEvents' envelope; without one that is
        implied (see `log.envelope.attributes`), which spares a fifth of all that an event costs on Kafka.

        `time` in microseconds (0: the log's clock).
        """
        sent = self.to(topic)
        if id or time:
            sent.marked[len(sent.keys)] = (id, time)
        sent.keys.append(key.encode() if isinstance(key, str) else key)
        sent.values.append(value)

    def send_columns(self, topic: str, keys: Sequence[bytes | None], values: Sequence[bytes | None]) -> None:
        """Write an event for each place of the columns."""
        sent = self.to(topic)
        sent.keys += keys
        sent.values += values

    def to(self, topic: str) -> Sent:
        """The columns of a topic, for who adds to them directly."""
        sent = self._sent.get(topic)
        if sent is None:
            sent = self._sent[topic] = Sent()
        return sent

    @property
    def empty(self) -> bool:
        return not any(sent.keys for sent in self._sent.values())

    @property
    def topics(self) -> dict[str, Sent]:
        """What was sent, by topic."""
        return self._sent

    def clear(self) -> None:
        self._sent.clear()

    def write(self, transaction: Transaction) -> None:
        for topic, sent in self._sent.items():
            if sent.marked:
                transaction.append(topic, self._events(topic, sent))
            elif sent.keys:
                transaction.append_columns(topic, sent.keys, sent.values)

    def _events(self, topic: str, sent: Sent) -> list[Event]:
        shared = cloud_event(type=topic, source=self._source, id="", value=None).headers[:-1]
        events = []
        for index, (key, value) in enumerate(zip(sent.keys, sent.values, strict=True)):
            id, time = sent.marked.get(index, ("", 0))
            events.append(Event(value, key, (*shared, ("ce_id", id.encode())) if id else (), time))
        return events
