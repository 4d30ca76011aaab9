"""The attributes of a resource, as filters and sorting name them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache, lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import msgspec

from trunkline.store.port import Type
from trunkline.store.query import Compare, Condition, Operator, Path
from trunkline.tmf.declaration import Resource, Version
from trunkline.tmf.errors import bad
from trunkline.tmf.filtering.values import Unreadable, compared
from trunkline.tmf.versions import canonical_path

HREF: Final = ("href",)
"""It is not kept but made, with the id at its end."""
_OF_ALL: Final = frozenset({"id", "href", "@type", "@baseType", "@schemaLocation"})
_TYPES: Final[dict[Any, Type]] = {
    str: "text",
    datetime: "text",  # a time only where it is declared: no index can have it otherwise
    int: "number",
    float: "number",
    bool: "boolean",
}
_OPEN: Final = frozenset({Any, object, dict})
"""What may be an array, or have one within."""


class Attributes:
    """What a resource's documents have, by the names of one version of its API."""

    def __init__(self, of: Resource, version: Version) -> None:
        self._of, self._version = of, version
        self._declared: dict[Path, Type] = {attribute.path: attribute.type for attribute in of.attributes}

    def path(self, names: Path, parameter: str, position: int) -> Path:
        """Where the store has what `names` lead to. Raises `Refusal` (400) where the resource has no such attribute;
        it names the parameter and the position that are given."""
        path = canonical_path(names, self._of, self._version)
        if path[0] not in _OF_ALL and path[0] not in _names(self._of.record):
            raise bad(
                "unknownAttribute",
                f"{self._of.type} has no attribute {names[0][:100]!r}",
                f"the parameter {parameter[:100]}, position {position}",
            )
        return path

    def type(self, path: Path) -> Type | None:
        """What values at `path` are, by the declaration or the record; None where both leave it open."""
        if path in self._declared:
            return self._declared[path]
        types = {_TYPES.get(found) for found in _at(self._of.record, path)[0]}
        return types.pop() if len(types) == 1 else None

    def compared(self, path: Path, how: Operator, text: str, within: int = 0) -> Condition:
        """The value at `path` stands so to what `text` means; the condition's path begins behind `within` names.

        Raises `Unreadable` where the text is none of the attribute's type.
        """
        if path == HREF:
            if how is not Operator.EQ:
                raise Unreadable("an href is equal or not, and nothing else")
            return Compare(("id",), how, text.rpartition("/")[2])
        return compared(path[within:], how, text, self.type(path), self.many(path))

    def element(self, path: Path) -> Path:
        """The declared array into whose elements `path` leads; none, ()."""
        found = (array for array, _ in self._of.elements if len(array) < len(path) and path[: len(array)] == array)
        return max(found, key=len, default=())

    def many(self, path: Path) -> bool:
        """Whether there may be several values at `path`, in arrays on the way or at its end."""
        found, arrays = _at(self._of.record, path)
        return arrays or not found or not found.isdisjoint(_OPEN)

    def sortable(self, path: Path) -> bool:
        """Whether the store can sort by it."""
        return path in self._declared and not _at(self._of.record, path)[1]

    def sortable_names(self) -> list[str]:
        """What the store can sort by, as far as the version calls it the same."""
        paths = (path for path in self._declared if canonical_path(path, self._of, self._version) == path)
        return [".".join(path) for path in paths if self.sortable(path)]


class Undeclared:
    """The attributes of documents that nobody describes: each is where it is named, and may be of any type."""

    def path(self, names: Path, parameter: str, position: int) -> Path:
        """As `Attributes.path`."""
        return names

    def type(self, path: Path) -> Type | None:
        """As `Attributes.type`."""
        return None

    def compared(self, path: Path, how: Operator, text: str, within: int = 0) -> Condition:
        """As `Attributes.compared`."""
        return compared(path[within:], how, text, None)


@cache
def _names(record: type[msgspec.Struct]) -> frozenset[str]:
    """The attributes that a record, or one of a more special type, has."""
    return frozenset(field.encode_name for each in _special(record) for field in msgspec.structs.fields(each))


@lru_cache(4096)
def _at(record: type[msgspec.Struct], path: Path) -> tuple[frozenset[Any], bool]:
    """Of which types a value at `path` may be, none where the record does not describe it; whether arrays lead there.

    Not by `msgspec.inspect`, which refuses attributes that may hold objects of several types.
    """
    found, arrays = frozenset[Any]({record}), False
    for name in path:
        hints = (
            field.type
            for each in found
            if isinstance(each, type) and issubclass(each, msgspec.Struct)
            for special in _special(each)
            for field in msgspec.structs.fields(special)
            if field.encode_name == name
        )
        found, further = _plain(hints)
        arrays = arrays or further
    return found, arrays


def _special(record: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """A record type and all more special ones."""
    yield record
    for each in record.__subclasses__():
        yield from _special(each)


def _plain(hints: Iterable[Any]) -> tuple[frozenset[Any], bool]:
    """Types without null and what may be left out; unions are taken apart, arrays gone through. Were there arrays?"""
    plain: set[Any] = set()
    arrays = False
    for hint in hints:
        origin, arguments = get_origin(hint), get_args(hint)
        if origin in (Union, UnionType):
            found, within = _plain(arguments)
        elif origin is Annotated:
            found, within = _plain(arguments[:1])
        elif origin is Literal:
            found, within = _plain(type(value) for value in arguments)
        elif origin in (list, tuple):
            found, within = _plain(arguments[:1])[0], True
        else:
            found, within = frozenset({origin or hint} - {NoneType, msgspec.UnsetType}), False
        plain |= found
        arrays = arrays or within
    return frozenset(plain), arrays
