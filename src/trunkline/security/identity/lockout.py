"""Guessing is slowed down: by account, and by the address that guesses, whichever is reached first."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Row, delete, select, update

from trunkline.security.identity.tables import failure
from trunkline.store.sql.database import Database

ACCOUNT: Final = 5
"""Wrong passwords or codes in a row for one account, from wherever."""
SOURCE: Final = 25
"""Wrong ones from one address, for whomever: an office may share one."""
WINDOW: Final = 900  # seconds without a failure after which those before are forgotten
FIRST_LOCK: Final = 60  # seconds; doubled with each further failure
LONGEST_LOCK: Final = 3_600


class Lockout:
    """Failures as one transaction sees them."""

    def __init__(self, connection: Connection, database: Database, now: int) -> None:
        self._connection, self._database, self._now = connection, database, now

    def attempt(self, account: str, source: str) -> int:
        """For how many seconds nothing may be tried; 0 where something may be tried now.

        The attempt counts as failed until `succeeded` is called, so that many at once gain nothing.
        """
        subjects = sorted({f"account:{account[:320]}": ACCOUNT, f"source:{source}": SOURCE}.items())
        rows = [self._held(subject) for subject, _ in subjects]
        wait = max(row.locked - self._now for row in rows)
        if wait > 0:
            return int(wait)
        for (subject, most), row in zip(subjects, rows, strict=True):
            lapsed = max(row.last, row.locked) + WINDOW <= self._now
            count = 1 if lapsed else row.failures + 1
            locked = self._now + min(LONGEST_LOCK, FIRST_LOCK << min(count - most, 10)) if count >= most else 0
            values = {"failures": count, "last": self._now, "locked": locked}
            self._connection.execute(update(failure).where(failure.c.subject == subject).values(values))
        return 0

    def succeeded(self, account: str, source: str) -> None:
        """The attempt was none of a guesser. Earlier failures of the address stay: who has an account of their own
        must not wash it clean with that."""
        self.forgive(account)
        less = {"failures": failure.c.failures - 1, "locked": 0}
        self._connection.execute(update(failure).where(failure.c.subject == f"source:{source}").values(less))

    def forgive(self, account: str) -> None:
        """Open a locked account again, as after a new password."""
        self._connection.execute(delete(failure).where(failure.c.subject == f"account:{account[:320]}"))

    def sweep(self) -> None:
        """Forget the failures of long ago."""
        self._connection.execute(delete(failure).where(failure.c.last <= self._now - WINDOW - LONGEST_LOCK))

    def _held(self, subject: str) -> Row[Any]:
        """The failures of a subject, locked until the transaction ends."""
        none = {"subject": subject, "failures": 0, "last": self._now, "locked": 0}
        self._connection.execute(self._database.insert(failure).on_conflict_do_nothing(), none)
        return self._connection.execute(select(failure).where(failure.c.subject == subject).with_for_update()).one()
