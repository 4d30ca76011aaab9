"""What the tests of sinks share: records as the log gives them, portions, and what a sink is given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from trunkline.connect.status import Status
from trunkline.log import Record, TopicPartition
from trunkline.systems.sink import Portion, SinkContext

TOPIC = "crm.customer"
TIME = 1_795_424_400_000_000  # 2026-11-23T09:00:00Z


def record(value: Any, *, key: Any = None, offset: int = 0, headers: tuple[tuple[str, bytes], ...] = ()) -> Record:
    """A record whose value and key are JSON of what is given, or the bytes themselves."""
    return Record(TOPIC, 0, offset, _bytes(value), _bytes(key), headers, TIME)


def portion(*records: Record, first: int | None = None) -> Portion:
    """The records at the offsets that they have."""
    offsets = [each.offset for each in records]
    return Portion(TopicPartition(TOPIC, 0), offsets[0] if first is None else first, offsets, records)


def context(folder: Path, secret: Callable[[str], str] = lambda reference: f"secret of {reference}") -> SinkContext:
    return SinkContext("out", Status("out"), folder, folder / "data", secret)


def _bytes(value: Any) -> bytes | None:
    return value if value is None or isinstance(value, bytes) else msgspec.json.encode(value)
