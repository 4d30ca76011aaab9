"""The provider as an application: everything under `/oauth2`, `/scim/v2` and the two well-known addresses."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, Final

from fastapi import APIRouter
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.http.app import Api
from trunkline.http.errors import Problem
from trunkline.security.identity import pages
from trunkline.security.identity.account import Account
from trunkline.security.identity.authorize import Authorize
from trunkline.security.identity.endpoints import Endpoints
from trunkline.security.identity.identity import Identity
from trunkline.security.identity.issuers import own
from trunkline.security.identity.rates import Limited, Rate
from trunkline.security.identity.registration import Registration
from trunkline.security.identity.scim.openapi import PATH as SCIM
from trunkline.security.identity.scim.openapi import document
from trunkline.security.identity.scim.service import Scim
from trunkline.security.identity.signin import SignIn
from trunkline.security.identity.signout import SignOut
from trunkline.security.identity.verifier import Verifier
from trunkline.store import StoreError, Unavailable

PATHS: Final = (
    "/oauth2", SCIM, "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server",
)  # fmt: skip
"""What the provider answers, which looks after itself: open paths to whoever puts the rest behind a verifier."""


def provider(identity: Identity) -> Starlette:
    """The provider on its state."""
    verifier = Verifier([own(identity)], identity.unused, identity.clock)
    routes = [
        route
        for part in (
            Endpoints(identity, verifier), Authorize(identity), SignIn(identity), SignOut(identity), Account(identity),
            Registration(identity, verifier), Scim(identity, verifier),
        )
        for route in part.routes()
    ]  # fmt: skip
    routes += [_file("style.css", pages.STYLE, "text/css"), _file("passkey.js", pages.SCRIPT, "text/javascript")]
    failures = {Problem: _problem, HTTPException: _http, StoreError: _store, Exception: _defect}
    limited = Middleware(Limited, rate=Rate(identity.terms.rate, identity.clock))
    return Starlette(routes=routes, middleware=[limited], exception_handlers=failures)


def identity_api(identity: Identity) -> Api:
    """The provider on the platform's one listener."""
    app = provider(identity)
    about = f"Signing in and access tokens: OpenID Connect at {identity.terms.issuer}; SCIM 2.0 under /scim/v2."
    return Api(APIRouter(), (), nullcontext, about, dict.fromkeys(PATHS, app), {SCIM: document})


def _file(name: str, content: str, media_type: str) -> Route:
    async def file(request: Request) -> Response:
        return Response(content, headers={"cache-control": "max-age=3600"}, media_type=media_type)

    return Route(f"/oauth2/{name}", file, methods=["GET"])


async def _problem(request: Request, error: Any) -> Response:
    answer: Response = error.response(request.url.path)
    return answer


async def _http(request: Request, error: Any) -> Response:
    detail = {404: "there is nothing here", 405: f"{request.method} is not offered here"}
    return Problem(error.status_code, detail.get(error.status_code, str(error.detail))).response(request.url.path)


async def _store(request: Request, error: Any) -> Response:
    busy = isinstance(error, Unavailable)
    reason = "the identity provider cannot reach its store: try again" if busy else "the identity provider failed"
    return Problem(503 if busy else 500, reason).response(request.url.path)


async def _defect(request: Request, error: Any) -> Response:
    """What went wrong stays in the server's log."""
    return Problem(500, "the identity provider failed on this request; its log says why").response(request.url.path)
