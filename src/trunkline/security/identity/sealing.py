"""What is kept of secrets: digests of those that are only recognised, and sealed bytes of those that are used again."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from trunkline.store import StoreError

KEY_BYTES: Final = 32
_NONCE: Final = 12


def new_secret() -> str:
    """256 random bits as URL-safe text: a code, a token, a client's secret."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is kept of a secret of 256 random bits; a slow hash would add nothing to those."""
    return hashlib.sha256(secret.encode()).digest()


class Seal:
    """Seals bytes under one key with AES-256-GCM, each for a purpose that must be named again to open them."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key of the identity provider has {KEY_BYTES} bytes, not {len(key)}")
        self._key = key
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, purpose: str) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Raises `StoreError` where the key is another, or the bytes were changed."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose.encode())
        except InvalidTag:
            raise StoreError(
                "what the identity provider has sealed cannot be opened: its key is not the one it was sealed with "
                "(`key` under [trust], or identity.key in the data folder)"
            ) from None

    def mark(self, text: str, purpose: str) -> str:
        """A mark that only this key makes of a text: for values that go out and come back (RFC 2104, SHA-256)."""
        return hmac.new(self._key, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()


def key_file(path: Path) -> bytes:
    """The key in a file that only the user can read, made where there is none; processes that make it at once agree."""
    with contextlib.suppress(FileExistsError):
        beside = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(beside, path)  # fails where another process was first, whose key holds then
        finally:
            beside.unlink()
    return path.read_bytes()
