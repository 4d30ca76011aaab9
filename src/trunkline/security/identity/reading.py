"""Bodies of requests, bounded in size and in the time that they may take, and parameters that are given once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from trunkline.faults import Place
from trunkline.http.errors import Problem

LARGEST: Final = 64 << 10  # bytes
PATIENCE: Final = 10  # seconds
MOST_FIELDS: Final = 100
DEEPEST: Final = 20  # levels of JSON
FORM: Final = "application/x-www-form-urlencoded"

Endpoint = Callable[[Request], Awaitable[Response]]
Fields = dict[str, str]


def page(handle: Callable[[Request], Response]) -> Endpoint:
    """An endpoint that reads no body; `handle` runs beside the loop, because it asks the database."""

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(handle, request)

    return endpoint


def form(handle: Callable[[Request, Fields], Response]) -> Endpoint:
    """An endpoint that is sent a form."""

    async def endpoint(request: Request) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != FORM:
            raise Problem(415, f"the body must be {FORM}, not {kind or 'without content type'}")
        return await run_in_threadpool(handle, request, once(pairs(await _body(request))))

    return endpoint


def json(handle: Callable[[Request, Any], Response], *kinds: str) -> Endpoint:
    """An endpoint that is sent JSON, as one of these media types."""
    accepted = kinds or ("application/json",)

    async def endpoint(request: Request) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in accepted:
            raise Problem(415, f"the body must be {' or '.join(accepted)}, not {kind or 'without content type'}")
        return await run_in_threadpool(handle, request, _decoded(await _body(request)))

    return endpoint


def query(request: Request) -> Fields:
    """The parameters of the query. Raises `Problem`."""
    return once(pairs(request.scope["query_string"]))


def once(pairs: Sequence[tuple[str, str]]) -> Fields:
    """Parameters by name. Raises `Problem` where one is given twice (RFC 6749, clause 3.1), or holds a NUL."""
    fields: Fields = {}
    for name, value in pairs:
        if name in fields:
            raise Problem(400, f"{name[:100]} is given more than once")
        if "\0" in name or "\0" in value:
            raise Problem(400, "there is a character NUL in the request")
        fields[name] = value
    return fields


def pairs(raw: bytes) -> list[tuple[str, str]]:
    """URL-encoded parameters. Raises `Problem`."""
    try:
        return parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except (UnicodeDecodeError, ValueError):
        raise Problem(400, f"the parameters are not URL-encoded UTF-8, or more than {MOST_FIELDS}") from None


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for part in request.stream():
                body += part
                if len(body) > LARGEST:
                    raise Problem(413, f"the body has more than {LARGEST} bytes")
    except TimeoutError:
        raise Problem(408, f"the body did not come within {PATIENCE} seconds") from None
    return bytes(body)


def _decoded(raw: bytes) -> Any:
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Problem(400, f"the body is not JSON: {error}") from None
    _bound(value, ())
    return value


def _bound(value: Any, place: Place) -> None:
    """Nothing that is nested too deep, and no NUL, which PostgreSQL cannot keep. Raises `Problem`."""
    if len(place) > DEEPEST:
        raise Problem(400, f"the body is nested deeper than {DEEPEST} levels")
    if isinstance(value, str) and "\0" in value:
        raise Problem(400, "there is a character NUL in the body")
    if isinstance(value, dict):
        for name, each in value.items():
            _bound(name, (*place, name))
            _bound(each, (*place, name))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            _bound(each, (*place, number))
