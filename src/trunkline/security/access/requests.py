"""Every request to the APIs is decided upon: what may not be is refused, and what is told is masked.

It stands inside of identity, which says who calls, and of the audit trail, which records what came of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trunkline.http.errors import Problem
from trunkline.security.access.decisions import Action, Decision, Decisions, Who, who
from trunkline.security.access.filtered import hidden_in_body, hidden_in_query
from trunkline.security.access.kinds import Asked, Kinds
from trunkline.security.access.log import DecisionLog, Question
from trunkline.security.access.mask import Mask
from trunkline.security.access.purpose import HEADER, NONE, NotItsPurpose, purpose_of
from trunkline.security.access.regions import narrowed, region_of
from trunkline.security.access.stream import MaskedStream
from trunkline.security.access.subscriber import subscriber
from trunkline.security.audit.note import note_of
from trunkline.security.audit.recorder import NotRecorded
from trunkline.security.audit.resource import Place, place_of
from trunkline.tmf.declaration import Version
from trunkline.tmf.errors import Refusal

ACTIONS: Final[dict[str, Action]] = {"PUT": "change", "PATCH": "change", "DELETE": "delete"}
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
JSON, EVENTS = b"application/json", b"text/event-stream"
UNKNOWN_KIND, UNKNOWN_PURPOSE, HIDDEN_FIELD, ELSEWHERE = "unknown-kind", "unknown-purpose", "hidden-field", "elsewhere"
"""What refuses beside the operator's rules."""


class Granted(NamedTuple):
    """What a request may be answered with: records of which kind, what of them, and which regions' not."""

    who: Who
    asked: Asked
    purpose: str
    mask: Mask
    elsewhere: frozenset[str]

    @property
    def whole(self) -> bool:
        return self.mask.whole and not self.elsewhere


class DecidedRequests:
    """ASGI middleware. Who calls is `state.caller` of the request, as `identity.authenticated` leaves it there; a
    request without one is of the role `anonymous`."""

    def __init__(self, app: ASGIApp, decisions: Decisions, kinds: Kinds, log: DecisionLog) -> None:
        self._app, self._decisions, self._kinds, self._log = app, decisions, kinds, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = place_of(scope["path"], scope["raw_path"]) if scope["type"] == "http" else None
        if place is None:
            await self._app(scope, receive, send)
            return
        one, asked = who(scope.get("state", {}).get("caller")), self._kinds.at(place)
        action = action_of(scope["method"], place, asked)
        headers = dict(scope["headers"])
        question = Question(one, action, asked.name, "", f"{scope['method']} {place.template}", _address(scope))
        try:
            purpose = purpose_of(headers.get(HEADER, b"").decode("latin-1"), one.client, self._decisions.purposes)
        except NotItsPurpose as error:
            await self._refuse(scope, receive, send, asked, question, UNKNOWN_PURPOSE, str(error))
            return
        question = question._replace(purpose=purpose)
        if asked.kind is None:
            reason = f"nobody has declared who may see {asked.name or 'this'}: see access/fields.yaml"
            await self._refuse(scope, receive, send, asked, question, UNKNOWN_KIND, reason)
            return
        decision = self._decisions.decide(one, action, asked.kind, purpose)
        if not decision.allowed:
            await self._refuse(scope, receive, send, asked, question, " ".join(decision.rules), "", decision)
            return
        mask = self._decisions.mask(one, asked.kind, purpose)
        granted = Granted(one, asked, purpose, mask, self._decisions.elsewhere(one, asked.kind, purpose))
        await self._grant(scope, receive, send, place, question, decision, granted)

    async def _grant(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        place: Place,
        question: Question,
        decision: Decision,
        granted: Granted,
    ) -> None:
        hidden = hidden_in_query(scope["query_string"], granted.asked, granted.mask)
        if question.action in ("create", "change") and not granted.mask.whole:
            body = await _whole(receive)
            hidden = hidden or hidden_in_body(body, granted.asked, granted.mask)
            receive = _replayed(body, receive)
        if hidden:
            reason = f"{hidden} is hidden from you, so it cannot be looked for, sorted by or changed either"
            await self._refuse(scope, receive, send, granted.asked, question, HIDDEN_FIELD, reason)
            return
        if granted.elsewhere and question.action != "read" and place.id and await self._lies_elsewhere(scope, granted):
            reason = "it lies in a region that is not yours"
            await self._refuse(scope, receive, send, granted.asked, question, ELSEWHERE, reason)
            return
        self._log.allowed(question, decision.rules, sorted(granted.mask.hidden()))
        state = {**scope.get("state", {}), "subscriber": subscriber(granted.who, granted.purpose)}
        scope = {**scope, "state": state}
        if question.action == "read" and not place.id:
            known = self._decisions.every_region
            query = narrowed(scope["query_string"], granted.asked, granted.elsewhere, known)
            scope = {**scope, "query_string": query}
        if not granted.whole or granted.asked.kind is None or granted.asked.kind.declared.events:
            send = Masking(self, granted, scope, receive, send).sending
        await self._app(scope, receive, send)

    async def _lies_elsewhere(self, scope: Scope, granted: Granted) -> bool:
        """Whether what is to be changed lies in a region that is not the caller's: looks at it as it is."""
        path, raw = scope["path"], scope["raw_path"]
        if granted.asked.act:
            path, raw = path.rpartition("/")[0], raw.rpartition(b"/")[0]
        looking = {**scope, "method": "GET", "path": path, "raw_path": raw, "query_string": b""}
        body = bytearray()

        async def nothing() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def taking(message: Message) -> None:
            body.extend(message.get("body", b""))

        await self._app(looking, nothing, taking)
        try:
            return self.is_elsewhere(msgspec.json.decode(bytes(body)), granted)
        except msgspec.DecodeError:
            return True

    def is_elsewhere(self, record: Any, granted: Granted) -> bool:
        """Whether a record lies where the caller may not look."""
        asked = granted.asked
        if asked.kind is None or not granted.elsewhere:
            return False
        region = region_of(record, asked.kind, asked.version, self._decisions.every_region)
        return region in granted.elsewhere

    def seen(self, record: Any, granted: Granted) -> Any:
        """A record as it may be told; None where it may not be."""
        if not isinstance(record, dict):
            return record
        return None if self.is_elsewhere(record, granted) else granted.mask.apply(record, granted.asked.version)

    def of_event(self, name: str, granted: Granted) -> Granted | None:
        """What is granted of the record in an event of this name, of a stream; None where it may not be told."""
        kind = granted.asked.kind
        its = self._kinds.get(kind.declared.events.get(name, "")) if kind is not None else None
        if its is None or not self._decisions.decide(granted.who, "read", its, granted.purpose).allowed:
            return None
        mask = self._decisions.mask(granted.who, its, granted.purpose)
        elsewhere = self._decisions.elsewhere(granted.who, its, granted.purpose)
        return Granted(granted.who, Asked(its.name, its), granted.purpose, mask, elsewhere)

    async def _refuse(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        asked: Asked,
        question: Question,
        rule: str,
        reason: str,
        decision: Decision | None = None,
    ) -> None:
        """403, with the id by which `trunkline access explain` says why. The trail has it before the caller does."""
        try:
            id = await self._log.refused(question, rule, decision.id if decision is not None else "")
        except NotRecorded as error:
            answer = Problem(503, f"it cannot be recorded who was refused: {error}", headers={"Retry-After": "5"})
            await answer.response(scope["path"])(scope, receive, send)
            return
        note_of(scope).refused_by = rule
        what = f"{question.action} {question.kind}".strip()
        reason = reason or f"you may not {what} for the purpose {question.purpose or NONE}"
        how = f"`trunkline access explain {id}` says why"
        await refusal(403, reason, how, asked.version, scope["path"], {"X-Decision": id})(scope, receive, send)


