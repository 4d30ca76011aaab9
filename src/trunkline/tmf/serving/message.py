"""A request to an API and its answer, as the engine's operations see them: no framework, no socket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from trunkline.tmf.declaration import Version
from trunkline.tmf.errors import Refusal, bad


class Request(NamedTuple):
    """What is asked for.

    `base` is the URL in front of the resource's name, without a slash at its end; `within` the id of the document that
    it stands within, where there is one; `id` "" where a whole collection is meant. Header names are in small letters.
    """

    base: str
    within: str
    id: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes = b""

    def only(self, *names: str) -> dict[str, list[str]]:
        """The values of query parameters, by name. Raises `Refusal` (400) where there is any but `names`."""
        found: dict[str, list[str]] = {}
        for name, value in self.query:
            if name not in names:
                takes = f"it takes {', '.join(names)}" if names else "it takes none"
                raise bad("unknownParameter", f"{name[:100]!r} is not a query parameter here", takes)
            found.setdefault(name, []).append(value)
        return found


class Answer(NamedTuple):
    """What is answered: JSON, or nothing."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def refused(refusal: Refusal, version: Version, *headers: tuple[str, str]) -> Answer:
    """The Error body of a refusal."""
    return Answer(refusal.status, msgspec.json.encode(refusal.body(version)), headers)


def media_type(headers: Mapping[str, str]) -> str:
    """That of a body, in small letters and without parameters."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()
