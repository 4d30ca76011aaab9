"""From the log into the chain, and the whole chain verified; beside a table of the same entries without chain, tree and
search."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import apsw
import msgspec

from benchmarks.headline import Headline, alternate, timed
from trunkline.security.audit import Entry, Ledger, Origin, Resource, Who
from trunkline.security.audit.verify import verify

ENTRIES, BATCH, VERIFIED = 20_000, 500, 10_000


def bodies(count: int) -> list[bytes]:
    who, origin = (
        Who("anna", "crm", ("customerService",), "https://id.belgicom.be"),
        Origin("10.1.2.3", "r-1", "GET /usage"),
    )
    return [
        msgspec.json.encode(
            Entry(
                id=f"0123456789ab-{number}",
                time=datetime(2026, 3, 9, tzinfo=UTC),
                who=who,
                action="read",
                resource=Resource("usage", f"~usage{number}"),
                concerns=(f"~customer{number % 1_000}",),
                origin=origin,
                outcome="done",
                status=200,
            )
        )
        for number in range(count)
    ]


def chained(every: list[bytes]) -> float:
    """Entries/s into a new ledger."""
    with tempfile.TemporaryDirectory() as folder, closing(Ledger(Path(folder) / "ledger.db")) as ledger:
        return timed(lambda: sum(ledger.take(every[at : at + BATCH], at + BATCH) for at in range(0, len(every), BATCH)))


def plain(every: list[bytes]) -> float:
    """Entries/s into a table."""
    with tempfile.TemporaryDirectory() as folder, closing(apsw.Connection(f"{folder}/plain.db")) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE entry (number INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT")

        def fill() -> int:
            for at in range(0, len(every), BATCH):
                with db:
                    db.executemany(
                        "INSERT INTO entry (body) VALUES (?)", [(b.decode(),) for b in every[at : at + BATCH]]
                    )
            return len(every)

        return timed(fill)


def verifying(every: list[bytes]) -> Callable[[], float]:
    """Entries/s through all that `trunkline audit verify` looks at."""

    def run() -> float:
        with tempfile.TemporaryDirectory() as folder, closing(Ledger(Path(folder) / "ledger.db")) as ledger:
            ledger.take(every, len(every))
            return timed(lambda: verify(ledger, []).entries)

    return run


def main() -> list[Headline]:
    every = bodies(ENTRIES)
    ours, peer = alternate(lambda: chained(every), lambda: plain(every))
    verified = verifying(every[:VERIFIED])
    return [
        Headline("audit: entries chained, indexed, durable", "entries/s", ours, peer, "a table of them alone"),
        Headline("audit: the whole trail verified", "entries/s", verified()),
    ]


if __name__ == "__main__":
    for headline in main():
        print(headline)
