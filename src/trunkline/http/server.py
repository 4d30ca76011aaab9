"""The listener: uvicorn on an address that it may have, in clear or by TLS, until it is told to stop."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from socket import socket

import uvicorn
from starlette.types import ASGIApp

from trunkline.http.bind import check_bind
from trunkline.http.connection import Connection
from trunkline.http.listener import Listener, bound
from trunkline.http.patience import MOST_CONNECTIONS, Patience
from trunkline.http.peers import AllowedPeers
from trunkline.http.tls import Files, server_context
from trunkline.security.certificates.spiffe import Peers

GRACE = 5  # seconds that requests under way have to end when the server stops


@dataclass(frozen=True, slots=True)
class Tls:
    """By which certificate a server answers. With `ask`, every client must show a certificate of `files.authorities`;
    where `callers` are given, they alone may call. `oldest` is the oldest version of TLS that is spoken."""

    files: Files
    callers: Peers | None = None
    ask: bool = False
    oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3

    def context(self) -> ssl.SSLContext:
        """Raises `UnusableCertificate`."""
        return server_context(self.files, ask=self.ask or self.callers is not None, oldest=self.oldest)


class Server(uvicorn.Server):
    """Uvicorn that leaves the signals to the process that serves, and its connections to our listener."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket], tls: Tls | None, patience: Patience) -> None:
        super().__init__(config)
        self._sockets, self._patience = sockets, patience
        self._tls = tls.context() if tls is not None else None
        self._listener: Listener | None = None

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._sockets[0].getsockname()[1])

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets=[])  # the application's own beginning
        state = self.server_state

        def protocol() -> Connection:
            return Connection(self.config, state, self.lifespan.state, self._patience)

        self._listener = Listener(self._sockets, protocol, self._tls, self._patience, state.connections)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        if self._listener is not None:
            self._listener.close()
        await super().shutdown()


def server(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    tls: Tls | None = None,
    authenticated: bool = False,
    patience: Patience | None = None,
) -> Server:
    """A server of `app` that is bound and not running yet; port 0 takes a free one.

    `authenticated` says that the application answers nobody whom it does not know. Raises `RefusedBind` where the
    address may not be had like that, `UnusableCertificate`, and `OSError` where it is in use.
    """
    waiting = patience or Patience()
    address = check_bind(host, tls=tls is not None, authenticated=authenticated)
    config = uvicorn.Config(
        AllowedPeers(app, tls.callers) if tls is not None and tls.callers is not None else app,
        log_level="warning",
        access_log=False,
        proxy_headers=False,  # an address is believed of the gateway alone: http/vouching.py
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=waiting.idle,
    )
    sockets = bound(address, port)
    try:
        return Server(config, sockets, tls, waiting)
    except BaseException:
        for each in sockets:
            each.close()
        raise


def serve(
    app: ASGIApp,
    host: str,
    port: int,
    stop: threading.Event,
    *,
    tls: Tls | None = None,
    authenticated: bool = False,
) -> None:
    """Serve `app` until `stop` is set. Raises what `server` does."""
    running = server(app, host, port, tls=tls, authenticated=authenticated)

    def end() -> None:
        stop.wait()
        running.should_exit = True

    threading.Thread(target=end, name="end of serving", daemon=True).start()
    running.run()
