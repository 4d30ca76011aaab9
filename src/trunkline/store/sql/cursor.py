"""A cursor: the place of a record in an order, as text that clients hand back unread."""

from __future__ import annotations

import binascii
import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from trunkline.store.port import StoreError
from trunkline.store.query import Query

LONGEST: Final = 4_000

_decode = msgspec.json.Decoder(tuple[str, list[str], int]).decode
_INTEGER: Final = re.compile(r"-?[0-9]{1,40}")


class Place(NamedTuple):
    """Where a record stands: the values that it is sorted by, as entries have them, and its number."""

    keys: list[str | float]
    seq: int


def write_cursor(query: Query, keys: Sequence[Any], seq: int) -> str:
    """The cursor of a record of the query's answer."""
    return urlsafe_b64encode(msgspec.json.encode((_mark(query), list(map(str, keys)), seq))).decode().rstrip("=")


def read_cursor(query: Query, cursor: str, texts: Sequence[bool]) -> Place:
    """The place that a cursor says; `texts` says which keys are texts. Raises `StoreError` where it is none of this
    query."""
    try:
        padded = cursor[:LONGEST] + "=" * (-len(cursor) % 4)
        mark, keys, seq = _decode(urlsafe_b64decode(padded.encode("ascii")))
        if mark == _mark(query) and len(keys) == len(texts) and 0 <= seq < 2**63:
            return Place([key if text else _number(key) for key, text in zip(keys, texts, strict=True)], seq)
    except (msgspec.DecodeError, binascii.Error, ValueError):
        raise StoreError(f"{cursor[:50]!r} is no cursor that the store gave") from None
    raise StoreError("the cursor is of another query: filter and sort must be the same from page to page")


def _number(text: str) -> float:
    return int(text) if _INTEGER.fullmatch(text) else float(text)


def _mark(query: Query) -> str:
    asked = repr((query.kind, query.where, tuple(query.sort)))
    return hashlib.sha256(asked.encode()).hexdigest()[:12]
