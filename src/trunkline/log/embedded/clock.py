"""The log's clock: the one that all processes of a machine share, also after it has started again."""

import time


def now() -> int:
    """Microseconds since the epoch."""
    return time.time_ns() // 1000
