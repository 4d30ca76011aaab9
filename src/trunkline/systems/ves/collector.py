"""The VES event listener: authenticates a sender, checks its events, and answers 202 when they are in the log.

A single event that breaks the schema is refused with 400. In a batch each event stands for itself: the good ones are
taken, the bad ones are kept in the quarantine, and the answer is 400 and says how many there were. Sending the same
batch again does no harm, for an event that is taken twice says the same twice.
"""

from __future__ import annotations

import logging
import re
from typing import NamedTuple

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from trunkline.quarantine import Rejected
from trunkline.systems.reach import Context
from trunkline.systems.system import CanonicalRecord, Origin
from trunkline.systems.ves import errors
from trunkline.systems.ves.events import Event
from trunkline.systems.ves.logins import Logins
from trunkline.systems.ves.settings import VesSettings
from trunkline.systems.ves.translate import Translator

SINGLE, BATCH = "/eventListener/v7", "/eventListener/v7/eventBatch"
WRONG_LOGIN = "wrong-login"  # what the audit trail says has refused

logger = logging.getLogger(__name__)


class Single(msgspec.Struct):
    event: msgspec.Raw


class Batch(msgspec.Struct, rename="camel"):
    event_list: list[msgspec.Raw]


_SINGLE, _BATCH = msgspec.json.Decoder(Single), msgspec.json.Decoder(Batch)
_EVENT = msgspec.json.Decoder(Event)


class Fault(NamedTuple):
    """What is wrong with an event: `part` is the path to it in the request."""

    part: str
    reason: str
    offset: int
    raw: bytes


class Collector:
    """The ASGI application."""

    def __init__(self, settings: VesSettings, context: Context) -> None:
        self._settings, self._context = settings, context
        self._translator = Translator(context.name, context.system, context.systems)
        self._logins = Logins({user.name: context.secret(user.password) for user in settings.users})
        self._working = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except Exception:
            logger.exception("%s: a request of %s failed", self._context.name, request.client)
            response = errors.internal()
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        path = request.url.path.rstrip("/")
        if path not in (SINGLE, BATCH):
            return errors.not_found(path)
        if request.method != "POST":
            return errors.bad_method(request.method)
        content_type = request.headers.get("content-type", "")
        encoding = request.headers.get("content-encoding", "identity")
        if content_type.partition(";")[0].strip().lower() != "application/json" or encoding != "identity":
            return errors.bad_content_type(f"{content_type} {encoding}".strip())
        if self._working >= self._settings.max_requests:
            return errors.overloaded()
        self._working += 1
        try:
            return await self._take(request, path == BATCH)
        finally:
            self._working -= 1

    def _refusal(self, request: Request) -> Response | None:
        """What a sender hears that does not log in as it should."""
        if not self._settings.users:
            return None  # the TLS handshake asked for a certificate
        authorization, client = request.headers.get("authorization", ""), _address(request)
        login = self._logins.look(authorization, client)
        if login.right:
            return None
        if login.wait:
            return errors.locked(login.wait)
        if authorization:
            logger.warning("%s: a login of %s as %s is wrong", self._context.name, client, login.name)
            self._context.refused(login.name, client, WRONG_LOGIN)
        return errors.unauthorized()

    async def _take(self, request: Request, batch: bool) -> Response:
        limit = self._settings.max_body
        try:
            body = await _body(request, limit)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it, or it took too long
        if body is None:
            return errors.too_large(limit)
        client = _address(request)
        records, faults, count = self._read(body, batch, client)
        origin = self._translator.origin(client)
        records += [_rejected(fault, origin) for fault in faults]
        try:
            await self._context.intake.records(records)
        except Exception as error:
            self._context.status.failed(f"events were not taken: {error}")
            return errors.overloaded()
        self._context.status.succeeded()
        if not faults:
            return errors.accepted()
        first = faults[0]
        if count:
            return errors.bad_events(len(faults), count, first.part, first.reason)
        return errors.bad_json(first.part) if first.reason == NOT_JSON else errors.bad_schema(first.part, first.reason)

    def _read(self, body: bytes, batch: bool, client: str) -> tuple[list[CanonicalRecord | Rejected], list[Fault], int]:
        """The records and faults of a request's body, and the number of events of a batch that can be told apart."""
        try:
            raws = _BATCH.decode(body).event_list if batch else [_SINGLE.decode(body).event]
        except (ValueError, RecursionError) as error:
            return [], [_fault("", error, body)], 0
        records: list[CanonicalRecord | Rejected] = []
        faults: list[Fault] = []
        for number, raw in enumerate(map(bytes, raws)):
            try:
                records += self._translator.records(_EVENT.decode(raw), raw, client)
            except (ValueError, RecursionError) as error:
                faults.append(_fault(f"eventList[{number}]" if batch else "event", error, raw))
        return records, faults, len(raws) if batch else 0


NOT_JSON = "not JSON"
_PLACE = re.compile(r"^(?P<reason>.*?)(?: - at `\$\.?(?P<path>.*)`)?$", re.DOTALL)
_BYTE = re.compile(r"\(byte (\d+)\)")


def _fault(part: str, error: Exception, raw: bytes) -> Fault:
    """What a decoder says, as the part of the message that is wrong and the reason."""
    text = str(error)
    place = _PLACE.match(text)
    path, reason = (place["path"] or "", place["reason"]) if place else ("", text)
    byte = _BYTE.search(text)
    malformed = isinstance(error, msgspec.DecodeError) and not isinstance(error, msgspec.ValidationError)
    if malformed or isinstance(error, RecursionError):
        reason = NOT_JSON
    return Fault(".".join(filter(None, (part, path))) or "body", reason, int(byte[1]) if byte else 0, raw)


def _rejected(fault: Fault, origin: Origin) -> Rejected:
    return origin.rejected(
        "ves.json" if fault.reason == NOT_JSON else "ves.schema", f"{fault.part}: {fault.reason}",
        offset=fault.offset, length=len(fault.raw), part=fault.raw,
    )  # fmt: skip


async def _body(request: Request, limit: int) -> bytes | None:
    """The request's body, or None where it has more than `limit` bytes; no more than those are held."""
    if int(request.headers.get("content-length") or 0) > limit:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
