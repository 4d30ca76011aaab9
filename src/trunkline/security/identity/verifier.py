"""Resource servers ask here whether a request's token is good, and whom it speaks for."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError

from trunkline.security.identity.caller import Caller, Refused
from trunkline.security.identity.dpop import InvalidProof, read_proof
from trunkline.security.identity.issuers import Issuer, KeysUnavailable
from trunkline.security.identity.verified import Verified
from trunkline.store import StoreError

LONGEST: Final = 16_384  # characters of a token
LEEWAY: Final = 10  # seconds that clocks may differ


class Replays:
    """Ids of DPoP proofs that this process has seen; where several serve one API, `Identity.unused` is the one for all
    of them."""

    MOST: Final = 100_000

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock, self._until, self._turn = clock, dict[str, int](), threading.Lock()

    def __call__(self, id: str, until: int) -> bool:
        """Whether an id is seen for the first time. Where too many are remembered, nothing new is let in."""
        with self._turn:
            if len(self._until) >= self.MOST:
                self._until = {each: then for each, then in self._until.items() if then > self._clock()}
            if id in self._until or len(self._until) >= self.MOST:
                return False
            self._until[id] = until
            return True


class Verifier:
    """Verifies access tokens of the issuers that are trusted."""

    def __init__(
        self,
        issuers: Sequence[Issuer],
        unused: Callable[[str, int], bool] | None = None,
        clock: Callable[[], float] = time.time,
        holds: float = 0.0,
    ) -> None:
        """`unused` says whether a DPoP proof's id is new, and remembers it until a time. A token that was found good is
        not looked at again for `holds` seconds, but for its time and its proof."""
        self._issuers = {issuer.url: issuer for issuer in issuers}
        self._unused, self._clock, self._verified = unused or Replays(clock), clock, Verified(holds)

    def at_once(self, authorization: str) -> bool:
        """Whether `verify` asks neither the store nor an issuer: of a token that was found good a moment ago, and is
        sent without a proof."""
        scheme, _, token = authorization.partition(" ")
        return scheme.lower() == "bearer" and self._verified.get(token.strip(), self._clock()) is not None

    def verify(self, authorization: str, method: str, url: str, proofs: Sequence[str] = ()) -> Caller:
        """Whom the header `Authorization` of a request speaks for. `proofs` are its headers `DPoP`, `url` is how the
        client wrote its address. Raises `Refused`; it may ask an issuer for its keys."""
        scheme, _, token = authorization.partition(" ")
        token, scheme = token.strip(), scheme.lower()
        if not authorization:
            raise Refused("this needs an access token: send it in the header Authorization", error="")
        if scheme not in ("bearer", "dpop") or not token:
            raise Refused("the header Authorization has no access token: it is `Bearer TOKEN` or `DPoP TOKEN`")
        now = self._clock()
        found = self._verified.get(token, now)
        claims, issuer = (found.claims, found.issuer) if found is not None else self._signed(token)
        self._check(claims, issuer)
        try:
            self._check_binding(claims, scheme, token, method, url, proofs)
            reason = issuer.standing(claims) if found is None else ""
        except StoreError:
            raise Refused("whether the token still holds cannot be told now", "temporarily_unavailable", 503) from None
        if reason:
            raise Refused(reason)
        if found is None:
            self._verified.add(token, claims, issuer, now)
        return _caller(claims, issuer)

    def _signed(self, token: str) -> tuple[Mapping[str, Any], Issuer]:
        """The claims of a token that its issuer has signed, by a way and a key of that issuer."""
        if len(token) > LONGEST:
            raise Refused(f"the token has more than {LONGEST} characters")
        try:
            unverified = jws.extract_compact(token.encode())
            header, said = unverified.headers(), json.loads(unverified.payload)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            raise Refused("the token is not a signed JWT") from None
        issuer = self._issuers.get(said["iss"]) if isinstance(said, dict) and isinstance(said.get("iss"), str) else None
        if issuer is None:
            raise Refused("the token's issuer (`iss`) is not trusted here")
        algorithm, id, type = header.get("alg"), header.get("kid"), header.get("typ")
        if algorithm not in issuer.algorithms:
            raise Refused(f"the token is not signed by {' or '.join(issuer.algorithms)}")
        if not isinstance(type, str) or type.lower().removeprefix("application/") not in issuer.types:
            raise Refused(f"this is no access token: its type (`typ`) is not {' or '.join(issuer.types)}")
        if not isinstance(id, str):
            raise Refused("the token does not say which key signed it (`kid`)")
        try:
            key = issuer.keys.key(id)
        except KeysUnavailable as error:
            raise Refused(f"the token's issuer cannot be asked: {error}", "temporarily_unavailable", 503) from None
        if key is None:
            raise Refused("the token is signed by a key that its issuer does not show")
        try:
            if key.alg is not None and key.alg != algorithm:
                raise Refused("the token is signed in another way than its key is for")
            signed = jws.deserialize_compact(token.encode(), key, [algorithm])
        except (JoseError, ValueError, TypeError):
            raise Refused("the token's signature is wrong") from None
        return json.loads(signed.payload), issuer

    def _check(self, claims: Mapping[str, Any], issuer: Issuer) -> None:
        now = self._clock()
        audience = claims.get("aud")
        if issuer.audience not in (audience if isinstance(audience, list) else [audience]):
            raise Refused("the token is for somebody else (`aud`)")
        if not _is_time(claims.get("exp")) or claims["exp"] + LEEWAY <= now:
            raise Refused("the token has lapsed (`exp`): get a new one")
        for name in ("nbf", "iat"):
            if name in claims and (not _is_time(claims[name]) or claims[name] - LEEWAY > now):
                raise Refused(f"the token is not valid yet (`{name}`)")
        if str(claims.get("typ", "Bearer")).lower() not in ("bearer", "dpop"):  # Keycloak tells its tokens apart here
            raise Refused("this is no access token: its claim `typ` says so")
        if not isinstance(claims.get("sub"), str) or not claims["sub"]:
            raise Refused("the token does not say whom it speaks for (`sub`)")

    def _check_binding(
        self, claims: Mapping[str, Any], scheme: str, token: str, method: str, url: str, proofs: Sequence[str]
    ) -> None:
        """A token that is bound to a key (RFC 9449, clause 7) comes with a proof of that key, and never without."""
        bound = claims.get("cnf")
        if bound is None and scheme == "bearer":
            return
        key = bound.get("jkt") if isinstance(bound, dict) else None
        if not isinstance(key, str):
            raise Refused("the token is not bound to a DPoP key: send it as `Bearer`, or bind it")
        if scheme != "dpop":
            raise Refused("the token is bound to a key: send it as `DPoP TOKEN`, with a proof")
        if len(proofs) != 1:
            raise Refused("one DPoP proof is needed, in the header DPoP", "invalid_dpop_proof")
        try:
            proof = read_proof(proofs[0], method, url, self._clock(), token)
        except InvalidProof as error:
            raise Refused(str(error), "invalid_dpop_proof") from None
        if proof.key != key:
            raise Refused("the DPoP proof is of another key than the token is bound to", "invalid_dpop_proof")
        if not self._unused(proof.id, proof.until):
            raise Refused("the DPoP proof was used before: make one for each request", "invalid_dpop_proof")


def _caller(claims: Mapping[str, Any], issuer: Issuer) -> Caller:
    said = _words(_at(claims, issuer.roles_claim))
    roles = said if issuer.roles is None else [issuer.roles[word] for word in said if word in issuer.roles]
    client = next((str(claims[name]) for name in ("client_id", "azp", "appid") if name in claims), "")
    scopes = _words(claims.get("scope", claims.get("scp")))
    region = _at(claims, issuer.region_claim)
    return Caller(
        claims["sub"],
        client,
        frozenset(roles),
        frozenset(scopes),
        region if isinstance(region, str) else "",
        issuer.url,
    )


def _at(claims: Any, path: Sequence[str]) -> Any:
    for name in path:
        claims = claims.get(name) if isinstance(claims, dict) else None
    return claims


def _words(value: Any) -> list[str]:
    words = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    return [word for word in words if isinstance(word, str)]


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value
