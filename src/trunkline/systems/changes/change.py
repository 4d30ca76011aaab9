"""What a database tells of its rows: changes, rows that cannot be read, and where transactions end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import msgspec

Op = Literal["c", "u", "d", "r", "t"]
"""Created, updated, deleted, read in a snapshot; truncated: the table was emptied. Debezium's letters."""


class Moment(msgspec.Struct, frozen=True, gc=False):
    """When a change was: the `index`-th of the transaction `at` (the LSN of its commit, its GTID), whose commit was at
    `time` (microseconds since the epoch).

    `offset` is the place in the database's log as a number of bytes, and `source` what the envelope says of it.
    """

    at: str
    index: int
    time: int
    offset: int
    source: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Unique in the database, and the same whenever its log is read."""
        return f"{self.at}-{self.index}"


class Change(msgspec.Struct, frozen=True, gc=False):
    """What happened to a row of `table`; `key` are the names of its key's columns.

    `before` and `after` hold what the database gave, each value as JSON has it. The values of `unchanged` columns are
    not known: they are what they were, and the database did not repeat them.
    """

    op: Op
    table: str
    key: tuple[str, ...]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    moment: Moment
    unchanged: tuple[str, ...] = ()


class Unreadable(NamedTuple):
    """Why a row cannot be read: a short stable code, the sentence for who must act, and the bytes in question."""

    reason: str
    message: str
    part: bytes = b""


class Broken(msgspec.Struct, frozen=True, gc=False):
    """A change of `table` that cannot be read."""

    table: str
    fault: Unreadable
    moment: Moment


class RolledBack(msgspec.Struct, frozen=True):
    """Of the transaction that is being told, the changes from this index on are not so after all."""

    index: int


class Committed:
    """A transaction's end: what came before it belongs together."""


COMMITTED = Committed()


class Shape(msgspec.Struct, frozen=True):
    """The columns of a table as a snapshot has them, in order, and those of its key."""

    columns: tuple[str, ...]
    key: tuple[str, ...]
