"""The reports of an evening, appended as they fall due: `producer PROJECT SUBSCRIBERS TIMES CALM SURGE`, where it goes
TIMES as fast as it was, and is calm, in a surge, and calm again for so many seconds each.

What begins in a tick falls due evenly over its time, and every 50 ms those that have are to be appended together. Each
record bears that moment as its time: an append that has to wait delays those behind it, and hides nothing. It prints
when it began (seconds since the epoch), and at last how many seconds an append was late at most.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from belgicom.simulator.usage.life import TICK
from benchmarks.charging.evening import Evening, event
from trunkline.project import Project
from trunkline.telco.model import UsageReport

PACE = 0.05  # seconds from one append to the next


def reports(evening: Evening, times: float, calm: float, surge: float) -> Iterator[tuple[float, UsageReport]]:
    """Each with when it falls due, seconds from the beginning."""
    lasts = TICK / times
    phases = [round(seconds / lasts) for seconds in (calm, surge, calm)]
    for tick in range(sum(phases)):
        its = evening.reports(tick, surge=phases[0] <= tick < phases[0] + phases[1])
        for place, report in enumerate(its, start=1):
            yield math.ceil((tick + place / len(its)) * lasts / PACE) * PACE, report


def main(project: Path, subscribers: int, times: float, calm: float, surge: float) -> None:
    due = list(reports(Evening(subscribers), times, calm, surge))
    late = 0.0
    with closing(Project.find(project).open_log()) as log:
        begin = time.time() + PACE
        print(begin, flush=True)
        for moment, its in groupby(due, itemgetter(0)):
            time.sleep(max(0.0, begin + moment - time.time()))
            at = int((begin + moment) * 1e6)
            log.append(UsageReport.topic, [event(report, at) for _, report in its])
            late = max(late, time.time() - begin - moment)
    print(late, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *map(float, sys.argv[3:]))
