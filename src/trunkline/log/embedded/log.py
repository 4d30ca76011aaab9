"""The adapter: the port's words, each handed to the file that does it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qsl

from trunkline.log.embedded.consumer import Consumer
from trunkline.log.embedded.database import Database
from trunkline.log.embedded.groups import Groups
from trunkline.log.embedded.maintenance import maintain, trim
from trunkline.log.embedded.member import Member
from trunkline.log.embedded.reader import Reader
from trunkline.log.embedded.reading import Reading
from trunkline.log.embedded.topics import Topics
from trunkline.log.embedded.writing import Producer, Writer
from trunkline.log.port import Event, LogError, Record, Sealer, Topic, TopicPartition, Validator

LEASE = 10.0  # seconds after which a process that is not heard of loses its partitions


class EmbeddedLog:
    """The log in the SQLite file at `path`, made where there is none (with `path`.lock beside it).

    Safe for any number of threads; any number of processes may open the same file, on a local disk. It must not cross
    a fork: a child opens its own, and use of the parent's raises `LogError`. Raises `LogError` where the file is of
    another kind, or SQLite is one that can corrupt it.
    """

    def __init__(
        self,
        path: str | Path,
        validators: Mapping[str, Validator],
        lease: float = LEASE,
        sealer: Sealer | None = None,
    ) -> None:
        self._sealer = sealer
        self._database = Database(Path(path))
        self._topics = Topics(self._database)
        self._reading = Reading(self._database, self._topics, sealer)
        self._writer = Writer(self._database, self._topics, validators, sealer, self._reading.wake)
        self._groups = Groups(self._database, self._topics, self._reading, lease)

    def create(self, topic: Topic) -> None:
        self._topics.create(topic)

    def topics(self) -> list[Topic]:
        return list(self._topics.all().values())

    def append(self, topic: str, events: Sequence[Event], partition: int | None = None) -> list[tuple[int, int]]:
        return self._writer.append(topic, events, partition)

    def read(self, topic: str, partition: int, offset: int, limit: int = 10_000) -> list[Record]:
        batches = self._reading.batches(topic, partition, offset, limit)
        return [record for batch in batches for record in batch.records()]

    def start(self, topic: str, partition: int) -> int:
        return self._reading.start(topic, partition)

    def end(self, topic: str, partition: int) -> int:
        return self._reading.end(topic, partition)

    def offset_at(self, topic: str, partition: int, time: int) -> int:
        return self._reading.offset_at(topic, partition, time)

    def settled(self, topic: str, partition: int) -> int:
        """See `Log.settled`. Transactions are written when they end, so that none is ever open."""
        return self._reading.end(topic, partition)

    def trim(self, topic: str, partition: int, offset: int) -> None:
        trim(self._database, self._topics.id(topic, partition), offset)

    def wait(self, offsets: Mapping[TopicPartition, int], timeout: float) -> bool:
        return self._reading.wait(offsets, timeout)

    def transactional(self, name: str) -> Producer:
        return self._writer.transactional(name)

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer:
        return self._groups.consumer(group, topics)

    def member(self, group: str, topic: str, name: str = "") -> Member:
        return self._groups.member(group, [topic], name)

    def reader(self) -> Reader:
        return Reader(self._topics, self._reading)

    def groups(self) -> list[str]:
        return self._groups.names()

    def committed(self, group: str) -> dict[TopicPartition, int]:
        return self._groups.committed(group)

    def commit(self, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        self._groups.commit(group, offsets)

    def maintain(self) -> None:
        maintain(self._database, self._topics, self._sealer)

    def close(self) -> None:
        self._groups.close()
        self._database.close()


def open_embedded(url: str, validators: Mapping[str, Validator], sealer: Sealer | None) -> EmbeddedLog:
    """Open the log at `sqlite:///path?lease=seconds`. Raises `LogError` where an option is not one of these."""
    path, _, query = url.removeprefix("sqlite://").partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    lease = options.pop("lease", str(LEASE))
    if options:
        raise LogError(f"{url}: the embedded log has no option {', '.join(map(repr, options))}, only `lease`")
    try:
        seconds = float(lease)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 3_600:
        raise LogError(f"{url}: `lease` is the seconds, 0.1 to 3600, after which a silent member loses its partitions")
    return EmbeddedLog(path, validators, seconds, sealer)
