"""A limit on how many calls begin in a second: a token bucket, without a clock of its own."""

from __future__ import annotations


class Rate:
    """`rate` calls a second (None: no limit), and `burst` at once after a rest. Times are seconds."""

    def __init__(self, rate: float | None, burst: int = 1) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._at = float(burst), 0.0

    def set(self, rate: float | None, now: float) -> None:
        """Another rate from now on."""
        self._fill(now)
        self._rate = rate

    def allows(self, now: float) -> bool:
        """Whether a call may begin now."""
        self._fill(now)
        return self._rate is None or self._tokens >= 1

    def begin(self) -> None:
        """A call begins, which `allows` has allowed."""
        self._tokens -= 1

    def _fill(self, now: float) -> None:
        if self._rate is not None:
            self._tokens = min(float(self._burst), self._tokens + (now - self._at) * self._rate)
        else:
            self._tokens = float(self._burst)
        self._at = now
