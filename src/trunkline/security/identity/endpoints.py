"""What applications call: tokens, revocation, introspection, the start of the device flow, keys, user information."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

from authlib.oauth2 import OAuth2Error
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.http.errors import Problem
from trunkline.http.responses import Json
from trunkline.security.audit.entry import Action
from trunkline.security.audit.note import note_of
from trunkline.security.identity import reading
from trunkline.security.identity.caller import Caller, Refused
from trunkline.security.identity.clients import METHODS
from trunkline.security.identity.discovery import metadata
from trunkline.security.identity.dpop import ALGORITHMS
from trunkline.security.identity.exchange import Exchange, OAuthRequest, malformed
from trunkline.security.identity.flows import exchange_with_flows
from trunkline.security.identity.identity import Identity
from trunkline.security.identity.pushed import HOLDS, LONGEST, push
from trunkline.security.identity.rates import Rate
from trunkline.security.identity.reading import Fields
from trunkline.security.identity.tokens import user_info
from trunkline.security.identity.trail import DEVICE, GRANT, PERSON, REQUEST, Telling, tell
from trunkline.security.identity.verifier import Verifier

CLIENT, REFRESH = "client_credentials", "refresh_token"
ACTS: Final[dict[str, tuple[Action, str]]] = {
    "revocation": ("delete", GRANT), "introspection": ("read", GRANT), "device_authorization": ("create", DEVICE),
}  # fmt: skip
"""What the audit trail calls the use of an endpoint."""
WAITING: Final = frozenset({"authorization_pending", "slow_down", "use_dpop_nonce", "temporarily_unavailable"})
"""What is no refusal: the client is to ask again."""

log = logging.getLogger(__name__)


class Endpoints:
    """The endpoints that take no browser."""

    def __init__(self, identity: Identity, verifier: Verifier) -> None:
        """`verifier` trusts this provider alone."""
        self._identity, self._verifier = identity, verifier
        self._rate = Rate(identity.terms.rate, identity.clock)

    def routes(self) -> list[Route]:
        named = {"revoke": "revocation", "introspect": "introspection", "device_authorization": "device_authorization"}
        return [
            Route("/.well-known/openid-configuration", reading.page(self.configuration), methods=["GET"]),
            Route("/.well-known/oauth-authorization-server", reading.page(self.configuration), methods=["GET"]),
            Route("/oauth2/keys", reading.page(self.keys), methods=["GET"]),
            Route("/oauth2/token", reading.form(self.token), methods=["POST"]),
            *(
                Route(f"/oauth2/{path}", reading.form(self._endpoint(path, name)), methods=["POST"])
                for path, name in named.items()
            ),
            Route("/oauth2/par", reading.form(self.push), methods=["POST"]),
            Route("/oauth2/userinfo", reading.page(self.user_info), methods=["GET", "POST"]),
        ]

    def configuration(self, request: Request) -> Response:
        return Json(metadata(self._identity.terms))

    def keys(self, request: Request) -> Response:
        return Json({"keys": self._identity.public_keys()}, headers={"cache-control": "public, max-age=300"})

    def token(self, request: Request, fields: Fields) -> Response:
        def answer(server: Exchange) -> Response:
            server.take_proof(request.headers.getlist("dpop"))
            told: Response = server.create_token_response()
            return told

        kind = fields.get("grant_type", "")
        action: Action = "signIn" if kind == CLIENT else "change" if kind == REFRESH else "create"
        return self._answered(request, fields, answer, tell(request, action, GRANT))

    def push(self, request: Request, fields: Fields) -> Response:
        """An authorization request that is pushed (RFC 9126): refused here, if it would be in the browser."""

        def answer(server: Exchange) -> Response:
            server.take_proof(request.headers.getlist("dpop"))
            client = server.authenticate_client(server.request, METHODS)
            if fields.get("client_id", client.id) != client.id:
                raise malformed("client_id is that of another client")
            if "request_uri" in fields or sum(len(name) + len(value) for name, value in fields.items()) > LONGEST:
                raise malformed(f"what is pushed has no request_uri, and at most {LONGEST} characters")
            asked = fields | {"client_id": client.id}
            if server.proof_key and asked.setdefault("dpop_jkt", server.proof_key) != server.proof_key:
                raise malformed("dpop_jkt is of another key than the DPoP proof")
            pushed = OAuthRequest("GET", "/oauth2/authorize", asked, {})
            try:
                exchange_with_flows(Exchange(self._identity, server.unit, pushed)).get_consent_grant(pushed)
            except OAuth2Error as error:
                error.redirect_uri = None  # it is told to the application here
                raise
            uri = push(self._identity.seal, asked, server.unit.now)
            return Json({"request_uri": uri, "expires_in": HOLDS}, 201, headers={"cache-control": "no-store"})

        return self._answered(request, fields, answer, tell(request, "create", REQUEST))

    def user_info(self, request: Request) -> Response:
        """OpenID Connect Core, clause 5.3."""
        trail = tell(request, "read", PERSON)
        try:
            caller = caller_of(self._identity, self._verifier, request, "openid")
        except Refused as refused:
            return refusal(refused)
        with self._identity.looking() as unit:
            person = unit.people.get(caller.subject)
        if person is None:
            return refusal(Refused("the token speaks for no person"))
        trail.about(person.id, told=1)
        return Json(user_info(person, " ".join(caller.scopes)))

    def _endpoint(self, path: str, name: str) -> Callable[[Request, Fields], Response]:
        def handle(request: Request, fields: Fields) -> Response:
            def answer(server: Exchange) -> Response:
                told: Response = server.create_endpoint_response(name)
                return told

            return self._answered(request, fields, answer, tell(request, *ACTS[name]))

        return handle

    def _answered(
        self, request: Request, fields: Fields, answer: Callable[[Exchange], Response], trail: Telling
    ) -> Response:
        asked = OAuthRequest("POST", request.url.path, fields, {
            name: value for name in ("Authorization",) if (value := request.headers.get(name)) is not None
        })  # fmt: skip
        if fault := asked.fault():
            return Json({"error": "invalid_request", "error_description": fault}, 400)
        try:
            with self._identity.unit() as unit:
                server = exchange_with_flows(Exchange(self._identity, unit, asked, self._rate))
                try:
                    return answer(server)
                except OAuth2Error as error:
                    return server.handle_error_response(asked, error)
                finally:
                    self._tell(trail, server)
        except (ValueError, TypeError):  # Authlib, of what it cannot read or repeat
            log.info("a request to %s could not be read", request.url.path)
            return Json({"error": "invalid_request", "error_description": "the request cannot be read"}, 400)

    def _tell(self, trail: Telling, server: Exchange) -> None:
        """What became of it, for whom and for which client."""
        if server.refused in WAITING:
            trail.nothing()
        grant = server.grant
        if grant is not None:
            trail.about(grant.id, grant.scope.split(), of=[grant.person])
        if server.refused:
            trail.refused(f"oauth2 {server.refused}")
        if server.refused == "invalid_client":
            trail.did("signIn")
        factors = grant.signed_in.amr if grant is not None else ()
        trail.by(server.person, self._identity.terms.issuer, server.client_id, factors)


def caller_of(identity: Identity, verifier: Verifier, request: Request, scope: str) -> Caller:
    """Who calls one of the provider's own APIs, with a token that has a scope. Raises `Refused`."""
    note = note_of(request.scope)
    try:
        caller = _verified(identity, verifier, request)
        note.caller = caller
        if scope not in caller.scopes:
            raise Refused(f"this needs the scope {scope}", "insufficient_scope", 403)
    except Refused as refused:
        note.refused_by = f"authentication {refused.error}".strip()
        raise
    return caller


def _verified(identity: Identity, verifier: Verifier, request: Request) -> Caller:
    headers = request.headers
    url = identity.terms.url(request.url.path)
    given = headers.getlist("authorization")
    if len(given) > 1:
        raise Refused("the header Authorization is there more than once", "invalid_request")
    return verifier.verify(given[0] if given else "", request.method, url, headers.getlist("dpop"))


def refusal(refused: Refused) -> Response:
    """A refused token as problem+json, with the challenge of RFC 6750."""
    headers = {"www-authenticate": refused.challenges(ALGORITHMS)}
    return Problem(refused.status, refused.reason, headers=headers).response("")


def refused_as_problem(handle: Callable[..., Response]) -> Callable[..., Response]:
    """Let a handler raise `Refused`."""

    def handled(*given: Any) -> Response:
        try:
            return handle(*given)
        except Refused as refused:
            return refusal(refused)

    return handled
