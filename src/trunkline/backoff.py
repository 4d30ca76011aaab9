"""How long to wait before a call is repeated."""

from __future__ import annotations


def backoff(failures: int, first: float, longest: float, chance: float) -> float:
    """Seconds to wait after so many failures (1 or more): `first`, doubled with each, `longest` at most, of which a
    random part up to the half is taken off, so that those who failed together do not come back together.

    `chance` is between 0 and 1. Source: "equal jitter", AWS Architecture Blog, Exponential Backoff And Jitter (2015).
    """
    whole = min(longest, first * 2.0 ** min(failures - 1, 60))
    return whole * (1 - chance / 2)
