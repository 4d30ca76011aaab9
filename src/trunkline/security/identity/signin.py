"""Signing in: password, then a second factor where the person has one; and signing out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from trunkline.http.errors import Problem
from trunkline.http.responses import Json
from trunkline.security.identity import pages, reading, totp
from trunkline.security.identity.browser import Browser, checked_next, to_sign_in
from trunkline.security.identity.identity import Identity, Unit
from trunkline.security.identity.passkeys import InvalidPasskey
from trunkline.security.identity.people import Person
from trunkline.security.identity.pushed import Unusable, asked_for
from trunkline.security.identity.reading import Fields
from trunkline.security.identity.sessions import Session
from trunkline.security.identity.trail import SESSION, Telling, tell

LOCKED = "sign-in locked"
"""The rule by which too many wrong attempts are refused, in the audit trail."""
WRONG = "The user name or the password is wrong."
WRONG_CODE = "The code is wrong, or was used before: wait for the next one."


class SignIn:
    """The pages of signing in."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def routes(self) -> list[Route]:
        return [
            Route("/oauth2/sign-in", reading.page(self.ask), methods=["GET"]),
            Route("/oauth2/sign-in", reading.form(self.password), methods=["POST"]),
            Route("/oauth2/second-factor", reading.page(self.ask_again), methods=["GET"]),
            Route("/oauth2/second-factor", reading.form(self.code), methods=["POST"]),
            Route("/oauth2/passkey/options", reading.json(self.passkey_options), methods=["POST"]),
            Route("/oauth2/passkey", reading.json(self.passkey), methods=["POST"]),
            Route("/oauth2/sign-out", reading.form(self.sign_out), methods=["POST"]),
        ]

    def ask(self, request: Request) -> Response:
        next = checked_next(reading.query(request).get("next", "/oauth2/account"))
        return self._page(request, next)

    def password(self, request: Request, fields: Fields) -> Response:
        trail = tell(request, "signIn", SESSION)
        browser = Browser(self._identity, request)
        browser.check(fields.get("form", ""))
        next = checked_next(fields.get("next", ""))
        user_name = fields.get("user_name", "").strip().lower()
        with self._identity.unit() as unit:
            wait = unit.lockout.attempt(user_name, browser.source)
            person = unit.people.named(user_name)
            hashed = unit.people.password(person.id) if person is not None and person.active else None
        trail.by(person, self._identity.terms.issuer)
        if wait:
            trail.refused(LOCKED)
            return self._page(request, next, user_name, _wait(wait), 429)
        trail.refused("sign-in password")
        if not self._identity.passwords.check(fields.get("password", ""), hashed) or person is None:
            return self._page(request, next, user_name, WRONG, 401)
        with self._identity.unit() as unit:
            if unit.people.password(person.id) != hashed:  # it was changed while it was checked
                return self._page(request, next, user_name, WRONG, 401)
            secret, _ = unit.people.totp(person.id)
            complete = secret is None and not unit.people.has_passkey(person.id)
            self._end_present(browser, unit)
            session = unit.sessions.begin(person.id, ("pwd",), complete)
            if complete:
                unit.lockout.succeeded(user_name, browser.source)
        trail.refused("")
        trail.by(person, self._identity.terms.issuer, factors=("pwd",))
        to = next if complete else f"/oauth2/second-factor?{urlencode({'next': next})}"
        return browser.begin(RedirectResponse(to, 303), session)

    def ask_again(self, request: Request) -> Response:
        next = checked_next(reading.query(request).get("next", ""))
        return self._second_page(request, next)

    def code(self, request: Request, fields: Fields) -> Response:
        trail = tell(request, "signIn", SESSION)
        browser = Browser(self._identity, request)
        browser.check(fields.get("form", ""))
        next = checked_next(fields.get("next", ""))
        with self._identity.unit() as unit:
            half, person = self._half(browser, unit)
            if half is None or person is None:
                trail.refused("sign-in again")
                return to_sign_in(next)
            trail.by(person, self._identity.terms.issuer, factors=half.amr)
            wait = unit.lockout.attempt(person.user_name, browser.source)
            trail.refused(LOCKED if wait else "sign-in code")
            sealed, _ = unit.people.totp(person.id)
            if wait or sealed is None:
                return self._second_page(request, next, _wait(wait) if wait else WRONG_CODE, 429 if wait else 401)
            secret = self._identity.seal.open(sealed, f"totp:{person.id}")
            step = totp.matching_step(secret, fields.get("code", ""), self._identity.clock())
            if step is None or not unit.people.use_totp(person.id, step):
                answer = None
            else:
                answer = self._complete(browser, unit, half, person, "otp", next, trail)
        return answer or self._second_page(request, next, WRONG_CODE, 401)

    def passkey_options(self, request: Request, body: Any) -> Response:
        browser = Browser(self._identity, request)
        browser.check(request.headers.get("x-form", ""))
        with self._identity.unit() as unit:
            half, person = self._half(browser, unit)
            if half is None or person is None:
                raise Problem(403, "sign in with your password first")
            options, challenge = unit.passkeys.to_use(self._identity.terms.issuer, person.id)
            unit.sessions.challenge(half, challenge)
        return Json(options)

    def passkey(self, request: Request, body: Any) -> Response:
        trail = tell(request, "signIn", SESSION)
        browser = Browser(self._identity, request)
        browser.check(request.headers.get("x-form", ""))
        if not isinstance(body, dict):
            raise Problem(400, "the body is the browser's answer, a JSON object")
        refused = ""
        with self._identity.unit() as unit:
            half, person = self._half(browser, unit)
            if half is None or person is None or half.challenge is None:
                raise Problem(403, "sign in with your password first")
            trail.by(person, self._identity.terms.issuer, factors=half.amr)
            trail.refused("sign-in passkey")
            unit.sessions.challenge(half, None)
            try:
                unit.passkeys.use(self._identity.terms.issuer, person.id, body, half.challenge)
            except InvalidPasskey as error:
                refused = str(error)
            else:
                answer = self._complete(browser, unit, half, person, "hwk", "", trail)
        if refused:
            raise Problem(403, refused)
        return answer

    def sign_out(self, request: Request, fields: Fields) -> Response:
        trail = tell(request, "delete", SESSION)
        browser = Browser(self._identity, request)
        browser.check(fields.get("form", ""))
        with self._identity.unit() as unit:
            if present := browser.session(unit):
                trail.by(unit.people.get(present.person), self._identity.terms.issuer)
                unit.sessions.end(present)
        return to_sign_in("/oauth2/account")

    def _complete(
        self, browser: Browser, unit: Unit, half: Session, person: Person, how: str, next: str, trail: Telling
    ) -> Response:
        """The person has proved it twice: a new session takes the place of the half one."""
        trail.refused("")
        trail.by(person, self._identity.terms.issuer, factors=(*half.amr, how, "mfa"))
        unit.lockout.succeeded(person.user_name, browser.source)
        unit.sessions.end(half)
        secret = unit.sessions.begin(person.id, (*half.amr, how, "mfa"), True)
        answer: Response = RedirectResponse(next, 303) if next else Json({"status": "signed in"})
        return browser.begin(answer, secret)

    def _half(self, browser: Browser, unit: Unit) -> tuple[Session | None, Person | None]:
        half = browser.session(unit)
        if half is None or half.complete:
            return None, None
        return half, unit.people.get(half.person)

    @staticmethod
    def _end_present(browser: Browser, unit: Unit) -> None:
        if present := browser.session(unit):
            unit.sessions.end(present)

    def _page(self, request: Request, next: str, user_name: str = "", alert: str = "", status: int = 200) -> Response:
        browser = Browser(self._identity, request)
        return browser.remember(pages.sign_in(browser.mark, next, user_name, alert, status, self._redirects(next)))

    def _second_page(self, request: Request, next: str, alert: str = "", status: int = 200) -> Response:
        browser = Browser(self._identity, request)
        with self._identity.looking() as unit:
            half, person = self._half(browser, unit)
            if half is None or person is None:
                return to_sign_in(next)
            code, passkey = unit.people.totp(person.id)[0] is not None, unit.people.has_passkey(person.id)
        return browser.remember(
            pages.second_factor(browser.mark, next, code, passkey, alert, status, self._redirects(next))
        )

    def _redirects(self, next: str) -> Iterable[str]:
        """Where the page that follows may lead on to: the redirect URI of the client that asks, if it is one of its."""
        query = reading.once(reading.pairs(next.partition("?")[2].encode()))
        with self._identity.looking() as unit:
            try:
                asked = asked_for(self._identity.seal, query, unit.now).fields
            except Unusable:
                return []
            client = unit.clients.get(asked.get("client_id", ""))
        uri = asked.get("redirect_uri", "")
        return [uri] if client is not None and client.check_redirect_uri(uri) else []


def _wait(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return f"Too many attempts were wrong. Wait {minutes} minute{'s' if minutes > 1 else ''}, then try again."
