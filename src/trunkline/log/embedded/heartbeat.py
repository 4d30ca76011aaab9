"""The heartbeat: tells the log that the members of this process live, however busy they are."""

from contextlib import suppress
from threading import Event, Lock, Thread

from trunkline.log.embedded import clock
from trunkline.log.embedded.database import Database
from trunkline.log.port import LogError


class Heartbeat:
    """A thread that renews the leases of all members every third of a lease, in one commit.

    A process that is stopped misses its beats; the others then take its members out of their groups, and no beat
    brings one back: it joins again when it looks at its assignment.
    """

    def __init__(self, database: Database, lease: float) -> None:
        self._database, self.lease = database, lease
        self._members: set[str] = set()
        self._lock, self._closing = Lock(), Event()
        self._thread: Thread | None = None

    def expires(self) -> int:
        """When a member dies of which nothing is heard from now on."""
        return clock.now() + int(self.lease * 1_000_000)

    def add(self, member: str) -> None:
        with self._lock:
            self._members.add(member)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="log heartbeat", daemon=True)
                self._thread.start()

    def remove(self, member: str) -> None:
        with self._lock:
            self._members.discard(member)

    def close(self) -> set[str]:
        """Stop, and tell who had not left."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()
        left, self._members = self._members, set()
        return left

    def _run(self) -> None:
        while not self._closing.wait(self.lease / 3):
            with self._lock:
                members = list(self._members)
            if members:
                # A full disk may have room again at the next beat; what was lost meanwhile the members find out.
                with suppress(LogError), self._database.writing() as db:
                    expires = self.expires()
                    db.executemany("UPDATE member SET expires = ? WHERE id = ?", [(expires, id) for id in members])
