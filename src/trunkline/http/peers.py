"""Which services may call a listener that asks for their certificates."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Receive, Scope, Send

from trunkline.http.errors import Problem
from trunkline.security.certificates.spiffe import Peers

logger = logging.getLogger(__name__)


class AllowedPeers:
    """ASGI middleware: refuses whom the list does not have, before anything else sees the request."""

    def __init__(self, app: ASGIApp, allowed: Peers) -> None:
        self._app, self._allowed = app, allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer = scope.get("peer")
        if scope["type"] == "lifespan" or peer in self._allowed:
            await self._app(scope, receive, send)
            return
        logger.warning("%s is refused: it is not among `callers` under [tls]", peer or "a client without a SPIFFE id")
        problem = Problem(403, f"{peer or 'a client without a SPIFFE id'} may not call here: see `callers` under [tls]")
        await problem.response(scope["path"])(scope, receive, send)
