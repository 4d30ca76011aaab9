"""The operations of an OpenAPI file (3.0 or 3.1): what the gateway routes, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from trunkline.document import Document
from trunkline.faults import Place

SLASHES: Final = "x-encoded-slashes"
"""Said of a whole document: in its paths an encoded slash is part of an id, and the upstream reads it so."""
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_PARAMETER: Final = re.compile(r"\{([^{}/]+)\}")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path. `path` is whole, as callers write it, with `{names}` for what varies."""

    id: str
    method: str
    path: str
    classification: str
    """Who may see what it answers (`x-classification`), in the words of data contracts; "" where it is not said."""
    line: int
    place: Place
    """Where it stands in its document."""
    slashes: bool = False
    """Whether what varies may hold an encoded slash (`x-encoded-slashes`)."""

    @property
    def segments(self) -> tuple[str, ...]:
        """The path's parts; a part that varies is `{}`, whatever its name is."""
        return tuple("{}" if _PARAMETER.search(part) else part for part in self.path.split("/")[1:])

    @property
    def pattern(self) -> str:
        """A regular expression (RE2) of the paths that it answers; "" where there is just one."""
        if not _PARAMETER.search(self.path):
            return ""
        parts = _PARAMETER.split(self.path)
        return "".join("[^/]+" if index % 2 else re.escape(part) for index, part in enumerate(parts))

    @property
    def specificity(self) -> tuple[Any, ...]:
        """Sorts what is more specific first: a part that is fixed before one that varies."""
        return tuple((part == "{}", part) for part in self.segments)


@dataclass(frozen=True, slots=True)
class OpenApi:
    """An OpenAPI document: where it is reached, and what it offers."""

    title: str
    base: str
    """The path of its first server, `/tmf-api/alarmManagement/v4`; "" is the root."""
    operations: tuple[Operation, ...]


def read(document: Document) -> OpenApi:
    """The operations of a document that `lint` has found nothing wrong with."""
    data = document.data
    base = base_path(data)
    operations = tuple(
        Operation(
            said["operationId"],
            method.upper(),
            base + path,
            said.get("x-classification", ""),
            document.line(place),
            place,
            data.get(SLASHES) is True,
        )
        for path, method, said, place in each(data)
    )
    return OpenApi(data["info"]["title"], base, operations)


def each(data: Any) -> list[tuple[str, str, dict[str, Any], Place]]:
    """(path, method, operation, place) of all that has the shape of an operation."""
    paths = data.get("paths") if isinstance(data, dict) else None
    return [
        (path, method, said, ("paths", path, method))
        for path, item in (paths.items() if isinstance(paths, dict) else ())
        if isinstance(item, dict)
        for method, said in item.items()
        if method in METHODS and isinstance(said, dict)
    ]


def base_path(data: Any) -> str:
    """The path of the first server, without a slash at its end; "" where there is none."""
    match data:
        case {"servers": [{"url": str(url)}, *_]}:
            return urlsplit(url).path.rstrip("/")
    return ""
