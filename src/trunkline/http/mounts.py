"""Whole applications beside the platform's own routes, each under its path, of which it answers everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send


class Mounts:
    """ASGI middleware: passes a request on to the application under whose path it is.

    The guard has checked its host, and nothing else: the application bounds its bodies, and refuses media types that a
    page of another origin may send without asking.
    """

    def __init__(self, app: ASGIApp, mounts: Mapping[str, ASGIApp]) -> None:
        self._app, self._mounts = app, mounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http" and (path := under(scope["path"], self._mounts)):
            app = self._mounts[path]
        await app(scope, receive, send)


def under(path: str, mounted: Iterable[str]) -> str:
    """The one of the mounted paths that a path is, or is under; "" where it is none."""
    return next((mount for mount in mounted if path.startswith(mount) and path[len(mount) :][:1] in ("", "/")), "")
