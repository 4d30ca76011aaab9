"""One version of one API as an ASGI application, which answers everything under its path.

It has no framework beneath it: what a request passes here is what a request needs. Errors are TM Forum's Error bodies,
also those for what is not there, what is not offered, and what went wrong.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote_to_bytes

from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trunkline.store import Unavailable
from trunkline.tmf.declaration import Version
from trunkline.tmf.errors import Refusal, bad
from trunkline.tmf.href import href
from trunkline.tmf.serving import body
from trunkline.tmf.serving.message import Answer, Request, media_type, refused
from trunkline.tmf.serving.operations import JSON, OFFERS, Offer
from trunkline.tmf.serving.served import Served

logger = logging.getLogger(__name__)

DOCUMENT = "openapi.json"
HUB = "hub"
MOST_PARAMETERS = 200


class Application:
    """Serves what `served` holds, all of one version of one API, and its `document`; `hub` answers what is under
    `/hub`. `root` is the URL that hrefs begin with; "" takes the one that the request came to."""

    def __init__(
        self,
        path: str,
        version: Version,
        served: Iterable[Served],
        document: Callable[[], bytes],
        hub: ASGIApp | None,
        root: str,
    ) -> None:
        self._path, self._version, self._hub, self._root, self._document = path, version, hub, root, document
        self._depth = path.count("/") + 1
        self._offers: dict[tuple[str, str, bool], dict[str, tuple[Offer, Served]]] = {}
        for one in served:
            for operation, offer in OFFERS.items():
                if operation in one.of.operations:
                    place = self._offers.setdefault((one.parent, one.name, offer.of_one), {})
                    place[offer.method] = (offer, one)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            steps = self._steps(scope)
            if self._hub is not None and steps[:1] == [HUB]:
                if steps == [HUB] and scope["method"] == "POST":
                    _check_media_type(_headers(scope), (JSON,))
                await self._pass_on(self._hub, scope, receive, sending)
                return
            answer = await self._answer(steps, scope, receive)
        except Refusal as refusal:
            answer = refused(refusal, self._version)
        except RequestValidationError as error:
            answer = refused(bad("badRequest", "the request is not as it should be", _faults(error)), self._version)
        except HTTPException as error:
            answer = refused(_of_the_framework(error, scope), self._version, *(error.headers or {}).items())
        except Unavailable:
            logger.exception("%s %s: the store cannot be used", scope["method"], scope["path"])
            reason = "the records cannot be reached, or not be changed, now"
            answer = refused(Refusal(503, "unavailable", reason, "try again later"), self._version)
        except Exception:
            if begun:
                raise
            logger.exception("%s %s failed", scope["method"], scope["path"])
            # What went wrong stays in the log: the caller cannot act on it, and it may show too much.
            answer = refused(
                Refusal(500, "failed", "the server failed on this request; its log says why"), self._version
            )
        await _send(send, answer)

    def _steps(self, scope: Scope) -> list[str]:
        """The path behind the API's own, decoded step by step: an id may hold a slash."""
        steps = scope["raw_path"].split(b"/")[self._depth :]
        if steps and not steps[-1]:
            steps.pop()
        try:
            return [unquote_to_bytes(step).decode() for step in steps]
        except UnicodeDecodeError:
            raise _nothing_at(scope) from None

    async def _answer(self, steps: list[str], scope: Scope, receive: Receive) -> Answer:
        method: str = scope["method"]
        if steps == [DOCUMENT]:
            if method != "GET":
                return self._not_offered(scope, ["GET"])
            return Answer(200, await run_in_threadpool(self._document))
        place = _place(steps)
        offers = self._offers.get((place.parent, place.name, bool(place.id))) if place else None
        if place is None or offers is None:
            raise _nothing_at(scope)
        if method not in offers:
            return self._not_offered(scope, offers)
        offer, served = offers[method]
        headers = _headers(scope)
        if offer.takes:
            _check_media_type(headers, offer.takes)
        content = await _body(receive, headers) if offer.takes else b""
        base = (self._root or f"{scope['scheme']}://{headers.get('host', '')}") + self._path
        if place.parent:
            base = href(base, place.parent, place.within)
        request = Request(base, place.within, place.id, _query(scope["query_string"]), headers, content)
        return await run_in_threadpool(offer.perform, served, request)

    def _not_offered(self, scope: Scope, offers: Iterable[str]) -> Answer:
        allow = ", ".join(sorted(offers))
        return refused(_not_offered(scope, allow), self._version, ("Allow", allow))

    async def _pass_on(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Let another application answer, behind the API's path; it gets no larger body than all others."""
        taken = await _body(receive, _headers(scope))

        async def replay() -> Message:
            return {"type": "http.request", "body": taken, "more_body": False}

        await app({**scope, "root_path": scope.get("root_path", "") + self._path}, replay, send)


class _Place(NamedTuple):
    """The names and ids in a path; `id` is "" where a whole collection is meant."""

    parent: str
    within: str
    name: str
    id: str


def _place(steps: list[str]) -> _Place | None:
    if not all(steps) or any("\x00" in step for step in steps):
        return None
    match steps:
        case [name]:
            return _Place("", "", name, "")
        case [name, id]:
            return _Place("", "", name, id)
        case [parent, within, name]:
            return _Place(parent, within, name, "")
        case [parent, within, name, id]:
            return _Place(parent, within, name, id)
    return None


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def _body(receive: Receive, headers: Mapping[str, str]) -> bytes:
    if headers.get("content-length", "").isdecimal() and int(headers["content-length"]) > body.MOST_BYTES:
        raise body.too_large()
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise bad("brokenOff", "the request ended before its body")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
        if size > body.MOST_BYTES:
            raise body.too_large()
    return b"".join(parts)


def _query(text: bytes) -> list[tuple[str, str]]:
    if not text:
        return []
    try:
        query = parse_qsl(text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    except ValueError as error:
        raise bad("badQuery", "the query is not one of names and values in UTF-8", str(error)) from None
    if any("\x00" in name or "\x00" in value for name, value in query):
        raise bad("badQuery", "the query has a NUL character (%00)", "there is none in any document")
    return query


def _check_media_type(headers: Mapping[str, str], taken: tuple[str, ...]) -> None:
    """A page of another origin may post forms and plain text without asking; so these are refused before all else."""
    if media_type(headers) not in taken:
        reason = f"the Content-Type is {headers.get('content-type', 'missing')[:100]}"
        raise Refusal(415, "badMediaType", reason, f"send {' or '.join(taken)}")


def _nothing_at(scope: Scope) -> Refusal:
    return Refusal(404, "notFound", f"there is nothing at {scope['path']}", f"{DOCUMENT} lists what there is")


def _not_offered(scope: Scope, allow: str = "") -> Refusal:
    offered = f"offered are: {allow}" if allow else ""
    return Refusal(405, "notOffered", f"{scope['method']} is not offered at {scope['path']}", offered)


def _of_the_framework(error: HTTPException, scope: Scope) -> Refusal:
    if error.status_code == 404:
        return _nothing_at(scope)
    if error.status_code == 405:
        return _not_offered(scope)
    return Refusal(error.status_code, "refused", str(error.detail))


def _faults(error: RequestValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())


async def _send(send: Send, answer: Answer) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    if answer.body:
        headers.append((b"content-type", b"application/json"))
    if answer.status not in (204, 304):
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
