"""The intake: what systems bring goes into the log as canonical events, files exactly once."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import BinaryIO

from msgspec.structs import replace

from trunkline.connect.archive import Archive, NotArchived
from trunkline.connect.batch import Batch
from trunkline.connect.positions import TOPIC as POSITION
from trunkline.connect.positions import last_position, position_event
from trunkline.connect.progress import TOPIC, Done, Progress, content_event, place_event
from trunkline.connect.status import Status
from trunkline.log import Event, Fenced, Log, Transaction, TransactionalProducer
from trunkline.quarantine import Rejected
from trunkline.systems import Format, Origin, System
from trunkline.systems.reach import Captured, FileReport
from trunkline.systems.system import SNIFFED, CanonicalRecord
from trunkline.telco.model import Measurement

CHUNK_ITEMS = 2_000  # of a file, written in one transaction; or as many as make
CHUNK_BYTES = 1 << 20
MOST_COUNTERS = 100_000  # distinct names that are counted

logger = logging.getLogger(__name__)
Item = CanonicalRecord | Rejected


class Stopped(Exception):
    """The intake was closed: what is not taken yet is taken at the next start."""


class Intake:
    """The way into the log of one connection, `name`. Nothing is acknowledged before it is durable.

    A file is known by the SHA-256 of its uncompressed content. It is written in chunks, each in one transaction with
    how far it has come, so that after a crash it goes on where the log says: no value twice, none lost.
    `system` is the vendor's folder whose formats are tried first. One process at a time may work as `name`: a second
    one fences the first.
    """

    def __init__(
        self,
        name: str,
        log: Log,
        archive: Archive,
        systems: Mapping[str, System],
        *,
        system: System | None = None,
        progress: Progress | None = None,
        status: Status | None = None,
    ) -> None:
        self.name = name
        self.status = status or Status(name)
        self._log, self._archive, self._progress = log, archive, progress or Progress(log)
        self._formats = _formats(systems, system)
        self._partitions: dict[str, int] = {}
        self._writing = threading.Lock()
        self._producer: TransactionalProducer | None = None
        self._position_known = False
        self._closing = False
        self._waiting: list[tuple[Sequence[Item], asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"intake {name}")
        self._run, self._number = os.urandom(8).hex(), count()

    # Records that come by themselves

    async def records(self, records: Sequence[Item]) -> None:
        """See `systems.reach.Intake.records`."""
        if not records:
            return
        arrived = asyncio.get_running_loop().create_future()
        self._waiting.append((records, arrived))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        await arrived

    async def _flush(self) -> None:
        """Write what waits, again and again, until nothing came while the last was written."""
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                together, self._waiting = self._waiting, []
                try:
                    await loop.run_in_executor(
                        self._thread, self.append, [r for records, _ in together for r in records]
                    )
                except Exception as error:
                    _answer(together, error)
                else:
                    _answer(together, None)
        finally:
            self._flushing = None

    def append(self, records: Iterable[Item]) -> None:
        """Take records and return when they are durable; blocks. Raises `LogError` where the log takes nothing."""
        batch = self._batch()
        for record in records:
            batch.add(record, f"{self._run}-{next(self._number)}")
        self._count(batch.write(self._log.append))

    # Files

    def file(self, stream: BinaryIO, origin: Origin, *, version: str = "", format: Format | None = None) -> FileReport:
        """See `systems.reach.Intake.file`. After `Stopped`, `LogError` or `OSError`: call it again."""
        started = time.perf_counter()
        sha256, fault = self._archive.add(stream, origin)
        begun = Done(
            connection=self.name,
            system=origin.system,
            uri=origin.uri,
            version=version,
            fault=fault,
        )
        return self._file(sha256, begun, format, started)

    def resume(self) -> None:
        """Finish what a crash interrupted from the archive, because the files may be gone from their places.

        Raises as `file` does.
        """
        for sha256, done in self._progress.unfinished(self.name).items():
            try:
                self._file(sha256, done, None, time.perf_counter())
            except NotArchived:
                logger.error("%s: %s was taken in part and is not in the archive any more", self.name, done.uri)

    def taken(self) -> Mapping[str, str]:
        """See `systems.reach.Intake.taken`."""
        return self._progress.places(self.name)

    def forget(self, uris: Iterable[str]) -> None:
        """See `systems.reach.Intake.forget`."""
        self._progress.forget_places(self.name, uris)

    # What is read from a system's own log

    def position(self) -> bytes | None:
        """See `systems.reach.Intake.position`."""
        with self._writing:
            self._named_producer()
            self._position_known = True
        return last_position(self._log, self.name)

    def commit(self, captured: Sequence[Captured | Rejected], position: bytes) -> None:
        """See `systems.reach.Intake.commit`."""
        if not self._position_known:  # another process may have come further
            raise Fenced(f"{self.name}: ask for the position before committing another")
        batch = self._batch()
        for item in captured:
            batch.add(item, f"{self._run}-{next(self._number)}")
        with self._transaction() as transaction:
            written = batch.write(transaction.append)
            transaction.append(POSITION.name, [position_event(self.name, position)])
        self._count(written)

    def close(self) -> None:
        """Take nothing more; a file that is being taken stops after its chunk with `Stopped`."""
        self._closing = True
        self._thread.shutdown()
        with self._writing:
            if self._producer is not None:
                self._producer.close()

    def _file(self, sha256: str, begun: Done, format: Format | None, started: float) -> FileReport:
        place = place_event(self.name, begun.uri, begun.version)
        with self._archive.lock(sha256):
            done = self._progress.done(sha256) or begun
            duplicate = done.complete
            if duplicate:
                logger.info("%s: %s has the content of %s, which was taken before", self.name, begun.uri, done.uri)
                self._log.append(TOPIC.name, [place])
            else:
                done = self._take(sha256, done, format, place)
        self.status.took(files=1, duplicates=int(duplicate))
        return FileReport(
            uri=begun.uri,
            archive=sha256,
            format=done.format,
            records=done.records,
            values=done.values,
            counters=done.counters,
            rejected=done.rejected,
            duplicate=duplicate,
            seconds=time.perf_counter() - started,
        )

    def _take(self, sha256: str, done: Done, format: Format | None, place: Event) -> Done:
        """Write what of a content is not in the log yet."""
        origin = Origin(done.system, done.uri, sha256)
        format = format or self._recognise(sha256, done.format)
        done = replace(done, format=format.name if format else "")
        skip, names, batch = done.items, set[str](), self._batch()
        with self._archive.open(sha256) as content:
            for number, item in enumerate(_items(format, content, origin, done.fault)):
                if self._closing:
                    raise Stopped(f"{origin.uri}: the rest is taken at the next start")
                if isinstance(item, Measurement) and len(names) < MOST_COUNTERS:
                    names.update(item.counters)
                if number < skip:
                    continue
                batch.add(item, f"{sha256[:32]}-{number}")
                if batch.items >= CHUNK_ITEMS or batch.bytes >= CHUNK_BYTES:
                    done = self._write(batch, sha256, replace(done, counters=len(names)))
                    batch = self._batch()
        return self._write(batch, sha256, replace(done, counters=len(names), complete=True), place)

    def _write(self, batch: Batch, sha256: str, done: Done, *events: Event) -> Done:
        """One transaction: the batch, how far the content is done with it, and further events of progress."""
        with self._transaction() as transaction:
            written = batch.write(transaction.append)
            done = replace(
                done,
                items=done.items + batch.items,
                records=dict(Counter(done.records) + written),
                values=done.values + batch.values,
                rejected=done.rejected + written[Rejected.topic],
            )
            transaction.append(TOPIC.name, [content_event(sha256, done), *events])
        self._count(written)
        return done

    @contextmanager
    def _transaction(self) -> Iterator[Transaction]:
        with self._writing:
            producer = self._named_producer()
            try:
                with producer.transaction() as transaction:
                    yield transaction
            except Fenced:
                self._producer, self._position_known = None, False
                raise

    def _named_producer(self) -> TransactionalProducer:
        """The one of this connection: opening it fences those that other processes opened."""
        if self._closing:
            raise Stopped(f"{self.name}: what is not taken yet is taken at the next start")
        if self._producer is None:
            self._producer = self._log.transactional(f"connect.{self.name}")
        return self._producer

    def _batch(self) -> Batch:
        return Batch(self._partitions_of)

    def _recognise(self, sha256: str, name: str) -> Format | None:
        """The format of that name, by which it was begun, or else the first that knows the content's head."""
        named = next((format for format in self._formats if format.name == name), None)
        if named is not None:
            return named
        with self._archive.open(sha256) as content:
            head = content.read(SNIFFED)
        return next((format for format in self._formats if format.matches(head)), None)

    def _partitions_of(self, topic: str) -> int:
        if topic not in self._partitions:
            self._partitions = {known.name: known.partitions for known in self._log.topics()}
        return self._partitions.get(topic, 1)

    def _count(self, written: Counter[str]) -> None:
        self.status.took(events=written.total(), rejected=written[Rejected.topic])


