"""An operator's folder with the made-up vendor, and its connections at work."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.connect.operator import Operator
from tests.connect.ssh import Sshd
from trunkline.connect import connection
from trunkline.connect.runner import Runner

VENDOR = "from tests.connect.operator import ACME as SYSTEM\n"


class Project:
    """A project folder, the log of its operator, and its connections."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "systems" / "acme").mkdir(parents=True)
        (folder / "systems" / "acme" / "__init__.py").write_text(VENDOR)
        self.operator = Operator(folder / "data")

    def sftp(self, server: Sshd, directory: Path, name: str = "acme-files", **settings: object) -> None:
        """Declare a connection to an SFTP server."""
        key = self.folder / f"{name}.key"
        key.touch(mode=0o600)
        key.write_bytes(server.key.read_bytes())
        given = {"reach": "sftp", "host": "127.0.0.1", "port": server.port, "user": server.user,
                 "fingerprints": f"[{server.fingerprint}]", "key": "${file:" + key.name + "}",
                 "directory": directory, "every": 0.05, "settle": 0}  # fmt: skip
        self.declare(name, **{**given, **settings})

    def declare(self, name: str, **settings: object) -> None:
        lines = [f"{key}: {value}" for key, value in {"name": name, "system": "acme", **settings}.items()]
        (self.folder / "systems" / f"{name}.yaml").write_text("\n".join(lines) + "\n")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Runner]:
        """The connections at work."""
        runner = Runner(self.folder, self.folder / "data", self.operator.log, connection.load(self.folder))
        stop = threading.Event()
        work = asyncio.create_task(runner.run(stop))
        try:
            yield runner
        finally:
            stop.set()
            await work

    def run_until(self, reached: Callable[[Runner], bool]) -> Runner:
        """Run the connections until something is so."""

        async def run() -> Runner:
            async with self.running() as runner:
                await until(lambda: reached(runner))
            return runner

        return asyncio.run(run())

    def run_until_taken(self, values: int) -> Runner:
        """Run the connections until the log has so many values, and a little longer, to see that no more come."""

        async def run() -> Runner:
            async with self.running() as runner:
                await until(lambda: len(self.operator.values()) >= values)
                await asyncio.sleep(0.2)
            return runner

        return asyncio.run(run())


async def until(reached: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until something is so; fails loudly when it never is."""
    async with asyncio.timeout(seconds):
        while not reached():  # noqa: ASYNC110  # what is waited for is in the log, on disk, in another thread
            await asyncio.sleep(0.02)
