"""What was really used: every record that was sent, and what became of it on the way, to compare the platform with."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

KEPT = 2 * 86_400
"""Seconds that a record is remembered."""


class Sent(NamedTuple):
    """A record in a file. `record` is how the platform calls it; `fate` is `used`, `late`, `duplicate`, `broken` or
    `correction`, which replaces the record `corrects`. `quantity` is seconds, octets or messages."""

    file: str
    record: str
    fate: str
    corrects: str
    subscriber: str
    service: str
    direction: str
    started: int
    quantity: int


class Truth:
    """The table `sent`, an SQLite file; ":memory:" for one of this process alone."""

    def __init__(self, path: Path | str) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS sent (file, record, fate, corrects, subscriber, service, direction, started,"
            " quantity, PRIMARY KEY (file, record)) WITHOUT ROWID"
        )
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS frauds (subscriber, kind, PRIMARY KEY (subscriber, kind)) WITHOUT ROWID"
        )
        self._database.execute("PRAGMA synchronous = OFF")  # a killed process loses nothing by it
        self._database.execute("CREATE INDEX IF NOT EXISTS corrected ON sent (corrects) WHERE corrects != ''")
        self._database.execute("CREATE INDEX IF NOT EXISTS aged ON sent (started)")

    def write(self, sent: Iterable[Sent], now: int) -> None:
        """Add records, those that are there already once more without effect, and forget those that are too old."""
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR REPLACE INTO sent VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", sent)
        self._database.execute("DELETE FROM sent WHERE started < ?", (now - KEPT,))
        self._database.execute("COMMIT")

    def write_frauds(self, frauds: Iterable[tuple[str, str]]) -> None:
        """Whose numbers are misused, and how, instead of what was said before."""
        self._database.execute("BEGIN")
        self._database.execute("DELETE FROM frauds")
        self._database.executemany("INSERT INTO frauds VALUES (?, ?)", frauds)
        self._database.execute("COMMIT")

    def frauds(self) -> set[tuple[str, str]]:
        """Numbers, and the kind of fraud."""
        return set(self._database.execute("SELECT subscriber, kind FROM frauds"))

    def totals(self) -> dict[tuple[str, str, str], int]:
        """What was used, by number, service and direction: each record once, as corrected, without the broken ones."""
        rows = self._database.execute(
            "SELECT subscriber, service, direction, SUM(quantity) FROM sent"
            " WHERE fate IN ('used', 'late', 'correction')"
            " AND record NOT IN (SELECT corrects FROM sent WHERE corrects != '') GROUP BY 1, 2, 3"
        )
        return {(subscriber, service, direction): total for subscriber, service, direction, total in rows}

    def fates(self) -> dict[str, int]:
        """How many records there were of each fate."""
        return dict(self._database.execute("SELECT fate, COUNT(*) FROM sent GROUP BY fate"))

    def close(self) -> None:
        self._database.close()
