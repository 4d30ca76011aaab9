"""What somebody sets up for themselves: an authenticator app, a passkey, another password."""

from __future__ import annotations

import base64
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.http.errors import Problem
from trunkline.http.responses import Json
from trunkline.security.identity import pages, reading, totp
from trunkline.security.identity.browser import Browser, to_sign_in
from trunkline.security.identity.identity import Identity, Unit
from trunkline.security.identity.passkeys import InvalidPasskey
from trunkline.security.identity.people import Person
from trunkline.security.identity.reading import Fields
from trunkline.security.identity.sessions import Session
from trunkline.security.identity.trail import PERSON, Telling, tell

FRESH: Final = 600
"""Seconds after signing in during which factors may be changed: an open browser that was left alone is not enough."""


class SignInAgain(Exception):
    """Nobody is signed in in this browser, or not lately enough."""


class Account:
    """The pages of one's own account."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def routes(self) -> list[Route]:
        def form(handle: Any) -> reading.Endpoint:
            return reading.form(lambda request, fields: self._led(handle, request, fields))

        return [
            Route("/oauth2/account", reading.page(lambda request: self._led(self.show, request)), methods=["GET"]),
            Route("/oauth2/account/totp", form(self.offer_totp), methods=["POST"]),
            Route("/oauth2/account/totp/confirm", form(self.confirm_totp), methods=["POST"]),
            Route("/oauth2/account/password", form(self.change_password), methods=["POST"]),
            Route("/oauth2/account/passkey/options", reading.json(self.passkey_options), methods=["POST"]),
            Route("/oauth2/account/passkey", reading.json(self.add_passkey), methods=["POST"]),
        ]

    def show(self, request: Request) -> Response:
        return self._page(Browser(self._identity, request))

    def offer_totp(self, request: Request, fields: Fields) -> Response:
        browser = self._checked(request, fields.get("form", ""))
        secret = totp.new_secret()
        with self._identity.unit() as unit:
            session, person = self._fresh(browser, unit)
            unit.sessions.pending_totp(session, self._identity.seal.seal(secret, f"totp:{person.id}"))
        return self._totp_page(browser, person, secret)

    def confirm_totp(self, request: Request, fields: Fields) -> Response:
        """The app shows the right code: from now on it is asked for."""
        trail = tell(request, "change", PERSON)
        browser = self._checked(request, fields.get("form", ""))
        with self._identity.unit() as unit:
            session, person = self._fresh(browser, unit)
            self._tell(trail, session, person, "totp")
            if session.pending_totp is None:
                raise Problem(400, "set up the authenticator app from the page of your account")
            secret = self._identity.seal.open(session.pending_totp, f"totp:{person.id}")
            step = totp.matching_step(secret, fields.get("code", ""), self._identity.clock())
            if step is not None:
                unit.people.set_totp(person.id, session.pending_totp, step)
                unit.sessions.pending_totp(session, None)
        if step is None:
            trail.refused("sign-in code")
            return self._totp_page(browser, person, secret, "The code is wrong: is the clock of the device right?")
        return self._page(browser)

    def change_password(self, request: Request, fields: Fields) -> Response:
        """Every session and every token of before ends with it."""
        trail = tell(request, "change", PERSON)
        browser = self._checked(request, fields.get("form", ""))
        with self._identity.unit() as unit:
            session, person = self._signed_in(browser, unit)
            self._tell(trail, session, person, "password")
            wait = unit.lockout.attempt(person.user_name, browser.source)
            present = unit.people.password(person.id)
        trail.refused("sign-in locked" if wait else "sign-in password")
        if wait or not self._identity.passwords.check(fields.get("old", ""), present):
            return self._page(browser, "The present password is wrong, or was tried too often.")
        try:
            hashed = self._identity.passwords.hash(fields.get("new", ""), person.user_name)
        except ValueError as error:
            trail.refused("password too easy")
            return self._page(browser, str(error))
        trail.refused("")
        with self._identity.unit() as unit:
            unit.lockout.succeeded(person.user_name, browser.source)
            unit.people.set_password(person.id, hashed)
            unit.people.sign_out(person.id)
        return to_sign_in("/oauth2/account")

    def passkey_options(self, request: Request, body: Any) -> Response:
        browser = self._checked(request, request.headers.get("x-form", ""))
        with self._identity.unit() as unit:
            session, person = self._told(browser, unit)
            options, challenge = unit.passkeys.to_add(self._identity.terms.issuer, person)
            unit.sessions.challenge(session, challenge)
        return Json(options)

    def add_passkey(self, request: Request, body: Any) -> Response:
        trail = tell(request, "change", PERSON)
        browser = self._checked(request, request.headers.get("x-form", ""))
        if not isinstance(body, dict):
            raise Problem(400, "the body is the browser's answer, a JSON object")
        refused = ""
        with self._identity.unit() as unit:
            session, person = self._told(browser, unit)
            self._tell(trail, session, person, "passkey")
            if session.challenge is None:
                raise Problem(400, "ask for the options first")
            unit.sessions.challenge(session, None)
            try:
                unit.passkeys.add(self._identity.terms.issuer, person.id, body, session.challenge)
            except InvalidPasskey as error:
                refused = str(error)
        if refused:
            raise Problem(400, refused)
        return Json({"status": "added"})

    def _led(self, handle: Any, *given: Any) -> Response:
        try:
            answer: Response = handle(*given)
        except SignInAgain:
            return to_sign_in("/oauth2/account")
        return answer

    def _checked(self, request: Request, mark: str) -> Browser:
        browser = Browser(self._identity, request)
        browser.check(mark)
        return browser

    def _signed_in(self, browser: Browser, unit: Unit) -> tuple[Session, Person]:
        session = browser.signed_in(unit)
        person = unit.people.get(session.person) if session is not None else None
        if session is None or person is None:
            raise SignInAgain
        return session, person

    def _fresh(self, browser: Browser, unit: Unit) -> tuple[Session, Person]:
        session, person = self._signed_in(browser, unit)
        if unit.now - session.created > FRESH:
            raise SignInAgain
        return session, person

    def _told(self, browser: Browser, unit: Unit) -> tuple[Session, Person]:
        """For a script, which cannot be led to another page."""
        try:
            return self._fresh(browser, unit)
        except SignInAgain:
            raise Problem(403, "sign in again first: it is too long ago") from None

    def _tell(self, trail: Telling, session: Session, person: Person, factor: str) -> None:
        trail.about(person.id, [factor])
        trail.by(person, self._identity.terms.issuer, factors=session.amr)

    def _page(self, browser: Browser, alert: str = "") -> Response:
        with self._identity.looking() as unit:
            _, person = self._signed_in(browser, unit)
            has_totp = unit.people.totp(person.id)[0] is not None
            has_passkey = unit.people.has_passkey(person.id)
        return browser.remember(pages.account(browser.mark, person.user_name, has_totp, has_passkey, alert))

    def _totp_page(self, browser: Browser, person: Person, secret: bytes, alert: str = "") -> Response:
        text = base64.b32encode(secret).decode().rstrip("=")
        uri = totp.uri(secret, self._identity.terms.issuer, person.user_name)
        return browser.remember(pages.totp(browser.mark, text, uri, alert))
