"""Lineage: which inputs made a value of a processor's state, or an output.

Each record of the changelog says which offsets the commit worked on and which keys it changed. An input that has the
same key made the change; where a processor keeps state under other keys than its inputs', all inputs of the commit may
have. What lies before the kept changelog (a day, and all since the last snapshot) is not told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from trunkline.log.port import Log, Record, TopicPartition
from trunkline.streams.changelog import INPUTS
from trunkline.streams.columns import Packed

READ = 1_000
COLUMNS = set(Packed.__struct_fields__)


class Change(NamedTuple):
    """One commit that changed a key's value. `exact` says that the inputs have the key themselves."""

    time: int
    """When it was committed, microseconds since the epoch."""
    value: Any
    """The value as it lies in the changelog; None where the key was removed."""
    inputs: list[Record]
    exact: bool


def lineage(log: Log, processor: str, key: str) -> Iterator[Change]:
    """The changes of a key's value that the changelog still has, the oldest first."""
    name = f"state.{processor}"
    count = next((topic.partitions for topic in log.topics() if topic.name == name), 0)
    wanted = key.encode()
    for number in range(count):
        offset = log.start(name, number)
        while records := log.read(name, number, offset, READ):
            for record in records:
                changed = changed_values(record.value or b"")
                if wanted in changed:
                    inputs = list(_inputs(log, record))
                    own = [found for found in inputs if found.key == wanted]
                    yield Change(record.time, changed[wanted], own or inputs, bool(own))
            offset = records[-1].offset + 1


def changed_values(packed: bytes) -> dict[bytes, Any]:
    """The keys that a packed record holds, as bytes, each with its value; None where the key was removed."""
    found: dict[str | bytes, Any] = msgspec.msgpack.decode(packed)
    if found.keys() == COLUMNS:
        return _rows(msgspec.msgpack.decode(packed, type=Packed))
    return {key.encode() if isinstance(key, str) else key: value for key, value in found.items()}


def _rows(packed: Packed) -> dict[bytes, Any]:
    """The rows of a columnar processor: of each key what its columns hold."""
    arrays = {name: array.tolist() for name, array in packed.arrays().items()}
    rows = {key: {name: array[row] for name, array in arrays.items()} for row, key in enumerate(packed.keys)}
    return rows | dict.fromkeys(packed.removed)


def _inputs(log: Log, change: Record) -> Iterator[Record]:
    spans = msgspec.json.decode(dict(change.headers).get(INPUTS, b"{}"), type=dict[str, tuple[int, int]])
    for place, (first, end) in spans.items():
        topic, _, number = place.rpartition("/")
        at, offset = TopicPartition(topic, int(number)), first
        while offset < end and (records := log.read(*at, offset, min(READ, end - offset))):
            yield from (record for record in records if record.offset < end)
            offset = records[-1].offset + 1
