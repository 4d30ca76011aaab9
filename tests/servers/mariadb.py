"""A real MariaDB on loopback, whose binary log tells of every row.

`shared_mariadb()` is the one of a whole test run; let each test take a `database` of its own. `MariaDB(folder)` is one
of a test's own, that it may stop, kill or set otherwise.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pymysql
from pymysql.connections import Connection

from tests.components import need
from tests.servers.process import ServerProcess, answers, free_ports

SETTINGS = {
    "bind-address": "127.0.0.1",
    "server-id": "1",
    "log-bin": "binlog",
    "binlog-format": "ROW",
    "binlog-row-image": "FULL",
    "binlog-row-metadata": "FULL",
    "innodb-buffer-pool-size": "32M",
    "innodb-log-file-size": "8M",
    "innodb-flush-log-at-trx-commit": "2",
    "max-connections": "100",
    "skip-name-resolve": "1",
    "default-time-zone": "+02:00",
}
_names = count()


class MariaDB:
    """A server whose data lies in `folder`; it comes up again on them after `stop` or `kill`, on the same port."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self._program = need("MariaDB")
        self._folder, self._data = folder, folder / "data"
        self._settings = {**SETTINGS, **(settings or {})}
        [self.port] = free_ports(1)
        self._process: ServerProcess | None = None
        self._user = [] if os.geteuid() else ["--user=root"]

    def start(self) -> None:
        """Come up and wait until it lets clients in."""
        passing = self._folder / "passing"  # a server removes what another left in a folder that they share
        passing.mkdir(parents=True, exist_ok=True)
        if not self._data.exists():
            make = ["mariadb-install-db", "--no-defaults", f"--datadir={self._data}", "--skip-test-db"]
            options = [f"--tmpdir={passing}", "--auth-root-authentication-method=normal", *self._user]
            made = subprocess.run([*make, *options], capture_output=True, text=True, timeout=120, check=False)
            if made.returncode:
                raise RuntimeError(f"MariaDB made no database: {made.stdout[-2000:]}{made.stderr[-2000:]}")
        settings = {
            "port": str(self.port),
            "tmpdir": str(passing),
            "socket": str(self._folder / "socket"),
            **self._settings,
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        command = [self._program, "--no-defaults", f"--datadir={self._data}", *self._user, *options]
        self._process = ServerProcess(command, self._folder / "output.log")
        self._process.wait_until(self._ready)

    def stop(self) -> None:
        """Close all connections and end."""
        if self._process is not None:
            self._process.stop()

    def kill(self) -> None:
        """Die as a machine that loses its power."""
        if self._process is not None:
            self._process.kill()

    def connect(self, database: str | None = None, **options: Any) -> Connection[Any]:
        """As its administrator, each statement a transaction of its own unless `autocommit` says otherwise."""
        given = {"host": "127.0.0.1", "port": self.port, "user": "root", "database": database, "autocommit": True}
        return pymysql.connect(**{**given, "charset": "utf8mb4", **options})

    @contextmanager
    def database(self) -> Iterator[str]:
        """A new database, gone afterwards."""
        name = f"test{os.getpid()}_{next(_names)}"
        with self.connect() as administrator, administrator.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        try:
            yield name
        finally:
            with self.connect() as administrator, administrator.cursor() as cursor:
                cursor.execute(f"DROP DATABASE {name}")

    def _ready(self) -> bool:
        if not answers(self.port):
            return False
        try:
            self.connect().close()
        except pymysql.MySQLError:
            return False
        return True


@cache
def shared_mariadb() -> MariaDB:
    """The server of this test run, started when it is first asked for and stopped when the run ends."""
    need("MariaDB")
    folder = Path(tempfile.mkdtemp(prefix="trunkline-mariadb-"))
    server = MariaDB(folder)
    server.start()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.kill)
    return server
