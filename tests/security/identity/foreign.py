"""An issuer of others: it signs tokens as a test likes, and shows its keys on loopback."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

AUDIENCE = "trunkline"


class ForeignProvider:
    """Its keys by their ids."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.keys: dict[str, Any] = {"rsa": RSAKey.generate_key(2048), "ec": ECKey.generate_key("P-256")}
        self.answer: bytes | None = None
        """What it answers instead of its documents."""

    def shown(self) -> list[dict[str, Any]]:
        return [{**key.as_dict(private=False), "kid": id} for id, key in self.keys.items()]

    def token(self, kid: str = "rsa", algorithm: str = "", header: dict[str, Any] | None = None, **changed: Any) -> str:
        key = self.keys[kid]
        kinds = {RSAKey: "RS256", ECKey: "ES256", OKPKey: "EdDSA"}
        algorithm = algorithm or kinds[type(key)]
        full = {"alg": algorithm, "kid": kid, "typ": "JWT", **(header or {})}
        claims = {name: value for name, value in (self.claims() | changed).items() if value is not None}
        return jwt.encode(
            {name: value for name, value in full.items() if value}, claims, key, [algorithm], default_type=None
        )

    def claims(self) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": self.issuer, "aud": [AUDIENCE, "account"], "sub": "u-1", "azp": "portal", "iat": now,
            "exp": now + 60,
            "scope": "openid network.read", "realm_access": {"roles": ["noc-staff", "other"]}, "area": "flanders",
        }  # fmt: skip


@contextmanager
def provider() -> Iterator[ForeignProvider]:
    """A provider that answers on a free port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            document = {"issuer": made.issuer, "jwks_uri": f"{made.issuer}/keys"} if "well-known" in self.path else {
                "keys": made.shown()
            }  # fmt: skip
            body = made.answer if made.answer is not None else json.dumps(document).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        made = ForeignProvider(server.server_port)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
