"""What every request passes first, and what every answer carries.

A browser on the same machine reaches loopback, also for a page of another origin, which must not: its host name rebound
to 127.0.0.1 fails the `Host` check, and its form posts fail the content type check (a cross-origin `application/json`
needs a preflight, which is never answered). So it is whether or not callers must be known.
"""

from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trunkline.http.errors import Problem
from trunkline.http.mounts import under

ALLOWED_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
MAX_BODY = 64 * 1024  # bytes
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


class Guard:
    """ASGI middleware: refuses foreign hosts, bodies that are not JSON or too large; adds the security headers.

    `own_bodies` are paths under which applications look after the bodies themselves; `hosts` are the names that the
    server has beside this machine's own.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_body: int = MAX_BODY,
        own_bodies: tuple[str, ...] = (),
        hosts: Iterable[str] = (),
    ) -> None:
        self._app = app
        self._hosts = ALLOWED_HOSTS.union(host.lower() for host in hosts)
        self._max_body = max_body
        self._own_bodies = own_bodies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope["method"], scope["path"], Headers(scope=scope))
        if refusal:
            await refusal.response(scope["path"])(scope, receive, send_secured)
        else:
            await self._app(scope, receive, send_secured)

    def _refusal(self, method: str, path: str, headers: Headers) -> Problem | None:
        host = headers.get("host", "")
        if _without_port(host) not in self._hosts:
            names = ", ".join(sorted(self._hosts - ALLOWED_HOSTS)) or "localhost or 127.0.0.1"
            return Problem(421, f"this server does not answer for the host {host!r}: use {names}")
        if method not in WITH_BODY or under(path, self._own_bodies):
            return None
        length = headers.get("content-length", "")
        if not length.isdecimal():
            return Problem(411, "the request needs a Content-Length")
        if int(length) > self._max_body:
            return Problem(413, f"the body has {length} bytes; at most {self._max_body} are taken")
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            return Problem(415, f"the body must be application/json, not {kind or 'without content type'}")
        return None


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower()
