"""Signing out at the provider because an application asks for it (OpenID Connect RP-Initiated Logout 1.0).

The browser's session ends. Tokens of applications go on until they lapse or are revoked.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from authlib.common.urls import add_params_to_uri
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from trunkline.security.identity import pages, reading
from trunkline.security.identity.browser import Browser
from trunkline.security.identity.identity import Identity, Unit
from trunkline.security.identity.keys import ALGORITHM
from trunkline.security.identity.reading import Fields
from trunkline.security.identity.trail import SESSION, Telling, tell

LOGOUT = "/oauth2/logout"
PASSED_ON = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")


class Unclear(Exception):
    """A request to sign out that is not as it must be; the text says why."""


class SignOut:
    """The end-session endpoint."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def routes(self) -> list[Route]:
        return [
            Route(LOGOUT, reading.page(self.ask), methods=["GET"]),
            Route(LOGOUT, reading.form(self.confirm), methods=["POST"]),
        ]

    def ask(self, request: Request) -> Response:
        """Who comes with a token of the person that is signed in is not asked; others might be sent by anybody."""
        return self._answer(request, reading.query(request), confirmed=False)

    def confirm(self, request: Request, fields: Fields) -> Response:
        """The person has said yes; or an application's own form, which brings no session with it: on by the query."""
        if "form" not in fields:
            return RedirectResponse(f"{LOGOUT}?{urlencode(fields)}", 303)
        Browser(self._identity, request).check(fields["form"])
        return self._answer(request, fields, confirmed=True)

    def _answer(self, request: Request, asked: Fields, *, confirmed: bool) -> Response:
        browser = Browser(self._identity, request)
        try:
            with self._identity.unit() as unit:
                hint = self._hint(unit, asked.get("id_token_hint", ""))
                client = asked.get("client_id") or str(hint.get("aud", ""))
                back = self._back(unit, asked, client, hint)
                session = browser.session(unit)
                if session is not None and not confirmed and hint.get("sub") != session.person:
                    passed = {name: asked[name] for name in PASSED_ON if name in asked}
                    redirects = [back] if back else []
                    return browser.remember(pages.sign_out(LOGOUT, browser.mark, passed, redirects))
                if session is not None:
                    self._tell(tell(request, "delete", SESSION), unit, session.person, client)
                    unit.sessions.end(session)
        except Unclear as error:
            return pages.show(
                "This request cannot be answered", "<p>You are still signed in.</p>", 400, alert=str(error)
            )
        if back:
            return RedirectResponse(back, 303)
        return pages.show("You are signed out", "<p>You can close this page.</p>")

    def _tell(self, trail: Telling, unit: Unit, person: str, client: str) -> None:
        trail.by(unit.people.get(person), self._identity.terms.issuer, client if unit.clients.get(client) else "")

    def _hint(self, unit: Unit, token: str) -> dict[str, Any]:
        """The claims of an ID token of ours, lapsed or not; {} without one. Raises `Unclear`."""
        if not token:
            return {}
        try:
            read = jwt.decode(token, KeySet.import_key_set({"keys": unit.keys.public()}), [ALGORITHM])
        except (JoseError, ValueError):
            raise Unclear("the id_token_hint is no ID token of this provider") from None
        if read.claims.get("iss") != self._identity.terms.issuer or read.header.get("typ") != "JWT":
            raise Unclear("the id_token_hint is no ID token of this provider")
        return read.claims

    def _back(self, unit: Unit, asked: Fields, client: str, hint: dict[str, Any]) -> str:
        """Where to go on; "" where nowhere. Raises `Unclear` where that is none of the client's."""
        if hint and hint.get("aud") != client:
            raise Unclear("the id_token_hint was given to another client")
        uri = asked.get("post_logout_redirect_uri", "")
        if not uri:
            return ""
        known = unit.clients.get(client)
        if known is None or uri not in known.metadata.post_logout_redirect_uris:
            raise Unclear("the post_logout_redirect_uri is none that the application is registered with")
        state = asked.get("state")
        return str(add_params_to_uri(uri, [("state", state)])) if state is not None else uri
