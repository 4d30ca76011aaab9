"""What the gateway has found out of a request, vouched for to the platform behind it.

The gateway takes off all headers `x-trunkline-*` that come in, and puts on its own. Whoever is on the machine can send
the platform such headers past the gateway; so these count only beside a proof, which is random, made once, and lies in
a file that the platform's user alone can read. Without it a request's address is its connection's, whatever
`X-Forwarded-For` says.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

PROOF: Final = "x-trunkline-gateway"
ADDRESS: Final = "x-trunkline-address"
APPLICATION: Final = "x-trunkline-application"
_SCHEME: Final = "x-forwarded-proto"
_OCTETS: Final = 32
_APPLICATION: Final = re.compile(r"[a-z][a-z0-9-]{0,62}\.([a-z][a-z0-9-]{0,62})")


class Proof:
    """The proof in `file`."""

    def __init__(self, file: Path) -> None:
        self._file, self._known = file, ""

    def text(self) -> str:
        """As it is; made, if it is not there."""
        with suppress(FileExistsError):
            beside = self._file.with_name(f".{self._file.name}.{os.getpid()}")
            with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123
                file.write(secrets.token_hex(_OCTETS))
            try:
                os.link(beside, self._file)  # whole, or not at all
            finally:
                beside.unlink()
        return self._file.read_text()

    def holds(self, shown: str) -> bool:
        """Whether it is the proof that is shown; it is read again where it is not the one that is known."""
        if not shown:
            return False
        for look in (False, True):
            if look:
                with suppress(OSError):
                    self._known = self._file.read_text()
            if self._known and hmac.compare_digest(self._known.encode(), shown.encode()):
                return True
        return False


class Vouched:
    """ASGI middleware: the address and the scheme of a request are what the gateway has seen, and `state.application`
    is whose key was shown to it. Nothing of that without the proof."""

    def __init__(self, app: ASGIApp, proof: Proof) -> None:
        self._app, self._proof = app, proof

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if self._proof.holds(headers.get(PROOF, "")):
                scope = _vouched(scope, headers)
        await self._app(scope, receive, send)


def _vouched(scope: Scope, headers: Headers) -> Scope:
    state = dict(scope.get("state", {}))
    if matched := _APPLICATION.fullmatch(headers.get(APPLICATION, "")):
        state["application"] = matched[1]
    found = {**scope, "state": state}
    if address := headers.get(ADDRESS):
        found["client"] = (address, 0)
    if (scheme := headers.get(_SCHEME)) in ("http", "https"):
        found["scheme"] = scheme
    return found
