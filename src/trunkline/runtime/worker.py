"""The role `worker`: runs the processors of the telco rooms, and keeps the log's retention."""

from __future__ import annotations

import logging
import threading
from contextlib import closing

from trunkline.log import Log
from trunkline.project import Project
from trunkline.runtime.alone import alone
from trunkline.streams import Worker
from trunkline.telco.network.processors import processors

MAINTENANCE = 60.0  # seconds between two rounds of retention and compaction

logger = logging.getLogger(__name__)


class AlreadyRunning(OSError):
    """Another process holds the role on this data folder."""


def run(project: Project, stop: threading.Event) -> None:
    """Work until `stop` is set. Raises `Fenced` when another worker takes over."""
    with alone(project, "worker") as only:
        if not only:
            raise AlreadyRunning(f"another worker is already running on {project.data}")
        with closing(project.open_log()) as log:
            threading.Thread(target=_maintain, args=(log, stop), name="maintenance", daemon=True).start()
            Worker(log, processors(project.folder)).run(stop)


def catch_up(project: Project) -> None:
    """Work off what waits in the log, unless a worker is running that does so anyway."""
    with alone(project, "worker") as only:
        if only:
            with closing(project.open_log()) as log:
                worker = Worker(log, processors(project.folder))
                while worker.run_once():
                    pass


def _maintain(log: Log, stop: threading.Event) -> None:
    while not stop.wait(MAINTENANCE):
        try:
            log.maintain()
        except Exception:
            logger.exception("retention and compaction failed; they are tried again in %d s", MAINTENANCE)
