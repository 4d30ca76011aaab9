"""A real PostgreSQL on loopback, ready for logical replication.

`shared_postgresql()` is the one of a whole test run; let each test take a `database` of its own. `PostgreSQL(folder)`
is one of a test's own, that it may stop, kill or set otherwise.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from tests.components import need
from tests.servers.process import ServerProcess, answers, free_ports

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "wal_level": "logical",
    "max_replication_slots": "40",
    "max_wal_senders": "40",
    "max_connections": "100",
    "fsync": "off",
    "shared_buffers": "16MB",
    "wal_sender_timeout": "10s",
}
_names = count()


class PostgreSQL:
    """A server whose data lies in `folder`; it comes up again on them after `stop` or `kill`, on the same port.

    It refuses to run as root, so there it runs as the user `postgres`, whose the folder becomes.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self._programs = Path(need("PostgreSQL")).resolve().parent
        self._folder, self._data = folder, folder / "data"
        self._settings = {**SETTINGS, **(settings or {})}
        [self.port] = free_ports(1)
        self._process: ServerProcess | None = None
        self._user = [] if os.geteuid() else ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]

    def start(self) -> None:
        """Come up and wait until it lets clients in."""
        if not self._data.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            if self._user:
                shutil.chown(self._folder, "postgres")
            make = ("-D", str(self._data), "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8")
            initdb = [*self._user, str(self._programs / "initdb")]
            subprocess.run([*initdb, *make], check=True, capture_output=True, timeout=60)
        settings = {"port": str(self.port), "unix_socket_directories": str(self._folder), **self._settings}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        # The kernel forgets whom to die with when the user changes, so it is told again behind that.
        command = [*self._user, "setpriv", "--pdeathsig", "KILL", str(self._programs / "postgres")]
        self._process = ServerProcess([*command, "-D", str(self._data), *options], self._folder / "output.log")
        self._process.wait_until(self._ready)

    def stop(self) -> None:
        """Close all connections and end."""
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGINT)
            self._process.stop()

    def kill(self) -> None:
        """Die as a machine that loses its power."""
        if self._process is not None:
            left = children(self._process.pid)
            self._process.kill()
            # They end by themselves soon, and until then nobody can come up on their data.
            deadline = time.monotonic() + 30
            while any(child.exists() for child in left) and time.monotonic() < deadline:
                time.sleep(0.01)

    def connect(self, database: str = "postgres", **options: Any) -> psycopg.Connection:
        """As its administrator, each statement a transaction of its own unless `autocommit` says otherwise."""
        given = {"host": "127.0.0.1", "port": self.port, "user": "postgres", "dbname": database, "autocommit": True}
        return psycopg.connect(**{**given, **options})

    @contextmanager
    def database(self, template: str = "") -> Iterator[str]:
        """A new database, gone afterwards with all that follows it. `template` is SQL behind CREATE DATABASE."""
        name = f"test{os.getpid()}_{next(_names)}"
        with self.connect() as administrator:
            administrator.execute(f"CREATE DATABASE {name} {template}")
        try:
            yield name
        finally:
            with self.connect() as administrator:
                slots = "FROM pg_replication_slots WHERE database = %s"
                administrator.execute(f"SELECT pg_terminate_backend(active_pid) {slots}", (name,))
                for _ in range(100):
                    if not administrator.execute(f"SELECT 1 {slots} AND active", (name,)).fetchone():
                        break
                administrator.execute(f"SELECT pg_drop_replication_slot(slot_name) {slots}", (name,))
                administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _ready(self) -> bool:
        if not answers(self.port):
            return False
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True


@cache
def shared_postgresql() -> PostgreSQL:
    """The server of this test run, started when it is first asked for and stopped when the run ends."""
    need("PostgreSQL")
    folder = Path(tempfile.mkdtemp(prefix="trunkline-postgresql-"))
    folder.chmod(0o755)
    server = PostgreSQL(folder)
    server.start()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.kill)
    return server


def children(pid: int) -> list[Path]:
    """The processes that a process has started and not outlived, as they stand in /proc."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        if int(fields[1]) == pid:
            found.append(process)
    return found
