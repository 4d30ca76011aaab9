"""JSON merge patch (RFC 7396): objects are merged, null removes, all else replaces, arrays as a whole."""

from __future__ import annotations

from typing import Any

from trunkline.tmf.declaration import Document
from trunkline.tmf.errors import bad


def merged(document: Document, patch: Any) -> Document:
    """The document with the patch in it. Raises `Refusal` (400) on a patch that is no object."""
    if not isinstance(patch, dict):
        raise bad("badPatch", "a merge patch of a document is a JSON object")
    return _merged(document, patch)


def _merged(target: Any, patch: dict[str, Any]) -> dict[str, Any]:
    after = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            after.pop(name, None)
        elif isinstance(value, dict):
            after[name] = _merged(after.get(name), value)
        else:
            after[name] = value
    return after
