"""Moves the write-ahead log into the file, beside the writers instead of in their way."""

import threading
from contextlib import suppress

import apsw

DUE = 8 << 20  # bytes of WAL since the last checkpoint
TOO_LONG = 64 << 20  # bytes of WAL at which a writer waits for the checkpoint


class Checkpointer:
    """A thread with its own connection. SQLite's own checkpoints would run inside commits, with spikes of 400 ms."""

    def __init__(self, db: apsw.Connection, page: int) -> None:
        self._db, self._page = db, page
        self._length = 0  # of the WAL, in pages
        self._moved = 0  # how much of it is in the file already
        self._one_at_a_time = threading.Lock()
        self._due = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="log checkpoint", daemon=True)
        self._thread.start()

    def wal_has_grown(self, db: apsw.Connection, name: str, pages: int) -> int:
        """SQLite's WAL hook: `pages` is the WAL's length after a commit, of whichever process."""
        if pages < self._length:
            self._moved = 0  # SQLite has begun the WAL anew
        self._length = pages
        return apsw.SQLITE_OK

    def after_commit(self) -> None:
        """Called by the writer whose turn it is."""
        if self._length * self._page > TOO_LONG:
            # The WAL begins anew only when a checkpoint has reached its end, which busy writers keep moving on.
            self._checkpoint()
        elif (self._length - self._moved) * self._page > DUE:
            self._due.set()

    def close(self) -> None:
        self._closing = True
        self._due.set()
        self._thread.join()
        self._db.close()

    def _run(self) -> None:
        while self._due.wait() and not self._closing:
            self._due.clear()
            self._checkpoint()

    def _checkpoint(self) -> None:
        # What cannot be moved now (another process is at it, the disk is full) stays in the WAL and is read from there.
        with self._one_at_a_time, suppress(apsw.Error):
            _, self._moved = self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
