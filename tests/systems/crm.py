"""An old CRM's database with customers, who follows it, and what the log has of it: on PostgreSQL or on MariaDB."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL
from tests.systems.capturing import Capture, until
from trunkline.log import Topic

CUSTOMERS = "CREATE TABLE customer (id integer PRIMARY KEY, name varchar(99), n integer)"
TOPICS = [
    Topic(name="crm.customer", partitions=3),
    Topic(name="crm.row", partitions=2, compacted=True),
    Topic(name="crm.other"),
]
CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: test.crm.customer
version: 1.0.0
status: active
description: {purpose: Customers as they change.}
team: {name: CRM, members: [{username: crm@example.net, role: owner}]}
slaProperties: [{property: retention, value: 1, unit: d}]
customProperties:
  - {property: partitions, value: 3}
  - {property: unknownFields, value: UNKNOWN}
schema:
  - name: Customer
    physicalName: crm.customer
    physicalType: topic
    properties:
      - {name: id, logicalType: integer, required: true, classification: internal}
      - {name: name, logicalType: string, classification: internal, logicalTypeOptions: {maxLength: 5}}
      - {name: n, logicalType: integer, classification: internal}
"""


class Crm:
    """`schema` is what the table's name is written with, and `db` the administrator's connection."""

    schema = "public"

    def __init__(self, folder: Path, server: Any, database: str, **options: Any) -> None:
        self.server, self.database = server, database
        self.db = self.connect()
        self.capture = Capture(folder, TOPICS, **options)

    def declare(self, tables: dict[str, Any] | None = None, **settings: Any) -> None:
        """Declare the connection `crm` with tables by their names without schema."""
        tables = tables or {"customer": {"topic": "crm.customer"}}
        named = {f"{self.schema}.{name}": table for name, table in tables.items()}
        self.capture.declare("crm", tables=named, **{**self.settings(), **settings})

    def settings(self) -> dict[str, Any]:
        raise NotImplementedError

    def connect(self, **options: Any) -> Any:
        return self.server.connect(self.database, **options)

    def execute(self, *statements: str) -> None:
        with self.db.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def table(self, name: str = "customer", key: str = "id") -> dict[str, dict[str, Any]]:
        with self.db.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {name}")
            names = [column[0] for column in cursor.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return {str(row[key]): row for row in rows}

    def problem(self, text: str) -> str:
        """What the operator is told, once it has this text in it."""
        with self.capture.running() as runner:
            [status] = runner.statuses
            until(lambda: text in status.problem, f"{text!r} is told, but {status.problem!r} is")
            return status.problem

    def until_followed(self) -> None:
        """Wait until the snapshot is in the log."""
        until(lambda: self.capture.position().since, "the tables' snapshot is in the log")

    def until_same(self) -> None:
        """Wait until the log's table is the database's, while nobody writes."""
        until(lambda: self.capture.table("crm.customer") == self.table(), "the topic is the table")

    def close(self) -> None:
        self.db.close()
        self.capture.close()


class PostgresqlCrm(Crm):
    server: PostgreSQL

    def settings(self) -> dict[str, Any]:
        return {"reach": "postgresql", "port": self.server.port, "database": self.database, "user": "postgres"}


class MariadbCrm(Crm):
    server: MariaDB

    def __init__(self, folder: Path, server: MariaDB, database: str, **options: Any) -> None:
        super().__init__(folder, server, database, **options)
        self.schema = database

    def settings(self) -> dict[str, Any]:
        return {
            "reach": "mariadb",
            "port": self.server.port,
            "user": "root",
            "server_id": 100 + hash(self.database) % 900,
        }


@contextmanager
def own_mariadb(tmp_path: Path, settings: dict[str, str] | None = None) -> Iterator[MariadbCrm]:
    """A server of the test's own."""
    folder = Path(tempfile.mkdtemp(prefix="trunkline-mariadb-"))
    server = MariaDB(folder, settings)
    try:
        server.start()
        with server.connect() as administrator, administrator.cursor() as cursor:
            cursor.execute("CREATE DATABASE crm_1 CHARACTER SET utf8mb4")
        crm = MariadbCrm(tmp_path, server, "crm_1")
        crm.execute(CUSTOMERS)
        crm.declare()
        yield crm
        crm.close()
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
