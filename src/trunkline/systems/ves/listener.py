"""The HTTPS listener of the VES collector: its socket, its certificate, and uvicorn behind them."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from trunkline.systems.reach import Context
from trunkline.systems.ves.certificate import for_this_machine
from trunkline.systems.ves.collector import Collector
from trunkline.systems.ves.settings import VesSettings

GRACE = 5  # seconds that requests under way have to end when the listener stops
MOST_CONNECTIONS = 1_000


class _Server(uvicorn.Server):
    """Uvicorn that leaves the signals to the process it runs in."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def listen(settings: VesSettings, context: Context) -> None:
    """Collect events until cancelled. Raises `OSError` where the address or a file of TLS cannot be had."""
    with _socket(*settings.address) as bound:
        await serve(settings, context, bound)


async def serve(settings: VesSettings, context: Context, bound: socket.socket) -> None:
    """Collect events at a socket that is bound already, until cancelled."""
    config = uvicorn.Config(
        Collector(settings, context),
        log_level="warning",
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=GRACE,
    )
    config.load()
    if settings.tls:
        config.ssl = tls(settings, context)
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving


def tls(settings: VesSettings, context: Context) -> ssl.SSLContext:
    """TLS as declared: our certificate, and the authority of the senders' certificates where there is one."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.certificate:
        chain, key = context.project / settings.certificate, context.project / settings.key
    else:
        chain, key = for_this_machine(context.folder)
    server.load_cert_chain(_there(chain), _there(key))
    if settings.client_ca:
        server.load_verify_locations(_there(context.project / settings.client_ca))
        server.verify_mode = ssl.CERT_REQUIRED
    return server


def _there(path: Path) -> Path:
    if not path.is_file():
        raise FileNotFoundError(f"the file {path} is not there: correct the connection's settings")
    return path


def _socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=1_024)
