"""Logging in to the server, for statements or for replication."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from trunkline.systems.postgresql.settings import PostgresqlSettings
from trunkline.systems.postgresql.values import OPTIONS
from trunkline.systems.reach import Context

CONNECT_TIMEOUT = 10  # seconds
SILENCE = 60  # seconds after which a server that does not answer is taken for gone


class Login:
    """Who logs in, where, and how the line is secured."""

    def __init__(self, settings: PostgresqlSettings, context: Context) -> None:
        self.settings = settings
        self._password = context.secret(settings.password) if settings.password else None
        self._name, self._ca = context.name, str(context.project / settings.ca) if settings.ca else "system"

    @contextmanager
    def connection(self, *, replication: bool = False, plain_bytes: bool = False) -> Iterator[psycopg.Connection]:
        """A session in which each statement is its own transaction.

        With `plain_bytes` texts come as they are stored, which may be no UTF-8. Raises `ConnectionError`, also where
        the connection breaks within the block, and `PermissionError` where the server says that the user may not.
        """
        settings, tls = self.settings, self.settings.tls != "off"
        try:
            connection = psycopg.connect(
                host=settings.host,
                port=settings.port,
                dbname=settings.database,
                user=settings.user,
                password=self._password,
                sslmode=settings.tls if tls else "disable",
                sslrootcert=self._ca if tls else None,
                gssencmode="disable",
                connect_timeout=CONNECT_TIMEOUT,
                application_name=f"trunkline {self._name}",
                client_encoding="SQL_ASCII" if plain_bytes else "UTF8",
                options=OPTIONS,
                replication="database" if replication else None,
                tcp_user_timeout=SILENCE * 1000,
                keepalives_idle=SILENCE // 2,
                autocommit=True,
            )
        except psycopg.Error as error:
            raise ConnectionError(f"{self._where}: {_line(error)}") from None
        try:
            yield connection
        except psycopg.errors.InsufficientPrivilege as error:
            raise PermissionError(f"{self._where}: {_line(error)}") from None
        except psycopg.Error as error:
            raise ConnectionError(f"{self._where}: {_line(error)}") from None
        finally:
            connection.close()

    @property
    def _where(self) -> str:
        return f"{self.settings.user}@{self.settings.host}:{self.settings.port}/{self.settings.database}"


def _line(error: psycopg.Error) -> str:
    return " ".join(str(error).split())
