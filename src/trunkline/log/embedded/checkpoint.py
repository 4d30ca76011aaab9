"""Moves the write-ahead log into the file, beside the writers instead of in their way."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import apsw

DUE = 8 << 20  # bytes of WAL since the last checkpoint
TOO_LONG = 64 << 20  # bytes of WAL at which writers wait for the checkpoint to catch up


class Checkpointer:
    """A thread with its own connection. SQLite's own checkpoints would run inside commits, with spikes of 400 ms."""

    def __init__(self, db: apsw.Connection, page: int, queueing: Callable[[], AbstractContextManager[None]]) -> None:
        self._db, self._page, self._queueing = db, page, queueing
        self._moved = 0  # pages of the WAL that are in the file already
        self._due = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="log checkpoint", daemon=True)
        self._thread.start()

    def wal_has_grown(self, db: apsw.Connection, name: str, pages: int) -> int:
        """SQLite's WAL hook: `pages` is the WAL's length after a commit, of whichever process."""
        if pages < self._moved:
            self._moved = 0  # SQLite has begun the WAL anew
        if (pages - self._moved) * self._page > DUE:
            self._due.set()
        return apsw.SQLITE_OK

    def close(self) -> None:
        self._closing = True
        self._due.set()
        self._thread.join()
        self._db.close()

    def _run(self) -> None:
        while self._due.wait() and not self._closing:
            self._due.clear()
            length = self._checkpoint()
            if length * self._page > TOO_LONG:
                # The WAL begins anew only when a checkpoint has reached its end, which busy writers keep moving.
                with self._queueing():
                    self._checkpoint()

    def _checkpoint(self) -> int:
        try:
            length, self._moved = self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.BusyError:
            return 0  # another process is at it
        return length