class Masking:
    """The answer to one request, on its way out."""

    def __init__(self, decided: DecidedRequests, granted: Granted, scope: Scope, receive: Receive, send: Send) -> None:
        self._decided, self._granted = decided, granted
        self._scope, self._receive, self._send = scope, receive, send
        self._start: Message | None = None
        self._body = bytearray()
        self._stream: MaskedStream | None = None
        self._plain = False

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
        start, body = self._start, bytes(self._body)
        kind = dict(start["headers"]).get(b"content-type", b"").partition(b";")[0].strip()
        if body:
            told = self._told(body) if kind == JSON else None
            if told is None:
                answer = refusal(404, "there is no such record for you", "", self._granted.asked.version, "", {})
                await answer(self._scope, self._receive, self._send)
                return
            body = told
        headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        await self._send({**start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    def _told(self, body: bytes) -> bytes | None:
        said = msgspec.json.decode(body)
        if isinstance(said, list):
            seen = (self._decided.seen(record, self._granted) for record in said)
            return msgspec.json.encode([record for record in seen if record is not None])
        told = self._decided.seen(said, self._granted)
        return None if told is None else msgspec.json.encode(told)

    def _event(self, name: str, data: bytes) -> bytes | None:
        """The data of an event as it may be told; None where it may not be."""
        granted = self._granted
        if granted.asked.kind is not None and granted.asked.kind.declared.events:
            its = self._decided.of_event(name, granted)
            if its is None:
                return None
            granted = its
        told = self._decided.seen(msgspec.json.decode(data), granted)
        return None if told is None else msgspec.json.encode(told)


def action_of(method: str, place: Place, asked: Asked) -> Action:
    """What a request would do: a POST at a record, or a task, is an act upon it, and any other makes a new one."""
    if method in SAFE:
        return "read"
    if method == "POST":
        return "act" if asked.act else "create"
    return ACTIONS.get(method, "change")


def refusal(
    status: int, reason: str, message: str, version: Version | None, instance: str, headers: dict[str, str]
) -> Response:
    """A refusal in the words of the API: TM Forum's Error, or a problem (RFC 9457)."""
    if version is not None:
        code = "forbidden" if status == 403 else "notFound"
        body = msgspec.json.encode(Refusal(status, code, reason, message).body(version))
        return Response(body, status, headers, "application/json")
    return Problem(status, "; ".join(filter(None, (reason, message))), headers=headers).response(instance)


def _address(scope: Scope) -> str:
    return str((scope.get("client") or ("",))[0])


async def _whole(receive: Receive) -> bytes:
    """The body of a request, which the guard has bounded."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body"):
            return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Callable[[], Awaitable[Message]]:
    """Receives a body again that was read, and then whatever else comes."""
    again = True

    async def receiving() -> Message:
        nonlocal again
        if again:
            again = False
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return receiving