def _formats(systems: Mapping[str, System], system: System | None) -> list[Format]:
    """The formats to try, in order: the connection's own system or else every vendor's, then those of no vendor."""
    vendors = [system] if system else [known for known in systems.values() if known.vendor]
    neutral = [known for known in systems.values() if not known.vendor and known is not system]
    return [format for known in (*vendors, *neutral) for format in known.formats]


def _items(format: Format | None, content: BinaryIO, origin: Origin, fault: Rejected | None) -> Iterator[Item]:
    """What the reader finds, and at the end what kept the file from being read wholly. The same at every reading."""
    if format is None:
        head = content.read(SNIFFED)
        message = "no installed system knows this format" if head else "the file is empty"
        yield origin.rejected("format.unknown", f"{message}: name the connection's system, or add one", part=head)
    else:
        try:
            yield from format.read(content, origin)
        except OSError:
            raise  # the disk's fault, not the file's: it is tried again
        except Exception as error:
            logger.exception("the reader of %s failed on %s", format.name, origin.uri)
            message = f"the reader of {format.name} failed ({type(error).__name__}: {error}): report this with the file"
            yield origin.rejected("reader.failed", message)
    if fault is not None:
        yield replace(fault, archive=origin.archive)


def _answer(together: list[tuple[Sequence[Item], asyncio.Future[None]]], error: Exception | None) -> None:
    for _, arrived in together:
        if arrived.done():  # its caller was cancelled
            continue
        if error is None:
            arrived.set_result(None)
        else:
            arrived.set_exception(error)
