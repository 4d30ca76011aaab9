"""The HTTPS listener of the VES collector: served as the platform's APIs are, by a certificate of its own."""

from __future__ import annotations

import asyncio
import ssl

from trunkline.http.server import Server, Tls, server
from trunkline.http.tls import Files
from trunkline.loopback import address
from trunkline.systems.reach import Context
from trunkline.systems.ves.collector import Collector
from trunkline.systems.ves.settings import VesSettings


async def listen(settings: VesSettings, context: Context) -> None:
    """Collect events until cancelled. Raises `OSError` where the address or a file of TLS cannot be had."""
    await serve(listener(settings, context))


def listener(settings: VesSettings, context: Context) -> Server:
    """The listener, which is bound and collects nothing yet. Raises what `listen` does."""
    tls = _tls(settings, context) if settings.tls else None
    return server(Collector(settings, context), *address(settings.listen), tls=tls, authenticated=True)


async def serve(collecting: Server) -> None:
    """Collect events until cancelled; those that are under way are answered then."""
    serving = asyncio.create_task(collecting.serve())
    try:
        await asyncio.shield(serving)
    finally:
        collecting.should_exit = True
        await serving


def _tls(settings: VesSettings, context: Context) -> Tls:
    """As declared: by which certificate we answer, and which authority signs those of the senders, where there is one.
    All of these files are followed while the listener runs."""
    own, senders = context.certificate, context.project / settings.client_ca if settings.client_ca else None
    if settings.certificate:
        files = Files(context.project / settings.certificate, context.project / settings.key, senders)
    elif own is not None:
        files = Files(own.certificate, own.key, senders)
    else:
        raise ValueError("there is no certificate to answer by: give `certificate` and `key`")
    oldest = ssl.TLSVersion.TLSv1_2 if settings.tls12_because else ssl.TLSVersion.TLSv1_3
    return Tls(files, ask=senders is not None, oldest=oldest)
