"""Every request to the APIs becomes an entry: who asked for what, and what was answered.

A change is recorded before its answer leaves: where that cannot be done, the answer says so instead. A read shares a
batch with others (`recorder`), and is not served while so many wait that they cannot be written. Of the identity
provider that is recorded which it says was done: who signs in, who is given tokens, who keeps people and applications.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trunkline.http.errors import Problem
from trunkline.security.audit import entry as entries
from trunkline.security.audit.entry import UNNUMBERED, Action, Entry, Origin, Outcome, Resource, bounded
from trunkline.security.audit.note import KEY, Note
from trunkline.security.audit.pseudonym import Pseudonyms
from trunkline.security.audit.recorder import NotRecorded, Recorder
from trunkline.security.audit.resource import (
    LARGEST,
    OPEN,
    Documents,
    Place,
    documents_in,
    names,
    names_in,
    names_in_query,
    place_of,
    told_place_of,
)

ACTIONS: Final[dict[str, Action]] = {"POST": "create", "PUT": "change", "PATCH": "change", "DELETE": "delete"}
PURPOSE, REASON, REQUEST_ID = b"x-purpose", b"x-reason", b"x-request-id"
"""The headers in which a caller says why, and by which the gateway names a request."""
REFUSED: Final = range(400, 500)


class AuditedRequests:
    """ASGI middleware, the outermost: so that also what others refuse is recorded.

    Who calls, and what refused, is told by others in the request's `Note`. Under the paths `in_the_log`, a change is
    recorded as a read is, because the request itself is made durable in the log.
    """

    def __init__(
        self, app: ASGIApp, recorder: Recorder, pseudonyms: Pseudonyms, in_the_log: tuple[str, ...] = ()
    ) -> None:
        self._app, self._recorder, self._pseudonyms, self._in_the_log = app, recorder, pseudonyms, in_the_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = telling = None
        if scope["type"] == "http":
            place = place_of(scope["path"], scope["raw_path"])
            place = place or (telling := told_place_of(scope["path"]))
        if place is None:
            await self._app(scope, receive, send)
        elif self._recorder.full():
            await _unavailable("requests cannot be recorded in the audit trail now, so none is served")(
                scope, receive, send
            )
        elif scope["method"] in ACTIONS and not scope["path"].startswith(self._in_the_log or ("\n",)):
            await self._change(Seen(scope, place, self._pseudonyms, telling is not None), receive, send)
        else:
            await self._read(Seen(scope, place, self._pseudonyms, telling is not None), receive, send)

    async def _read(self, seen: Seen, receive: Receive, send: Send) -> None:
        recorded = False

        async def sending(message: Message) -> None:
            nonlocal recorded
            if message["type"] == "http.response.start":
                seen.answered(message)
            elif not recorded:
                recorded = True
                if not message.get("more_body"):
                    seen.told(message.get("body", b""))
                self._add(seen)
            await send(message)

        try:
            await self._app(seen.scope, receive, sending)
        finally:
            if not recorded:
                self._add(seen)

    async def _change(self, seen: Seen, receive: Receive, send: Send) -> None:
        recorded = refused = False

        async def receiving() -> Message:
            message = await receive()
            seen.took(message)
            return message

        async def sending(message: Message) -> None:
            nonlocal recorded, refused
            if message["type"] == "http.response.start":
                seen.answered(message)
                recorded = True
                try:
                    await self._settle(seen)
                except NotRecorded as error:
                    refused = True
                    answer = _unavailable(f"this may have been done, but is not recorded in the audit trail: {error}")
                    await answer(seen.scope, receive, send)
            if not refused:
                await send(message)

        try:
            await self._app(seen.scope, receiving, sending)
        except Exception:
            if not recorded:  # who answers 500 is further out
                recorded = True
                with suppress(NotRecorded):
                    await self._settle(seen)
            raise
        finally:
            if not recorded:
                self._add(seen)

    def _add(self, seen: Seen) -> None:
        if seen.recorded:
            self._recorder.add(seen.entry)

    async def _settle(self, seen: Seen) -> None:
        if seen.reads:
            self._add(seen)
        elif seen.recorded:
            await self._recorder.settle(seen.entry)


class Seen:
    """What was seen of one request; of one to a part that is `telling`, what that says was done is recorded."""

    def __init__(self, scope: Scope, place: Place, pseudonyms: Pseudonyms, telling: bool = False) -> None:
        self._note, self._telling = Note(), telling
        self.scope: Scope = {**scope, KEY: self._note}
        self._place, self._pseudonyms = place, pseudonyms
        self._time = time.time()
        self._status = 0
        self._location = b""
        self._body = b""
        self._told = Documents()

    @property
    def recorded(self) -> bool:
        """Whether an entry is made of it."""
        return self._note.did is not None or not self._telling

    @property
    def reads(self) -> bool:
        """Whether nothing was changed, although its method is one by which things are."""
        return self._note.did is not None and self._note.did.action == "read"

    def took(self, message: Message) -> None:
        """A part of the request's body came."""
        if len(self._body) <= LARGEST and not self._telling:
            self._body += message.get("body", b"")

    def answered(self, message: Message) -> None:
        """The answer begins."""
        self._status = message["status"]
        for name, value in message["headers"]:
            if name == b"location":
                self._location = value

    def told(self, body: bytes) -> None:
        """The whole body of the answer."""
        if self._status < 300:
            self._told = documents_in(body)

    def entry(self) -> Entry:
        """The entry that it is."""
        scope, place, headers = self.scope, self._place, dict(self.scope["headers"])
        fields, parameters, asked = names_in_query(scope["query_string"])
        caller = self._note.caller or scope.get("state", {}).get("caller")
        method = scope["method"]
        action: Action = ACTIONS.get(method, "read")
        id = place.id
        told = self._told
        if action == "create" and id:
            action = "change"  # what is done to a thing that is there
        if action != "read":
            fields = names_in(self._body) if self._body else ()
            told = documents_in(self._body) if self._body else told
            if not id and self._location:
                id = self._location.decode("latin-1").rstrip("/").rpartition("/")[2]
        kind, factors = place.kind, tuple[str, ...]()
        if self._note.did is not None:
            action, kind, id, fields, factors, count = self._note.did
            fields, told = names(fields), Documents(count)
        concerns = (place.within, *asked, *told.owners, *self._note.concerns)
        outcome = self._outcome()
        asked_for = f"?{'&'.join(parameters)}" if parameters else ""
        return Entry(
            id=UNNUMBERED,
            time=entries.moment(self._time),
            who=entries.who(caller),
            action=action,
            resource=Resource(kind, _named(self._pseudonyms, kind, id)),
            concerns=tuple(_named(self._pseudonyms, kind, each) for each in dict.fromkeys(concerns) if each),
            told=told.told if action == "read" else 0,
            fields=fields,
            factors=factors,
            purpose=_text(headers.get(PURPOSE)),
            reason=_text(headers.get(REASON)),
            origin=Origin(
                bounded((scope.get("client") or ("",))[0]),
                _text(headers.get(REQUEST_ID)),
                bounded(f"{method} {place.template}{asked_for}", 500),
            ),
            outcome=outcome,
            rule=(bounded(self._note.refused_by) or f"http {self._status}") if outcome == "refused" else "",
            status=self._status,
        )

    def _outcome(self) -> Outcome:
        if self._status in REFUSED or (self._telling and self._note.refused_by and 0 < self._status < 400):
            return "refused"
        return "done" if 0 < self._status < 400 else "failed"


def _named(pseudonyms: Pseudonyms, kind: str, id: str) -> str:
    return bounded(id) if not id or kind in OPEN else pseudonyms.of(id)


def _text(header: bytes | None) -> str:
    return bounded(header.decode("utf-8", "replace")) if header else ""


def _unavailable(detail: str) -> ASGIApp:
    return Problem(503, detail, headers={"Retry-After": "5"}).response("")
