"""The way to one effector: what is ready for it, and whether a call may begin now."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count

from trunkline.effects.breaker import Breaker
from trunkline.effects.effector import Answer, Effector, Settings
from trunkline.effects.ledger import Entry, Stage
from trunkline.effects.rate import Rate

LONGEST_PAUSE = 3600.0  # seconds that a target may ask to be left alone
NEVER = datetime.min.replace(tzinfo=UTC)


class Lane:
    """The effects of all partitions that wait for one effector. `now` is in seconds on a clock that never goes back."""

    def __init__(self, name: str, settings: Settings, effector: Effector) -> None:
        self.name, self.settings, self.effector = name, settings, effector
        self.breaker = Breaker(settings.breaker)
        self.in_flight = 0
        self._most = settings.in_flight
        self._rate = Rate(settings.rate, settings.burst)
        self._left_alone_until = 0.0
        self._ready: deque[Entry] = deque()
        self._later: list[tuple[datetime, int, Entry]] = []
        self._turn = count()

    def __len__(self) -> int:
        """How many wait here, about."""
        return len(self._ready) + len(self._later)

    def share(self, part: float, now: float) -> None:
        """This process has so much of all effects: its part of what the effector may do at once and in a second."""
        self._most = max(1, int(self.settings.in_flight * part))
        self._rate.set(self.settings.rate and self.settings.rate * part, now)

    def add(self, entry: Entry) -> None:
        """An effect is ready, from its `due` on."""
        heapq.heappush(self._later, (entry.outcome.due or NEVER, next(self._turn), entry))

    def begin(self, time: datetime, now: float) -> tuple[Entry, bool] | None:
        """The next effect to be called, and whether it is the circuit breaker's probe; None where none may begin now.

        Each must come back in `ended`, or in `left_out`.
        """
        while self._later and self._later[0][0] <= time:
            self._ready.append(heapq.heappop(self._later)[2])
        while self._ready and self._open(now):
            entry = self._ready.popleft()
            due = entry.outcome.due or NEVER
            if entry.stage is Stage.READY and due <= time:  # else given up meanwhile, or here for an earlier turn
                self._rate.begin()
                self.in_flight += 1
                return entry, self.breaker.begin()
        return None

    def ended(self, answer: Answer, probe: bool, now: float) -> None:
        """A call has ended."""
        self.in_flight -= 1
        if answer.pause > 0:
            self._left_alone_until = max(self._left_alone_until, now + min(answer.pause, LONGEST_PAUSE))
        if answer.ill:
            self.breaker.failed(probe, now)
        else:
            self.breaker.succeeded(probe)

    def left_out(self, probe: bool) -> None:
        """A call that might begin is not made."""
        self.in_flight -= 1
        self.breaker.left_out(probe)

    def drop(self, entries: Iterable[Entry]) -> None:
        """These effects are somebody else's from now on."""
        gone = set(map(id, entries))
        self._ready = deque(entry for entry in self._ready if id(entry) not in gone)
        self._later = [item for item in self._later if id(item[2]) not in gone]
        heapq.heapify(self._later)

    def _open(self, now: float) -> bool:
        return (
            self.in_flight < self._most
            and now >= self._left_alone_until
            and self._rate.allows(now)
            and self.breaker.allows(now)
        )
