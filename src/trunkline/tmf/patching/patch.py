"""A patch by its media type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from trunkline.tmf.declaration import Document
from trunkline.tmf.errors import bad
from trunkline.tmf.patching import json_patch, json_patch_query, merge

_OBJECT: Final[Mapping[str, Any]] = {"type": "object"}
MEDIA_TYPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "application/merge-patch+json": _OBJECT,
    "application/json": _OBJECT,
    "application/json-patch+json": json_patch.SCHEMA,
    "application/json-patch-query+json": json_patch.SCHEMA,
}
"""What a patch may be sent as, and the JSON Schema of its body."""

_WAYS: Final[Mapping[str, Callable[[Document, Any], Any]]] = {
    "application/merge-patch+json": merge.merged,
    "application/json": merge.merged,  # TM Forum's v4 knows no other
    "application/json-patch+json": json_patch.applied,
    "application/json-patch-query+json": json_patch_query.applied,
}


def patched(document: Document, body: bytes, media_type: str) -> Document:
    """What the patch `body` makes of `document`, which stays as it is.

    `media_type` may have parameters (`;charset=utf-8`). Raises `Refusal` (400) on one that is none of `MEDIA_TYPES`, on
    a body that is no such patch, and on an operation that cannot be done: it says its number, from 1 on, and its path.
    """
    kind = media_type.partition(";")[0].strip().lower()
    if kind not in _WAYS:
        raise bad("badMediaType", f"a patch of {kind[:100]!r} is not understood", f"send one of {', '.join(_WAYS)}")
    try:
        patch = msgspec.json.decode(body)
    except RecursionError:
        raise bad("badPatch", "the patch is nested too deep") from None
    except (msgspec.DecodeError, ValueError) as error:
        raise bad("badPatch", "the patch is not JSON", str(error)) from None
    after = _WAYS[kind](document, patch)
    if not isinstance(after, dict):
        raise bad("badPatch", "the patch leaves no object", "a document is a JSON object")
    return after
