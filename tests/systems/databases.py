"""Databases of a test run: a SQLite file, a PostgreSQL and a MariaDB on loopback, started when first asked for."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pymysql

from tests.components import need
from tests.servers.postgresql import shared_postgresql
from tests.servers.process import ServerProcess, answers, free_ports


class TestDatabase:
    """A database of a test's own: `url` as a sink's settings have it, and statements run beside the sink."""

    __test__ = False

    def __init__(self, kind: str, url: str, connect: Callable[[], Any]) -> None:
        self.kind, self.url, self._connect = kind, url, connect

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """What the last statement gives; each is committed."""
        connection = self._connect()
        try:
            cursor, found = connection.cursor(), []
            for statement in statements:
                cursor.execute(statement)
                found = list(cursor.fetchall()) if cursor.description else []
                connection.commit()
            return found
        finally:
            connection.close()


def sqlite_database(folder: Path) -> TestDatabase:
    file = folder / "out.db"
    sqlite3.connect(file).close()
    return TestDatabase("sqlite", f"sqlite:///{file}", lambda: sqlite3.connect(file))


def postgresql_database(name: str) -> TestDatabase:
    server = shared_postgresql()
    with server.connect() as administrator:
        administrator.execute(f"CREATE DATABASE {name}")
    return TestDatabase(
        "postgresql",
        f"postgresql://postgres@127.0.0.1:{server.port}/{name}",
        lambda: server.connect(name),
    )


def mariadb_database(name: str) -> TestDatabase:
    port = mariadb()
    admin = pymysql.connect(host="127.0.0.1", port=port, user="root")
    admin.cursor().execute(f"CREATE DATABASE {name}")
    admin.close()
    return TestDatabase(
        "mariadb",
        f"mariadb://root@127.0.0.1:{port}/{name}",
        lambda: pymysql.connect(host="127.0.0.1", port=port, user="root", database=name),
    )


@cache
def mariadb() -> int:
    """The port of a server that lets everybody in."""
    need("MariaDB")
    folder, [port] = _folder("mysql"), free_ports(1)
    subprocess.run(
        _as("mysql", "mariadb-install-db", "--no-defaults", f"--datadir={folder}/data",
            "--skip-test-db", "--auth-root-authentication-method=normal"),
        check=True, capture_output=True,
    )  # fmt: skip
    options = [
        f"--datadir={folder}/data",
        f"--port={port}",
        "--bind-address=127.0.0.1",
        f"--socket={folder}/socket",
        f"--pid-file={folder}/pid",
        "--innodb-buffer-pool-size=32M",
        "--skip-name-resolve",
    ]
    server = ServerProcess(_as("mysql", "/usr/sbin/mariadbd", "--no-defaults", *options), folder / "output.log")
    atexit.register(server.kill)
    server.wait_until(
        lambda: answers(port) and _lets_in(lambda: pymysql.connect(host="127.0.0.1", port=port, user="root"))
    )
    return port


def _folder(user: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=f"trunkline-{user}-"))
    if os.getuid() == 0:
        shutil.chown(folder, user)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _as(user: str, *command: str) -> list[str]:
    """The command as that user, where the tests run as root, whom the servers refuse."""
    if os.getuid() != 0:
        return list(command)
    account = pwd.getpwnam(user)
    switch = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--pdeathsig=KILL"]
    return ["setpriv", *switch, *command]


def _lets_in(connect: Callable[[], Any]) -> bool:
    try:
        connect().close()
    except pymysql.Error:
        return False
    return True
