"""The numbers by which an agent counts its notifications, and what is missing in them."""

from __future__ import annotations

WINDOW = 1000  # so far back a number may come late; a larger step is an agent that began to count anew


class Sequence:
    """Which numbers of one agent came. UDP may change the order: what comes late is not lost."""

    def __init__(self) -> None:
        self.last: int | None = None
        self._missing: set[int] = set()
        self._broken = False

    @property
    def complete(self) -> bool:
        """Whether every number since the first, or since `forget`, has come."""
        return not self._missing and not self._broken

    def take(self, number: int) -> None:
        """A notification came with its own number."""
        last = self.last
        if last is None or number == last + 1:
            self.last = number
        elif number > last:
            self._miss(last + 1, number)
            self.last = number
        elif number in self._missing:
            self._missing.discard(number)
        elif last - number >= WINDOW:
            self._broken = True
            self.last = number
        # Else it is a duplicate, or one of before a `forget`.

    def told(self, number: int) -> None:
        """The agent says that it has sent this number last: what it sent and did not come is missing."""
        if self.last is None or self.last - number >= WINDOW:
            self._broken = self.last is not None
            self.last = number
        elif number > self.last:
            self._miss(self.last + 1, number + 1)
            self.last = number

    def forget(self) -> None:
        """What was missing is known by other means now."""
        self._missing.clear()
        self._broken = False

    def _miss(self, first: int, after: int) -> None:
        if after - first + len(self._missing) > WINDOW:
            self._missing.clear()
            self._broken = True
        else:
            self._missing.update(range(first, after))
