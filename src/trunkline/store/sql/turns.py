"""Whose turn it is to write to a SQLite file.

SQLite itself has whoever waits look again after up to a tenth of a second, and gives the file to whoever comes at the
right moment: beside a process that writes one long unit after the other, a short one waited for seconds, or in vain.
Here who comes waits at a door, and only who stands in it may be next: so nobody is passed by the same one twice.
"""

from __future__ import annotations

import fcntl
import os
import pathlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

PAUSE: Final = 0.001  # seconds between two looks whether a lock is free: flock(2) knows no time limit


class NotMyTurn(Exception):
    """It did not come within the time that was given."""


class Turns:
    """The turns of one file, in this process and in all others that take them, by locks on two files beside it."""

    def __init__(self, path: pathlib.Path) -> None:
        self._files = [path.with_name(f"{path.name}-{name}") for name in ("door", "turn")]
        self._opened: list[int] = []

    @contextmanager
    def mine(self, patience: float) -> Iterator[None]:
        """Have the turn as long as the block lasts, by one thread at a time. Raises `NotMyTurn` after so many
        seconds."""
        if not self._opened:
            self._opened = [os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600) for file in self._files]
        door, turn = self._opened
        until = time.monotonic() + patience
        _take(door, until)
        try:
            _take(turn, until)
        finally:
            fcntl.flock(door, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(turn, fcntl.LOCK_UN)

    def close(self) -> None:
        while self._opened:
            os.close(self._opened.pop())


def _take(lock: int, until: float) -> None:
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise NotMyTurn from None
            time.sleep(PAUSE)
        else:
            return
