"""The port `log`: an ordered, durable, partitioned record of events. Kafka's vocabulary, nothing more.

Open one with `open_log(url)`. Times are microseconds since the epoch, UTC. An event's key decides its partition.
Every adapter passes tests/contract/test_log.py, which is this port's documentation by example.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

import msgspec


class TopicPartition(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


class Event(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a writer hands over. `value` None is a tombstone, which a compacted topic takes for "this key is gone".

    `headers` carry the CloudEvents envelope (`log.envelope`). `time` 0 means: the log's clock when it is appended.
    """

    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    time: int = 0


class Record(msgspec.Struct, frozen=True, gc=False):
    """An event as it lies in the log."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    time: int


class RecordBatch(Protocol):
    """Consecutive records of one partition as columns, for who works on many at once: no object for each record.

    All columns have the same length, one at least. `times` and `headers` may be made when they are first asked for.
    """

    @property
    def topic(self) -> str: ...

    @property
    def partition(self) -> int: ...

    @property
    def offsets(self) -> Sequence[int]:
        """Rising; with gaps where compaction took records away or a transaction's mark lies."""

    @property
    def keys(self) -> list[bytes | None]: ...

    @property
    def values(self) -> list[bytes | None]: ...

    @property
    def times(self) -> Sequence[int]: ...

    @property
    def headers(self) -> Sequence[tuple[tuple[str, bytes], ...]]: ...

    @property
    def failures(self) -> Sequence[tuple[int, str, str]]:
        """The records that are not what the topic's contract says although they lie in the log, since others may write
        to it: (place in the batch, `decode` or `contract`, reason). Empty on a log that refuses them when written."""

    def __len__(self) -> int: ...

    def records(self) -> list[Record]:
        """The same, a record each."""

    def part(self, first: int, last: int) -> RecordBatch:
        """The records at the places `first` to `last` (exclusive) of this batch."""


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """How a topic is kept. `retention` in seconds since the append (an event may tell of a time long before it) and
    `retention_bytes` per partition, of which at least so many are kept; None keeps for ever.

    A `compacted` topic keeps at least the last event of each key, and a tombstone for `tombstones` seconds.
    """

    name: str
    partitions: int = 1
    retention: float | None = None
    retention_bytes: int | None = None
    compacted: bool = False
    tombstones: float = 86_400.0


class Transaction(Protocol):
    """Appends and consumed offsets that become visible together or not at all."""

    def append(self, topic: str, events: Sequence[Event], partition: int | None = None) -> None: ...

    def append_columns(
        self,
        topic: str,
        keys: Sequence[bytes | None],
        values: Sequence[bytes | None],
        *,
        headers: tuple[tuple[str, bytes], ...] = (),
        times: Sequence[int] | None = None,
        partition: int | None = None,
    ) -> None:
        """The same for events given as columns, all with the same `headers`: no object for each event."""

    def consumed(self, member: Member, offsets: Mapping[TopicPartition, int]) -> None:
        """Record, as part of this transaction, the next offset that the member's group will read of each partition.

        These may be partitions of any topic. The commit raises `Fenced`, and nothing of it is kept, when the group has
        given one of the member's partitions to another since the member last looked at its assignment.
        """


class TransactionalProducer(Protocol):
    """A writer with a name. Opening a second one of the same name fences the first: it raises `Fenced` from then on."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin; commit durably when the block ends; abort when it raises."""

    def close(self) -> None: ...


class Member(Protocol):
    """A member of a consumer group, by which living processes share the partitions of a topic, each held by one.

    Its life is told by a thread of its own, so that it may be busy for minutes; a process that is killed or paused
    loses its share (after 10 s unless the log is opened otherwise), and is fenced when it wakes up.
    """

    @property
    def group(self) -> str: ...

    def assignment(self) -> frozenset[int]:
        """The numbers of the partitions that this member holds now, never waiting for long. Partitions change hands
        only in this call, or when the member has died: what it returned last may be worked on until the next call."""

    def close(self) -> None:
        """Leave; its partitions are free at once."""


