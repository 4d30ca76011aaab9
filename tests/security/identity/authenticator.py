"""A passkey's authenticator in software: it answers what a browser would pass on to it (WebAuthn, clauses 6 and 7)."""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from base64 import urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

HERE, VERIFIED, NEW = 0x01, 0x04, 0x40  # flags of the authenticator data


class Authenticator:
    """One passkey, for pages of one origin."""

    def __init__(self, origin: str, host: str) -> None:
        self._origin, self._host = origin, host
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.uses = 0

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        numbers = self._key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        credential = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(public)
        data = self._data(HERE | VERIFIED | NEW) + credential
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(options, "webauthn.create", attestationObject=_text(attestation))

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        self.uses += 1
        data = self._data(HERE | VERIFIED)
        said = self._client_data(options, "webauthn.get")
        signature = self._key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(options, "webauthn.get", authenticatorData=_text(data), signature=_text(signature))

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self._host.encode()).digest() + bytes([flags]) + struct.pack(">I", self.uses)

    def _client_data(self, options: dict[str, Any], type: str) -> bytes:
        return json.dumps({"type": type, "challenge": options["challenge"], "origin": self._origin}).encode()

    def _answer(self, options: dict[str, Any], type: str, **response: str) -> dict[str, Any]:
        said = {"clientDataJSON": _text(self._client_data(options, type)), **response}
        return {"id": _text(self.id), "rawId": _text(self.id), "type": "public-key", "response": said}


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
