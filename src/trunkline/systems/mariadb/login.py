"""Logging in to the server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymysql
from pymysql.connections import Connection
from pymysql.constants import ER
from pymysql.converters import encoders

from trunkline.systems.changes.database import ANEW, Gap
from trunkline.systems.mariadb.settings import MariadbSettings
from trunkline.systems.reach import Context

CONNECT_TIMEOUT = 10  # seconds
SILENCE = 60  # seconds after which a server that does not answer is taken for gone
_MAY_NOT = (
    ER.ACCESS_DENIED_ERROR, ER.DBACCESS_DENIED_ERROR, ER.TABLEACCESS_DENIED_ERROR, ER.SPECIFIC_ACCESS_DENIED_ERROR,
)  # fmt: skip
_BINLOG_FATAL = 1236  # ER_MASTER_FATAL_ERROR_READING_BINLOG


class Login:
    """Who logs in, where, and how the line is secured."""

    def __init__(self, settings: MariadbSettings, context: Context) -> None:
        self.settings = settings
        self._password = context.secret(settings.password) if settings.password else ""
        self._ca = str(context.project / settings.ca) if settings.ca else None

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """A session in UTC, whose values come as text and bytes.

        Raises `ConnectionError`, also where the connection breaks within the block, `PermissionError` where the server
        says that the user may not, and `Gap` where it says that it has not what is asked of its log.
        """
        try:
            with self._connect() as connection:
                yield connection
        except pymysql.MySQLError as error:
            raise self._told(error) from None

    def _connect(self) -> Connection[Any]:
        settings, tls = self.settings, self.settings.tls != "off"
        return pymysql.connect(
            host=settings.host,
            port=settings.port,
            user=settings.user,
            password=self._password,
            charset="utf8mb4",
            conv=encoders,  # and no decoders: each value as the server sends it
            autocommit=True,
            init_command="SET SESSION time_zone = '+00:00', sql_mode = ''",
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=SILENCE,
            write_timeout=SILENCE,
            ssl_disabled=not tls,
            ssl_ca=self._ca,
            ssl_verify_cert=tls,
            ssl_verify_identity=settings.tls == "verify-full",
        )

    def _told(self, error: pymysql.MySQLError) -> Exception:
        code = error.args[0] if error.args else 0
        text = " ".join(str(error.args[-1] if error.args else error).split())
        where = f"{self.settings.user}@{self.settings.host}:{self.settings.port}"
        if code == _BINLOG_FATAL and "GTID" in text:
            return Gap(f"{where}: {text}. Changes are lost: {ANEW}")
        if code in _MAY_NOT:
            return PermissionError(f"{where}: {text}")
        return ConnectionError(f"{where}: {text}")
