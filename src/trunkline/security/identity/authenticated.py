"""Puts an application behind the verifier: nothing in it answers an unknown caller."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from trunkline.http.errors import Problem
from trunkline.http.mounts import under
from trunkline.security.audit.note import note_of
from trunkline.security.identity.caller import Caller, Refused
from trunkline.security.identity.dpop import ALGORITHMS
from trunkline.security.identity.verifier import Verifier


class Authenticated:
    """ASGI middleware: passes on what comes with a good token, with its `Caller` as `request.state.caller`, and what is
    for one of the `open_paths` or under it; refuses the rest with 401 and the reason.

    Who has no token and shows the gateway an application's key (`state.application`, see `http.vouching`) is that
    application; where such are declared is the `issuer`'s to say.

    `root` is the URL that clients reach the application by, for DPoP; "" takes the one that a request came to.
    """

    def __init__(
        self, app: ASGIApp, verifier: Verifier, open_paths: Sequence[str] = (), root: str = "", issuer: str = ""
    ) -> None:
        self._issuer = issuer
        self._app, self._verifier, self._open, self._root = app, verifier, tuple(open_paths), root.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or (scope["type"] == "http" and self._is_open(scope["path"])):
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008, "reason": "only HTTP is served here"})
            return
        try:
            caller = await self._caller(scope)
        except Refused as refused:
            note_of(scope).refused_by = f"authentication {refused.error}".strip()
            headers = {"www-authenticate": refused.challenges(ALGORITHMS)} if refused.status == 401 else {}
            problem = Problem(refused.status, refused.reason, headers=headers)
            await problem.response(scope["path"])(scope, receive, send)
            return
        note_of(scope).caller = caller
        state = {**scope.get("state", {}), "caller": caller}
        await self._app({**scope, "state": state}, receive, send)

    async def _caller(self, scope: Scope) -> Caller:
        headers = Headers(scope=scope)
        given = headers.getlist("authorization")
        application = scope.get("state", {}).get("application", "")
        if not given and application and self._issuer:
            return Caller(application, application, frozenset(), frozenset(), "", self._issuer)
        if len(given) > 1:
            raise Refused("the header Authorization is there more than once", "invalid_request")
        root = self._root or f"{scope['scheme']}://{headers.get('host', '')}"
        url = root + scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        authorization = given[0] if given else ""
        asked = (authorization, scope["method"], url, headers.getlist("dpop"))
        if self._verifier.at_once(authorization):
            return self._verifier.verify(*asked)
        return await run_in_threadpool(self._verifier.verify, *asked)

    def _is_open(self, path: str) -> bool:
        """A path that other software may read in another way than the router does is never open."""
        plain = "\\" not in path and "//" not in path and not {".", ".."} & set(path.split("/"))
        return plain and bool(under(path, self._open))
