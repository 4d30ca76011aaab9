"""Where a browser comes to let an application, or a device, act for a person."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from trunkline.security.identity import pages, reading
from trunkline.security.identity.browser import Browser, to_sign_in
from trunkline.security.identity.exchange import Exchange, OAuthRequest
from trunkline.security.identity.flows import exchange_with_flows
from trunkline.security.identity.identity import Identity, Unit
from trunkline.security.identity.people import Person
from trunkline.security.identity.pushed import Unusable, asked_for
from trunkline.security.identity.reading import Fields
from trunkline.security.identity.sessions import Session
from trunkline.security.identity.trail import DEVICE, GRANT, tell

AUTHORIZE = "/oauth2/authorize"
UNSEEN = frozenset({"login_required", "consent_required"})
"""What is no refusal: the application asked for no page to be shown, and goes on with one."""
DENIED = "the person"
"""The rule by which somebody has said no, in the audit trail."""


class Authorize:
    """The authorization endpoint (RFC 6749, clause 3.1), its consent, and that of devices (RFC 8628, clause 3.3)."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def routes(self) -> list[Route]:
        return [
            Route(AUTHORIZE, reading.page(self.begin), methods=["GET"]),
            Route(AUTHORIZE, reading.form(self.begin_by_form), methods=["POST"]),
            Route("/oauth2/consent", reading.form(self.decide), methods=["POST"]),
            Route("/oauth2/device", reading.page(self.device), methods=["GET"]),
            Route("/oauth2/device", reading.form(self.decide_device), methods=["POST"]),
        ]

    def begin_by_form(self, request: Request, fields: Fields) -> Response:
        """A form of another origin brings no session with it: go on by the query."""
        return RedirectResponse(f"{AUTHORIZE}?{urlencode(fields)}", 303)

    def begin(self, request: Request) -> Response:
        asked = reading.query(request)
        with self._identity.unit() as unit:
            return self._answer(request, Browser(self._identity, request), unit, asked, None)

    def decide(self, request: Request, fields: Fields) -> Response:
        tell(request, "decide", GRANT)
        browser = Browser(self._identity, request)
        browser.check(fields.get("form", ""))
        asked = reading.query(request)
        with self._identity.unit() as unit:
            return self._answer(request, browser, unit, asked, fields.get("decision", "") == "allow")

    def _answer(self, came: Request, browser: Browser, unit: Unit, asked: Fields, decided: bool | None) -> Response:
        """What comes next of an authorization request. `decided` is what the person has said to it, if anything."""
        seal = self._identity.seal
        try:
            pushed = asked_for(seal, asked, unit.now)
        except Unusable as error:
            return _refused(str(error))
        asked = pushed.fields
        request = OAuthRequest("GET", AUTHORIZE, asked, {})
        if fault := request.fault():
            return _refused(fault)
        server = exchange_with_flows(Exchange(self._identity, unit, request))
        try:
            grant = server.get_consent_grant(request)
            if request.client.metadata.require_pushed_authorization_requests and not pushed.id:
                raise InvalidRequestError("this client pushes its requests first", redirect_uri=grant.redirect_uri)
            session, person = self._who(browser, unit, asked, grant.redirect_uri)
            if session is None or person is None:
                return to_sign_in(f"{AUTHORIZE}?{pushed.query(seal, _without_login(asked))}")
            scope = server.allowed_scope(request.client, person, request.scope or "")
            if decided is None and self._must_ask(unit, request.client, person, scope, asked, grant.redirect_uri):
                to = f"/oauth2/consent?{pushed.query(seal, _without_login(asked))}"
                return browser.remember(
                    pages.consent(
                        to, browser.mark, request.client.name,
                        person.user_name, scope.split(), [grant.redirect_uri],
                    )
                )  # fmt: skip
            if pushed.id and not unit.first_time(f"pushed {pushed.id}", pushed.until):
                return _refused("this request was answered before: begin again in the application")
        except OAuth2Error as error:
            if error.error not in UNSEEN:
                trail = tell(came, "decide", GRANT)
                trail.by(None, self._identity.terms.issuer, server.client_id)
                trail.refused(f"oauth2 {error.error}")
            error.state = asked.get("state")
            return _told(server, error)
        trail = tell(came, "decide", GRANT)
        trail.about("", scope.split())
        trail.by(person, self._identity.terms.issuer, request.client.id, session.amr)
        if decided is False:
            trail.refused(DENIED)
        server.signed_in = session.signed_in(asked.get("nonce", ""))
        answer: Response = server.create_authorization_response(
            request, grant_user=person if decided is not False else None, grant=grant
        )
        answer.status_code = 303  # after a form, a browser is to GET (RFC 9700, clause 4.12)
        return answer

    def _who(
        self, browser: Browser, unit: Unit, asked: Fields, redirect_uri: str
    ) -> tuple[Session | None, Person | None]:
        """Who is signed in, as the request wants it. Raises `OAuth2Error` where it wants no page to be shown."""
        _check_response_mode(asked, redirect_uri)
        prompts = asked.get("prompt", "").split()
        session = browser.signed_in(unit)
        age = asked.get("max_age", "")
        if session is not None and age.isdecimal() and unit.now - session.created > int(age[:12]):
            session = None
        if "login" in prompts:
            session = None
        if session is None and "none" in prompts:
            raise OAuth2Error("nobody is signed in", error="login_required", redirect_uri=redirect_uri)
        return session, unit.people.get(session.person) if session is not None else None

    @staticmethod
    def _must_ask(unit: Unit, client: Any, person: Person, scope: str, asked: Fields, redirect_uri: str) -> bool:
        """Whether the person is asked. A public client may be anybody, so its requests always are (RFC 8252, 8.6)."""
        prompts = asked.get("prompt", "").split()
        if "consent" not in prompts and not client.public and unit.grants.given(client.id, person.id, scope):
            return False
        if "none" in prompts:
            raise OAuth2Error("the person must be asked", error="consent_required", redirect_uri=redirect_uri)
        return True

    def device(self, request: Request) -> Response:
        user_code = reading.query(request).get("user_code", "")[:20]
        browser = Browser(self._identity, request)
        with self._identity.looking() as unit:
            if browser.signed_in(unit) is None:
                return to_sign_in(f"/oauth2/device?{urlencode({'user_code': user_code})}")
        return browser.remember(pages.device_code(browser.mark, user_code))

    def decide_device(self, request: Request, fields: Fields) -> Response:
        trail = tell(request, "decide", DEVICE)
        browser = Browser(self._identity, request)
        browser.check(fields.get("form", ""))
        user_code, decision = fields.get("user_code", "")[:20], fields.get("decision")
        with self._identity.unit() as unit:
            session = browser.signed_in(unit)
            person = unit.people.get(session.person) if session is not None else None
            if session is None or person is None:
                return to_sign_in(f"/oauth2/device?{urlencode({'user_code': user_code})}")
            trail.by(person, self._identity.terms.issuer, factors=session.amr)
            wait = unit.lockout.attempt(f"device {person.id}", browser.source)
            waiting = unit.devices.waiting(user_code) if not wait else None
            client = unit.clients.get(waiting.client) if waiting is not None else None
            if waiting is None or client is None:
                trail.refused("sign-in locked" if wait else "device code")
                alert = "No device waits with this code: check it, or begin again on the device."
                return browser.remember(pages.device_code(browser.mark, user_code, alert, 429 if wait else 400))
            unit.lockout.succeeded(f"device {person.id}", browser.source)
            if decision is None:
                trail.nothing()
                request_ = OAuthRequest("POST", "/oauth2/device", {}, {})
                scope = Exchange(self._identity, unit, request_).allowed_scope(client, person, waiting.scope)
                return browser.remember(pages.device_consent(browser.mark, user_code, client.name, scope.split()))
            trail.about("", waiting.scope.split())
            trail.by(person, self._identity.terms.issuer, client.id, session.amr)
            if decision != "allow":
                trail.refused(DENIED)
            unit.devices.decide(waiting, person.id, session.signed_in(), decision == "allow")
        if decision == "allow":
            return pages.show("Your device is connected", "<p>You can close this page.</p>")
        return pages.show("Your device is not connected", "<p>Nothing was allowed. You can close this page.</p>")


