"""The listener: uvicorn on a loopback address, until it is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from trunkline.http.bind import check_bind

GRACE = 5  # seconds that requests under way have to end when the server stops
MOST_CONNECTIONS = 1_000


class Server(uvicorn.Server):
    """Uvicorn that leaves the signals to the process that serves."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    @property
    def port(self) -> int:
        """The port that is listened on, once `started`."""
        return int(self.servers[0].sockets[0].getsockname()[1])


def server(app: FastAPI, host: str, port: int) -> Server:
    """A server of `app`, not running yet; port 0 takes a free one. Raises `RefusedBind` on what is not loopback."""
    return Server(
        uvicorn.Config(
            app,
            host=check_bind(host),
            port=port,
            log_level="warning",
            access_log=False,
            server_header=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=GRACE,
        )
    )


def serve(app: FastAPI, host: str, port: int, stop: threading.Event) -> None:
    """Serve `app` until `stop` is set. Raises `RefusedBind` on an address that is not loopback."""
    running = server(app, host, port)

    def end() -> None:
        stop.wait()
        running.should_exit = True

    threading.Thread(target=end, name="end of serving", daemon=True).start()
    running.run()
