"""A snapshot on its way: read from the database into a file at once, then from the file into the log.

So the database holds its snapshot no longer than it takes to read it, and a snapshot that breaks off has left nothing
in the log: the file is thrown away and a new one made. Once the file is whole, the log says how much of it is taken.
"""

from __future__ import annotations

import gzip
import os
import secrets
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from trunkline.systems.changes.change import Broken, Change, Moment, Shape, Unreadable
from trunkline.systems.changes.database import ANEW, Gap, Snapshot

PREFIX = "snapshot-"
LOOK = 1_000  # rows between two looks at whether to stop


class Interrupted(Exception):
    """The connection stops: what is not done is done at the next start."""


class Head(msgspec.Struct, frozen=True):
    """The first line of the file: the moment of the snapshot and its tables."""

    moment: Moment
    tables: list[tuple[str, Shape]]


class _Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Any other line: a row of the table with that number, or why it cannot be read."""

    table: int
    values: list[Any] | None
    fault: Unreadable | None = None


class _StoredRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    table: int
    values: list[msgspec.Raw] | None
    fault: Unreadable | None = None


def store(snapshot: Snapshot, folder: Path, stop: threading.Event) -> str:
    """Read a snapshot into a new file of `folder` and return its name; it is whole and durable then.

    Raises `Interrupted` when `stop` is set.
    """
    name = f"{PREFIX}{secrets.token_hex(8)}.jsonl.gz"
    part = folder / f"{name}.part"
    encode = msgspec.json.Encoder().encode
    tables = list(snapshot.shapes.items())
    with part.open("xb") as file:
        with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1) as lines:
            lines.write(encode(Head(snapshot.moment, tables)) + b"\n")
            for number, (table, _) in enumerate(tables):
                for count, row in enumerate(snapshot.rows(table)):
                    if count % LOOK == 0 and stop.is_set():
                        raise Interrupted
                    line = _Row(number, None, row) if isinstance(row, Unreadable) else _Row(number, row)
                    lines.write(encode(line) + b"\n")
        os.fsync(file.fileno())
    part.rename(folder / name)
    return name


class SnapshotFile:
    """A whole snapshot. Raises `Gap` where the file is gone: part of it may be in the log."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / name
        try:
            with gzip.open(self._path) as lines:
                self.head = msgspec.json.decode(lines.readline(), type=Head)
        except FileNotFoundError:
            raise Gap(
                f"the snapshot {self._path} is not there any more, and part of it is in the log: bring the data folder "
                f"back, or {ANEW}"
            ) from None

    def rows(self, skip: int) -> Iterator[Change | Broken]:
        """The rows behind the first `skip`, as changes."""
        decode = msgspec.json.Decoder(_StoredRow).decode
        head = self.head
        with gzip.open(self._path) as lines:
            lines.readline()
            for number, line in enumerate(islice(lines, skip, None), skip):
                row = decode(line)
                table, shape = head.tables[row.table]
                moment = msgspec.structs.replace(head.moment, index=number)
                if row.values is None:
                    yield Broken(table, row.fault or Unreadable("row.unreadable", "the row could not be read"), moment)
                    continue
                after: dict[str, Any] = dict(zip(shape.columns, row.values, strict=True))
                after.update((name, msgspec.json.decode(after[name])) for name in shape.key)
                yield Change("r", table, shape.key, None, after, moment)


def remove_others(folder: Path, keep: str) -> None:
    """Delete what broken-off snapshots left behind, and those that are taken; `keep` is the one still needed, or ""."""
    for path in folder.glob(f"{PREFIX}*"):
        if path.name != keep:
            path.unlink(missing_ok=True)
