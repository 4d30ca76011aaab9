"""What a function over a key's state may do besides returning the state: send events, and set timers."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from trunkline.log.envelope import from_micros
from trunkline.log.port import LogError, RecordBatch
from trunkline.quarantine import EXCERPT, Rejected, named
from trunkline.streams.handlers import LATEST, Rejection
from trunkline.streams.outputs import Outputs, Sent

_encode = msgspec.json.Encoder().encode


class Out:
    """Handed to each call. `writes` are the topics to which may be sent.

    To test a function, make one and look at `out.outputs.topics["usage.total"].values`.
    """

    __slots__ = (
        "_sent",
        "_writes",
        "asked",
        "batch",
        "clock",
        "firing",
        "index",
        "key",
        "name",
        "now",
        "order",
        "outputs",
    )

    def __init__(self, writes: Sequence[str] = (), name: str = "test") -> None:
        self.name, self._writes = name, tuple(writes)
        self.key = b""
        """The key whose state it is."""
        self.now = -1
        """Stream time, the event's own included, in microseconds; -1 where the processor keeps none."""
        self.batch: RecordBatch | None = None
        self.index = 0
        self.clock = 0
        self.asked: list[tuple[str, int | None]] = []
        """The timers that this call has set, by tag; None for one that it cancelled."""
        self.begin(Outputs(name))

    @property
    def time(self) -> int:
        """The time of the event or timer, in microseconds."""
        return self.batch.times[self.index] if self.batch is not None else self.clock

    def send(self, topic: str, value: object, key: str | bytes | None = None, *, id: str = "", time: int = 0) -> None:
        """Write an event: a Struct, which becomes JSON, bytes as they are, or None for a tombstone.

        `key` is the state's where it is not given. `id` and `time` as in `Outputs.send`. Raises `LogError`, which stops
        the processor, for a topic that it does not declare.
        """
        try:
            sent = self._sent[topic]
        except KeyError:
            raise LogError(f"{self.name} sends to {topic}, which it does not declare: add it to its writes") from None
        if id or time:
            sent.marked[len(sent.keys)] = (id, time)
        sent.keys.append(self.key if key is None else key.encode() if isinstance(key, str) else key)
        sent.values.append(value if value is None or value.__class__ is bytes else _encode(value))
        self.order.append(sent)

    def at(self, time: int, tag: str = "") -> None:
        """Set the key's timer `tag` to `time` (microseconds), instead of when it was set to before.

        Where stream time is there already, it fires right after this call. Raises `ValueError` for what is no time, and
        in a timer's own call for one that is not later.
        """
        if not 0 <= time <= LATEST:
            raise ValueError(f"a timer must be set to microseconds since the epoch, not {time}")
        if self.firing and time <= self.time:
            raise ValueError(f"a timer that fires at {self.time} can set a later one, not one at {time}")
        self.asked.append((tag, time))

    def cancel(self, tag: str = "") -> None:
        """Take the key's timer `tag` away, where there is one."""
        self.asked.append((tag, None))

    def late(self, until: int) -> Rejection:
        """To be raised for an event that came when stream time had passed `until`."""
        return Rejection(
            "event.late",
            f"it tells of {from_micros(self.time)} and came too late: it was waited for until stream time was "
            f"{from_micros(until)}, and that is {from_micros(self.now)} already; a greater lateness waits longer",
        )

    # What the engine does with it

    def begin(self, outputs: Outputs) -> None:
        """Send to `outputs` from now on."""
        self.outputs = outputs
        self._sent: dict[str, Sent] = {topic: outputs.to(topic) for topic in self._writes}
        self.order: list[Sent] = []
        self.asked.clear()
        self.firing = False

    def came_due(self, mark: int) -> None:
        """What was sent since `order` had the length `mark` is no event's doing."""
        for sent, count in Counter(self.order[mark:]).items():
            sent.due.update(range(len(sent.keys) - count, len(sent.keys)))

    def back(self, mark: int) -> None:
        """Take back what was sent since `order` had the length `mark`, and the timers that were set."""
        for sent in self.order[mark:]:
            sent.keys.pop()
            sent.values.pop()
            sent.marked.pop(len(sent.keys), None)
            sent.due.discard(len(sent.keys))
        del self.order[mark:]
        self.asked.clear()

    def reject(self, what: str, state: object, error: Exception) -> None:
        """Put what came due and failed into the quarantine: no event is to blame for it. `part` holds the state."""
        uri = due_uri(self.name, self.key)
        part = _encode(state)
        rejected = Rejected(
            stage="processor",
            reason=error.reason if isinstance(error, Rejection) else f"timer.{type(error).__name__}",
            message=f"{self.name} failed on {what} of the key {self.key!r}: {type(error).__name__}: {error}",
            system=self.name,
            uri=uri,
            length=len(part),
            part=part[:EXCERPT],
            stack="".join(traceback.format_tb(error.__traceback__))[-EXCERPT:],
            time=from_micros(self.clock),
            whose=named(self.key),
        )
        self.outputs.send(Rejected.topic, uri, _encode(rejected), id=f"{uri}/{self.clock}/{what}")


def due_uri(processor: str, key: bytes) -> str:
    """The place that the quarantine names for what came due under a key, of which no event is to blame."""
    return f"timer://{processor}/{quote(key, safe='')}"
