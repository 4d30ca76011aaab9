"""Field masks: a record as somebody may see it.

An attribute of a class that the caller does not see is taken out. Where the declaration says so of it, and the rules
permit the ends of its class, its ends are told instead: `32470123456` becomes `32470***456`.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from trunkline.contracts.field import Classification
from trunkline.security.access.kinds import Kind
from trunkline.security.access.told import ALWAYS, ends
from trunkline.store.query import Path
from trunkline.tmf.declaration import Version

_GONE: Final = object()


class Mask:
    """What is seen of a kind: attributes of the classes `seen`, and the ends of those in `glimpsed`."""

    __slots__ = ("_glimpsed", "_kind", "_seen", "whole")

    def __init__(self, kind: Kind, seen: frozenset[Classification], glimpsed: frozenset[Classification]) -> None:
        self._kind, self._seen, self._glimpsed = kind, seen, glimpsed
        self.whole = kind.classes <= seen
        """Whether nothing is hidden."""

    def apply(self, record: dict[str, Any], version: Version | None = None) -> dict[str, Any]:
        """A record without what is not seen; the same one where nothing is hidden."""
        return record if self.whole else self._object(record, (), version)

    def sees(self, path: Path, version: Version | None = None) -> bool:
        """Whether all of an attribute is seen: what may be looked for by, sorted by and changed."""
        if self.whole or (len(path) == 1 and path[0] in ALWAYS):
            return True
        its, _, _ = self._kind.find(path, version)
        return its in self._seen and all(below in self._seen for below in self._kind.within(path, version))

    def shows(self, path: str) -> Literal["seen", "told by its ends", "hidden"]:
        """How an attribute is told; one that lies in another that is hidden is hidden, too."""
        steps = tuple(path.split("."))
        for depth in range(1, len(steps) + 1):
            its, has_ends, _ = self._kind.find(steps[:depth], None)
            if its not in self._seen:
                return "told by its ends" if has_ends and its in self._glimpsed and depth == len(steps) else "hidden"
        return "seen"

    def hidden(self) -> frozenset[Classification]:
        """The classes of which nothing is seen, or their ends alone."""
        return self._kind.classes - self._seen

    def _object(self, record: dict[str, Any], place: Path, version: Version | None) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for name, value in record.items():
            if name in ALWAYS and not place:
                told[name] = value
            elif (seen := self._value(value, (*place, name), version)) is not _GONE:
                told[name] = seen
        return told

    def _value(self, value: Any, path: Path, version: Version | None) -> Any:
        its, has_ends, deeper = self._kind.find(path, version)
        if its not in self._seen:
            told = ends(value) if has_ends and its in self._glimpsed else None
            return _GONE if told is None else told
        return self._further(value, path, version) if deeper else value

    def _further(self, value: Any, path: Path, version: Version | None) -> Any:
        if isinstance(value, dict):
            return self._object(value, path, version)
        if isinstance(value, list):
            return [self._further(each, path, version) for each in value]
        return value
