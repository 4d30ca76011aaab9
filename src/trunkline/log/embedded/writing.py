"""Appends and transactions: prepared by their callers, committed together by one of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from threading import Condition
from zlib import crc32

import apsw

from trunkline.log import port
from trunkline.log.embedded import clock
from trunkline.log.embedded.batches import Batch, encode, seal
from trunkline.log.embedded.columns import Columns, Headers
from trunkline.log.embedded.database import Database
from trunkline.log.embedded.member import Claim, Member, refuse_lost
from trunkline.log.embedded.positions import set_positions
from trunkline.log.embedded.topics import Topics
from trunkline.log.port import (
    ContractViolation,
    Event,
    Fenced,
    LogError,
    Sealer,
    Topic,
    TopicPartition,
    Validator,
)


@dataclass(slots=True)
class Request:
    """What one caller wants committed: batches by partition id, positions of groups; as which producer, and while which
    partitions are held."""

    batches: list[tuple[int, Batch]] = field(default_factory=list)
    positions: dict[tuple[str, int], int] = field(default_factory=dict)
    producer: tuple[str, int] | None = None
    claims: list[Claim] = field(default_factory=list)
    bases: list[int] = field(default_factory=list)
    """The first offset of each batch, known once it is done."""
    done: bool = False
    error: LogError | None = None


class Writer:
    """Checks and encodes events in the caller's thread; commits them together with what other threads bring."""

    def __init__(
        self,
        database: Database,
        topics: Topics,
        validators: Mapping[str, Validator],
        sealer: Sealer | None,
        written: Callable[[], None],
    ) -> None:
        self._database, self._topics, self._validators, self._written = database, topics, validators, written
        self._sealer = sealer
        self._commits = Condition()
        self._committing = False
        self._waiting: list[Request] = []

    def append(self, name: str, events: Sequence[Event], partition: int | None) -> list[tuple[int, int]]:
        """See `Log.append`."""
        topic = self._topics.get(name)
        self._refuse_broken(topic, events)
        chosen = self._choose(topic, [event.key for event in events], partition)
        batches = self._encode(topic, Columns.of(events), chosen) if events else []
        request = Request([(self._topics.id(name, number), batch) for number, batch in batches])
        self.commit(request)
        offsets: dict[int, Iterator[int]] = {}
        for (number, batch), base in zip(batches, request.bases, strict=True):
            offsets[number] = chain(offsets.get(number, ()), range(base, base + batch.length))
        numbers = [chosen] * len(events) if isinstance(chosen, int) else chosen
        return [(number, next(offsets[number])) for number in numbers]

    def transactional(self, name: str) -> "Producer":
        """See `Log.transactional`."""
        with self._database.writing() as db:
            db.execute("INSERT INTO producer VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET epoch = epoch + 1", (name,))
            [(epoch,)] = db.execute("SELECT epoch FROM producer WHERE name = ?", (name,))
        return Producer(self, name, epoch)

    def add(self, request: Request, name: str, events: Sequence[Event], partition: int | None) -> None:
        """Put an append into a request that is committed later. Raises what `append` does."""
        topic = self._topics.get(name)
        self._refuse_broken(topic, events)
        if events:
            self._add(request, topic, Columns.of(events), partition)

    def add_columns(self, request: Request, name: str, columns: Columns, partition: int | None) -> None:
        """The same for columns, of which only a topic with a contract asks for events."""
        topic = self._topics.get(name)
        if name in self._validators:
            self._refuse_broken(topic, columns.events())
        elif topic.compacted:
            refuse_keyless(name, columns.keys)
        if columns.keys:
            self._add(request, topic, columns, partition)

    def add_positions(self, request: Request, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        for (topic, number), offset in offsets.items():
            request.positions[group, self._topics.id(topic, number)] = offset

    def commit(self, request: Request) -> None:
        """Durable when it returns. Raises `Fenced`, or `LogError` where the disk refuses."""
        with self._commits:
            self._waiting.append(request)
            self._commits.wait_for(lambda: request.done or not self._committing)
            # Whoever comes first commits for all that wait; they find theirs done.
            together: list[Request] = []
            if not request.done:
                self._committing = True
                together, self._waiting = self._waiting, together
        if together:
            try:
                self._commit(together)
            finally:
                with self._commits:
                    self._committing = False
                    self._commits.notify_all()
        if request.error is not None:
            raise request.error

    def _add(self, request: Request, topic: Topic, columns: Columns, partition: int | None) -> None:
        batches = self._encode(topic, columns, self._choose(topic, columns.keys, partition))
        request.batches += [(self._topics.id(topic.name, number), batch) for number, batch in batches]

    def _encode(self, topic: Topic, columns: Columns, chosen: int | list[int]) -> list[tuple[int, Batch]]:
        """The batches, each with its partition's number."""
        by_partition = {chosen: columns} if isinstance(chosen, int) else columns.split(chosen)
        return [
            (number, batch)
            for number, its in by_partition.items()
            for batch in encode(TopicPartition(topic.name, number), its, self._sealer)
        ]

    def _refuse_broken(self, topic: Topic, events: Sequence[Event]) -> None:
        validator = self._validators.get(topic.name)
        if validator and (failures := list(validator.failures(events))):
            raise ContractViolation(topic.name, failures)
        if topic.compacted:
            refuse_keyless(topic.name, [event.key for event in events])

    def _choose(self, topic: Topic, keys: Sequence[bytes | None], partition: int | None) -> int | list[int]:
        """The partition of all, or of each."""
        if partition is not None:
            self._topics.id(topic.name, partition)
            return partition
        count = topic.partitions
        if count == 1:
            return 0
        return [(crc32(key) if key is not None else self._topics.turn(topic.name)) % count for key in keys]

    def _commit(self, requests: Sequence[Request]) -> None:
        try:
            with self._database.writing() as db:
                now = clock.now()
                for request in requests:
                    try:
                        write(db, request, now, self._sealer)
                    except Fenced as fenced:
                        request.error = fenced
        except LogError as error:
            for request in requests:
                request.error = error
        except BaseException as error:  # what ends this caller, the others must hear of
            for request in requests:
                request.error = LogError(f"the commit was broken off, nothing of it is kept: {error!r}")
            raise
        finally:
            for request in requests:
                request.done = True
        self._written()


class Producer:
    """The transactional producer of one name and epoch."""

    def __init__(self, writer: Writer, name: str, epoch: int) -> None:
        self._writer, self._name, self._epoch = writer, name, epoch

    @contextmanager
    def transaction(self) -> Iterator["Transaction"]:
        """See `TransactionalProducer.transaction`."""
        request = Request(producer=(self._name, self._epoch))
        yield Transaction(self._writer, request)
        self._writer.commit(request)

    def close(self) -> None:
        """Nothing is held between transactions."""


class Transaction:
    """Gathers what is written when the block ends."""

    def __init__(self, writer: Writer, request: Request) -> None:
        self._writer, self._request = writer, request

    def append(self, topic: str, events: Sequence[Event], partition: int | None = None) -> None:
        self._writer.add(self._request, topic, events, partition)

    def append_columns(
        self,
        topic: str,
        keys: Sequence[bytes | None],
        values: Sequence[bytes | None],
        *,
        headers: Headers = (),
        times: Sequence[int] | None = None,
        partition: int | None = None,
    ) -> None:
        """See `port.Transaction.append_columns`. Raises `ValueError` where the columns differ in length."""
        if len(keys) != len(values) or (times is not None and len(times) != len(keys)):
            raise ValueError(f"{topic}: columns of different lengths")
        dated = list(times) if times is not None and any(times) else None
        columns = Columns(headers, list(keys), list(values), None, dated)
        self._writer.add_columns(self._request, topic, columns, partition)

    def consumed(self, member: port.Member, offsets: Mapping[TopicPartition, int]) -> None:
        """See `port.Transaction.consumed`."""
        if not isinstance(member, Member):
            raise LogError(f"group {member.group!r}: its member belongs to another log than this transaction")
        self._request.claims.append(member.claim())
        self._writer.add_positions(self._request, member.group, offsets)


def write(db: apsw.Connection, request: Request, now: int, sealer: Sealer | None) -> None:
    """Write a request into the open transaction. Raises `Fenced` before it has written anything."""
    if request.producer is not None:
        refuse_fenced(db, *request.producer)
    for claim in request.claims:
        refuse_lost(db, claim)
    for partition, batch in request.batches:
        request.bases.append(insert(db, partition, batch, now, sealer))
    set_positions(db, request.positions)


def refuse_fenced(db: apsw.Connection, name: str, epoch: int) -> None:
    [(current,)] = db.execute("SELECT epoch FROM producer WHERE name = ?", (name,))
    if current != epoch:
        raise Fenced(f"another {name!r} was opened after this one: stop this one and start it anew")


def insert(db: apsw.Connection, partition: int, batch: Batch, now: int, sealer: Sealer | None) -> int:
    """Add a batch at the partition's end and return its first offset."""
    [(base, reached)] = db.execute("SELECT end_offset, reached FROM partition WHERE id = ?", (partition,))
    next = base + batch.length
    reached = max(reached, batch.latest, now if batch.undated else 0)
    events = seal(batch, base, sealer)
    db.execute(
        "INSERT INTO batch (partition, base, next, count, appended, reached, events) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (partition, base, next, batch.length, now, reached, events),
    )
    db.execute(
        "UPDATE partition SET end_offset = ?, reached = ?, bytes = bytes + ? WHERE id = ?",
        (next, reached, len(events), partition),
    )
    return int(base)


def refuse_keyless(topic: str, keys: Sequence[bytes | None]) -> None:
    """Raise `ContractViolation` naming every event that a compacted topic could not keep."""
    if None in keys:
        reason = "a compacted topic keeps the last event of each key: this event has none"
        raise ContractViolation(topic, [(index, "key", reason) for index, key in enumerate(keys) if key is None])
