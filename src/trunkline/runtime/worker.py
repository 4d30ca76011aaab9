"""The role `worker`: runs the processors of the telco rooms, and keeps the log's retention."""

from __future__ import annotations

import fcntl
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from trunkline.log import Log
from trunkline.project import Project
from trunkline.streams import Worker
from trunkline.telco import network

MAINTENANCE = 60.0  # seconds between two rounds of retention and compaction

logger = logging.getLogger(__name__)


def run(project: Project, stop: threading.Event) -> None:
    """Work until `stop` is set. Raises `Fenced` when another worker takes over."""
    with only_worker(project) as alone:
        if not alone:
            raise RuntimeError(f"another worker is already running on {project.data}")
        log = project.open_log()
        try:
            threading.Thread(target=_maintain, args=(log, stop), name="maintenance", daemon=True).start()
            Worker(log, network.processors(project.folder)).run(stop)
        finally:
            log.close()


def catch_up(project: Project) -> bool:
    """Work off what waits in the log, unless a worker is running that does so anyway; says whether it did."""
    with only_worker(project) as alone:
        if alone:
            log = project.open_log()
            try:
                worker = Worker(log, network.processors(project.folder))
                while worker.run_once():
                    pass
            finally:
                log.close()
        return alone


@contextmanager
def only_worker(project: Project) -> Iterator[bool]:
    """Hold the data folder's worker lock; yields whether it could be had. The kernel frees it with the process."""
    with (project.data / "worker.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _maintain(log: Log, stop: threading.Event) -> None:
    while not stop.wait(MAINTENANCE):
        try:
            log.maintain()
        except Exception:
            logger.exception("retention and compaction failed; they are tried again in %d s", MAINTENANCE)
