"""A worker process over mediation's processors, run until it is killed. Usage: job.py URL NAME"""

from __future__ import annotations

import sys
import threading
from contextlib import closing

from tests.telco.charging.mediation.records import SETTINGS
from trunkline.log import Topic, open_log
from trunkline.streams import Worker
from trunkline.streams.instance import Definition
from trunkline.streams.recorded import Recorded
from trunkline.telco.charging.mediation.directory import Directory
from trunkline.telco.charging.mediation.mediate import Mediation
from trunkline.telco.charging.mediation.payer import payer
from trunkline.telco.model import Account, Number, Usage, UsageReport

TOPICS = [
    *(Topic(name=name, partitions=2) for name in (UsageReport.topic, Usage.mediated, Usage.topic)),
    *(Topic(name=name, partitions=2, compacted=True) for name in (Account.topic, Number.topic)),
]


def definitions() -> list[Definition]:
    return [Mediation(SETTINGS), Recorded(Directory), payer]


if __name__ == "__main__":
    url, name = sys.argv[1:]
    with closing(open_log(url)) as log:
        worker = Worker(log, definitions(), name)
        print("ready", flush=True)
        worker.run(threading.Event())
