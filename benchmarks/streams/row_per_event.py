"""The simplest honest peer on SQLite: a row per event, the state in a dict, and one commit for each batch of outputs,
changed states and the offset, under the settings of the embedded log. `row_per_event.py FILE` works until it is killed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import apsw
import msgspec

BATCH = 10_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS usage (offset INTEGER PRIMARY KEY, key BLOB, value BLOB) STRICT;
DROP TABLE IF EXISTS total;
DROP TABLE IF EXISTS state;
DROP TABLE IF EXISTS position;
CREATE TABLE total (offset INTEGER PRIMARY KEY, key BLOB, value BLOB) STRICT;
CREATE TABLE state (key BLOB PRIMARY KEY, events INTEGER, octets INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE position (offset INTEGER) STRICT;
INSERT INTO position VALUES (0);
"""


class Usage(msgspec.Struct, gc=False):
    octets: int


class Rows:
    """The file."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.db, self._checkpoints = apsw.Connection(path), apsw.Connection(path)
        for pragma in ("page_size = 32768", "journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 0"):
            self.db.execute(f"PRAGMA {pragma}")
        self._wal_bytes = 0
        self.db.set_wal_hook(self._grown)

    @contextmanager
    def commit(self) -> Iterator[apsw.Connection]:
        """A transaction; then the checkpoint, when the WAL has 8 MB."""
        with self.db:
            yield self.db
        if self._wal_bytes > 8 << 20:
            self._checkpoints.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def fill(self, batches: Iterable[tuple[list[bytes], list[bytes]]]) -> None:
        """Put events into the input."""
        self.clear()
        for keys, values in batches:
            with self.commit() as db:
                db.executemany("INSERT INTO usage (key, value) VALUES (?, ?)", zip(keys, values, strict=True))

    def clear(self) -> None:
        """Forget all but the input."""
        self.db.execute(SCHEMA)

    def count(self) -> int:
        """How many outputs are committed."""
        [(count,)] = self.db.execute("SELECT ifnull(max(offset), 0) FROM total")
        return int(count)

    def outputs(self) -> tuple[list[bytes], list[bytes]]:
        """Keys and values of the outputs."""
        keys, values = zip(*self.db.execute("SELECT key, value FROM total ORDER BY offset"), strict=True)
        return list(keys), list(values)

    def _grown(self, db: apsw.Connection, name: str, pages: int) -> int:
        self._wal_bytes = pages * 32_768
        return apsw.SQLITE_OK


def work(rows: Rows) -> None:
    """Process what comes, for ever."""
    decode = msgspec.json.Decoder(Usage).decode
    state = {key: (events, octets) for key, events, octets in rows.db.execute("SELECT * FROM state")}
    [(offset,)] = rows.db.execute("SELECT offset FROM position")
    while True:
        events = list(rows.db.execute("SELECT * FROM usage WHERE offset > ? ORDER BY offset LIMIT ?", (offset, BATCH)))
        if not events:
            time.sleep(0.005)
            continue
        offset = events[-1][0]
        outputs, changed = [], {}
        for _, key, value in events:
            count, octets = state.get(key, (0, 0))
            state[key] = changed[key] = after = (count + 1, octets + decode(value).octets)
            outputs.append((key, b'{"events":%d,"octets":%d}' % after))
        with rows.commit() as db:
            db.executemany("INSERT INTO total (key, value) VALUES (?, ?)", outputs)
            db.executemany("REPLACE INTO state VALUES (?, ?, ?)", [(key, *its) for key, its in changed.items()])
            db.execute("UPDATE position SET offset = ?", (offset,))


if __name__ == "__main__":
    work(Rows(sys.argv[1]))
