"""Where groups go on: the next offset of each partition."""

from collections.abc import Mapping

import apsw

from trunkline.log.port import TopicPartition


def set_positions(db: apsw.Connection, positions: Mapping[tuple[str, int], int]) -> None:
    """By group and the partition's id."""
    for (group, partition), offset in positions.items():
        db.execute("INSERT OR REPLACE INTO position VALUES (?, ?, ?)", (group, partition, offset))


def positions(db: apsw.Connection, group: str) -> dict[TopicPartition, int]:
    """As far as the group has committed any."""
    rows = db.execute(
        "SELECT topic, number, offset FROM position JOIN partition ON partition.id = position.partition"
        " WHERE group_name = ? ORDER BY topic, number",
        (group,),
    )
    return {TopicPartition(topic, number): offset for topic, number, offset in rows}
