"""Every request to the APIs is decided upon: what may not be is refused, and what is told is masked.

It stands inside of identity, which says who calls, and of the audit trail, which records what came of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trunkline.http.errors import Problem
from trunkline.security.access.answer import MaskedAnswer, refusal, unreadable
from trunkline.security.access.decisions import Action, Decision, Decisions, who
from trunkline.security.access.elsewhere import Elsewhere
from trunkline.security.access.filtered import hidden_in_body, hidden_in_query
from trunkline.security.access.granted import Granted, Telling
from trunkline.security.access.kinds import Asked, Kinds
from trunkline.security.access.log import DecisionLog, Question
from trunkline.security.access.purpose import HEADER, NONE, NotItsPurpose, purpose_of
from trunkline.security.access.regions import narrowed
from trunkline.security.access.subscriber import subscriber
from trunkline.security.audit.note import note_of
from trunkline.security.audit.recorder import NotRecorded
from trunkline.security.audit.resource import Place, place_of
from trunkline.security.identity.caller import Caller
from trunkline.tmf.errors import Refusal

ACTIONS: Final[dict[str, Action]] = {"PUT": "change", "PATCH": "change", "DELETE": "delete"}
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
UNKNOWN_KIND, UNKNOWN_PURPOSE, HIDDEN_FIELD, ELSEWHERE = "unknown-kind", "unknown-purpose", "hidden-field", "elsewhere"
"""What refuses beside the operator's rules."""


class DecidedRequests:
    """ASGI middleware. Who calls is `state.caller` of the request, as `identity.authenticated` leaves it there; a
    request without one is of the role `anonymous`. `issuer` is the platform's own provider, whose applications are
    those that the operator has registered for purposes and roles."""

    def __init__(self, app: ASGIApp, decisions: Decisions, kinds: Kinds, log: DecisionLog, issuer: str) -> None:
        self._app, self._decisions, self._kinds, self._log = app, decisions, kinds, log
        self._issuer = issuer
        self._telling = Telling(decisions, kinds)
        self._elsewhere = Elsewhere(app, self._telling)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = place_of(scope["path"], scope["raw_path"]) if scope["type"] == "http" else None
        if place is None:
            await self._app(scope, receive, send)
            return
        caller: Caller | None = scope.get("state", {}).get("caller")
        one, asked, application = who(caller), self._kinds.at(place), None
        if caller is not None and caller.issuer == self._issuer:
            application = self._decisions.purposes.clients.get(caller.client)
            if application is not None and caller.subject == caller.client:
                one = replace(one, roles=one.roles.union(application.roles))
        action = action_of(scope["method"], place, asked)
        headers = dict(scope["headers"])
        question = Question(one, action, asked.name, "", f"{scope['method']} {place.template}", _address(scope))
        try:
            purpose = purpose_of(headers.get(HEADER, b"").decode("latin-1"), application, self._decisions.purposes)
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
        try:
            hidden = hidden_in_query(scope["query_string"], granted.asked, granted.mask)
        except Refusal as error:
            await unreadable(error, granted.asked.version, scope["path"])(scope, receive, send)
            return
        if question.action in ("create", "change") and not granted.mask.whole:
            body = await _whole(receive)
            hidden = hidden or hidden_in_body(body, granted.asked, granted.mask)
            receive = _replayed(body, receive)
        if hidden:
            reason = f"{hidden} is hidden from you, so it cannot be looked for, sorted by or changed either"
            await self._refuse(scope, receive, send, granted.asked, question, HIDDEN_FIELD, reason)
            return
        if granted.elsewhere and question.action != "read":
            body = await _whole(receive)
            receive = _replayed(body, receive)
            if await self._elsewhere.is_meant(scope, place, granted, body):
                reason = "it lies in a region that is not yours"
                await self._refuse(scope, receive, send, granted.asked, question, ELSEWHERE, reason)
                return
            if question.action == "act":  # the answer tells of what was done, and lies nowhere itself
                granted = granted._replace(elsewhere=frozenset())
        self._log.allowed(question, decision.rules, sorted(granted.mask.hidden()))
        state = {**scope.get("state", {}), "subscriber": subscriber(granted.who, granted.purpose)}
        scope = {**scope, "state": state}
        if question.action == "read" and not place.id:
            known = self._decisions.every_region
            query = narrowed(scope["query_string"], granted.asked, granted.elsewhere, known)
            scope = {**scope, "query_string": query}
        if not granted.whole or granted.asked.kind is None or granted.asked.kind.declared.events:
            send = MaskedAnswer(self._telling, granted, scope, receive, send).sending
        await self._app(scope, receive, send)

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


def action_of(method: str, place: Place, asked: Asked) -> Action:
    """What a request would do: a POST at a record, or a task, is an act upon it, and any other makes a new one."""
    if method in SAFE:
        return "read"
    if method == "POST":
        return "act" if asked.act else "create"
    return ACTIONS.get(method, "change")


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
