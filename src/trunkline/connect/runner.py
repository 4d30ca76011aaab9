"""Runs the connections: each in a task of its own, so that one system's failure is no other's."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from trunkline import credentials
from trunkline.connect.archive import Archive
from trunkline.connect.connection import Connection, Outlet
from trunkline.connect.intake import Intake
from trunkline.connect.progress import Progress
from trunkline.connect.sink import SinkRun
from trunkline.connect.status import Status, reason_of
from trunkline.log import Log
from trunkline.systems import installed_systems
from trunkline.systems.reach import Context
from trunkline.systems.sink import SinkContext

if TYPE_CHECKING:
    from trunkline.http.tls import Files

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a failed connection is started again; doubled each time
HOUSEKEEPING = 3600.0  # seconds between two rounds of retention
LOOK = 0.1  # seconds between looks at `stop`

logger = logging.getLogger("trunkline.connect")


class Runner:
    """The connections of one operator's folder `project` on one log. Raw files lie under `data`, for `keep_days`.
    Listeners answer by `certificate`, where they have none of their own; `refused` is told of the connection by which
    somebody was refused, and what `Context.refused` is.

    Files are kept in `archive`, by default one in clear in the data folder.

    `statuses` says how each connection is doing, at any time and from any thread.
    """

    def __init__(
        self,
        project: Path,
        data: Path,
        log: Log,
        connections: Sequence[Connection | Outlet],
        *,
        keep_days: float = 30,
        archive: Archive | None = None,
        certificate: Files | None = None,
        refused: Callable[[str, str, str, str], None] = lambda connection, subject, address, rule: None,
    ) -> None:
        self._project, self._data, self._log, self._keep_days = project, data, log, keep_days
        self._archive = archive or Archive(data / "archive")
        self._connections = connections
        self._certificate, self._refused = certificate, refused
        self.statuses = [Status(connection.name) for connection in connections]

    async def run(self, stop: threading.Event) -> None:
        """Run until `stop` is set. What was begun and not finished then goes on at the next start."""
        progress = await asyncio.to_thread(Progress, self._log)
        tasks = [
            asyncio.create_task(
                self._keep_running(connection, status, progress)
                if isinstance(connection, Connection)
                else self._hand_out(connection, status),
                name=connection.name,
            )
            for connection, status in zip(self._connections, self.statuses, strict=True)
        ]
        tasks.append(asyncio.create_task(self._keep_house(progress), name="housekeeping"))
        try:
            while not stop.is_set():  # noqa: ASYNC110  # the roles stop by a threading event
                await asyncio.sleep(LOOK)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for status in self.statuses:
                status.state = "stopped"

    async def _keep_running(self, connection: Connection, status: Status, progress: Progress) -> None:
        pause = FIRST_PAUSE
        while True:
            started = time.time()
            try:
                await self._connect(connection, status, progress)
                reason = "ended by itself"
            except Exception as error:
                reason = reason_of(error)
                logger.debug("%s failed", connection.name, exc_info=True)
            if status.last_success >= started:
                pause = FIRST_PAUSE
            status.state = "waiting"
            status.failed(reason)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _connect(self, connection: Connection, status: Status, progress: Progress) -> None:
        systems = installed_systems(self._project)
        intake = Intake(
            connection.name,
            self._log,
            self._archive,
            systems,
            system=connection.system,
            progress=progress,
            status=status,
        )
        folder = self._data / "connect" / connection.name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        context = Context(
            name=connection.name,
            system=connection.system,
            systems=systems,
            intake=intake,
            status=status,
            folder=folder,
            project=self._project,
            secret=self._secret,
            certificate=self._certificate,
            refused=partial(self._refused, connection.name),
        )
        try:
            await asyncio.to_thread(intake.resume)
            await connection.reach.run(connection.settings, context)
        finally:
            await asyncio.shield(asyncio.to_thread(intake.close))

    async def _hand_out(self, outlet: Outlet, status: Status) -> None:
        """Run a sink, which starts itself again, in a thread of its own."""
        context = SinkContext(
            name=outlet.name, status=status, project=self._project, data=self._data, secret=self._secret
        )
        run = SinkRun(self._log, outlet.settings, outlet.sink, context, status, socket.gethostname())
        stop, thread = threading.Event(), ThreadPoolExecutor(1, thread_name_prefix=f"sink {outlet.name}")
        work = asyncio.get_running_loop().run_in_executor(thread, run.run, stop)
        try:
            await asyncio.shield(work)
        finally:
            stop.set()
            await asyncio.wait([work])
            thread.shutdown(wait=False)

    def _secret(self, reference: str) -> str:
        return credentials.reveal(reference, self._project, self._data)

    async def _keep_house(self, progress: Progress) -> None:
        while True:
            try:
                files = await asyncio.to_thread(self._archive.expire, self._keep_days)
                before = int((time.time() - self._keep_days * 86_400) * 1e6)
                contents = await asyncio.to_thread(progress.forget_contents, before)
                logger.debug("%d archived files and %d contents are past their time", files, contents)
            except Exception:
                logger.exception("retention of archived files failed; it is tried again in %d s", HOUSEKEEPING)
            await asyncio.sleep(HOUSEKEEPING)
