"""A member of a group: it holds partitions by leases in the file."""

import time
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

import apsw
import msgspec

from trunkline.log.embedded import clock
from trunkline.log.embedded.database import Database
from trunkline.log.embedded.heartbeat import Heartbeat
from trunkline.log.port import Fenced, TopicPartition

LOOK = 0.1  # seconds between looks at who else is in the group


class Living(NamedTuple):
    """A member as others see it."""

    name: str
    id: str
    topics: tuple[str, ...]


class Claim(NamedTuple):
    """What a member believes that it holds: ids of partitions."""

    group: str
    member: str
    partitions: frozenset[int]


class Sight(NamedTuple):
    """What a member sees of its group: who lives, who of these holds which partition, all partitions."""

    living: list[Living]
    """By name, then by id."""
    holders: dict[int, str]
    places: dict[int, TopicPartition]
    """In the order in which they are shared out."""

    def held(self, member: str) -> frozenset[int]:
        return frozenset(partition for partition, holder in self.holders.items() if holder == member)

    def share(self, member: str) -> frozenset[int]:
        """The partitions meant for `member` now.

        Those who read the same topics share their partitions evenly, each keeping what it has as far as it may; so
        as few as possible change hands. What somebody has too many of is nobody's until it is let go.
        """
        meant = set()
        pools: dict[tuple[str, ...], list[int]] = {}
        for partition, place in self.places.items():
            readers = tuple(its.id for its in self.living if place.topic in its.topics)
            if member in readers:
                pools.setdefault(readers, []).append(partition)
        for readers, pool in pools.items():
            holdings = Counter(self.holders[partition] for partition in pool if partition in self.holders)
            fewest, more = divmod(len(pool), len(readers))
            free = iter([partition for partition in pool if partition not in self.holders])
            for turn, reader in enumerate(sorted(readers, key=lambda reader: -holdings[reader])):
                quota = fewest + (turn < more)
                its = [partition for partition in pool if self.holders.get(partition) == reader][:quota]
                its += islice(free, quota - len(its))
                if reader == member:
                    meant |= set(its)
        return frozenset(meant)


class Member:
    """See `port.Member`; one that shares the partitions of several topics is what a consumer stands on.

    A partition changes hands when its holder lets go of it in `assignment`, has left, or is found dead.
    """

    def __init__(
        self, database: Database, heartbeat: Heartbeat, group: str, topics: Sequence[str], name: str = ""
    ) -> None:
        self._database, self._heartbeat = database, heartbeat
        self._group, self._topics, self._name = group, tuple(sorted(set(topics))), name
        self._id = uuid.uuid4().hex
        self._held: frozenset[int] = frozenset()
        self._places: frozenset[TopicPartition] = frozenset()
        self._numbers: frozenset[int] = frozenset()
        self._look_at = 0.0
        with database.writing() as db:
            self._join(db)
            if name:
                self._succeed(db)
        heartbeat.add(self._id)

    @property
    def group(self) -> str:
        return self._group

    def assignment(self) -> frozenset[int]:
        """See `port.Member.assignment`. Raises `Fenced` when another member has taken this one's name."""
        self.places()
        return self._numbers

    def places(self) -> frozenset[TopicPartition]:
        """The partitions that this member holds now, as `assignment` gives them."""
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK
            self._keep_up()
        return self._places

    def claim(self) -> Claim:
        """What it held when it last looked."""
        return Claim(self._group, self._id, self._held)

    def close(self) -> None:
        """See `port.Member.close`."""
        self._heartbeat.remove(self._id)
        with self._database.writing() as db:
            leave(db, [self._id])
        self._hold(frozenset(), {})

    def _keep_up(self) -> None:
        """Take or let go partitions when the group has changed."""
        with self._database.reading() as db, db:
            sight = look(db, self._group)
        self._refuse_succeeded(sight)
        mine, lives = sight.held(self._id), any(its.id == self._id for its in sight.living)
        if lives and self._held <= mine == sight.share(self._id):
            self._hold(mine, sight.places)
        else:
            self._rebalance()

    def _rebalance(self) -> None:
        with self._database.writing() as db:
            bury(db, self._group)
            self._refuse_succeeded(look(db, self._group))
            self._join(db)
            sight = look(db, self._group)
            mine = sight.held(self._id)
            # What was lost is missing in one answer at least, even if it is free again by now: others have had it.
            lost = self._held - mine
            meant = sight.share(self._id) - lost
            for partition in mine - meant:
                db.execute("DELETE FROM lease WHERE group_name = ? AND partition = ?", (self._group, partition))
            for partition in meant - mine:
                db.execute("INSERT OR REPLACE INTO lease VALUES (?, ?, ?)", (self._group, partition, self._id))
        self._hold(meant, sight.places)
        if lost:
            self._look_at = 0.0

    def _hold(self, partitions: frozenset[int], places: dict[int, TopicPartition]) -> None:
        if partitions != self._held:
            self._held = partitions
            self._places = frozenset(places[partition] for partition in partitions)
            self._numbers = frozenset(place.partition for place in self._places)

    def _join(self, db: apsw.Connection) -> None:
        topics = msgspec.json.encode(self._topics).decode()
        row = (self._id, self._group, self._name, topics, self._heartbeat.expires())
        db.execute("INSERT OR REPLACE INTO member VALUES (?, ?, ?, ?, ?)", row)

    def _succeed(self, db: apsw.Connection) -> None:
        """Take over what the member that had this name before holds."""
        its = (self._id, self._group, self._name)
        db.execute(
            "UPDATE lease SET member = ?1 WHERE group_name = ?2"
            " AND member IN (SELECT id FROM member WHERE group_name = ?2 AND name = ?3)",
            its,
        )
        db.execute("DELETE FROM member WHERE group_name = ?2 AND name = ?3 AND id <> ?1", its)

    def _refuse_succeeded(self, sight: Sight) -> None:
        named = [its.id for its in sight.living if its.name == self._name] if self._name else []
        if named and self._id not in named:
            raise Fenced(
                f"group {self._group!r}: another member {self._name!r} has joined after this one: stop this one"
            )


