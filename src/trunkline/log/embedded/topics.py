"""The catalogue of topics and partitions, shared by all processes of a log."""

from itertools import count
from threading import Lock

import apsw

from trunkline.log.embedded.database import Database
from trunkline.log.port import LogError, Topic, TopicPartition, UnknownTopic


class Topics:
    """Every topic and its partitions' ids, read again when another process has changed them.

    SQLite's `user_version`, raised by each change, tells; it lies in the first page and costs microseconds to read.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._loading = Lock()
        self._version = -1
        self._topics: dict[str, Topic] = {}
        self._ids: dict[TopicPartition, int] = {}
        self._turns: dict[str, count[int]] = {}

    def create(self, topic: Topic) -> None:
        """See `Log.create`."""
        if topic.partitions < 1:
            raise ValueError(f"{topic.name}: a topic has at least one partition, not {topic.partitions}")
        known = self.all().get(topic.name)
        if known == topic:
            return
        with self._database.writing() as db:
            have = partitions(db, topic.name)
            if topic.partitions < have:
                raise ValueError(
                    f"{topic.name} has {have} partitions and cannot shrink to {topic.partitions}: events would be lost"
                )
            db.execute(
                "INSERT OR REPLACE INTO topic VALUES (?, ?, ?, ?, ?)",
                (topic.name, topic.retention, topic.retention_bytes, topic.compacted, topic.tombstones),
            )
            for number in range(have, topic.partitions):
                db.execute("INSERT INTO partition (topic, number) VALUES (?, ?)", (topic.name, number))
            db.pragma("user_version", db.pragma("user_version") + 1)

    def all(self) -> dict[str, Topic]:
        """Every topic by name."""
        with self._database.reading() as db:
            version = db.pragma("user_version")
        if version != self._version:
            self._load()
        return self._topics

    def get(self, name: str) -> Topic:
        """Raises `UnknownTopic`."""
        topic = self.all().get(name)
        if topic is None:
            raise UnknownTopic(f"the log has no topic {name!r}: give it a contract and run `trunkline up` once")
        return topic

    def id(self, name: str, number: int) -> int:
        """The partition's id in the file. Raises `UnknownTopic`, or `LogError` where the topic has fewer partitions."""
        id = self._ids.get(TopicPartition(name, number))
        if id is None:
            topic = self.get(name)
            id = self._ids.get(TopicPartition(name, number))
            if id is None:
                raise LogError(f"{name} has the partitions 0 to {topic.partitions - 1}, but not {number}")
        return id

    def turn(self, name: str) -> int:
        """A number that grows with each call, by which events without a key go round the partitions."""
        return next(self._turns.setdefault(name, count()))

    def _load(self) -> None:
        with self._loading, self._database.reading() as db, db:
            version = db.pragma("user_version")
            ids = {
                TopicPartition(row[0], row[1]): row[2] for row in db.execute("SELECT topic, number, id FROM partition")
            }
            rows = db.execute("SELECT name, retention, retention_bytes, compacted, tombstones FROM topic ORDER BY name")
            self._topics = {
                name: Topic(
                    name=name,
                    partitions=partitions(db, name),
                    retention=retention,
                    retention_bytes=retention_bytes,
                    compacted=bool(compacted),
                    tombstones=tombstones,
                )
                for name, retention, retention_bytes, compacted, tombstones in rows
            }
            self._ids, self._version = ids, version


def partitions(db: apsw.Connection, topic: str) -> int:
    """How many partitions the topic has in the file."""
    [(number,)] = db.execute("SELECT count(*) FROM partition WHERE topic = ?", (topic,))
    return int(number)
