"""Authorities, services with certificates, and servers that answer by them, for tests."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from trunkline.http import Tls, server
from trunkline.http.patience import Patience
from trunkline.http.server import Server
from trunkline.security.certificates.authorities import Authorities, Terms
from trunkline.security.certificates.service import ServiceCertificate
from trunkline.security.certificates.spiffe import SpiffeId

DOMAIN = "acme"
DAY = timedelta(days=1)


class Clock:
    """Time that a test moves on."""

    def __init__(self) -> None:
        self.at = time.time()

    def __call__(self) -> float:
        return self.at

    def pass_by(self, span: timedelta) -> None:
        self.at += span.total_seconds()


def authorities(folder: Path, clock: Clock | None = None, terms: Terms | None = None) -> Authorities:
    return Authorities(folder, DOMAIN, terms=terms, now=clock or time.time)


def service(
    of: Authorities,
    role: str,
    *names: str,
    lasting: timedelta = DAY,
) -> ServiceCertificate:
    """The certificate of `role` on the host `one`; for this machine, where no other names are given."""
    id = SpiffeId.service(of.domain, role, "one")
    made = ServiceCertificate(of, of.folder / role, id, names or ("localhost", "127.0.0.1"), lasting)
    made.renew()
    return made


async def _who(request: Request) -> Response:
    body = await request.body()
    return JSONResponse({"peer": str(request.scope.get("peer", "")), "bytes": len(body)})


async def _large(request: Request) -> Response:
    return Response(b"x" * 50_000_000)


APP = Starlette(routes=[Route("/", _who, methods=["GET", "POST"]), Route("/large", _large)])


@contextmanager
def serving(tls: Tls | None, patience: Patience | None = None, app: Any = APP) -> Iterator[Server]:
    """A server that answers on a free port of this machine, in this process."""
    running = server(app, "127.0.0.1", 0, tls=tls, patience=patience)
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        yield running
    finally:
        running.should_exit = True
        thread.join()


class Answer(NamedTuple):
    status: int
    body: Any
    serial: str
    """Of the server's certificate."""


def ask(port: int, context: ssl.SSLContext, host: str = "localhost") -> Answer:
    """One request by a connection of its own."""
    connection = http.client.HTTPSConnection(host, port, context=context, timeout=20)
    try:
        connection.request("GET", "/")
        shown = connection.sock.getpeercert() or {}
        answer = connection.getresponse()
        return Answer(answer.status, json.loads(answer.read()), str(shown.get("serialNumber", "")))
    finally:
        connection.close()


def trusting(file: Path) -> ssl.SSLContext:
    """An ordinary client that trusts these authorities, and shows no certificate."""
    return ssl.create_default_context(cafile=str(file))
