"""What a database's folder offers: a consistent snapshot of tables, and the stream of what changed since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from trunkline.systems.changes.change import Broken, Change, Committed, Moment, RolledBack, Shape, Unreadable
from trunkline.systems.changes.position import Part, Position

ANEW = "declare the connection under a new name, which takes all tables anew"


class Gap(ValueError):
    """The database cannot give what lies between the position and now: changes are lost, or rows would come twice.

    The message says why. It takes a new connection, under another name, to begin anew with a snapshot.
    """


class Snapshot(Protocol):
    """Tables as they all were at one moment, whatever is written meanwhile."""

    @property
    def moment(self) -> Moment:
        """What is behind its `at` is not in the snapshot; its `index` is 0."""

    @property
    def at(self) -> str:
        """Where the stream of changes goes on, which may be before the moment."""

    @property
    def shapes(self) -> Mapping[str, Shape]: ...

    def rows(self, table: str) -> Iterator[list[Any] | Unreadable]:
        """Each row's values in the order of its columns, each as JSON has it."""


class Stream(Protocol):
    """The changes behind a position, in the order of their commits, of the declared tables alone.

    `at` is the end of the last transaction that was given whole, and `part` how much of the one after it was.
    """

    @property
    def at(self) -> str: ...

    @property
    def part(self) -> Part | None: ...

    def next(self) -> Change | Broken | RolledBack | Committed | None:
        """The next change, or the end of a transaction; None where none comes for the moment.

        Raises `OSError` where the database is not reached any more, and `Gap`.
        """

    def confirm(self) -> None:
        """All that was given so far is in the log: the database need not keep it for us."""


class Database(Protocol):
    """A database whose tables are followed. Every method blocks, and raises `OSError` where it cannot be reached."""

    @property
    def connector(self) -> str:
        """The envelope's word for it."""

    def begin(self, position: Position, tables: Sequence[str]) -> Position:
        """See that all is as it must be to follow `tables`, and return what has to be in the log before a snapshot.

        Raises `PermissionError` or `ValueError` saying what its administrator must do, and `Gap`.
        """

    def snapshot(self, position: Position, tables: Sequence[str]) -> AbstractContextManager[Snapshot]: ...

    def stream(self, position: Position) -> AbstractContextManager[Stream]: ...

    def names(self, table: str) -> Mapping[str, Any]:
        """The envelope's `db`, `schema` and `table`."""

    def uri(self, table: str) -> str:
        """The table's name in the world, `postgresql://host:5432/crm/public.customer`."""
