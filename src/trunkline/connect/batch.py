"""Records on their way into the log: each an event of its topic, and into the quarantine what breaks a contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from trunkline.log import ContractViolation, Event
from trunkline.log.envelope import cloud_event
from trunkline.quarantine import EXCERPT, Rejected
from trunkline.systems.reach import Captured
from trunkline.systems.system import CanonicalRecord
from trunkline.telco.model import AlarmReport, Measurement, Report, UsageReport

LARGEST_EVENT = 7 << 20  # bytes of a value; the log takes 8 MiB with key and headers

Append = Callable[[str, Sequence[Event], int | None], Any]
"""`Log.append` or `Transaction.append`."""


class _Entry(NamedTuple):
    record: CanonicalRecord | Captured
    id: str
    event: Event


class Batch:
    """Records in the order in which they came, to be written together.

    `partitions` says how many partitions a topic has: the word that a system's alarms are `synchronised` concerns
    alarms of every partition, so it is written to each; so is what is captured `everywhere`.
    """

    def __init__(self, partitions: Callable[[str], int]) -> None:
        self._partitions = partitions
        self._runs: dict[str, list[tuple[int | None, list[_Entry]]]] = {}
        self._rejected: list[Event] = []
        self.items = 0
        self.bytes = 0
        self.values = 0
        """Counter values in measurements; after `write`, those that were written."""

    def add(self, record: CanonicalRecord | Captured | Rejected, id: str) -> None:
        """Put a record behind the others. `id` is unique for its source and the same if it is ever written again; what
        was captured has its own."""
        self.items += 1
        if isinstance(record, Rejected):
            self._reject(record, id)
            return
        try:
            event = (
                record.event
                if isinstance(record, Captured)
                else _event(record.topic, record.source.uri, record.key, record, id)
            )
        except UnicodeEncodeError as error:
            self._reject(
                _refused(record, b"", "record.not-text", f"a text in it cannot be written as UTF-8: {error}"), id
            )
            return
        value = event.value or b""
        if len(value) > LARGEST_EVENT:
            message = f"the record has {len(value)} bytes and an event at most {LARGEST_EVENT}"
            self._reject(_refused(record, value, "event.too-large", message), id)
            return
        self.bytes += len(value)
        self.values += _values(record)
        entry, runs = _Entry(record, id, event), self._runs.setdefault(record.topic, [])
        if _is_for_everyone(record):
            runs += [(partition, [entry]) for partition in range(self._partitions(record.topic))]
        elif runs and runs[-1][0] is None:
            runs[-1][1].append(entry)
        else:
            runs.append((None, [entry]))

    def write(self, append: Append) -> Counter[str]:
        """Append everything and return the number of events by topic; the quarantine's come last.

        Raises `LogError` where the log takes nothing.
        """
        written: Counter[str] = Counter()
        for topic, runs in self._runs.items():
            for partition, entries in runs:
                written[topic] += self._append(append, topic, partition, entries)
        if self._rejected:
            append(Rejected.topic, self._rejected, None)
            written[Rejected.topic] = len(self._rejected)
        return written

    def _append(self, append: Append, topic: str, partition: int | None, entries: list[_Entry]) -> int:
        try:
            append(topic, [entry.event for entry in entries], partition)
        except ContractViolation as violation:
            broken = {index: f"{path}: {reason}" for index, path, reason in reversed(violation.failures)}
        else:
            return len(entries)
        for index, message in sorted(broken.items()):
            record, id, event = entries[index]
            self.values -= _values(record)
            if not partition:  # what goes to every partition is refused once
                self._reject(_refused(record, event.value or b"", "contract.broken", message), id)
        kept = [entry.event for index, entry in enumerate(entries) if index not in broken]
        if kept:
            append(topic, kept, partition)
        return len(kept)

    def _reject(self, rejected: Rejected, id: str) -> None:
        if rejected.time is None:
            rejected = msgspec.structs.replace(rejected, time=datetime.now(UTC))
        self._rejected.append(_event(Rejected.topic, rejected.uri, rejected.key, rejected, id))


def _event(topic: str, source: str, key: str, record: Any, id: str) -> Event:
    return cloud_event(type=topic, source=source, id=id, value=msgspec.json.encode(record), key=key)


def _is_for_everyone(record: CanonicalRecord | Captured) -> bool:
    if isinstance(record, Captured):
        return record.everywhere
    return isinstance(record, AlarmReport) and record.kind is Report.SYNCHRONISED


def _values(record: CanonicalRecord | Captured) -> int:
    return len(record.counters) if isinstance(record, Measurement) else 0


def _refused(record: CanonicalRecord | Captured, value: bytes, reason: str, message: str) -> Rejected:
    source = record.source
    if isinstance(record, Captured):
        message = f"{record.place}: {message}"
    return Rejected(
        stage="contract",
        reason=reason,
        message=message,
        system=record.system,
        uri=source.uri,
        offset=source.offset,
        line=source.line,
        part=value[:EXCERPT],
        archive=source.archive,
        target=record.topic,
        whose=record.whose if isinstance(record, UsageReport) else "",
    )
