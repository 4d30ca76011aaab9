"""The role `worker`: runs the processors of the telco rooms, keeps the records of the network, the audit trail and the
log's retention.

Several processes may have it, here or (on a log that other machines reach) elsewhere: they share the work.
"""

from __future__ import annotations

import logging
import socket
import threading
from contextlib import closing

from trunkline.log import Log
from trunkline.project import Project
from trunkline.runtime import audit, records
from trunkline.runtime.alone import held, numbered
from trunkline.runtime.certificates import kept
from trunkline.runtime.processors import processors
from trunkline.streams import Worker

ROLE = "worker"
MAINTENANCE = 60.0  # seconds between two rounds of retention and compaction

logger = logging.getLogger(__name__)


def run(project: Project, stop: threading.Event) -> None:
    """Work until `stop` is set, beside other workers of the project. Raises `Fenced` when one takes this one's name."""
    with numbered(project, ROLE) as number, kept(project, ROLE), closing(project.open_log()) as log:
        threading.Thread(target=_maintain, args=(log, stop), name="maintenance", daemon=True).start()
        worker = Worker(log, processors(project), name(number))
        keeping = [
            threading.Thread(target=keep, args=(project, log, name(number), stop), name=what)
            for what, keep in (("records", records.keep), ("audit", audit.keep))
        ]
        for thread in keeping:
            thread.start()
        try:
            worker.run(stop)
        finally:
            stop.set()
            for thread in keeping:
                thread.join()


def catch_up(project: Project) -> None:
    """Work off what waits in the log, unless a worker is running that does so anyway."""
    with numbered(project, ROLE) as number:
        if number > 0:
            return
        with closing(project.open_log()) as log, closing(Worker(log, processors(project), name(0))) as worker:
            while worker.run_once() or not worker.caught_up():
                pass


def running(project: Project) -> bool:
    """Whether a worker runs on this machine."""
    return held(project, ROLE)


def name(number: int) -> str:
    """The name of a worker of this machine, by its number."""
    return f"{socket.gethostname()}-{number}"


def _maintain(log: Log, stop: threading.Event) -> None:
    while not stop.wait(MAINTENANCE):
        try:
            log.maintain()
        except Exception:
            logger.exception("retention and compaction failed; they are tried again in %d s", MAINTENANCE)
