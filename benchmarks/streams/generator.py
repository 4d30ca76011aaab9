"""Load at a given pace, as a process of its own: `generator.py URL START RATE:SECONDS …`, one stage after the other.

It begins at the moment START of the monotonic clock. Events fall due evenly, and every 5 ms those that have are to be
appended in one transaction. That moment is fixed beforehand: an append that has to wait delays those behind it, and
hides nothing.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.streams.embedded import HEADERS
from benchmarks.streams.usage import BATCH, INPUT, Load
from trunkline.log import open_log

PACE = 0.005  # seconds from one append to the next
Seconds = NDArray[np.float64]


class Stage(NamedTuple):
    """So many events a second, for so many seconds."""

    rate: int
    seconds: int


def moments(stages: Sequence[Stage]) -> Seconds:
    """When each event is to be appended, in seconds from the start."""
    ends = np.cumsum([stage.seconds for stage in stages])
    due = [end - seconds + np.arange(rate * seconds) / rate for end, (rate, seconds) in zip(ends, stages, strict=True)]
    return np.ceil(np.concatenate(due) / PACE) * PACE


def main(url: str, begin: str, *stages: str) -> None:
    due = moments([Stage(*map(int, stage.split(":"))) for stage in stages]) + float(begin)
    load, done = Load(len(due)), 0
    producer = open_log(url).transactional("generator")
    while done < len(due):
        time.sleep(max(0.0, due[done] - time.monotonic()))
        last = min(int(np.searchsorted(due, time.monotonic(), "right")), done + BATCH)
        with producer.transaction() as transaction:
            transaction.append_columns(INPUT, *load.part(done, last), headers=HEADERS)
        done = last


if __name__ == "__main__":
    main(*sys.argv[1:])