def leave(db: apsw.Connection, members: Iterable[str]) -> None:
    """Take members out of their groups; what they held is free."""
    for id in members:
        db.execute("DELETE FROM member WHERE id = ?", (id,))
        db.execute("DELETE FROM lease WHERE member = ?", (id,))


def bury(db: apsw.Connection, group: str) -> None:
    """Take out of the group whoever has not been heard of for too long."""
    dead = db.execute("SELECT id FROM member WHERE group_name = ? AND expires <= ?", (group, clock.now()))
    leave(db, [id for (id,) in dead])


def look(db: apsw.Connection, group: str) -> Sight:
    """What is there to be seen, in the caller's transaction."""
    rows = db.execute(
        "SELECT name, id, topics FROM member WHERE group_name = ? AND expires > ? ORDER BY name, id",
        (group, clock.now()),
    )
    living = [Living(name, id, tuple(msgspec.json.decode(topics, type=list[str]))) for name, id, topics in rows]
    ids = {its.id for its in living}
    leases = db.execute("SELECT partition, member FROM lease WHERE group_name = ?", (group,))
    topics = msgspec.json.encode(sorted({topic for its in living for topic in its.topics})).decode()
    partitions = db.execute(
        "SELECT id, topic, number FROM partition WHERE topic IN (SELECT value FROM json_each(?))"
        " ORDER BY topic, number",
        (topics,),
    )
    return Sight(
        living,
        {partition: member for partition, member in leases if member in ids},
        {id: TopicPartition(topic, number) for id, topic, number in partitions},
    )


def refuse_lost(db: apsw.Connection, claim: Claim) -> None:
    """Raise `Fenced` where a partition that is claimed is leased to the member no more."""
    leased = db.execute("SELECT partition FROM lease WHERE group_name = ? AND member = ?", (claim.group, claim.member))
    if lost := claim.partitions - {partition for (partition,) in leased}:
        names = db.execute(
            "SELECT topic || '/' || number FROM partition WHERE id IN (SELECT value FROM json_each(?)) ORDER BY 1",
            (msgspec.json.encode(sorted(lost)).decode(),),
        )
        raise Fenced(
            f"group {claim.group!r}: another member has taken over {', '.join(name for (name,) in names)}, because "
            "this one was not heard of; it does again what this one has not committed: look at the assignment and go on"
        )
