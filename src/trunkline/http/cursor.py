"""Cursors of paged lists: where the next page begins, opaque to the caller, in URL-safe letters."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import msgspec

from trunkline.http.errors import invalid


def encode(place: tuple[Any, ...] | None) -> str:
    """The cursor of a place; "" of None."""
    return urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode() if place is not None else ""


def decode(cursor: str, shape: Any) -> Any:
    """The place of a cursor, of type `shape`; None of "". Raises `Problem` (400) on one that no such list gave."""
    if not cursor:
        return None
    try:
        return msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=shape)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise invalid("query", "cursor", "is not one of this list: take that of a `next` link, unchanged") from None
