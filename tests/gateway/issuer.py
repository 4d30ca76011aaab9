"""An issuer of tokens: keys of its own, a JSON Web Key Set in a file, and any claims that a test wants to sign."""

from __future__ import annotations

import base64
import hmac
import json
import time
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

NAME = "https://id.example.net"
AUDIENCE = "https://api.example.net"


class Issuer:
    """It signs for `NAME`; whoever reads `keys_file` can check it."""

    def __init__(self, folder: Path) -> None:
        self.keys_file = folder / "jwks.json"
        self.rotate()

    def rotate(self) -> None:
        """New keys; the old are gone."""
        self.rsa = RSAKey.generate_key(2048, {"kid": f"rsa-{time.monotonic_ns()}", "alg": "RS256", "use": "sig"})
        self.ec = ECKey.generate_key("P-256", {"kid": f"ec-{time.monotonic_ns()}", "alg": "ES256", "use": "sig"})
        beside = self.keys_file.with_suffix(".new")
        beside.write_text(json.dumps(KeySet([self.rsa, self.ec]).as_dict(private=False)))
        beside.replace(self.keys_file)

    def token(self, header: dict[str, Any] | None = None, key: Any = None, **claims: Any) -> str:
        """A good token but for what is given otherwise; a claim that is None is left out."""
        now = int(time.time())
        said = {
            "iss": NAME,
            "aud": AUDIENCE,
            "sub": "user-7",
            "client_id": "crm",
            "tier": "gold",
            "scope": "thing:read",
            "iat": now,
            "exp": now + 300,
            **claims,
        }
        said = {name: value for name, value in said.items() if value is not None}
        signing = key or self.rsa
        algorithm = (header or {}).get("alg", "RS256")
        head = {"alg": algorithm, "kid": self.rsa.kid, **(header or {})}
        return jwt.encode(head, said, signing, algorithms=[algorithm])

    def bearer(self, **claims: Any) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token(**claims)}"}

    def confused(self) -> str:
        """A token signed by HMAC with the public key as its secret: what a verifier must not fall for."""
        _, body, _ = self.token().split(".")
        head = _encoded(json.dumps({"alg": "HS256", "kid": self.rsa.kid}).encode())
        signature = hmac.digest(self.rsa.as_pem(private=False), f"{head}.{body}".encode(), "sha256")
        return f"{head}.{body}.{_encoded(signature)}"


def _encoded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def declared(keys: str = "jwks.json", **more: Any) -> dict[str, Any]:
    """The issuer as gateway.yaml says it."""
    return {"issuer": NAME, "keys": keys, "audiences": [AUDIENCE], "tier_claim": "tier", **more}
