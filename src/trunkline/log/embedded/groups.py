"""Consumer groups: members of any process share the partitions of their topics."""

import time
import uuid
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import apsw
import msgspec

from trunkline.log.embedded import clock
from trunkline.log.embedded.database import Database
from trunkline.log.embedded.reading import Reader, bounds
from trunkline.log.embedded.topics import Topics
from trunkline.log.embedded.writing import set_positions
from trunkline.log.port import Fenced, Record, TopicPartition

LOOK = 0.1  # seconds between looks at who else is in the group


class Groups:
    """What the log knows of groups."""

    def __init__(self, database: Database, topics: Topics, reader: Reader, lease: float) -> None:
        self._database, self._topics, self._reader, self._lease = database, topics, reader, lease

    def consumer(self, group: str, topics: Sequence[str]) -> "Consumer":
        """See `Log.consumer`."""
        for topic in topics:
            self._topics.get(topic)
        return Consumer(self._database, self._topics, self._reader, group, topics, self._lease)

    def names(self) -> list[str]:
        """See `Log.groups`."""
        with self._database.reading() as db:
            rows = db.execute("SELECT group_name FROM position UNION SELECT group_name FROM member ORDER BY group_name")
            return [name for (name,) in rows]

    def committed(self, group: str) -> dict[TopicPartition, int]:
        """See `Log.committed`."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT topic, number, offset FROM position JOIN partition ON partition.id = position.partition"
                " WHERE group_name = ? ORDER BY topic, number",
                (group,),
            )
            return {TopicPartition(topic, number): offset for topic, number, offset in rows}


class Sight(NamedTuple):
    """What a member sees of its group: living members with their topics, who holds which partition, all partitions."""

    members: tuple[tuple[str, tuple[str, ...]], ...]
    holders: dict[int, str]
    partitions: tuple[tuple[int, str], ...]
    """(id, topic) in the order in which they are shared out."""

    def share(self, member: str) -> set[int]:
        """The partitions meant for `member`: each in turn to the next of those that read its topic."""
        mine = set()
        for turn, (partition, topic) in enumerate(self.partitions):
            readers = [name for name, topics in self.members if topic in topics]
            if readers and readers[turn % len(readers)] == member:
                mine.add(partition)
        return mine


class Consumer:
    """A member of a group. Its lease is renewed by `poll` and `commit`; one that is silent for longer loses its share.

    A partition changes hands when its holder lets go of it in `poll`, has closed, or has lost its lease; so in quiet
    change nothing is read twice, and after a crash what was not yet committed is.
    """

    def __init__(
        self, database: Database, topics: Topics, reader: Reader, group: str, names: Sequence[str], lease: float
    ) -> None:
        self._database, self._topics, self._reader = database, topics, reader
        self._group, self._names, self._lease = group, tuple(sorted(set(names))), lease
        self._id = uuid.uuid4().hex
        self._positions: dict[int, int] = {}
        self._sight: Sight | None = None
        self._look_at = self._renew_at = 0.0
        self._turn = 0

    def poll(self, limit: int = 10_000, timeout: float = 1.0) -> list[Record]:
        """See `port.Consumer.poll`."""
        deadline = time.monotonic() + timeout
        while True:
            self._keep_up()
            records = self._read(limit)
            left = deadline - time.monotonic()
            if records or left <= 0:
                return records
            self._reader.wait(self._places(), min(left, LOOK))

    def commit(self) -> None:
        """See `port.Consumer.commit`."""
        with self._database.writing() as db:
            held = {partition for partition, holder in holders(db, self._group).items() if holder == self._id}
            if lost := self._positions.keys() - held:
                raise Fenced(
                    f"group {self._group!r}: another member has taken over {self._named(lost)}, because this one was "
                    f"silent for {self._lease:g} s; it does again what this one has not committed: start this one anew"
                )
            self._renew(db)
            set_positions(db, {(self._group, partition): offset for partition, offset in self._positions.items()})

    def assignment(self) -> set[TopicPartition]:
        """See `port.Consumer.assignment`."""
        return set(self._places())

    def close(self) -> None:
        """Leave the group; its partitions are free at once."""
        with self._database.writing() as db:
            db.execute("DELETE FROM member WHERE id = ?", (self._id,))
            db.execute("DELETE FROM lease WHERE group_name = ? AND member = ?", (self._group, self._id))
        self._positions.clear()

    def _places(self) -> dict[TopicPartition, int]:
        return {self._topics.partition_of(partition): offset for partition, offset in self._positions.items()}

    def _named(self, partitions: set[int]) -> str:
        return ", ".join("{}/{}".format(*place) for place in sorted(map(self._topics.partition_of, partitions)))

    def _read(self, limit: int) -> list[Record]:
        """What is there of each partition, a different one first each time so that none starves."""
        found: list[Record] = []
        order = sorted(self._positions)
        self._turn += 1
        for index in range(len(order)):
            partition = order[(index + self._turn) % len(order)]
            records = self._reader.read(
                *self._topics.partition_of(partition), self._positions[partition], limit - len(found)
            )
            if records:
                self._positions[partition] = records[-1].offset + 1
                found += records
            if len(found) >= limit:
                break
        return found

    def _keep_up(self) -> None:
        """Renew the lease in time, and take or let go partitions when the group has changed."""
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + LOOK
        with self._database.reading() as db, db:
            sight = self._look(db)
        if sight != self._sight or now >= self._renew_at:
            self._rebalance()

    def _look(self, db: apsw.Connection) -> Sight:
        rows = db.execute(
            "SELECT id, topics FROM member WHERE group_name = ? AND expires > ? ORDER BY id",
            (self._group, clock.now()),
        )
        members = tuple((id, tuple(msgspec.json.decode(topics, type=list[str]))) for id, topics in rows)
        read = {topic for _, topics in members for topic in topics}
        partitions = db.execute("SELECT id, topic FROM partition ORDER BY topic, number")
        return Sight(members, holders(db, self._group), tuple(row for row in partitions if row[1] in read))

    def _rebalance(self) -> None:
        with self._database.writing() as db:
            db.execute("DELETE FROM member WHERE group_name = ? AND expires <= ?", (self._group, clock.now()))
            self._renew(db)
            sight = self._look(db)
            meant, living = sight.share(self._id), {id for id, _ in sight.members}
            taken = {}
            for partition, holder in sight.holders.items():
                if holder in living and (holder != self._id or partition in meant):
                    taken[partition] = holder
                else:
                    db.execute("DELETE FROM lease WHERE group_name = ? AND partition = ?", (self._group, partition))
            for partition in meant - taken.keys():
                db.execute("INSERT INTO lease VALUES (?, ?, ?)", (self._group, partition, self._id))
                self._positions[partition] = self._committed(db, partition)
                taken[partition] = self._id
            self._positions = {id: offset for id, offset in self._positions.items() if taken.get(id) == self._id}
            self._sight = self._look(db)

    def _renew(self, db: apsw.Connection) -> None:
        topics = msgspec.json.encode(self._names).decode()
        expires = clock.now() + int(self._lease * 1_000_000)
        db.execute("INSERT OR REPLACE INTO member VALUES (?, ?, ?, ?)", (self._id, self._group, topics, expires))
        self._renew_at = time.monotonic() + self._lease / 3

    def _committed(self, db: apsw.Connection, partition: int) -> int:
        found = list(
            db.execute("SELECT offset FROM position WHERE group_name = ? AND partition = ?", (self._group, partition))
        )
        return int(found[0][0]) if found else bounds(db, [partition])[0][0]


def holders(db: apsw.Connection, group: str) -> dict[int, str]:
    """Which member holds each partition that is held."""
    rows: Iterable[tuple[int, str]] = db.execute("SELECT partition, member FROM lease WHERE group_name = ?", (group,))
    return dict(rows)
