"""The paths `/hub` of a version of an API: subscribe, end it, and in v5 see what is subscribed.

What is refused is raised as `Refusal`, for the application around to answer. Source: the official files of the APIs
(POST and DELETE in v4, GET of one too in v5); the list is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeAlias

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request, Response

from trunkline.tmf.declaration import V5, Document, OpenApi, Version
from trunkline.tmf.errors import Refusal, bad
from trunkline.tmf.href import href
from trunkline.tmf.hub import openapi
from trunkline.tmf.hub.subscription import Subscriber, Subscription
from trunkline.tmf.hub.subscriptions import Subscriptions

NAME = "hub"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
MOST_BYTES = 16 << 10
LIMIT = 100  # subscriptions in a part of the list where the request does not say
MOST = 1_000  # and at most
MOST_OFFSET = 1_000_000

Offer: TypeAlias = tuple[str, Callable[..., Response], int, dict[str, Any]]
"""Method, what does it, the status where it is done, and how it is described."""


class Registration(msgspec.Struct, frozen=True):
    """What a partner sends; other attributes (`@type`, …) mean nothing here."""

    callback: str
    query: str | None = None


async def whole(request: Request) -> bytes:
    """The body."""
    return await request.body()


class Hub:
    """The operations, for one version of one API; `root` see `hub_routes`."""

    def __init__(self, api: OpenApi, version: Version, subscriptions: Subscriptions, root: str) -> None:
        self._api, self._version, self._subscriptions, self._root = api, version, subscriptions, root

    def subscribe(self, request: Request, body: Annotated[bytes, Depends(whole)]) -> Response:
        """201 with the subscription and its place."""
        _only(request)
        given = _registration(request, body)
        base = self._base(request)
        query, who = given.query or "", _subscriber(request)
        made = self._subscriptions.add(self._api, self._version, given.callback, query, base, who)
        return _json(self._told(made, base), 201, {"Location": href(base, NAME, made.id)})

    def get(self, request: Request) -> Response:
        """200 with one."""
        _only(request)
        found = self._subscriptions.get(self._api, self._version, request.path_params["id"], _subscriber(request))
        return _json(self._told(found, self._base(request)))

    def listed(self, request: Request) -> Response:
        """200 with all, or 206 with a part of them."""
        given = _only(request, "offset", "limit")
        offset, limit = _number(given, "offset", 0, 0, MOST_OFFSET), _number(given, "limit", LIMIT, 1, MOST)
        found, total = self._subscriptions.listed(self._api, self._version, offset, limit, _subscriber(request))
        counts = {"X-Total-Count": str(total), "X-Result-Count": str(len(found))}
        base = self._base(request)
        return _json([self._told(each, base) for each in found], 200 if len(found) == total else 206, counts)

    def unsubscribe(self, request: Request) -> Response:
        """204, and within a second nothing more is sent."""
        _only(request)
        self._subscriptions.remove(self._api, self._version, request.path_params["id"], _subscriber(request))
        return Response(status_code=204)

    def _base(self, request: Request) -> str:
        root = self._root or f"{request.url.scheme}://{request.headers.get('host', '')}"
        return root + self._api.path(self._version)

    def _told(self, subscription: Subscription, base: str) -> Document:
        document: Document = {"id": subscription.id, "callback": subscription.callback}
        if subscription.query:
            document["query"] = subscription.query
        if self._version is V5:
            document |= {"@type": "Hub", "href": href(base, NAME, subscription.id)}
        return document


def hub_routes(api: OpenApi, version: Version, subscriptions: Subscriptions, *, root: str = "") -> APIRouter:
    """The routes, beneath the path of the API's version. `root` is the URL before that path, as hrefs have it; "" takes
    the one that the request came to."""
    hub, router = Hub(api, version, subscriptions, root), APIRouter()
    of_all: list[Offer] = [("POST", hub.subscribe, 201, openapi.subscribe(version))]
    of_one: list[Offer] = [("DELETE", hub.unsubscribe, 204, openapi.unsubscribe(version))]
    if version is V5:
        of_all.append(("GET", hub.listed, 200, openapi.listed(version)))
        of_one.append(("GET", hub.get, 200, openapi.get(version)))
    _add(router, f"/{NAME}", of_all)
    _add(router, f"/{NAME}/{{id}}", of_one)
    return router


def _add(router: APIRouter, path: str, offers: Sequence[Offer]) -> None:
    """Offer these at a path, with a slash at its end and without; refuse all else with 405."""
    allow = ", ".join(method for method, _, _, _ in offers)

    def not_offered(request: Request) -> Response:
        raise HTTPException(405, f"{request.method} is not offered at {request.url.path}", {"Allow": allow})

    others = [method for method in METHODS if method not in {offered for offered, _, _, _ in offers}]
    for place in (path, f"{path}/"):
        for method, endpoint, status, words in offers:
            router.add_api_route(
                place,
                endpoint,
                methods=[method],
                status_code=status,
                response_class=Response,
                operation_id="_".join([method.lower(), *(step.strip("{}") for step in path.split("/") if step)]),
                openapi_extra=words,
                include_in_schema=place is path,
            )
        router.add_api_route(place, not_offered, methods=others, include_in_schema=False)


def _registration(request: Request, body: bytes) -> Registration:
    """Raises `Refusal`: 415, 413, or 400 where the body is not what a partner sends."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(
            415, "badMediaType", "the body is not application/json", f"its Content-Type is {kind or 'missing'}"
        )
    if len(body) > MOST_BYTES:
        raise Refusal(413, "tooLarge", f"the body is larger than {MOST_BYTES} bytes")
    try:
        return msgspec.json.decode(body, type=Registration)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise bad("badSubscription", "the body is not a subscription: {callback, query}", str(error)) from None


def _subscriber(request: Request) -> Subscriber | None:
    """Who asks, as access control has left it there; None where there is none."""
    found = getattr(request.state, "subscriber", None)
    return found if isinstance(found, Subscriber) else None


def _only(request: Request, *names: str) -> dict[str, str]:
    """The query's parameters. Raises `Refusal` (400) where there is any but `names`, or one twice."""
    given = request.query_params.multi_items()
    for name, _ in given:
        if name not in names:
            takes = f"it takes {', '.join(names)}" if names else "it takes none"
            raise bad("unknownParameter", f"{name[:100]!r} is not a query parameter here", takes)
    found = dict(given)
    if len(found) < len(given):
        raise bad("badPaging", "a parameter is given twice", "give each once")
    return found


def _number(given: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = given.get(name, str(default))
    if not (text.isascii() and text.isdecimal()) or len(text) > 9 or not least <= int(text) <= most:
        raise bad("badPaging", f"{name} is not a whole number from {least} to {most}", repr(text[:100]))
    return int(text)


def _json(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(content), status, headers, "application/json")
