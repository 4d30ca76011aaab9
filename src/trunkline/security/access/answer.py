"""The answer to a request, on its way out: JSON and streams of events as they may be told, or a refusal."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from trunkline.http.errors import Problem
from trunkline.security.access.granted import Granted, Telling
from trunkline.security.access.stream import MaskedStream
from trunkline.tmf.declaration import Version
from trunkline.tmf.errors import Refusal

JSON: Final = b"application/json"
EVENTS: Final = b"text/event-stream"
RESULT_COUNT: Final = b"x-result-count"
COUNTS: Final = frozenset({RESULT_COUNT, b"x-total-count"})


class MaskedAnswer:
    """The answer to one request, on its way out."""

    def __init__(self, telling: Telling, granted: Granted, scope: Scope, receive: Receive, send: Send) -> None:
        self._telling, self._granted = telling, granted
        self._scope, self._receive, self._send = scope, receive, send
        self._start: Message | None = None
        self._body = bytearray()
        self._stream: MaskedStream | None = None
        self._plain = False
        self._told_of: int | None = None  # records of a list that was sifted here

    async def sending(self, message: Message) -> None:
        """Take a part of the answer, and send what of it may be told."""
        if message["type"] == "http.response.start":
            kind = dict(message["headers"]).get(b"content-type", b"").partition(b";")[0].strip()
            self._plain = not 200 <= message["status"] < 300 or message["status"] == 204
            if kind == EVENTS:
                self._stream = MaskedStream(self._event)
            if self._plain or self._stream is not None:
                await self._send(message)
            else:
                self._start = message
        elif self._plain:
            await self._send(message)
        elif self._stream is not None:
            told = self._stream.take(message.get("body", b""))
            await self._send({**message, "body": told})
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._end()

    async def _end(self) -> None:
        """Send a whole answer. What cannot be masked is not told."""
        if self._start is None:
            return
        start, body, counted = self._start, bytes(self._body), self._start["headers"]
        kind = dict(start["headers"]).get(b"content-type", b"").partition(b";")[0].strip()
        if body:
            told = self._told(body) if kind == JSON else None
            if told is None:
                answer = refusal(404, "there is no such record for you", "", self._granted.asked.version, "", {})
                await answer(self._scope, self._receive, self._send)
                return
            body = told
            if self._told_of is not None:  # how many there are elsewhere is not told either
                counted = [each for each in counted if each[0].lower() not in COUNTS]
                counted.append((RESULT_COUNT, str(self._told_of).encode()))
        headers = [(name, value) for name, value in counted if name != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        await self._send({**start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    def _told(self, body: bytes) -> bytes | None:
        said = msgspec.json.decode(body)
        if isinstance(said, list):
            seen = [self._telling.seen(record, self._granted) for record in said]
            told_of = [record for record in seen if record is not None]
            if self._granted.by_record:
                self._told_of = len(told_of)
            return msgspec.json.encode(told_of)
        told = self._telling.seen(said, self._granted)
        return None if told is None else msgspec.json.encode(told)

    def _event(self, name: str, data: bytes) -> bytes | None:
        """The data of an event as it may be told; None where it may not be."""
        granted = self._granted
        if granted.asked.kind is not None and granted.asked.kind.declared.events:
            its = self._telling.of_event(name, granted)
            if its is None:
                return None
            granted = its
        told = self._telling.seen(msgspec.json.decode(data), granted)
        return None if told is None else msgspec.json.encode(told)


def unreadable(error: Refusal, version: Version | None, instance: str) -> Response:
    """What the API itself says to a request that it cannot read."""
    if version is None:
        return Problem(error.status, str(error)).response(instance)
    return Response(msgspec.json.encode(error.body(version)), error.status, media_type="application/json")


def refusal(
    status: int, reason: str, message: str, version: Version | None, instance: str, headers: dict[str, str]
) -> Response:
    """A refusal in the words of the API: TM Forum's Error, or a problem (RFC 9457)."""
    if version is not None:
        code = "forbidden" if status == 403 else "notFound"
        body = msgspec.json.encode(Refusal(status, code, reason, message).body(version))
        return Response(body, status, headers, "application/json")
    return Problem(status, "; ".join(filter(None, (reason, message))), headers=headers).response(instance)
