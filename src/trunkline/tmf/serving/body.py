"""Documents that come in: JSON objects, bounded in size and depth."""

from __future__ import annotations

from typing import Any

import msgspec

from trunkline.tmf.declaration import Document
from trunkline.tmf.errors import Refusal, bad

MOST_BYTES = 1024 * 1024
MOST_DEPTH = 32


def too_large() -> Refusal:
    """413: more bytes than are taken."""
    return Refusal(413, "tooLarge", f"the body is larger than {MOST_BYTES} bytes")


def document_of(body: bytes) -> Document:
    """The JSON object of a body. Raises `Refusal` (400) where there is none, or one that is nested too deep."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError) as error:
        raise bad("notJson", "the body is not JSON", str(error)) from None
    except RecursionError:
        raise _too_deep() from None
    if not isinstance(document, dict):
        raise bad("notAnObject", "the body is not a JSON object")
    check_depth(document)
    return document


def encoded(document: Document) -> bytes:
    """A document as it is kept. Raises `Refusal` (400) where it has grown larger than is taken."""
    data = msgspec.json.encode(document)
    if len(data) > MOST_BYTES:
        raise bad("tooLarge", f"the document would be larger than {MOST_BYTES} bytes")
    return data


def check_depth(document: Document) -> None:
    """Raises `Refusal` (400) on what is nested too deep, and on NUL characters, which databases do not keep."""
    level: list[Any] = [document]
    for _ in range(MOST_DEPTH):
        further: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                further.extend(value)
                further.extend(value.values())
            elif isinstance(value, list):
                further.extend(value)
            elif isinstance(value, str) and "\x00" in value:
                raise bad("nulCharacter", "the body has a NUL character (\\u0000), which is not kept")
        if not further:
            return
        level = further
    raise _too_deep()


def _too_deep() -> Refusal:
    return bad("tooDeep", f"the body is nested deeper than {MOST_DEPTH} levels")
