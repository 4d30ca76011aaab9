"""Signing in from a terminal, and the tokens that are kept for it: what `trunkline login` does.

By the person's browser on this machine (RFC 8252, authorization code with PKCE over loopback), or by a code that is
typed in on any other device (RFC 8628).
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from trunkline.loopback import is_loopback
from trunkline.security.identity.clients import DEVICE
from trunkline.security.identity.terms import COMMAND_LINE

TIMEOUT: Final = 15  # seconds for one request
PATIENCE: Final = 300  # seconds that the browser's answer is waited for
EARLY: Final = 20  # seconds before it lapses that a token is renewed
LARGEST: Final = 1 << 20  # bytes of an answer


class LoginFailed(Exception):
    """Nobody is signed in; the text says why and what to do."""


class Kept(msgspec.Struct, frozen=True):
    """The tokens of one sign-in; `lapses` is in seconds since 1970."""

    issuer: str
    access_token: str
    refresh_token: str
    lapses: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """The file that tokens are kept in, which only the user can read. One sign-in at a time."""

    file: Path

    def keep(self, kept: Kept) -> None:
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = self.file.with_name(f"{self.file.name}.{secrets.token_hex(6)}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.encode(kept))
        beside.replace(self.file)

    def kept(self) -> Kept:
        """Raises `LoginFailed` where nobody is signed in."""
        try:
            return msgspec.json.decode(self.file.read_bytes(), type=Kept)
        except (FileNotFoundError, msgspec.DecodeError):
            raise LoginFailed("nobody is signed in here: `trunkline login`") from None

    def access_token(self) -> str:
        """A token that still holds, renewed where that is due. Raises `LoginFailed`."""
        kept = self.kept()
        if kept.lapses - EARLY > time.time():
            return kept.access_token
        asked = {"grant_type": "refresh_token", "refresh_token": kept.refresh_token, "client_id": COMMAND_LINE}
        renewed = _tokens(kept.issuer, _send(_configuration(kept.issuer)["token_endpoint"], asked))
        self.keep(renewed)
        return renewed.access_token

    def forget(self) -> None:
        """Give the tokens back, and keep them no longer. Raises `LoginFailed` where nobody is signed in."""
        kept = self.kept()
        self.file.unlink()
        _send(
            _configuration(kept.issuer)["revocation_endpoint"], {"token": kept.refresh_token, "client_id": COMMAND_LINE}
        )


def by_browser(issuer: str, scope: str, show: Callable[[str], None]) -> Kept:
    """Sign in by a browser on this machine; `show` is given the address to open. Raises `LoginFailed`."""
    endpoints = _configuration(issuer)
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    with HTTPServer(("127.0.0.1", 0), _Back) as listener:
        back = f"http://127.0.0.1:{listener.server_port}/signed-in"
        asked = {
            "client_id": COMMAND_LINE, "response_type": "code", "redirect_uri": back, "scope": scope, "state": state,
            "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        show(f"{endpoints['authorization_endpoint']}?{urlencode(asked)}")
        brought = _wait(listener)
    if brought.get("state") != state or brought.get("iss") != issuer:
        raise LoginFailed("the answer is not that to this sign-in: begin again")
    if "code" not in brought:
        raise LoginFailed(f"the sign-in ended: {brought.get('error_description') or brought.get('error')}")
    redeemed = {
        "grant_type": "authorization_code", "code": brought["code"], "code_verifier": verifier, "redirect_uri": back,
        "client_id": COMMAND_LINE,
    }  # fmt: skip
    return _tokens(issuer, _send(endpoints["token_endpoint"], redeemed))


def by_device(issuer: str, scope: str, show: Callable[[str, str], None]) -> Kept:
    """Sign in by a code; `show` is given the address to open anywhere, and the code. Raises `LoginFailed`."""
    endpoints = _configuration(issuer)
    begun = _send(endpoints["device_authorization_endpoint"], {"client_id": COMMAND_LINE, "scope": scope})
    show(begun["verification_uri_complete"], begun["user_code"])
    pause, end = float(begun.get("interval", 5)), time.monotonic() + float(begun["expires_in"])
    asked = {"grant_type": DEVICE, "device_code": begun["device_code"], "client_id": COMMAND_LINE}
    while time.monotonic() < end:
        time.sleep(pause)
        try:
            return _tokens(issuer, _send(endpoints["token_endpoint"], asked))
        except _Answer as answer:
            if answer.error == "slow_down":
                pause += 5
            elif answer.error != "authorization_pending":
                raise LoginFailed(f"the sign-in ended: {answer}") from None
    raise LoginFailed("nobody has typed the code in: begin again")


class _Back(BaseHTTPRequestHandler):
    """Takes what the browser brings back, once, and says that it may be closed."""

    timeout = 10

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path != "/signed-in":
            self.send_error(404)
            return
        self.server.brought = dict(parse_qsl(parts.query))  # type: ignore[attr-defined]  # read by `_wait`
        said = b"<!DOCTYPE html><title>Trunkline</title><p>You can close this page and go back to the terminal.</p>"
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a code is in the address."""


def _wait(listener: HTTPServer) -> dict[str, str]:
    listener.timeout = 1
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        listener.handle_request()
        brought: dict[str, str] | None = getattr(listener, "brought", None)
        if brought is not None:
            return brought
    raise LoginFailed(f"the browser did not come back within {PATIENCE} seconds: begin again")


class _Answer(LoginFailed):
    """The provider's refusal; `error` is its word for it."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description or error)
        self.error = error


def _configuration(issuer: str) -> dict[str, Any]:
    found = _call(urllib.request.Request(f"{issuer}/.well-known/openid-configuration"))  # noqa: S310  # _call looks
    if found.get("issuer") != issuer:
        raise LoginFailed(f"{issuer} says that it is {found.get('issuer')!r}: name the issuer as it does")
    return found


def _send(url: str, fields: Mapping[str, str]) -> dict[str, Any]:
    return _call(urllib.request.Request(url, urlencode(fields).encode()))  # noqa: S310


def _call(request: urllib.request.Request) -> dict[str, Any]:
    parts = urlsplit(request.full_url)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise LoginFailed(f"{request.full_url} is not https: a password would be read on the way")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            raw = answer.read(LARGEST)
    except urllib.error.HTTPError as error:
        try:
            told = json.loads(error.read(LARGEST))
            raise _Answer(str(told.get("error", error.code)), str(told.get("error_description", "")))
        except (ValueError, AttributeError):
            raise LoginFailed(f"{request.full_url} answers {error.code}") from None
    except OSError as error:
        raise LoginFailed(f"{request.full_url} cannot be reached: {error}") from None
    try:
        read = json.loads(raw) if raw else {}
    except ValueError:
        raise LoginFailed(f"{request.full_url} does not answer JSON") from None
    if not isinstance(read, dict):
        raise LoginFailed(f"{request.full_url} answers no JSON object")
    return read


def _tokens(issuer: str, told: Mapping[str, Any]) -> Kept:
    lapses = int(time.time()) + int(told.get("expires_in", 0))
    return Kept(issuer, str(told["access_token"]), str(told.get("refresh_token", "")), lapses)
