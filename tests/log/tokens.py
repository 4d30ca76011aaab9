"""An authorization server of one test: client credentials in, signed tokens out (RFC 6749, RFC 7515, RFC 7517)."""

from __future__ import annotations

import json
import threading
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

ISSUER, AUDIENCE, CLIENT, SECRET = "https://identity.test", "kafka", "trunkline", "client-s3cret"


class Tokens(ThreadingHTTPServer):
    """Keys at /keys, tokens at /token."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def keys(self) -> dict[str, object]:
        numbers = self.key.public_key().public_numbers()
        n, e = (encoded(number.to_bytes((number.bit_length() + 7) // 8, "big")) for number in (numbers.n, numbers.e))
        return {"keys": [{"kty": "RSA", "kid": "1", "use": "sig", "alg": "RS256", "n": n, "e": e}]}

    def token(self) -> dict[str, object]:
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": CLIENT, "iat": now, "exp": now + 600}
        signed = b".".join(
            encoded(json.dumps(part).encode()).encode() for part in ({"alg": "RS256", "typ": "JWT", "kid": "1"}, claims)
        )
        signature = self.key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return {"access_token": f"{signed.decode()}.{encoded(signature)}", "token_type": "Bearer", "expires_in": 600}


class Handler(BaseHTTPRequestHandler):
    server: Tokens

    def do_GET(self) -> None:
        self._answer(200, self.server.keys())

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        known = "Basic " + b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if self.headers["authorization"] == known:
            self._answer(200, self.server.token())
        else:
            self._answer(401, {"error": "invalid_client"})

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _answer(self, status: int, content: dict[str, object]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def tokens() -> Iterator[Tokens]:
    with Tokens() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
