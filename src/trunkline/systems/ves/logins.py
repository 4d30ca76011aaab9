"""Who logs in at the collector: names and passwords (RFC 7617), and bounds on guessing them."""

from __future__ import annotations

import binascii
import time
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import sha256
from hmac import compare_digest
from typing import Final, NamedTuple

MOST: Final = 25
"""Wrong logins of one name from one address, after which it is not heard."""
WINDOW: Final = 900.0  # seconds without a wrong login after which those before are forgotten
FIRST_LOCK: Final = 60.0  # seconds; doubled with each further wrong login
LONGEST_LOCK: Final = 3_600.0
REMEMBERED: Final = 10_000  # names and addresses
STRANGER: Final = "?"
"""The name of who comes with none that is known: strangers of one address count together."""


class Login(NamedTuple):
    """What came of a login: whether it is right; else as whom it was tried, and for how many seconds no other is looked
    at, 0 where one is."""

    right: bool
    name: str = STRANGER
    wait: float = 0.0


class _Wrong:
    """The wrong logins of a name from an address."""

    def __init__(self) -> None:
        self.count = 0
        self.last = self.locked = 0.0


class Logins:
    """Those of `users`, by their passwords. Each name has a count of its own at an address, so that one sender with an
    old password locks out no other that comes through the same proxy."""

    def __init__(self, users: Mapping[str, str], now: Callable[[], float] = time.monotonic) -> None:
        # Digests have one length, so that comparing them tells nothing of a password's.
        self._users = {name: _digest(f"{name}:{password}") for name, password in users.items()}
        self._now = now
        self._wrong: OrderedDict[tuple[str, str], _Wrong] = OrderedDict()

    def look(self, authorization: str, client: str) -> Login:
        """At what the header `Authorization` of a request from `client` says."""
        given = _given(authorization)
        name = given.partition(":")[0]
        name = name if name in self._users else STRANGER
        now, wrong = self._now(), self._wrong.get((client, name))
        if wrong is not None and wrong.locked > now:
            return Login(False, name, wrong.locked - now)
        digest = _digest(given)
        known = [compare_digest(digest, user) for user in self._users.values()]  # all, whichever it is
        if any(known):
            self._wrong.pop((client, name), None)
            return Login(True, name)
        if authorization:  # who sends none asks which login is wanted
            self._count((client, name), now)
        return Login(False, name)

    def _count(self, who: tuple[str, str], now: float) -> None:
        wrong = self._wrong.setdefault(who, _Wrong())
        self._wrong.move_to_end(who)
        if max(wrong.last, wrong.locked) + WINDOW <= now:
            wrong.count = 0
        wrong.count, wrong.last = wrong.count + 1, now
        if wrong.count >= MOST:
            wrong.locked = now + min(LONGEST_LOCK, FIRST_LOCK * 2 ** min(wrong.count - MOST, 10))
        if len(self._wrong) > REMEMBERED:
            self._wrong.popitem(last=False)


def _given(authorization: str) -> str:
    """The name and the password, with a colon between them; "" where there are none."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _digest(login: str) -> bytes:
    return sha256(login.encode()).digest()
