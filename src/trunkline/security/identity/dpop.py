"""DPoP (RFC 9449): a token that is bound to a key is good only with a proof made by that key for this very request."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from trunkline.security.identity.sealing import Seal

ALGORITHMS: Final = ("ES256", "RS256", "PS256", "EdDSA", "Ed25519")
LIFE: Final = 60  # seconds that a proof's time may be off, either way
NONCE_LIFE: Final = 300  # seconds
LONGEST: Final = 8_192  # characters of a proof
_PORTS: Final = {"http": 80, "https": 443}


class InvalidProof(ValueError):
    """A DPoP proof that proves nothing; the text says why."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds. Whether its `id` is new, and its `nonce` ours, is left to ask."""

    key: str
    """The JWK thumbprint of its key (RFC 7638)."""
    id: str
    """Unlike that of any other proof of any key."""
    nonce: str
    until: int
    """When its time has passed, so that its id need not be remembered any longer."""


def read_proof(proof: str, method: str, url: str, now: float, access_token: str = "") -> Proof:
    """The proof of a request (RFC 9449, clause 4.3), and of the access token that came with it.

    Raises `InvalidProof`.
    """
    if len(proof) > LONGEST:
        raise InvalidProof(f"the DPoP proof has more than {LONGEST} characters")
    claims, key = _signed(proof)
    id, time, nonce = claims.get("jti"), claims.get("iat"), claims.get("nonce", "")
    if not isinstance(id, str) or not 0 < len(id) <= 200:
        raise InvalidProof("the DPoP proof has no `jti` of up to 200 characters")
    if claims.get("htm") != method:
        raise InvalidProof(f"the DPoP proof is for another method than {method}")
    if not isinstance(claims.get("htu"), str) or _place(claims["htu"]) != _place(url):
        raise InvalidProof("the DPoP proof is for another address than that of the request")
    if isinstance(time, bool) or not isinstance(time, int | float) or not abs(now - time) <= LIFE:
        raise InvalidProof("the DPoP proof is too old, or from the future: make one for each request, by a right clock")
    if access_token:
        expected = base64.urlsafe_b64encode(hashlib.sha256(access_token.encode()).digest()).rstrip(b"=").decode()
        if not isinstance(claims.get("ath"), str) or not hmac.compare_digest(claims["ath"].encode(), expected.encode()):
            raise InvalidProof("the DPoP proof is for another access token (`ath`)")
    thumbprint = key.thumbprint()
    return Proof(thumbprint, f"{thumbprint} {id}", nonce if isinstance(nonce, str) else "", int(time) + LIFE + 1)


def _signed(proof: str) -> tuple[dict[str, Any], RSAKey | ECKey | OKPKey]:
    """The claims, and the key of the header that they are signed by."""
    try:
        header = jws.extract_compact(proof.encode()).headers()
        if header.get("typ") != "dpop+jwt":
            raise InvalidProof("the DPoP proof has not the type `dpop+jwt`")
        if header.get("alg") not in ALGORITHMS:
            raise InvalidProof(f"the DPoP proof is signed by none of {', '.join(ALGORITHMS)}")
        jwk = header.get("jwk")
        if not isinstance(jwk, dict) or jwk.get("kty") not in ("RSA", "EC", "OKP") or "d" in jwk:
            raise InvalidProof("the DPoP proof has no public key in its header (`jwk`)")
        key = import_key(jwk)
        claims = json.loads(jws.deserialize_compact(proof.encode(), key, list(ALGORITHMS)).payload)
    except InvalidProof:
        raise
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise InvalidProof("the DPoP proof is not signed by the key in its header") from None
    if not isinstance(claims, dict) or not isinstance(key, RSAKey | ECKey | OKPKey):
        raise InvalidProof("the DPoP proof is no JSON object")
    return claims, key


def _place(url: str) -> tuple[str, str, int | None, str] | None:
    """A URL without what clause 4.3 leaves out, in one way of writing."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return parts.scheme, (parts.hostname or ""), port, parts.path or "/"


class Nonces:
    """Nonces that the provider hands out (RFC 9449, clause 8): marks of the time, so that nothing is kept of them."""

    def __init__(self, seal: Seal) -> None:
        self._seal = seal

    def current(self, now: float) -> str:
        return self._of(int(now) // NONCE_LIFE)

    def valid(self, nonce: str, now: float) -> bool:
        """Whether a nonce is the present one or the one before."""
        turn = int(now) // NONCE_LIFE
        return any(hmac.compare_digest(nonce.encode(), self._of(each).encode()) for each in (turn, turn - 1))

    def _of(self, turn: int) -> str:
        return self._seal.mark(str(turn), "dpop nonce")[:43]
