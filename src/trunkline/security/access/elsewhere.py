"""Whether what a request would do stays within the caller's regions: records are looked at as they are, before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import msgspec
from starlette.types import ASGIApp, Message, Scope

from trunkline.security.access.granted import Granted, Telling
from trunkline.security.audit.resource import Place

MOST: Final = 1_000
"""Records that one task may name."""


class Elsewhere:
    """Of requests to `app`, by those who may not act everywhere."""

    def __init__(self, app: ASGIApp, telling: Telling) -> None:
        self._app, self._telling = app, telling

    async def is_meant(self, scope: Scope, place: Place, granted: Granted, body: bytes) -> bool:
        """Whether a request that changes something would do so to what lies elsewhere, or might."""
        asked, path = granted.asked, scope["path"]
        if place.id:
            raw = scope["raw_path"]
            if asked.act:
                path, raw = path.rpartition("/")[0], raw.rpartition(b"/")[0]
            return await self._lies_elsewhere(scope, granted, path, raw)
        try:
            said = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False  # which the API refuses
        if not asked.act:
            return self._telling.is_elsewhere(said, granted)
        patterns = list(_patterns(said, granted))
        if len(patterns) > MOST:
            return True
        return any([await self._means_elsewhere(scope, granted, pattern) for pattern in patterns])

    async def _means_elsewhere(self, scope: Scope, granted: Granted, pattern: Any) -> bool:
        """Whether a task's pattern is of a record elsewhere; one that names no id may be."""
        kind, version = granted.asked.kind, granted.asked.version
        if not isinstance(pattern, dict) or "id" not in pattern or kind is None or kind.of is None or version is None:
            return True
        base = f"{scope['path'].rpartition('/')[0]}/{kind.of.called(version)}"
        id = str(pattern["id"])
        return await self._lies_elsewhere(scope, granted, f"{base}/{id}", f"{base}/{quote(id, safe='')}".encode())

    async def _lies_elsewhere(self, scope: Scope, granted: Granted, path: str, raw: bytes) -> bool:
        """Whether a record, as it is, lies in a region that is not the caller's; what is not there lies nowhere."""
        looking = {**scope, "method": "GET", "path": path, "raw_path": raw, "query_string": b""}
        body, status = bytearray(), 0

        async def nothing() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def taking(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            body.extend(message.get("body", b""))

        await self._app(looking, nothing, taking)
        if status == 404:
            return False
        try:
            return self._telling.is_elsewhere(msgspec.json.decode(bytes(body)), granted)
        except msgspec.DecodeError:
            return True


def _patterns(said: Any, granted: Granted) -> Iterator[Any]:
    """What a task names records by."""
    kind = granted.asked.kind
    for attribute in kind.declared.about if kind is not None and isinstance(said, dict) else ():
        named = said.get(attribute)
        if named is not None:
            yield from named if isinstance(named, list) else [named]
