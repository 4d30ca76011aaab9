"""The word that there is something new, for all threads that wait for it."""

from __future__ import annotations

import threading


class News:
    """Whoever has seen all that there was at `count` waits until it is another."""

    def __init__(self) -> None:
        self.count = 0
        self._changed = threading.Condition()

    def tell(self) -> None:
        """There is something new."""
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def wait(self, seen: int, timeout: float) -> None:
        """Wait, `timeout` seconds at most, while there is nothing newer than `seen`."""
        with self._changed:
            self._changed.wait_for(lambda: self.count != seen, timeout)