def _without_login(asked: Fields) -> Fields:
    """The request once the person has signed in anew: that is not asked for a second time."""
    prompts = [each for each in asked.get("prompt", "").split() if each != "login"]
    rest = {name: value for name, value in asked.items() if name not in ("prompt", "max_age")}
    return rest | ({"prompt": " ".join(prompts)} if prompts else {})


def _check_response_mode(asked: Fields, redirect_uri: str) -> None:
    """Raises `OAuth2Error` where the request asks for what there is not."""
    if asked.get("response_mode", "query") != "query":
        raise InvalidRequestError("only the response mode query is offered", redirect_uri=redirect_uri)
    for name in ("request", "request_uri"):
        if name in asked:
            raise OAuth2Error(f"{name} is not offered", error=f"{name}_not_supported", redirect_uri=redirect_uri)


def _told(server: Exchange, error: OAuth2Error) -> Response:
    """An error for the application that asked; for the person, where it is not certain who asked."""
    if error.redirect_uri:
        answer: Response = server.handle_error_response(server.request, error)
        answer.status_code = 303
        return answer
    return _refused(error.get_error_description() or error.error)


def _refused(reason: str) -> Response:
    body = (
        "<p>The application that sent you here did not ask as it must. Go back to it, or tell who looks after it.</p>"
    )
    return pages.show("This request cannot be answered", body, 400, alert=reason)
