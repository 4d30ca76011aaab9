"""One connection: uvicorn's, with bounds on how long its client may take, and with who the client is."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from trunkline.http.errors import Problem
from trunkline.http.patience import Patience
from trunkline.security.certificates.spiffe import SpiffeId, id_of

LEFT = {"connection": "close"}


class Connection(H11Protocol):
    """In a request's scope, `peer` is the SPIFFE id in the client's certificate, where it has shown one."""

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], patience: Patience
    ) -> None:
        super().__init__(config, server_state, app_state)
        self._patience = patience
        self._application = self.app
        self.app = self._answer
        self._peer: SpiffeId | None = None
        self._peer_ends: datetime | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        secured: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        shown: Any = secured.getpeercert() if secured is not None else None
        if shown:
            self._peer = id_of(shown)
            self._peer_ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)
        self._wait(self._patience.head)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._idle:
            self._waited()
        elif self._timer is None:  # a part of a head
            self._wait(self._patience.head)

    def connection_lost(self, exc: Exception | None) -> None:
        self._waited()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if (left := self.transport.get_write_buffer_size()) and self._timer is None:
            self._timer = self.loop.call_later(self._patience.stalled, self._taken, left)

    @property
    def _idle(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _wait(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self.transport.abort)

    def _waited(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _taken(self, before: int) -> None:
        """End the connection where its client has taken nothing of the rest of an answer since then."""
        self._timer = None
        left = self.transport.get_write_buffer_size()
        if left >= before:
            self.transport.abort()
        elif left:
            self._timer = self.loop.call_later(self._patience.stalled, self._taken, left)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._peer is not None:
            scope["peer"] = self._peer
        if self._peer_ends is not None and self._peer_ends <= datetime.now(UTC):
            problem = Problem(401, f"your certificate ended at {self._peer_ends:%Y-%m-%d %H:%M:%S} UTC", headers=LEFT)
            await problem.response(scope["path"])(scope, receive, send)
            return
        request = _Request(self, scope, receive, send)
        try:
            await self._application(scope, request.receive, request.send)
        except ClientDisconnect:
            if not request.late:
                raise


class _Request:
    """A request whose body must come, and whose answer must be taken, in time."""

    def __init__(self, connection: Connection, scope: Scope, receive: Receive, send: Send) -> None:
        self._connection, self._scope, self._receive, self._send = connection, scope, receive, send
        self._patience = connection._patience
        self._due = connection.loop.time() + self._patience.body
        self._whole = self._begun = self.late = False

    async def receive(self) -> Message:
        if self.late:
            return {"type": "http.disconnect"}
        if self._whole or not self._connection.cycle.more_body:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._due):
                message = await self._receive()
        except TimeoutError:
            return await self._too_late()
        self._whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if self.late:
            return
        self._begun = True
        if not self._connection.flow.write_paused:
            await self._send(message)
            return
        try:
            async with asyncio.timeout(self._patience.stalled):
                await self._send(message)
        except TimeoutError:
            self._connection.transport.abort()

    async def _too_late(self) -> Message:
        self.late = True
        if self._begun:
            self._connection.transport.abort()
        else:
            problem = Problem(408, f"the body did not come within {self._patience.body:g} s", headers=LEFT)
            await problem.response(self._scope["path"])(self._scope, self._receive, self._send)
        return {"type": "http.disconnect"}
