"""Nchf_ConvergedCharging over HTTP (TS 32.291 clause 6.1.3): create, update and release, each a POST of JSON.

It answers everything under its path, refusals as ProblemDetails, and has no framework beneath it: what a request passes
here is what a request needs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from starlette.types import Receive, Scope, Send

from trunkline.telco.charging.online import metrics
from trunkline.telco.charging.online.charging_request import decoded, following, opening
from trunkline.telco.charging.online.charging_response import opened, response
from trunkline.telco.charging.online.exchange import Exchange
from trunkline.telco.charging.online.problem import MEDIA_TYPE, Cause, Refused
from trunkline.telco.charging.online.session import session_of
from trunkline.telco.model import ChargingAnswer, ChargingRequest

PATH = "/nchf-convergedcharging/v3"
MOST_BYTES = 256 * 1024

logger = logging.getLogger(__name__)


class Answer(NamedTuple):
    """What is answered; a refusal has its own media type."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    media_type: str = "application/json"


class Application:
    """The ASGI application. Who has no units left is sent to `top_up_page`; "" ends the session's traffic instead."""

    def __init__(self, exchange: Exchange, top_up_page: str = "") -> None:
        self._exchange, self._top_up_page = exchange, top_up_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        operation, *ref = _steps(scope)
        try:
            answer = await self._answer(operation, ref, scope, receive)
        except Refused as refused:
            answer = _refused(refused, scope["path"])
        except Exception:
            # What went wrong stays in the log: the caller cannot act on it, and it may show too much.
            logger.exception("%s %s failed", scope["method"], scope["path"])
            problem = Refused(500, Cause.SYSTEM_FAILURE, "the server failed on this request; its log says why")
            answer = _refused(problem, scope["path"])
        metrics.REQUESTS.labels(operation or "none", answer.status).inc()
        await _send(send, answer)

    async def _answer(self, operation: str, ref: list[str], scope: Scope, receive: Receive) -> Answer:
        if not operation:
            detail = f"there is nothing at {scope['path']}: post to {PATH}/chargingdata"
            raise Refused(404, Cause.RESOURCE_URI_STRUCTURE_NOT_FOUND, detail)
        if scope["method"] != "POST":
            refused = Refused(405, Cause.INVALID_MSG_FORMAT, f"{scope['method']} is not offered: post")
            return _refused(refused, scope["path"], ("Allow", "POST"))
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        _check_media_type(headers)
        told = decoded(await _body(receive, headers))
        if told.retransmission_indicator:
            metrics.REPEATED.inc()
        now = datetime.now(UTC)
        if operation == "create":
            session, request = opening(told, self._exchange.directory, now)
            granted = opened(told, await self._asked(request), self._top_up_page)
            location = f"{scope['scheme']}://{headers.get('host', '')}{PATH}/chargingdata/{session.ref}"
            return Answer(201, msgspec.json.encode(granted), (("Location", location),))
        request = following(told, session_of(ref[0]), now, final=operation == "release")
        granted = response(told, await self._asked(request), self._top_up_page)
        return Answer(204) if operation == "release" else Answer(200, msgspec.json.encode(granted))

    async def _asked(self, request: ChargingRequest) -> ChargingAnswer:
        begun = time.perf_counter()
        answer = await self._exchange.ask(request)
        metrics.ANSWER.observe(time.perf_counter() - begun)
        return answer


def _steps(scope: Scope) -> list[str]:
    """The operation that a path asks for, and the reference of the charging data where it names one; [""] where it
    asks for none."""
    match scope["path"].removeprefix(PATH).split("/"):
        case ["", "chargingdata"]:
            return ["create"]
        case ["", "chargingdata", ref, ("update" | "release") as operation] if ref:
            return [operation, ref]
    return [""]


def _check_media_type(headers: Mapping[str, str]) -> None:
    """A page of another origin may post forms and plain text without asking; so these are refused before all else."""
    given = headers.get("content-type", "")
    if given.partition(";")[0].strip().lower() != "application/json":
        detail = f"the Content-Type is {given[:100] or 'missing'}: send application/json"
        raise Refused(415, Cause.INVALID_MSG_FORMAT, detail)


async def _body(receive: Receive, headers: Mapping[str, str]) -> bytes:
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) > MOST_BYTES:
        raise _too_large()
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, Cause.INVALID_MSG_FORMAT, "the request ended before its body")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
        if size > MOST_BYTES:
            raise _too_large()
    return b"".join(parts)


def _too_large() -> Refused:
    return Refused(413, Cause.INVALID_MSG_FORMAT, f"the body is larger than {MOST_BYTES} bytes")


def _refused(refused: Refused, path: str, *headers: tuple[str, str]) -> Answer:
    if refused.retry_after is not None:
        headers += (("Retry-After", str(refused.retry_after)),)
    return Answer(refused.status, refused.details(path), headers, MEDIA_TYPE)


async def _send(send: Send, answer: Answer) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    if answer.body:
        headers.append((b"content-type", answer.media_type.encode()))
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
