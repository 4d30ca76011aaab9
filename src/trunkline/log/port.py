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

    def consumed(self, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        """Record, as part of this transaction, the next offset that `group` will read of each partition."""


class TransactionalProducer(Protocol):
    """A writer with a name. Opening a second one of the same name fences the first: it raises `Fenced` from then on."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin; commit durably when the block ends; abort when it raises."""

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

    def wait(self, offsets: Mapping[TopicPartition, int], timeout: float) -> bool:
        """Block until one of the partitions has an event at or after its offset; False after `timeout` seconds."""

    def transactional(self, name: str) -> TransactionalProducer: ...

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer: ...

    def groups(self) -> list[str]: ...

    def committed(self, group: str) -> dict[TopicPartition, int]:
        """The next offset of each partition for `group`, as far as it has committed any."""

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


class Validator(Protocol):
    """What the log asks of a contract (see `contracts`): the failures of a batch, [] when all is well."""

    def failures(self, events: Sequence[Event]) -> list[tuple[int, str, str]]: ...
