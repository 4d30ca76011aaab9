"""Authlib's authorization server on our state: one object a request, whose answers are Starlette's."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidRequestError, InvalidScopeError, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from starlette.responses import Response

from trunkline.security.identity.clients import Client
from trunkline.security.identity.dpop import InvalidProof, read_proof
from trunkline.security.identity.grants import Grant, SignedIn
from trunkline.security.identity.identity import Identity, Unit
from trunkline.security.identity.people import Person
from trunkline.security.identity.rates import LIMITED, Rate
from trunkline.security.identity.terms import OPENID
from trunkline.security.identity.tokens import access_token, id_token

# At DEBUG it would write the tokens that it issues.
logging.getLogger("authlib").setLevel(logging.INFO)

# What Authlib may repeat in the text of an error (RFC 6749, clause 5.2).
_PLAIN: Final = re.compile(r"[ !#-\[\]-~]*")
_REPEATED: Final = ("client_id", "redirect_uri", "response_type", "scope", "grant_type", "token_type_hint")


class OAuthRequest(OAuth2Request):
    """A request's parameters, each of which is given once; those of the query or of the form, never of both."""

    def __init__(self, method: str, path: str, parameters: Mapping[str, str], headers: Mapping[str, str]) -> None:
        # Authlib refuses what does not come by https. Here that is the listener's business, which is on loopback
        # where it has no TLS.
        super().__init__(method, f"https://provider{path}", headers=dict(headers))
        self._parameters = dict(parameters)
        self.payload = BasicOAuth2Payload(self._parameters)

    @property
    def args(self) -> dict[str, str | None]:
        return dict(self._parameters)

    @property
    def form(self) -> dict[str, str]:
        return self._parameters

    def fault(self) -> str:
        """What is wrong with how it is written; "" where nothing."""
        if any("\0" in name + value for name, value in self._parameters.items()):
            return "there is a character NUL in it"
        for name in _REPEATED:
            if not _PLAIN.fullmatch(self._parameters.get(name, "")):
                return f"{name} has characters that it may not have"
        return ""


