"""Where a document is, as its `href` and `Location` say it."""

from __future__ import annotations

from urllib.parse import quote


def href(base: str, name: str, id: str) -> str:
    """The URL of a document: behind `base`, the resource's name and its id."""
    return f"{base}/{name}/{quoted(id)}"


def quoted(id: str) -> str:
    """An id, which may hold any character, as a step of a path."""
    return quote(id, safe="")
