"""Consumer groups: members of any process share the partitions of their topics."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from trunkline.log.embedded.consumer import Consumer
from trunkline.log.embedded.database import Database
from trunkline.log.embedded.heartbeat import Heartbeat
from trunkline.log.embedded.member import Member, bury, leave
from trunkline.log.embedded.positions import positions, set_positions
from trunkline.log.embedded.reading import Reading
from trunkline.log.embedded.topics import Topics
from trunkline.log.port import LogError, TopicPartition


class Groups:
    """What the log knows of groups, and the members that this process has in them."""

    def __init__(self, database: Database, topics: Topics, reading: Reading, lease: float) -> None:
        self._database, self._topics, self._reading = database, topics, reading
        self._heartbeat = Heartbeat(database, lease)

    def member(self, group: str, topics: Sequence[str], name: str = "") -> Member:
        """See `Log.member`."""
        for topic in topics:
            self._topics.get(topic)
        return Member(self._database, self._heartbeat, group, topics, name)

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer:
        """See `Log.consumer`."""
        return Consumer(self._database, self._topics, self._reading, self.member(group, topics))

    def names(self) -> list[str]:
        """See `Log.groups`."""
        with self._database.reading() as db:
            rows = db.execute("SELECT group_name FROM position UNION SELECT group_name FROM member ORDER BY group_name")
            return [name for (name,) in rows]

    def committed(self, group: str) -> dict[TopicPartition, int]:
        """See `Log.committed`."""
        with self._database.reading() as db:
            return positions(db, group)

    def commit(self, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        """See `Log.commit`."""
        new = {(group, self._topics.id(*place)): offset for place, offset in offsets.items()}
        with self._database.writing() as db:
            bury(db, group)
            [(members,)] = db.execute("SELECT count(*) FROM member WHERE group_name = ?", (group,))
            if members:
                raise LogError(
                    f"group {group!r} has {members} living members, which would not notice: stop them first (one that "
                    f"was killed counts for {self._heartbeat.lease:g} s)"
                )
            set_positions(db, new)

    def close(self) -> None:
        """The members that this process still has leave."""
        if members := self._heartbeat.close():
            # Where the log cannot be written any more, their leases run out.
            with suppress(LogError), self._database.writing() as db:
                leave(db, members)
