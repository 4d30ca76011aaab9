"""Authorization requests that an application pushes to the provider before it sends the browser (RFC 9126): what is
asked for comes from who has proved to be the client, and nobody on the way reads or changes it.

Nothing is kept of one: what was pushed is in the `request_uri`, sealed, for a while and for one code.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urlencode

import msgspec

from trunkline.security.identity.reading import Fields
from trunkline.security.identity.sealing import Seal
from trunkline.store import StoreError

URN: Final = "urn:ietf:params:oauth:request_uri:"
HOLDS: Final = 600
"""Seconds: signing in lies within it (RFC 9126, clause 2.2, has 5 to 600)."""
LONGEST: Final = 3_000  # characters of what is pushed: it goes through addresses
PURPOSE: Final = "pushed"
SECRET: Final = frozenset({"client_secret", "client_assertion", "client_assertion_type"})
"""Parameters by which the client proves to be it: no part of what is asked for."""


class Unusable(Exception):
    """A `request_uri` that leads to no request; the text says why."""


class _Sealed(msgspec.Struct):
    id: str
    until: int
    asked: dict[str, str]


class Asked(NamedTuple):
    """What an authorization request asks for; `id` and `until` where it was pushed."""

    fields: Fields
    id: str = ""
    until: int = 0

    def query(self, seal: Seal, fields: Fields) -> str:
        """The query by which it goes on with these fields in their place: one that was pushed is sealed again."""
        if not self.id:
            return urlencode(fields)
        uri = _sealed(seal, _Sealed(self.id, self.until, fields))
        return urlencode({"client_id": fields["client_id"], "request_uri": uri})


def push(seal: Seal, fields: Mapping[str, str], now: int) -> str:
    """The `request_uri` of a request."""
    asked = {name: value for name, value in fields.items() if name not in SECRET}
    return _sealed(seal, _Sealed(secrets.token_urlsafe(16), now + HOLDS, asked))


def asked_for(seal: Seal, query: Fields, now: int) -> Asked:
    """What a browser's query asks for, or what was pushed before it. Raises `Unusable`."""
    uri = query.get("request_uri", "")
    if not uri.startswith(URN):
        return Asked(query)
    try:
        opened = seal.open(base64.urlsafe_b64decode(uri.removeprefix(URN)), PURPOSE)
    except (StoreError, binascii.Error, ValueError):
        raise Unusable("the request_uri is none of this provider") from None
    found = msgspec.json.decode(opened, type=_Sealed)
    if query.get("client_id") != found.asked["client_id"]:
        raise Unusable("the request was pushed by another client")
    if found.until <= now:
        raise Unusable("the request was pushed too long ago: begin again in the application")
    return Asked(found.asked, found.id, found.until)


def _sealed(seal: Seal, what: _Sealed) -> str:
    return URN + base64.urlsafe_b64encode(seal.seal(msgspec.json.encode(what), PURPOSE)).decode()
