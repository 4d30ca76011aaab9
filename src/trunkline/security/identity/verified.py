"""Tokens that were found good a moment ago: an API that is asked a hundred times a second by one caller need not verify
the same signature, and look whether the same grant still stands, each time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final, NamedTuple

from trunkline.security.identity.issuers import Issuer

MOST: Final = 10_000  # tokens that are remembered


class Found(NamedTuple):
    """A token's claims, who has signed them, and until when nobody is asked again."""

    claims: Mapping[str, Any]
    issuer: Issuer
    until: float


class Verified:
    """The tokens that were found good within `holds` seconds, by their digests; the one not asked for the longest is
    forgotten first. 0 remembers none."""

    def __init__(self, holds: float) -> None:
        self._holds = holds
        self._found: OrderedDict[bytes, Found] = OrderedDict()
        self._turn = threading.Lock()

    def get(self, token: str, now: float) -> Found | None:
        if not self._holds:
            return None
        key = _digest(token)
        with self._turn:
            found = self._found.get(key)
            if found is None or not now < found.until <= now + self._holds:  # also where the clock was set back
                return None
            self._found.move_to_end(key)
            return found

    def add(self, token: str, claims: Mapping[str, Any], issuer: Issuer, now: float) -> None:
        if not self._holds:
            return
        with self._turn:
            self._found[_digest(token)] = Found(claims, issuer, now + self._holds)
            if len(self._found) > MOST:
                self._found.popitem(last=False)


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "replace")).digest()