class ProofNeeded(OAuth2Error):
    """A DPoP proof is needed, or is not as it must be (RFC 9449, clauses 5 and 8)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description.replace('"', "'").replace("\\", ""), error=error)


class TooOften(OAuth2Error):
    """A client asks more often than it may."""

    error = "temporarily_unavailable"
    status_code = 429

    def __init__(self, wait: int) -> None:
        super().__init__(f"this client asks too often: again in {wait} s")
        self._wait = wait

    def get_headers(self) -> list[tuple[str, str]]:
        return [*super().get_headers(), ("Retry-After", str(self._wait))]


class Exchange(AuthorizationServer):
    """The authorization server for one request, in one unit of work. `rate` is how often clients may ask."""

    def __init__(self, identity: Identity, unit: Unit, request: OAuthRequest, rate: Rate | None = None) -> None:
        terms, self._rate = identity.terms, rate
        super().__init__(scopes_supported=sorted(terms.scopes))
        self.identity, self.unit, self.terms, self.request = identity, unit, terms, request
        self.signed_in = SignedIn()
        """How the person of an authorization request is signed in."""
        self.proof_key = ""
        """The thumbprint of the key that the request proves to have, once `take_proof` has seen to it."""
        self.proving = False
        """Whether it came with a proof at all."""
        self.grant: Grant | None = None
        """What the tokens of the answer are of."""
        self.person: Person | None = None
        """Whom they speak for."""
        self.client_id = ""
        """The client that asks, or that the request says it is: one that there is."""
        self.refused = ""
        """The word for what was refused."""

    def query_client(self, client_id: str) -> Client | None:
        found = self.unit.clients.get(client_id)
        self.client_id = found.id if found is not None else ""
        return found

    def authenticate_client(self, request: OAuth2Request, methods: list[str], endpoint: str = "token") -> Client:
        """Counts who has proved to be a client: whoever says that they are another one takes nothing of its rate."""
        client: Client = super().authenticate_client(request, methods, endpoint)
        if self._rate is not None and not client.public and (wait := self._rate.wait(client.id)):
            LIMITED.labels("client").inc()
            raise TooOften(wait)
        return client

    def save_token(self, token: object, request: OAuth2Request) -> None:
        """What must be kept of it has been kept when it was made."""

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Any) -> OAuth2Request:
        return self.request

    def handle_error_response(self, request: OAuth2Request, error: OAuth2Error) -> Response:
        self.refused = self.refused or str(error.error)
        answer: Response = super().handle_error_response(request, error)
        return answer

    def handle_response(self, status: int, body: Any, headers: Collection[tuple[str, str]]) -> Response:
        """Every redirect to a client says whose answer it is (RFC 9207)."""
        given = {name.lower(): value for name, value in headers}
        if "location" in given:
            given["location"] = add_params_to_uri(given["location"], [("iss", self.terms.issuer)])
        given["cache-control"] = "no-store"
        if self.proving:
            given["dpop-nonce"] = self.identity.nonces.current(self.unit.now)
        content = json.dumps(dict(body)) if not isinstance(body, str) else body
        given.setdefault("content-type", "application/json")
        return Response(content, status, given)

    def take_proof(self, proofs: Sequence[str]) -> None:
        """Take the request's DPoP proof, if there is one. Raises `ProofNeeded`."""
        if not proofs:
            return
        self.proving = True
        now = self.identity.clock()
        try:
            if len(proofs) > 1:
                raise InvalidProof("there is more than one DPoP proof")
            read = read_proof(proofs[0], self.request.method, self.terms.url(self.request.uri.removeprefix(_AT)), now)
        except InvalidProof as error:
            raise ProofNeeded("invalid_dpop_proof", str(error)) from None
        if not self.identity.nonces.valid(read.nonce, now):
            raise ProofNeeded("use_dpop_nonce", "make the DPoP proof with the nonce of the header DPoP-Nonce")
        if not self.unit.first_time(f"proof {read.id}", read.until):
            raise ProofNeeded("invalid_dpop_proof", "the DPoP proof was used before: make one for each request")
        self.proof_key = read.key

    def allowed_scope(self, client: Client, person: Person | None, scope: str) -> str:
        """The part of a scope that a client may have, for a person or for itself."""
        allowed = client.get_allowed_scope(scope).split()
        if person is None:
            return " ".join(each for each in allowed if each not in OPENID)
        its = self.terms.scopes_of(person.roles)
        return " ".join(each for each in allowed if each in its)

    def generate_token(
        self,
        grant_type: str,
        client: Any,
        user: Any = None,
        scope: str | None = None,
        expires_in: int | None = None,
        include_refresh_token: bool | None = True,
    ) -> dict[str, Any]:
        """The tokens of the request's grant, which begins now unless it is refreshed."""
        if client.metadata.dpop_bound_access_tokens and not self.proof_key:
            raise ProofNeeded("invalid_dpop_proof", "this client is registered to prove its key (DPoP)")
        if user is None and scope and set(scope.split()) - client.scopes:
            raise InvalidScopeError("the client is not registered for all of this scope")
        scope = self.allowed_scope(client, user, scope or ("" if user else client.metadata.scope))
        self.person = user
        self.grant = self.request.refresh_token or self._begun(client, user, scope)
        key = self.unit.keys.current()
        access = access_token(key, self.terms, self.unit.now, self.grant, scope, user, self.proof_key)
        token = {
            "access_token": access,
            "token_type": "DPoP" if self.proof_key else "Bearer",
            "expires_in": min(self.terms.access, self.grant.expires - self.unit.now),
            "scope": scope,
        }
        if include_refresh_token:
            token["refresh_token"] = self.unit.grants.add_refresh(self.grant.id)
        if user is not None and "openid" in scope.split():
            signed_in = self.grant.signed_in
            token["id_token"] = id_token(key, self.terms, self.unit.now, client.id, user, scope, signed_in, access)
        return token

    def _begun(self, client: Client, person: Person | None, scope: str) -> Grant:
        source = self.request.authorization_code or self.request.credential
        signed_in = source.signed_in if source is not None else SignedIn()
        bound = self.proof_key if client.public else ""
        lasts = self.terms.refresh if person is not None else self.terms.access
        return self.unit.grants.begin(
            client.id, person.id if person is not None else "", scope, signed_in, key=bound, lasts=lasts
        )


_AT: Final = "https://provider"


def malformed(reason: str) -> InvalidRequestError:
    """The refusal of a request that is not written as it must be."""
    return InvalidRequestError(reason.replace('"', "'").replace("\\", ""))
