"""`trunkline up`: the platform on one machine. Starts each role as a process, restarts what dies, stops all cleanly."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client.multiprocess import mark_process_dead

from trunkline.gateway import folder as gateway
from trunkline.gateway.envoy import program
from trunkline.project import Project
from trunkline.runtime.signals import SUPERVISED

METRICS = "PROMETHEUS_MULTIPROC_DIR"  # names the folder in which processes gather their figures
ROLES = ("api", "worker", "connect", "perform")
LONGEST_OUTPUT = 10_000_000  # bytes of a process's output in one file; the one before is kept, too
GRACE = 10.0  # seconds a process has to stop by itself
BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0)  # seconds before a restart, by how often it died without running for a minute

logger = logging.getLogger(__name__)


@dataclass
class Service:
    """One supervised process: what it runs, where its output goes, how often it died lately."""

    name: str
    command: Sequence[str]
    folder: Path
    output: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    due: float = 0.0

    def start(self) -> None:
        with self.output.open("ab") as output:
            # A session of its own keeps Ctrl-C for the supervisor, which then stops all in order.
            self.process = subprocess.Popen(  # noqa: S603  # the command is ours or the operator's own
                self.command,
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env={**os.environ, SUPERVISED: "1", "PYTHONUNBUFFERED": "1", **self.environment},
            )
        self.started = time.monotonic()

    def bound_output(self) -> None:
        """Keep the last of a long output in a file beside it, and begin anew. The process notices nothing of it:
        it appends."""
        if self.output.exists() and self.output.stat().st_size > LONGEST_OUTPUT:
            shutil.copyfile(self.output, self.output.with_suffix(".1.log"))
            os.truncate(self.output, 0)

    def keep_running(self) -> None:
        """Start the process if it is due; notice its death and set when it is due again."""
        self.bound_output()
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            lived = now - self.started
            self.failures = 0 if lived > 60 else self.failures + 1
            delay = BACKOFF[min(self.failures, len(BACKOFF) - 1)]
            logger.warning(
                "%s ended with %s after %.0f s; starting it again in %.1f s (its output: %s)",
                self.name,
                self.process.returncode,
                lived,
                delay,
                self.output,
            )
            if folder := self.environment.get(METRICS):
                mark_process_dead(self.process.pid, folder)  # type: ignore[no-untyped-call]
            self.process, self.due = None, now + delay
        if self.process is None and now >= self.due:
            self.start()


def services(project: Project) -> list[Service]:
    """The roles of the platform, then the operator's extras."""
    logs = project.data / "output"
    logs.mkdir(exist_ok=True)
    metrics = project.data / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)  # of processes that are gone
    metrics.mkdir()
    roles = [
        Service(
            name,
            [sys.executable, "-m", "trunkline", role, "--project", str(project.folder)],
            project.folder,
            logs / f"{name}.log",
            {METRICS: str(metrics)},
        )
        for role, name in _roles(project)
    ]
    # An extra finds the data folder, and the project folder as a Python package beside its parent's others.
    path = os.pathsep.join(filter(None, [str(project.folder.parent), os.environ.get("PYTHONPATH")]))
    environment = {"TRUNKLINE_DATA": str(project.data), "PYTHONPATH": path}
    extras = [
        Service(name, [_python(command[0]), *command[1:]], project.folder, logs / f"{name}.log", environment)
        for name, command in project.settings.extras.items()
    ]
    return [*roles, *extras]


def _roles(project: Project) -> list[tuple[str, str]]:
    """(role, name of the process) of all that run; the first worker is `worker`, the next `worker-2`. The gateway runs
    where the project declares one and Envoy is here."""
    more = [("worker", f"worker-{number}") for number in range(2, project.settings.workers + 1)]
    if gateway.is_declared(project.folder / gateway.FOLDER):
        if program.find() is None:
            logger.warning("the gateway does not run, Envoy is not here: pip install 'trunkline[gateway]'")
        else:
            more.append(("gateway", "gateway"))
    return [(role, role) for role in ROLES] + more


def supervise(project: Project, stop: threading.Event, every_second: Callable[[], None]) -> None:
    """Keep all services running until `stop` is set, then stop them, the outermost first."""
    running = services(project)
    try:
        while not stop.is_set():
            for service in running:
                service.keep_running()
            every_second()
            stop.wait(1.0)
    finally:
        _stop(running)


def _stop(running: list[Service]) -> None:
    alive = [service.process for service in running if service.process is not None]
    for process in alive:
        process.terminate()
    deadline = time.monotonic() + GRACE
    for process in alive:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _python(program: str) -> str:
    """An extra that says `python` means the platform's own interpreter, whatever the PATH says."""
    return sys.executable if program == "python" else program