class Reader(Protocol):
    """Reads partitions forward, committed transactions only, and fetches ahead of who takes."""

    def assign(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Read these partitions from these offsets on, and no others any more; what was fetched is dropped.

        An offset below a partition's start is read from the start.
        """

    def take(self, limit: int = 10_000, timeout: float = 0.0) -> list[RecordBatch]:
        """What is there, `limit` records at most, as soon as there is any; [] after `timeout` seconds.

        A partition's records come in order, in one batch or several; no partition starves for another.
        """

    def at_end(self) -> bool:
        """Whether all that had been written and committed when last looked has been taken; a look may be 0.1 s old."""

    def close(self) -> None: ...


class Consumer(Protocol):
    """A member of a consumer group. The group's partitions are shared among its living members.

    It starts at the group's committed offset, or at the partition's start where there is none.
    """

    def poll(self, limit: int = 10_000, timeout: float = 1.0) -> list[Record]:
        """The next records of the assigned partitions, as soon as there are any; [] after `timeout` seconds."""

    def commit(self) -> None:
        """Remember what was polled as done by the group. Raises `Fenced` if another member took a partition over."""

    def assignment(self) -> set[TopicPartition]: ...

    def close(self) -> None: ...


class Log(Protocol):
    """The event log."""

    def create(self, topic: Topic) -> None:
        """Make the topic, or bring its retention up to date; partitions may grow, never shrink (`ValueError`)."""

    def topics(self) -> list[Topic]: ...

    def append(self, topic: str, events: Sequence[Event], partition: int | None = None) -> list[tuple[int, int]]:
        """Append in order and return each event's (partition, offset). Durable when it returns.

        Without `partition`, an event goes by its key, and one without a key to a partition of the log's choice.
        All or nothing: raises `ContractViolation` naming every offending event, `UnknownTopic`, or `EventTooLarge`.
        Safe to call from several threads and processes at once; concurrent callers share one commit.
        """

    def read(self, topic: str, partition: int, offset: int, limit: int = 10_000) -> list[Record]:
        """Up to `limit` records at or after `offset`, of committed transactions only; fewer where they are large, []
        only where there is none. Compacted offsets are skipped; below the partition's start it reads from the start."""

    def start(self, topic: str, partition: int) -> int:
        """The offset up to which retention has removed events; compaction leaves gaps, but does not move it."""

    def end(self, topic: str, partition: int) -> int:
        """The offset that the next event will get."""

    def offset_at(self, topic: str, partition: int, time: int) -> int:
        """The first offset whose event is at or after `time` (microseconds), or the end."""

    def settled(self, topic: str, partition: int) -> int:
        """The end, once every transaction that was open when this was called has committed or aborted: whoever has
        read up to it has missed nothing that was begun before. Waits for them, as long as a transaction may last."""

    def trim(self, topic: str, partition: int, offset: int) -> None:
        """Remove the events before `offset` for good: the partition then starts there, or a little before it."""

    def wait(self, offsets: Mapping[TopicPartition, int], timeout: float) -> bool:
        """Block until one of the partitions has an event at or after its offset; False after `timeout` seconds."""

    def transactional(self, name: str) -> TransactionalProducer: ...

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer: ...

    def member(self, group: str, topic: str, name: str = "") -> Member:
        """Join the group, whose members share the partitions of `topic`. Raises `UnknownTopic`.

        One with a `name` takes over at once from the member that had it before, which is fenced: so a process that is
        started again need not wait until its former life is found dead.
        """

    def reader(self) -> Reader:
        """A reader without partitions; `assign` gives it some."""

    def groups(self) -> list[str]: ...

    def committed(self, group: str) -> dict[TopicPartition, int]:
        """The next offset of each partition for `group`, as far as it has committed any. Waits until the offsets of a
        transaction that is being committed are known."""

    def commit(self, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        """Set where `group` goes on, from outside: only while it has no members. Raises `LogError` where it has."""

    def maintain(self) -> None:
        """Apply retention and compaction now. The running platform calls it every minute."""

    def close(self) -> None: ...


class LogError(Exception):
    """What the log refuses; the message says what to do."""


class UnknownTopic(LogError):
    """The topic was never created: it has no contract, or `trunkline up` has not run since it got one."""


class EventTooLarge(LogError):
    """One event is larger than the log takes (8 MiB by default)."""


class Fenced(LogError):
    """Another worker of the same name has taken over: this one must stop and start anew."""


class ContractViolation(LogError):
    """Events that break their topic's contract: `failures` holds (index in the batch, path in the event, reason)."""

    def __init__(self, topic: str, failures: Sequence[tuple[int, str, str]]) -> None:
        self.topic, self.failures = topic, list(failures)
        index, path, reason = self.failures[0]
        more = f" (and {len(self.failures) - 1} more)" if len(self.failures) > 1 else ""
        super().__init__(f"{topic}: event {index} of the batch breaks the contract at {path}: {reason}{more}")


class Codec(Protocol):
    """How values lie on the wire of a log that others read and write, where that is not their JSON (a schema registry's
    Avro, say). Both ways whole columns are translated; None, a tombstone, stays None."""

    def to_wire(self, topic: str, values: Sequence[bytes | None]) -> list[bytes | None]:
        """Raises `ContractViolation` naming every value that its schema cannot hold."""

    def from_wire(self, topic: str, values: Sequence[bytes | None]) -> tuple[list[bytes | None], list[tuple[int, str]]]:
        """The values as JSON, and (place, reason) of those that cannot be read, which stay as they are."""


class Sealer(Protocol):
    """How what lies in the log is unreadable to who has only its files or its broker (see `security.keys`).

    What was written before is read as it is. All raise `LogError` naming the place of what cannot be read: its key is
    another's, or it was changed or moved. A value whose key was deleted reads as None, as if it had been taken back.
    """

    def seal_values(self, topic: str, keys: Sequence[bytes | None], values: list[bytes | None]) -> bytes:
        """The values of a batch, each under the key of the person whose it is; b"" where the topic's are nobody's."""

    def open_values(self, topic: str, keys: Sequence[bytes | None], sealed: bytes | memoryview) -> list[bytes | None]:
        """The values as they were handed to `seal_values` with these keys."""

    def seal_batch(self, place: TopicPartition, base: int, batch: bytes, *, personal: bool) -> bytes:
        """A whole batch at the offset `base` under its topic's key. `personal`: its values are sealed too."""

    def open_batch(self, place: TopicPartition, base: int, batch: bytes) -> tuple[bytes, bool]:
        """The batch, and whether it is `personal`."""

    def to_wire(self, topic: str, keys: Sequence[bytes | None], values: list[bytes | None]) -> list[bytes | None]:
        """Each value for itself, for a log that knows no batches: somebody's under that person's key, all others under
        their topic's."""

    def from_wire(
        self, topic: str, keys: Sequence[bytes | None], values: list[bytes | None]
    ) -> tuple[list[bytes | None], list[tuple[int, str]]]:
        """The values as they were, and (place, reason) of those that cannot be read, which stay as they are. Raises
        `LogError` where keys cannot be had now: no value is to blame."""


class Validator(Protocol):
    """What the log asks of a contract (see `contracts`): the failures of a batch, [] when all is well."""

    def failures(self, events: Sequence[Event]) -> list[tuple[int, str, str]]: ...
