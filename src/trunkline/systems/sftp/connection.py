"""The SSH connection: the server is known by its key or refused, and the login uses nothing but what is declared."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncssh

from trunkline.systems.polling import Poller
from trunkline.systems.reach import Context
from trunkline.systems.sftp.folder import SftpFolder
from trunkline.systems.sftp.settings import SftpSettings

CONNECT_TIMEOUT = 10.0  # seconds
LOGIN_TIMEOUT = 20.0
KEEPALIVE = 10.0  # seconds of silence after which the server is asked whether it lives; three times


logging.getLogger("asyncssh").setLevel(logging.WARNING)  # it tells of every session otherwise


class HostKeyRefused(ConnectionError):
    """The server's key is not one that the connection declares."""


class _Client(asyncssh.SSHClient):
    """Accepts a server by the fingerprint of its key alone."""

    def __init__(self, fingerprints: frozenset[str]) -> None:
        self._fingerprints = fingerprints
        self.shown = ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.shown = key.get_fingerprint("sha256")
        return self.shown in self._fingerprints


async def poll(settings: SftpSettings, context: Context) -> None:
    """Log in and poll until cancelled. Raises `OSError`, `asyncssh.Error` or `ValueError` (a secret, a key)."""
    async with _logged_in(settings, context) as connection, connection.start_sftp_client() as sftp:
        context.status.succeeded()
        await Poller(SftpFolder(sftp, settings), settings, context).run()


@asynccontextmanager
async def _logged_in(settings: SftpSettings, context: Context) -> AsyncIterator[asyncssh.SSHClientConnection]:
    known = (context.secret(each) if each.startswith("$") else each for each in settings.fingerprints)
    client = _Client(frozenset(known))
    passphrase = context.secret(settings.passphrase) if settings.passphrase else None
    key = asyncssh.import_private_key(context.secret(settings.key), passphrase) if settings.key else None
    try:
        connection = await asyncssh.connect(
            settings.host,
            settings.port,
            username=settings.user,
            client_factory=lambda: client,
            known_hosts=([], [], []),  # none but by fingerprint, see _Client
            client_keys=[key] if key else None,
            password=context.secret(settings.password) if settings.password else None,
            config=None,
            agent_path=None,
            connect_timeout=CONNECT_TIMEOUT,
            login_timeout=LOGIN_TIMEOUT,
            keepalive_interval=KEEPALIVE,
        )
    except asyncssh.HostKeyNotVerifiable:
        raise HostKeyRefused(
            f"{settings.host}:{settings.port} shows the host key {client.shown}, which `fingerprints` does not name: "
            "ask the server's owner whether it is his, and only then add it"
        ) from None
    except asyncssh.PermissionDenied as error:
        who = f"{settings.user}@{settings.host}:{settings.port}"
        raise PermissionError(f"{who} may not log in: {error.reason}") from None
    except OSError as error:
        reason = error.strerror or str(error) or "no answer in time"
        raise ConnectionError(f"{settings.host}:{settings.port} cannot be reached: {reason}") from None
    async with connection:
        yield connection
