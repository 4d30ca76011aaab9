"""Time-based one-time passwords (RFC 6238): SHA-1, 30 seconds, 6 digits, which is what every authenticator app does."""

from __future__ import annotations

import base64
import hmac
import secrets
import struct
from typing import Final
from urllib.parse import quote

STEP: Final = 30  # seconds
DIGITS: Final = 6
DRIFT: Final = 1  # steps that a clock may be off


def new_secret() -> bytes:
    """160 random bits (RFC 4226, clause 4, R6)."""
    return secrets.token_bytes(20)


def code(secret: bytes, step: int) -> str:
    """The code of a time step (RFC 4226, clause 5.3)."""
    mac = hmac.digest(secret, struct.pack(">Q", step), "sha1")
    at = mac[-1] & 0xF
    return str((int.from_bytes(mac[at : at + 4], "big") & 0x7FFFFFFF) % 10**DIGITS).zfill(DIGITS)


def matching_step(secret: bytes, given: str, now: float) -> int | None:
    """The time step that a given code is of, among the present one and its neighbours; None where of none."""
    given = given.replace(" ", "")
    present = int(now) // STEP
    steps = range(present - DRIFT, present + DRIFT + 1)
    return next((step for step in steps if hmac.compare_digest(code(secret, step).encode(), given.encode())), None)


def uri(secret: bytes, issuer: str, user_name: str) -> str:
    """What an authenticator app is given, as `otpauth:` URI."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return f"otpauth://totp/{quote(issuer)}:{quote(user_name)}?secret={text}&issuer={quote(issuer)}"
