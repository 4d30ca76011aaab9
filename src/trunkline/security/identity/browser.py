"""A browser: its session, and that a form which it sends came from a page of ours."""

from __future__ import annotations

import hmac
import secrets
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from trunkline.http.errors import Problem
from trunkline.security.identity.identity import Identity, Unit
from trunkline.security.identity.sessions import Session

SIGNED_IN_FOR: Final = ("/oauth2/authorize", "/oauth2/device", "/oauth2/account")
"""Where somebody who has signed in may be led: to these pages and to none elsewhere."""


class Browser:
    """The browser behind a request."""

    def __init__(self, identity: Identity, request: Request) -> None:
        self._identity, self._request = identity, request
        self._prefix = "__Host-" if identity.terms.secure else ""
        self._form = request.cookies.get(f"{self._prefix}trunkline-form") or secrets.token_urlsafe(24)

    @property
    def source(self) -> str:
        """Where it comes from."""
        return source(self._request.client.host if self._request.client is not None else "")

    @property
    def mark(self) -> str:
        """What every form of ours sends back, and no page of others can know."""
        return self._identity.seal.mark(self._form, "form")

    def check(self, mark: str) -> None:
        """Raises `Problem` (403) where a form did not come from a page of ours."""
        origin = self._request.headers.get("origin", self._identity.terms.issuer)
        if origin != self._identity.terms.issuer:
            raise Problem(403, f"this form did not come from a page of {self._identity.terms.issuer}: open it there")
        if not hmac.compare_digest(mark.encode(), self.mark.encode()):
            raise Problem(403, "this page is too old, or cookies are off: go back, load it again, and send it again")

    def session(self, unit: Unit) -> Session | None:
        """Its session, complete or half."""
        secret = self._request.cookies.get(f"{self._prefix}trunkline-session", "")
        return unit.sessions.get(secret) if secret else None

    def signed_in(self, unit: Unit) -> Session | None:
        """Its session, where nothing more is asked of the person."""
        found = self.session(unit)
        return found if found is not None and found.complete else None

    def remember(self, answer: Response) -> Response:
        """Let the answer set the cookie that forms are held against."""
        self._cookie(answer, "trunkline-form", self._form)
        return answer

    def begin(self, answer: Response, secret: str) -> Response:
        """Let the answer set the cookie of a new session."""
        self._cookie(answer, "trunkline-session", secret)
        return answer

    def _cookie(self, answer: Response, name: str, value: str) -> None:
        answer.set_cookie(
            f"{self._prefix}{name}", value, path="/", secure=bool(self._prefix), httponly=True, samesite="lax"
        )


def source(host: str) -> str:
    """An address as one that guesses or asks too often is counted by: of IPv6 the network, in which one machine has as
    many addresses as it likes."""
    try:
        address = ip_address(host)
    except ValueError:
        return "unknown"
    return host if address.version == 4 else str(ip_network((address.packed[:8] + bytes(8), 64)))


def to_sign_in(next: str) -> Response:
    """Lead to the sign-in page, and back to `next` from there."""
    return RedirectResponse(f"/oauth2/sign-in?next={quote(next, safe='')}", 303)


def checked_next(next: str) -> str:
    """Where to lead on. Raises `Problem` where that is not one of our pages: no open redirect."""
    path = next.partition("?")[0]
    if path not in SIGNED_IN_FOR or not next.isascii() or not next.isprintable() or "\\" in next or "#" in next:
        raise Problem(400, "this sign-in leads nowhere here: begin again in the application that sent you")
    return next
