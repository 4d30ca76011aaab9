"""Takes connections at the sockets of a server: the TLS handshake of each is bounded in time, and all in number."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from prometheus_client import Counter

from trunkline.http.patience import MOST_CONNECTIONS, SPARE, Patience
from trunkline.http.tls import RefusedHandshake

BACKLOG: Final = 1_024
ABSENT: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})  # of a machine without IPv6, say
LINGER: Final = 1.0  # seconds for a client that is refused to hear why
AGAIN: Final = 0.1  # seconds until connections are taken again, where the machine has no room for one

REFUSED = Counter(
    "trunkline_http_connections_refused", "Connections that were ended before a request, by why", ["reason"]
)

logger = logging.getLogger(__name__)


def bound(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen at every address of `host`; port 0 takes a free one, the same at all. Raises `OSError`."""
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    refused: OSError | None = None
    for family, address in dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found):
        free = sockets[0].getsockname()[1] if sockets else port
        try:
            sockets.append(socket.create_server((address, free), family=family, backlog=BACKLOG))
        except OSError as error:
            refused = error
            if error.errno not in ABSENT:
                for each in sockets:
                    each.close()
                raise
    if not sockets:
        raise refused or OSError(f"{host} is no address of this machine")
    for each in sockets:
        each.setblocking(False)
    return sockets


class Listener:
    """Hands each connection to a protocol of its own, until it is closed. `open` are those that got one."""

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        protocol: Callable[[], asyncio.Protocol],
        tls: ssl.SSLContext | None,
        patience: Patience,
        open: Collection[object],
    ) -> None:
        self._protocol, self._tls, self._patience, self._open = protocol, tls, patience, open
        self._handshakes: dict[asyncio.Task[None], None] = {}  # in the order in which they began
        self._sockets = sockets
        self._taking = [asyncio.create_task(self._take(each)) for each in sockets]

    def close(self) -> None:
        """Take no more; those that are taken go on."""
        for task in (*self._taking, *self._handshakes):
            task.cancel()
        for each in self._sockets:
            each.close()

    async def _take(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(listening)
            except OSError as error:
                logger.warning("no connection can be taken now: %s", error)
                await asyncio.sleep(AGAIN)
                continue
            if len(self._open) + len(self._handshakes) >= MOST_CONNECTIONS + SPARE:
                REFUSED.labels("crowded").inc()
                connection.close()
                continue
            if len(self._handshakes) >= self._patience.handshakes:
                oldest = next(iter(self._handshakes))
                del self._handshakes[oldest]
                oldest.cancel()
                REFUSED.labels("crowded").inc()
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = loop.create_task(self._begin(connection, str(address[0])))
            self._handshakes[task] = None
            task.add_done_callback(partial(self._ended, connection))

    def _ended(self, connection: socket.socket, handshake: asyncio.Task[None]) -> None:
        self._handshakes.pop(handshake, None)
        if handshake.cancelled():
            connection.close()

    async def _begin(self, connection: socket.socket, client: str) -> None:
        try:
            if self._tls is None:
                await asyncio.get_running_loop().connect_accepted_socket(self._protocol, connection)
            else:
                await self._secure(connection, self._tls)
        except OSError as error:
            slow = isinstance(error, ConnectionAbortedError)
            REFUSED.labels("slow" if slow else "handshake").inc()
            logger.info("no TLS with %s: %s", client, error)
            connection.close()

    async def _secure(self, connection: socket.socket, tls: ssl.SSLContext) -> None:
        with connection.dup() as telling:  # asyncio closes the other before the client has heard why
            try:
                await asyncio.get_running_loop().connect_accepted_socket(
                    self._protocol,
                    connection,
                    ssl=tls,
                    ssl_handshake_timeout=self._patience.handshake,
                    ssl_shutdown_timeout=self._patience.handshake,
                )
            except RefusedHandshake as error:
                await _tell(telling, error.alert)
                raise


async def _tell(connection: socket.socket, alert: bytes) -> None:
    """Send the alert, and wait for the client to have read it: what it has sent meanwhile would else reset it."""
    loop = asyncio.get_running_loop()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(LINGER):
            await loop.sock_sendall(connection, alert)
            connection.shutdown(socket.SHUT_WR)
            while await loop.sock_recv(connection, 4_096):
                pass
