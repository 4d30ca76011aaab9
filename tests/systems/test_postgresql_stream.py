"""The server's messages as changes, with messages that a test has written down."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from trunkline.systems.changes.change import COMMITTED, Change
from trunkline.systems.changes.position import Part, Position
from trunkline.systems.postgresql.replication import Wal
from trunkline.systems.postgresql.stream import PostgresqlStream

RELATION = (
    b"R"
    + struct.pack(">I", 7)
    + b"public\0customer\0d"
    + struct.pack(">H", 1)
    + b"\x01id\0"
    + struct.pack(">Ii", 23, -1)
)


class Spoken:
    """The server's side of a conversation: messages, LSNs of keepalives, and None where nothing comes."""

    def __init__(self, *said: bytes | int | None) -> None:
        self._said: Iterator[bytes | int | None] = iter(said)
        self.confirmed: list[int] = []

    def next(self, timeout: float) -> Wal | int | None:
        said = next(self._said, None)
        return Wal(said) if isinstance(said, bytes) else said

    def confirm(self, lsn: int) -> None:
        self.confirmed.append(lsn)


def begin(lsn: int) -> bytes:
    return b"B" + struct.pack(">QqI", lsn, 0, 1)


def insert(key: int) -> bytes:
    text = str(key).encode()
    return b"I" + struct.pack(">I", 7) + b"N" + struct.pack(">HcI", 1, b"t", len(text)) + text


def commit(lsn: int) -> bytes:
    return b"C\0" + struct.pack(">QQq", lsn, lsn + 8, 0)


def stream(spoken: Spoken, position: Position | None = None) -> PostgresqlStream:
    position = position or Position(at="0/10", since={"public.customer": "0/10"})
    return PostgresqlStream(spoken, position, converter_of=lambda type: int, key_of=lambda relation: ("id",))  # type: ignore[arg-type]


def keys(found: PostgresqlStream) -> list[int | str | None]:
    """Everything up to the first silence."""
    told: list[int | str | None] = []
    while (item := found.next()) is not None:
        told.append(
            item.after["id"] if isinstance(item, Change) and item.after else "end" if item is COMMITTED else None
        )
    return told


def test_a_keepalive_confirms_nothing_while_a_transaction_waits_to_be_committed_here() -> None:
    """Not even between the changes of the next one, whose places in the log may be earlier."""
    spoken = Spoken(begin(32), RELATION, insert(1), 99, commit(32), 100, begin(64), RELATION, 101, insert(2), None)
    found = stream(spoken)
    assert keys(found) == [1, "end", 2]
    assert spoken.confirmed == []
    found.confirm()
    assert spoken.confirmed == [40]


def test_a_keepalive_confirms_what_is_of_no_interest_once_all_that_was_is_in_the_log() -> None:
    spoken = Spoken(20, begin(32), RELATION, insert(1), commit(32), None, 90)
    found = stream(spoken)
    assert keys(found) == [1, "end"]
    found.confirm()
    assert keys(found) == []
    assert spoken.confirmed == [20, 40, 90]


def test_what_a_table_went_through_before_its_snapshot_is_not_told() -> None:
    spoken = Spoken(begin(32), RELATION, insert(1), commit(32), begin(48), insert(2), commit(48))
    assert keys(stream(spoken, Position(at="0/10", since={"public.customer": "0/30"}))) == ["end", 2, "end"]


def test_of_a_transaction_that_is_in_the_log_in_part_the_rest_is_told() -> None:
    said = (begin(32), RELATION, insert(1), insert(2), insert(3), commit(32), begin(48), insert(4), commit(48))
    position = Position(at="0/10", since={"public.customer": "0/10"}, part=Part("0/20", 2))
    assert keys(stream(Spoken(*said), position)) == [3, "end", 4, "end"]


def test_how_much_of_a_transaction_was_told_counts_every_table() -> None:
    other = RELATION.replace(b"customer", b"other").replace(struct.pack(">I", 7), struct.pack(">I", 8))
    foreign = insert(9).replace(struct.pack(">I", 7), struct.pack(">I", 8))
    found = stream(Spoken(begin(32), RELATION, other, foreign, insert(1), commit(32)))
    first = found.next()
    assert isinstance(first, Change)
    assert (first.moment.id, found.part) == ("0/20-1", Part("0/20", 2))


@pytest.mark.parametrize("said", [insert(1), RELATION[:-1], b"?", b""])
def test_what_makes_no_sense_breaks_the_connection_off_and_is_never_skipped(said: bytes) -> None:
    with pytest.raises(ConnectionError, match=r"behind 0/10|in the transaction"):
        keys(stream(Spoken(begin(32), said)))
