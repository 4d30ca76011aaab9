"""How often one address, and one client that proves to be it, may call the provider; then they are told to wait.

Counted by each process for itself, for as many as it remembers: who was not seen for the longest is forgotten first.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from prometheus_client import Counter
from starlette.types import ASGIApp, Receive, Scope, Send

from trunkline.http.errors import Problem
from trunkline.security.identity.browser import source

MOST: Final = 10_000  # callers that are remembered
BURST: Final = 10  # seconds of the rate that may come at once
CHEAP: Final = ("/.well-known/", "/oauth2/keys", "/oauth2/style.css", "/oauth2/passkey.js")
"""What is read by everybody, and costs nothing."""
LIMITED: Final = Counter(
    "trunkline_identity_limited", "Requests to the identity provider that came too often.", ["per"]
)


class Rate:
    """Of each caller so many requests `a_second`, and `BURST` seconds' worth of them at once, one at least; 0 is no
    limit."""

    def __init__(self, a_second: float, clock: Callable[[], float]) -> None:
        self._pause, self._clock = 1 / a_second if a_second else 0.0, clock
        self._paid_until: OrderedDict[str, float] = OrderedDict()  # what came so far, at the rate, lasts until then
        self._turn = threading.Lock()

    def wait(self, caller: str) -> int:
        """In how many seconds the caller may ask; 0 is now, and then it is counted."""
        now = self._clock()
        with self._turn:
            until = max(now, self._paid_until.pop(caller, now)) + self._pause
            excess = until - now - max(BURST, self._pause)
            self._paid_until[caller] = until - self._pause if excess > 0 else until
            if len(self._paid_until) > MOST:
                self._paid_until.popitem(last=False)
        return math.ceil(excess) if excess > 0 else 0


class Limited:
    """ASGI middleware: the provider for each address at its rate."""

    def __init__(self, app: ASGIApp, rate: Rate) -> None:
        self._app, self._rate = app, rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(CHEAP):
            address = source((scope.get("client") or ("",))[0])
            if wait := self._rate.wait(address):
                LIMITED.labels("address").inc()
                detail = f"this address asks too often: again in {wait} s"
                refusal = Problem(429, detail, headers={"Retry-After": str(wait)})
                await refusal.response(scope["path"])(scope, receive, send)
                return
        await self._app(scope, receive, send)
