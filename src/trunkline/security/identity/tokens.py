"""Access tokens (RFC 9068) and ID tokens (OpenID Connect Core): made, and read when they come back."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from trunkline.security.identity.grants import Grant, SignedIn
from trunkline.security.identity.keys import ALGORITHM
from trunkline.security.identity.people import Person
from trunkline.security.identity.sealing import new_secret
from trunkline.security.identity.terms import ID_TOKEN, Terms

ACCESS_TYPE = "at+jwt"


def access_token(
    key: RSAKey, terms: Terms, now: int, grant: Grant, scope: str, person: Person | None, proof_key: str
) -> str:
    """A token for the platform's APIs, good for the key alone whose thumbprint `proof_key` is, unless that is ""."""
    claims: dict[str, Any] = {
        "iss": terms.issuer,
        "aud": terms.audience,
        "sub": person.id if person is not None else grant.client,
        "client_id": grant.client,
        "iat": now,
        "exp": min(now + terms.access, grant.expires),
        "jti": new_secret(),
        "grant": grant.id,
        "scope": scope,
    }
    if person is not None:
        claims |= {
            "roles": list(person.roles),
            "auth_time": grant.signed_in.auth_time,
            "amr": list(grant.signed_in.amr),
        }
        if person.region:
            claims["region"] = person.region
    if proof_key:
        claims["cnf"] = {"jkt": proof_key}
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid, "typ": ACCESS_TYPE}, claims, key, [ALGORITHM])


def id_token(
    key: RSAKey, terms: Terms, now: int, client: str, person: Person, scope: str, signed_in: SignedIn, access: str
) -> str:
    """Who signed in, for the client alone (OpenID Connect Core, clause 2)."""
    half = hashlib.sha256(access.encode()).digest()[:16]
    claims: dict[str, Any] = {
        "iss": terms.issuer,
        "aud": client,
        "sub": person.id,
        "iat": now,
        "exp": now + ID_TOKEN,
        "auth_time": signed_in.auth_time,
        "amr": list(signed_in.amr),
        "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
        **user_info(person, scope),
    }
    if signed_in.nonce:
        claims["nonce"] = signed_in.nonce
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid, "typ": "JWT"}, claims, key, [ALGORITHM])


def user_info(person: Person, scope: str) -> dict[str, Any]:
    """What a scope tells of a person (OpenID Connect Core, clauses 5.1 and 5.4)."""
    told: dict[str, Any] = {"sub": person.id}
    if "profile" in scope.split():
        told |= {"name": person.name, "preferred_username": person.user_name, "updated_at": person.changed}
    if "email" in scope.split() and person.email:
        told["email"] = person.email
    return told


def own_claims(token: str, keys: list[dict[str, Any]], terms: Terms, now: int) -> dict[str, Any] | None:
    """The claims of an access token of this provider that has not lapsed; None of anything else."""
    try:
        read = jwt.decode(token, KeySet.import_key_set({"keys": keys}), [ALGORITHM])
    except (JoseError, ValueError):
        return None
    claims = read.claims
    valid = read.header.get("typ") == ACCESS_TYPE and claims.get("iss") == terms.issuer and claims.get("exp", 0) > now
    return claims if valid else None
