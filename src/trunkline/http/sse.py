"""Server-sent events (WHATWG HTML, 9.2): one client's stream, which ends when the client goes or takes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from trunkline.http.errors import Problem

HEARTBEAT = 15.0  # seconds without an event after which the client hears that the stream is alive
STALLED = 30.0  # seconds for a client to take what was sent, before it is closed
RETRY = 1_000  # milliseconds after which a client that lost its stream comes back


class Feed(Protocol):
    """What streams tell of, with the number of those that are open."""

    clients: int


class EventStream(Response):
    """Sends what `frames` yields, in the classes that are more special, until it ends or the client goes."""

    media_type = "text/event-stream"

    def __init__(self, feed: Feed, most: int) -> None:
        """Raises `Problem` (503) where as many streams of the feed are open already."""
        if feed.clients >= most:
            raise Problem(503, f"{most} streams are open; close one or try later", headers={"Retry-After": "5"})
        self._counted = feed
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]

    def frames(self) -> AsyncIterator[bytes]:
        """The stream, each piece a number of whole blocks."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._counted.clients += 1
        gone = asyncio.create_task(_disconnected(receive))
        sending = asyncio.create_task(self._send(send))
        try:
            await asyncio.wait([gone, sending], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._counted.clients -= 1
            for task in (gone, sending):
                task.cancel()
            await asyncio.gather(gone, sending, return_exceptions=True)

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for frames in self.frames():
            async with asyncio.timeout(STALLED):
                await send({"type": "http.response.body", "body": frames, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def frame(name: str, id: object, data: bytes) -> bytes:
    """One event. `data` has no line break."""
    return b"event: %s\nid: %s\ndata: %s\n\n" % (name.encode(), str(id).encode(), data)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
