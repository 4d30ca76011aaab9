"""Events that come back to one processor from the quarantine: the topic `retry.<processor>`.

It has a partition for each instance. An event put back goes to the instance whose state it concerns, behind what was
put back before it, so that the order of a key holds; no other processor sees it. Headers say where it came from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trunkline.log.port import Event, Record, RecordBatch, Topic

TOPIC = "trunkline_topic"  # headers of an event that was put back: where it lay at first
PARTITION = "trunkline_partition"
OFFSET = "trunkline_offset"
KEPT = 90 * 86_400.0  # seconds


def topic(processor: str, instances: int) -> Topic:
    """Where events come back to `processor`."""
    return Topic(name=f"retry.{processor}", partitions=instances, retention=KEPT)


def put_back(record: Record, value: bytes | None) -> Event:
    """The event that brings a record back, with the value that it had or a repaired one."""
    place = (
        (TOPIC, record.topic.encode()),
        (PARTITION, str(record.partition).encode()),
        (OFFSET, str(record.offset).encode()),
    )
    return Event(value, record.key, record.headers + place, record.time)


def retried(batch: RecordBatch) -> Iterator[RecordBatch]:
    """The events of a batch of the topic `retry.<processor>`, each as it lay in its own topic."""
    for record in batch.records():
        headers = dict(record.headers)
        yield OneRecord(
            Record(
                headers[TOPIC].decode(),
                int(headers[PARTITION]),
                int(headers[OFFSET]),
                record.value,
                record.key,
                tuple(header for header in record.headers if header[0] not in (TOPIC, PARTITION, OFFSET)),
                record.time,
            )
        )


class OneRecord:
    """A batch of one record."""

    failures: Sequence[tuple[int, str, str]] = ()

    def __init__(self, record: Record) -> None:
        self.topic, self.partition = record.topic, record.partition
        self.offsets, self.keys, self.values = (record.offset,), [record.key], [record.value]
        self.times, self.headers = (record.time,), (record.headers,)
        self._record = record

    def __len__(self) -> int:
        return 1

    def records(self) -> list[Record]:
        return [self._record]

    def part(self, first: int, last: int) -> RecordBatch:
        """Itself: a batch has one record at least."""
        return self
