"""Clients register themselves (RFC 7591) and look after their registration (RFC 7592).

Somebody must let them: a registration comes with an access token of the scope `identity.clients`, and gives a client
no scope that the caller has not.
"""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.http.responses import Json
from trunkline.security.audit.entry import Action
from trunkline.security.identity import reading
from trunkline.security.identity.caller import Refused
from trunkline.security.identity.clients import Client, Metadata
from trunkline.security.identity.endpoints import caller_of, refused_as_problem
from trunkline.security.identity.identity import Identity
from trunkline.security.identity.sealing import new_secret
from trunkline.security.identity.terms import OPENID, REGISTER
from trunkline.security.identity.trail import APPLICATION, Telling, changed, tell
from trunkline.security.identity.verifier import Verifier

_OURS = ("client_id", "client_secret", "registration_access_token", "registration_client_uri",
         "client_secret_expires_at", "client_id_issued_at")  # fmt: skip


class Registration:
    """The registration endpoints."""

    def __init__(self, identity: Identity, verifier: Verifier) -> None:
        self._identity, self._verifier = identity, verifier

    def routes(self) -> list[Route]:
        one = "/oauth2/register/{id}"
        return [
            Route("/oauth2/register", reading.json(refused_as_problem(self.register)), methods=["POST"]),
            Route(one, reading.page(refused_as_problem(self.read)), methods=["GET"]),
            Route(one, reading.json(refused_as_problem(self.replace)), methods=["PUT"]),
            Route(one, reading.page(refused_as_problem(self.remove)), methods=["DELETE"]),
        ]

    def register(self, request: Request, body: Any) -> Response:
        trail = tell(request, "create", APPLICATION)
        caller = caller_of(self._identity, self._verifier, request, REGISTER)
        metadata = _read(body)
        if isinstance(metadata, str):
            return _invalid(metadata)
        if more := set(metadata.scope.split()) - caller.scopes - set(OPENID):
            return _invalid(f"the scope {min(more)} is not the caller's own, so it is not the caller's to give")
        secret, token, id = new_secret() if metadata.secret else None, new_secret(), str(uuid.uuid4())
        with self._identity.unit() as unit:
            client = unit.clients.add(id, metadata, secret, token)
        trail.about(id, metadata.scope.split())
        return Json(self._told(client) | {"registration_access_token": token} | _secret(secret), 201)

    def read(self, request: Request) -> Response:
        return Json(self._told(self._its_own(request, "read")))

    def replace(self, request: Request, body: Any) -> Response:
        """All metadata at once (RFC 7592, clause 2.2). It gains no scope by it, and keeps its secret."""
        client = self._its_own(request, "change")
        if not isinstance(body, dict) or body.get("client_id") != client.id:
            return _invalid("client_id is that of the client")
        if set(body) & set(_OURS[2:]):
            return _invalid(f"{min(set(body) & set(_OURS[2:]))} is not the client's to say")
        if "client_secret" in body and not client.check_client_secret(str(body["client_secret"])):
            return _invalid("client_secret is not the client's present one, and only the provider gives others")
        metadata = _read(body)
        if isinstance(metadata, str):
            return _invalid(metadata)
        if more := set(metadata.scope.split()) - client.scopes:
            return _invalid(f"the scope {min(more)} is more than was registered")
        secret = new_secret() if metadata.secret and not client.metadata.secret else None
        with self._identity.unit() as unit:
            unit.clients.replace(client.id, metadata, secret)
        before, after = msgspec.to_builtins(client.metadata), msgspec.to_builtins(metadata)
        Telling(request).about(client.id, changed(before, after))
        return Json(self._told(Client(client.id, metadata, created=client.created)) | _secret(secret))

    def remove(self, request: Request) -> Response:
        """With the client go all its tokens."""
        client = self._its_own(request, "delete")
        with self._identity.unit() as unit:
            unit.clients.remove(client.id)
        return Response(status_code=204)

    def _its_own(self, request: Request, action: Action) -> Client:
        """The client whose registration access token was sent. Raises `Refused`."""
        trail = tell(request, action, APPLICATION)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        with self._identity.looking() as unit:
            id = request.path_params["id"]
            client = unit.clients.get(id) if "\0" not in id else None
        if client is not None:
            trail.about(client.id)
        if scheme.lower() != "bearer" or client is None or not client.check_registration(token):
            trail.refused("registration access token")
            raise Refused("this needs the client's registration access token")
        trail.by(None, self._identity.terms.issuer, client.id)
        return client

    def _told(self, client: Client) -> dict[str, Any]:
        told: dict[str, Any] = msgspec.to_builtins(client.metadata)
        return {
            **{name: value for name, value in told.items() if value is not None},
            "client_id": client.id,
            "client_id_issued_at": client.created,
            "registration_client_uri": self._identity.terms.url(f"/oauth2/register/{client.id}"),
        }


def _read(body: Any) -> Metadata | str:
    """The metadata that a body describes, or what is wrong with it. Of members that are not metadata here nothing is
    taken (RFC 7591, clause 2: they are ignored)."""
    if not isinstance(body, dict):
        return "the body is a JSON object"
    try:
        metadata = msgspec.convert(body, Metadata)
    except msgspec.ValidationError as error:
        return str(error)
    return metadata.fault() or metadata


def _invalid(reason: str) -> Response:
    error = "invalid_redirect_uri" if "redirect URI" in reason else "invalid_client_metadata"
    return Json({"error": error, "error_description": reason}, 400)


def _secret(secret: str | None) -> dict[str, Any]:
    return {"client_secret": secret, "client_secret_expires_at": 0} if secret is not None else {}
