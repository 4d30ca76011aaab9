"""The circuit breaker: leaves a target alone that does not answer. A state machine without a clock of its own.

Source: Nygard, Release It! (2nd ed., 2018), "Circuit Breaker".
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum

from trunkline.effects.effector import BreakerSettings


class Circuit(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker:
    """Closed, it lets all calls through, and opens after so many failures within the window. Open, it lets none through
    until its pause is over; then it is half open: one call, the probe, closes or opens it again.

    Times are seconds on any clock that never goes back. Every call that `begin` let through must end in `succeeded`,
    `failed` or `left_out`, with what `begin` returned.
    """

    def __init__(self, settings: BreakerSettings) -> None:
        self._settings = settings
        self._failures: deque[float] = deque()
        self._closes_at = 0.0
        self._probing = False
        self.circuit = Circuit.CLOSED

    def allows(self, now: float) -> bool:
        """Whether a call may begin now."""
        if self.circuit is Circuit.OPEN and now >= self._closes_at:
            self.circuit = Circuit.HALF_OPEN
        return self.circuit is Circuit.CLOSED or (self.circuit is Circuit.HALF_OPEN and not self._probing)

    def begin(self) -> bool:
        """A call begins, which `allows` has allowed; whether it is the probe."""
        self._probing = self.circuit is Circuit.HALF_OPEN
        return self._probing

    def succeeded(self, probe: bool) -> None:
        """The target answered. Of calls that began before it opened, an open breaker believes nothing."""
        if probe:
            self._probing = False
            self._failures.clear()
            self.circuit = Circuit.CLOSED

    def failed(self, probe: bool, now: float) -> None:
        """The target did not answer, or is not well."""
        if probe:
            self._probing = False
            self._open(now)
        elif self.circuit is Circuit.CLOSED:
            self._failures.append(now)
            while self._failures[0] <= now - self._settings.window:
                self._failures.popleft()
            if len(self._failures) >= self._settings.failures:
                self._open(now)

    def left_out(self, probe: bool) -> None:
        """The call was not made after all."""
        if probe:
            self._probing = False

    def _open(self, now: float) -> None:
        self._failures.clear()
        self._closes_at = now + self._settings.pause
        self.circuit = Circuit.OPEN
