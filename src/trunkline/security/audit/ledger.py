"""The ledger: the audit trail as it is kept, entry by entry, in a SQLite file that can be handed to an auditor.

Each row has the entry, its leaf hash in the Merkle tree, and the head of the hash chain behind it. An entry's number is
its place from 0. How far the log has been brought in is committed with the entries, so that each is there once.

Of entries whose time is over (`retention`) the leaf hashes stay, which tell nothing of anybody: so tree and chain are
whole from the first entry on, whatever was removed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import apsw

from trunkline.security.audit import entry as entries
from trunkline.security.audit.files import write_once
from trunkline.security.audit.merkle import EMPTY, Peaks, leaf_hash, node_hash, root_of, split

START = sha256(b"trunkline audit trail").digest()
"""The head of the chain before the first entry."""
TILE = 8  # level of the subtrees (of 256 leaves) from which on their hashes are kept
LAYOUT = 0x74726B61  # application_id "trka": a ledger, layout 1

SCHEMA = """
CREATE TABLE entry (
    number INTEGER PRIMARY KEY,
    body TEXT NOT NULL,         -- as the log has it, byte by byte
    leaf BLOB NOT NULL,         -- SHA-256 of 0x00 and the body
    head BLOB NOT NULL          -- SHA-256 of the head before and the leaf
) STRICT;
CREATE INDEX entry_by_id ON entry (body ->> '$.id');
CREATE INDEX entry_by_time ON entry (body ->> '$.time');
CREATE INDEX entry_by_who ON entry (body ->> '$.who.subject');
CREATE INDEX entry_by_kind ON entry (body ->> '$.resource.kind');
CREATE TABLE concern (id TEXT, number INTEGER, PRIMARY KEY (id, number)) STRICT, WITHOUT ROWID;
CREATE TABLE node (level INTEGER, place INTEGER, hash BLOB NOT NULL, PRIMARY KEY (level, place)) STRICT, WITHOUT ROWID;
CREATE TABLE writer (name TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE position (one INTEGER PRIMARY KEY CHECK (one = 1), offset INTEGER NOT NULL) STRICT;
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
CREATE TABLE delivery (witness TEXT PRIMARY KEY, size INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""
REMOVED = """
CREATE {temporary} TABLE removed (number INTEGER PRIMARY KEY, leaf BLOB NOT NULL) STRICT;
CREATE INDEX {within}removed_by_leaf ON removed (leaf);
CREATE {temporary} TABLE removed_writer (name TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""
"""What is kept of entries that were removed: their leaf hashes, and how far each writer had counted. A ledger of before
has no such tables; where it is only read, there are empty ones beside it."""


class LedgerError(Exception):
    """The ledger cannot be used, or is not what it was; the message says what to do."""


class Superseded(LedgerError):
    """Another keeper has brought entries in meanwhile."""


class Row(NamedTuple):
    """An entry as it is kept."""

    number: int
    body: bytes
    leaf: bytes
    head: bytes


def chained(head: bytes, leaf: bytes) -> bytes:
    """The head of the chain behind an entry."""
    return sha256(head + leaf).digest()


class Ledger:
    """The file at `path`, made where there is none unless it is opened to read only. One keeper writes at a time.

    Raises `LedgerError`.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        try:
            if read_only:
                self._db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
            else:
                write_once(path, b"") if not path.exists() else None
                self._db = apsw.Connection(str(path))
            self._db.set_busy_timeout(30_000)
            if not read_only:
                self._set_up()
            if self._db.pragma("application_id") != LAYOUT:
                raise LedgerError(f"{path} is no ledger of an audit trail")
            if read_only and not self._knows_removed():
                self._db.execute(REMOVED.format(temporary="TEMPORARY", within="temp."))
        except apsw.Error as error:
            raise LedgerError(f"{path} cannot be opened as the ledger of an audit trail: {error}") from error
        self.size, self.head, self._peaks = 0, START, Peaks()
        self.offset: int | None = None
        """The next offset of the log to be brought in; None where nothing was yet. This and the size, the head and the
        root are the keeper's, who has loaded them."""

    def load(self) -> None:
        """Take up what is there, as after the last commit of whichever keeper: before the first `take`."""
        with self._reading():
            rows = self._rows("SELECT number + 1, head FROM entry ORDER BY number DESC LIMIT 1") or [(0, START)]
            [(self.size, self.head)] = rows
            self._peaks = Peaks(self.size, self._peaks_of(self.size))
            self.offset = self._position()

    @property
    def root(self) -> bytes:
        return self._peaks.root()

    def take(self, bodies: Sequence[bytes], offset: int) -> int:
        """Number, chain and keep entries; `offset` is the log's next. How many they were, without those that are there.

        An entry that its writer has sent twice is kept once. Raises `Superseded`, `LedgerError`; then nothing of it is
        kept, and `load` begins anew.
        """
        with self._writing():
            if (before := self._position()) != self.offset:
                raise Superseded(f"another keeper has brought the log in up to {before}, this one to {self.offset}")
            first = self.size
            writers: dict[str, int] = {}
            for body in bodies:
                self._add(body, writers)
            self._db.executemany(
                "INSERT INTO writer VALUES (?, ?) ON CONFLICT DO UPDATE SET number = excluded.number", writers.items()
            )
            self._db.execute("INSERT OR REPLACE INTO position VALUES (1, ?)", (offset,))
        self.offset = offset
        return self.size - first

    def rows(self, first: int = -1 << 62, last: int = 1 << 62) -> Iterator[Row]:
        """The entries from `first` to `last` (exclusive), as they lie there: numbers may be missing, or be there that
        never were, where somebody was at it. Raises `LedgerError` where the file is damaged."""
        sql = (
            "SELECT number, CAST(body AS BLOB), leaf, head FROM entry WHERE number >= ? AND number < ? ORDER BY number"
        )
        return (Row(*row) for row in self._each(sql, (first, last)))

    def row(self, number: int) -> Row:
        """Raises `LedgerError` where there is none."""
        for row in self.rows(number, number + 1):
            return row
        if self._rows("SELECT 1 FROM removed WHERE number = ?", (number,)):
            raise LedgerError(f"the entry {number} was removed when its time was over; its hash alone is kept")
        raise LedgerError(f"the trail has no entry {number}: `trunkline audit search` lists them")

    def number(self, id: str) -> int:
        """The number of the entry with an id. Raises `LedgerError`."""
        for (number,) in self._rows("SELECT number FROM entry WHERE body ->> '$.id' = ?", (id,)):
            return int(number)
        raise LedgerError(f"the trail has no entry {id!r}: `trunkline audit search` lists them")

    def subtree(self, first: int, last: int) -> bytes:
        """The hash of the Merkle tree over the leaves `first` to `last` (exclusive), as `merkle.Range`."""
        count = last - first
        if count <= 1 << TILE:
            leaves = list(self._leaves(first, last))
            if len(leaves) != count:
                raise LedgerError(
                    f"entries between {first} and {last} are missing: `trunkline audit verify` says which"
                )
            return root_of(leaves)
        level = count.bit_length() - 1
        if count == 1 << level and first % count == 0:
            for (found,) in self._rows("SELECT hash FROM node WHERE level = ? AND place = ?", (level, first >> level)):
                return bytes(found)
        middle = first + split(count)
        return node_hash(self.subtree(first, middle), self.subtree(middle, last))

    def root_at(self, size: int) -> bytes:
        """The root of the first `size` entries."""
        return self.subtree(0, size) if size else EMPTY

    def leaves(self, first: int, last: int) -> bytes:
        """The leaf hashes of the entries `first` to `last` (exclusive), one behind the other."""
        return b"".join(self._leaves(first, last))

    def removed(self) -> Iterator[tuple[int, bytes]]:
        """Of the entries that were removed: (number, leaf hash), in their order."""
        return ((number, leaf) for number, leaf in self._each("SELECT number, leaf FROM removed ORDER BY number"))

    def removed_writers(self) -> dict[str, int]:
        """How far each writer had counted where entries were removed last."""
        return dict(self._rows("SELECT name, number FROM removed_writer"))

    def first_since(self, moment: str) -> int:
        """The number of the first entry of a time, as entries have it, or later; that of the newest where none is."""
        found = self._rows("SELECT min(number) FROM entry WHERE body ->> '$.time' >= ?", (moment,))[0][0]
        return int(found) if found is not None else self._rows("SELECT max(number) FROM entry")[0][0] or 0

    def remove(self, size: int, writers: Mapping[str, int]) -> int:
        """Remove the text of the first `size` entries for good, up to which `writers` had counted; how many they were.
        Raises `LedgerError`."""
        self._db.pragma("secure_delete", True)  # what is removed is overwritten
        with self._writing():
            self._db.execute("INSERT INTO removed SELECT number, leaf FROM entry WHERE number < ?", (size,))
            self._db.execute("DELETE FROM removed_writer")
            self._db.executemany("INSERT INTO removed_writer VALUES (?, ?)", writers.items())
            self._db.execute("DELETE FROM concern WHERE number < ?", (size,))
            self._db.execute("DELETE FROM entry WHERE number < ?", (size,))
            count = self._db.changes()
        self._rows("PRAGMA wal_checkpoint(TRUNCATE)")
        return count

    def add_checkpoint(self, size: int, note: str) -> None:
        with self._writing():
            self._db.execute("INSERT INTO checkpoint VALUES (?, ?)", (size, note))

    def checkpoints(self, above: int = -1) -> list[tuple[int, str]]:
        """(size, note) of those that are larger than `above`, in their order."""
        return [
            (size, note)
            for size, note in self._rows("SELECT size, note FROM checkpoint WHERE size > ? ORDER BY size", (above,))
        ]

    def last_checkpoint(self, up_to: int | None = None) -> tuple[int, str] | None:
        """(size, note) of the largest one, or the largest of at most `up_to` entries."""
        found = self._rows(
            "SELECT size, note FROM checkpoint WHERE size <= ? ORDER BY size DESC LIMIT 1",
            (1 << 62 if up_to is None else up_to,),
        )
        return found[0] if found else None

    def checkpoint_over(self, number: int) -> tuple[int, str] | None:
        """The first checkpoint that an entry lies under."""
        return next(iter(self.checkpoints(number)), None)

    def delivered(self, witness: str) -> int:
        """The size of the last checkpoint that a witness has confirmed; -1 where none."""
        rows = self._rows("SELECT size FROM delivery WHERE witness = ?", (witness,))
        return int(rows[0][0]) if rows else -1

    def set_delivered(self, witness: str, size: int) -> None:
        with self._writing():
            self._db.execute("INSERT OR REPLACE INTO delivery VALUES (?, ?)", (witness, size))

    def find(self, conditions: Sequence[str], values: Sequence[str], limit: int) -> list[Row]:
        """The last entries that meet all conditions, the oldest first (see `search`)."""
        where = " AND ".join(conditions) or "TRUE"
        sql = f"SELECT number, CAST(body AS BLOB), leaf, head FROM entry WHERE {where} ORDER BY number DESC LIMIT ?"  # noqa: S608  # the conditions are ours
        return [Row(*row) for row in reversed(self._rows(sql, (*values, limit)))]

    def concerned(self) -> Iterator[tuple[str, int]]:
        """All that the index by whose data says: (id, number)."""
        return ((id, number) for id, number in self._each("SELECT id, number FROM concern"))

    def damages(self) -> list[str]:
        """What SQLite finds wrong in the file, its indexes among it; [] where all is well."""
        return [text for (text,) in self._rows("PRAGMA integrity_check(20)") if text != "ok"]

    def close(self) -> None:
        self._db.close()

    def _add(self, body: bytes, writers: dict[str, int]) -> None:
        decoded = entries.decode(body)
        writer, number = entries.writer_and_number(decoded.id)
        if writer not in writers:
            found = self._rows("SELECT number FROM writer WHERE name = ?", (writer,))
            writers[writer] = found[0][0] if found else -1
        if number <= writers[writer] and self._has(decoded.id, body):
            return
        writers[writer] = max(number, writers[writer])
        leaf = leaf_hash(body)
        self.head = chained(self.head, leaf)
        place = self.size
        self._db.execute("INSERT INTO entry VALUES (?, ?, ?, ?)", (place, body.decode(), leaf, self.head))
        for id in concerned(decoded):
            self._db.execute("INSERT OR IGNORE INTO concern VALUES (?, ?)", (id, place))
        for level, hash in self._peaks.add(leaf):
            if level >= TILE:
                self._db.execute("INSERT OR REPLACE INTO node VALUES (?, ?, ?)", (level, place >> level, hash))
        self.size += 1

    def _position(self) -> int | None:
        rows = self._rows("SELECT offset FROM position")
        return rows[0][0] if rows else None

    def _has(self, id: str, body: bytes) -> bool:
        """Whether this very entry is there. Another one under its id is no repetition: it is kept, and found later."""
        there = self._rows("SELECT 1 FROM entry WHERE body ->> '$.id' = ? AND CAST(body AS BLOB) = ?", (id, body))
        return bool(there or self._rows("SELECT 1 FROM removed WHERE leaf = ?", (leaf_hash(body),)))

    def _leaves(self, first: int, last: int) -> Iterator[bytes]:
        for table in ("removed", "entry"):
            sql = f"SELECT leaf FROM {table} WHERE number >= ? AND number < ? ORDER BY number"  # noqa: S608  # ours
            yield from (leaf for (leaf,) in self._each(sql, (first, last)))

    def _knows_removed(self) -> bool:
        return bool(self._rows("SELECT 1 FROM sqlite_schema WHERE name = 'removed'"))

    def _peaks_of(self, size: int) -> list[bytes]:
        """The hashes of the perfect subtrees of the first `size` entries, the largest first."""
        found, first = [], 0
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                found.append(self.subtree(first, first + (1 << level)))
                first += 1 << level
        return found

    def _set_up(self) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "fullfsync = ON"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute("BEGIN IMMEDIATE")
        with self._ending():
            if not list(self._db.execute("SELECT name FROM sqlite_schema LIMIT 1")):
                self._db.execute(SCHEMA)
                self._db.pragma("application_id", LAYOUT)
            if not self._knows_removed():
                self._db.execute(REMOVED.format(temporary="", within=""))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Look at one state of the file."""
        self._rows("BEGIN")
        with self._ending():
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction, durable when the block ends."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            with self._ending():
                yield
        except apsw.Error as error:
            raise LedgerError(f"the ledger {self.path} could not be written: {error}") from error

    @contextmanager
    def _ending(self) -> Iterator[None]:
        try:
            yield
            self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _rows(self, sql: str, values: Sequence[str | int | bytes] = ()) -> list[tuple]:  # type: ignore[type-arg]
        return list(self._each(sql, values))

    def _each(self, sql: str, values: Sequence[str | int | bytes] = ()) -> Iterator[tuple]:  # type: ignore[type-arg]
        try:
            yield from self._db.execute(sql, values)
        except (apsw.Error, UnicodeDecodeError) as error:  # a damaged byte may make a text of what was none
            raise LedgerError(f"{self.path} cannot be read: {error}") from error


def concerned(entry: entries.Entry) -> list[str]:
    """Under which ids an entry is found by whose data it is about: those that it names, and the resource's own."""
    return list(dict.fromkeys(filter(None, (entry.resource.id, *entry.concerns))))
