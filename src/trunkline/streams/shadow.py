"""Shadowing: version B of a processor beside version A over the same events, and which outputs differ.

Nothing is written. Both begin without state at the same offsets, so begin where the state that matters begins; ids and
times of events are not compared, what they say is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import NamedTuple

from trunkline.log.port import Log, Record, RecordBatch, TopicPartition
from trunkline.quarantine import Rejected
from trunkline.streams.inputs import Inputs
from trunkline.streams.instance import Definition, Instance
from trunkline.streams.outputs import Outputs
from trunkline.streams.run import assign

Sent = tuple[str, bytes | None, bytes | None]
"""(topic, key, value) of an output."""
LIMIT = 10_000


class Difference(NamedTuple):
    """One event of which the two versions made different things. A failure is an output on the topic `quarantine`."""

    record: Record
    before: list[Sent]
    after: list[Sent]


class Comparison:
    """`before` and `after` over the events of `before`'s topics from `start` on (else from the topics' starts) to what
    was there when it began. Iterate over it for the differences."""

    def __init__(
        self, log: Log, before: Definition, after: Definition, start: Mapping[TopicPartition, int] | None = None
    ) -> None:
        self._log, self._definitions, self._start = log, (before, after), start or {}
        self.events = 0
        self.outputs = 0
        """How many events the old version sent."""

    def __iter__(self) -> Iterator[Difference]:
        for places in assign(self._log, self._definitions[0]):
            yield from self._compare(places)

    def _compare(self, places: list[TopicPartition]) -> Iterator[Difference]:
        before, after = (definition.instance() for definition in self._definitions)
        ends = {place: self._log.end(*place) for place in places}
        inputs = Inputs({place: self._start.get(place, self._log.start(*place)) for place in places})
        with closing(self._log.reader()) as reader:
            reader.assign(inputs.offsets)
            while True:
                taken = reader.take(LIMIT, 0.1)
                for batch in taken:
                    inputs.add(batch)
                at_end = reader.at_end()
                for batch in inputs.release(all_there=at_end):
                    yield from self._run(before, after, batch)
                if at_end and inputs.empty():
                    return
                if all(offset >= ends[place] for place, offset in inputs.offsets.items()):
                    return

    def _run(self, before: Instance, after: Instance, batch: RecordBatch) -> Iterator[Difference]:
        """The whole batch at once where the two agree on it, else event by event."""
        self.events += len(batch)
        try:
            old, new = sent(before, batch), sent(after, batch)
        except Exception:  # of an event that is found below
            old, new = [], None
        if old == new:
            self.outputs += len(old)
            before.done()
            after.done()
            return
        before.undo()
        after.undo()
        for index, record in enumerate(batch.records()):
            one = batch.part(index, index + 1)
            old, new = (sent_or_failure(instance, one) for instance in (before, after))
            self.outputs += len(old)
            if old != new:
                yield Difference(record, old, new)


def sent(instance: Instance, batch: RecordBatch) -> list[Sent]:
    """What a version sends for a batch."""
    out = Outputs("shadow")
    instance.work([batch], out)
    return [
        (topic, key, value)
        for topic, columns in sorted(out.topics.items())
        for key, value in zip(columns.keys, columns.values, strict=True)
    ]


def sent_or_failure(instance: Instance, one: RecordBatch) -> list[Sent]:
    """What a version makes of one event, for good."""
    try:
        outputs = sent(instance, one)
    except Exception as error:
        instance.undo()
        return [(Rejected.topic, one.keys[0], (str(error) or type(error).__name__).encode())]
    instance.done()
    return outputs
