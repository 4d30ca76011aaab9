"""How far a database has been taken: what the log keeps of it, from which a restart goes on."""

from __future__ import annotations

import msgspec


class Part(msgspec.Struct, frozen=True):
    """Of a transaction too large for one commit, the first `changes` changes are in the log."""

    at: str
    changes: int


class Pending(msgspec.Struct, frozen=True):
    """Of a snapshot that lies in `file`, the first `rows` rows are in the log."""

    file: str
    rows: int


class Position(msgspec.Struct, frozen=True, omit_defaults=True):
    """`at` is the end of the last transaction that is in the log (an LSN, a GTID position), None before the first
    snapshot. `since` says from where on each table's changes count: the moment of its snapshot.

    `slot` is the database's own name of our place in its log, and `server` which server it is, where it says so.
    """

    at: str | None = None
    part: Part | None = None
    pending: Pending | None = None
    since: dict[str, str] = {}
    slot: str = ""
    server: str = ""

    @classmethod
    def read(cls, value: bytes | None) -> Position:
        """The position that was written so; the very first where nothing was."""
        return msgspec.json.decode(value, type=cls) if value is not None else cls()

    def bytes(self) -> bytes:
        return msgspec.json.encode(self)
