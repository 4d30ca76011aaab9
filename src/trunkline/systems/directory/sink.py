"""A folder of this machine as something to write to: JSON lines, a file for each portion of a partition.

A file is named after where it begins, `<topic>-<partition>-<offset>.jsonl`, and appears whole. The sink's offset is
committed after each file; so what is repeated after a crash begins where it began before, and takes the file's place.
"""

from __future__ import annotations

import fcntl
import gzip
import os
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Literal

from trunkline.log.port import Record, TopicPartition
from trunkline.systems.cloudevent import one_line, structured
from trunkline.systems.sink import Down, Portion, Refusal, SinkContext, SinkSettings

LEVEL = 6  # of gzip


class FilesSettings(SinkSettings, frozen=True, kw_only=True):
    """Where files go. A line is the whole `event` (CloudEvents JSON) or its `value` alone, where it has one."""

    directory: str
    lines: Literal["event", "value"] = "event"
    gzip: bool = False
    records: int = 100_000
    bytes: int = 16 << 20
    seconds: float = 60.0


def open_files(settings: FilesSettings, context: SinkContext) -> Files:
    """The folder `settings.directory`, relative to the operator's folder; it is made where it is missing."""
    folder = (context.project / settings.directory).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Down(f"{folder} cannot be made: {error.strerror}") from None
    return Files(folder, settings)


class Files:
    """See `systems.sink.Target`. A lock on each partition keeps a process that was thought dead from writing late."""

    def __init__(self, folder: Path, settings: FilesSettings) -> None:
        self._folder, self._settings = folder, settings
        self._locks: dict[TopicPartition, BinaryIO] = {}

    def hold(self, places: Set[TopicPartition]) -> Mapping[TopicPartition, int]:
        """See `Target.hold`. The folder keeps no offsets: files may be taken away from it at any time."""
        for place in self._locks.keys() - places:
            self._locks.pop(place).close()
        for place in places - self._locks.keys():
            self._locks[place] = self._lock(place)
        return {}

    def write(self, portion: Portion) -> Refusal | None:
        """See `Target.write`."""
        lines, refusal = self._lines(portion.records)
        if lines:
            with self._told():
                self._write(portion, lines)
        return refusal

    def close(self) -> None:
        for lock in self._locks.values():
            lock.close()
        self._locks.clear()

    def _lines(self, records: Sequence[Record]) -> tuple[list[bytes], Refusal | None]:
        if self._settings.lines == "event":
            return [structured(record) for record in records], None
        lines = []
        for index, record in enumerate(records):
            if record.value is None:
                continue
            try:
                lines.append(one_line(record.value))
            except ValueError as error:
                return lines, Refusal(index, "value.not-json", f"a line is JSON, and the value is not: {error}")
        return lines, None

    def _write(self, portion: Portion, lines: Sequence[bytes]) -> None:
        topic, partition = portion.place
        suffix = ".jsonl.gz" if self._settings.gzip else ".jsonl"
        name = f"{topic}-{partition}-{portion.first:020}{suffix}"
        new = self._folder / f".{name}.new"
        with new.open("wb") as file:
            if self._settings.gzip:
                # No name and no time in it: the same lines make the same file.
                with gzip.GzipFile("", "wb", LEVEL, file, mtime=0) as packed:
                    packed.writelines(line + b"\n" for line in lines)
            else:
                file.writelines(line + b"\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        new.rename(self._folder / name)
        _sync(self._folder)

    def _lock(self, place: TopicPartition) -> BinaryIO:
        with self._told():
            lock = (self._folder / f".{place.topic}-{place.partition}.lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise Down(f"another process still writes {place.topic}/{place.partition} to {self._folder}") from None
        return lock

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Down(f"{self._folder} cannot be written to: {error.strerror}") from None


def _sync(folder: Path) -> None:
    """A new name in a folder is durable when the folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems have it anyway, and refuse to be asked
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
