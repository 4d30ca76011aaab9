"""The role `connect`: reaches the outside systems that the operator declared in `systems/`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from trunkline.connect import Intake, connection
from trunkline.connect.runner import Runner
from trunkline.project import Project
from trunkline.runtime.alone import alone
from trunkline.runtime.certificates import CONNECT, connecting
from trunkline.security import audit
from trunkline.security.audit import Entry, Recorder, Resource, Who
from trunkline.security.audit.entry import UNNUMBERED, bounded
from trunkline.systems import Format, Origin, installed_systems
from trunkline.systems.reach import FileReport

ROLE = CONNECT
INGEST = "ingest"
"""The name of the connection by which the command hands files over."""


def run(project: Project, stop: threading.Event) -> None:
    """Run every connection until `stop` is set. Raises `Invalid` where a declaration is wrong."""
    connections = connection.load(project.folder, project.settings.exceptions)
    with (
        connecting(project, connections) as certificate,
        closing(project.open_log()) as log,
        closing(Recorder(log)) as recorder,
    ):
        runner = Runner(
            project.folder,
            project.data,
            log,
            connections,
            keep_days=project.settings.archive_days,
            archive=project.open_archive(),
            certificate=certificate,
            refused=partial(_refused, recorder),
        )
        asyncio.run(runner.run(stop))


def _refused(recorder: Recorder, connection: str, subject: str, address: str, rule: str) -> None:
    """Record that a system could not log in at a connection's listener."""
    entry = Entry(
        id=UNNUMBERED,
        time=datetime.now(UTC),
        who=Who(bounded(subject)),
        action="signIn",
        resource=Resource("connection", connection),
        origin=audit.Origin(address=address),
        outcome="refused",
        rule=rule,
        status=401,
    )
    recorder.add(lambda: entry)


def ingest(project: Project, files: Iterable[Path], format: Format | None = None) -> Iterator[FileReport]:
    """Take files of this machine, once each by content; yields what became of each. Raises `OSError` on one unread."""
    with alone(project, INGEST, wait=True), closing(project.open_log()) as log:
        systems = installed_systems(project.folder)
        with closing(Intake(INGEST, log, project.open_archive(), systems)) as intake:
            intake.resume()
            for file in files:
                with file.open("rb") as stream:
                    yield intake.file(stream, Origin(INGEST, file.resolve().as_uri()), format=format)
