"""Whether a document is one of its type, in the words of a version.

Always: what must be there is there (of a new document in v5 its `@type`, too), and each known attribute is of its JSON
type. `strict`, besides: words are of their enumeration, times are RFC 3339, nothing is null, all of v5's objects say
their `@type`, and there is no attribute that the type does not have, unless the object says that it is of a more
special one, by `@type` or `@schemaLocation` (which is never fetched). Strict is for those who want to find their
mistakes: a third of the official examples have some.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from trunkline.tmf.declaration import V5, Document, Resource, Task, Version
from trunkline.tmf.description import TIME
from trunkline.tmf.errors import Refusal, bad
from trunkline.tmf.shapes import Attribute, Records, Shape, chosen, known, required_of_new, shape, shape_of
from trunkline.tmf.versions import identity

_SHOWN = 100
"""Characters of a wrong value that a message shows."""


def check(document: Any, of: Resource | Task, version: Version, *, creating: bool, strict: bool) -> None:
    """Raises `Refusal` (400), with the path of the first attribute that is wrong.

    `creating`: what the resource requires of a new document must be there.
    """
    records: Records = (of.record,)
    if not isinstance(document, dict):
        raise bad("wrongType", f"a {of.record.__name__} is a JSON object", f"this is {_kind(document)}")
    its = shape_of(of, version, chosen(records, document, version))
    if creating:
        names = {attribute.path[0]: name for name, attribute in its.attributes.items()}
        for required in required_of_new(of, version):
            if document.get(name := names.get(required, required)) is None:
                raise _missing(name, "")
        if version is V5 and its.type and "@type" not in document:
            raise _missing("@type", "")
    _Check(version, strict).object(document, its, records, "")


class _Check:
    def __init__(self, version: Version, strict: bool) -> None:
        self._version, self._strict = version, strict

    def object(self, document: Document, of: Shape, records: Records, path: str) -> None:
        for name, value in document.items():
            attribute = of.attributes.get(name)
            if attribute is None:
                if self._strict and not name.startswith("@") and not self._extended(document, of, records):
                    raise bad(
                        "unknownAttribute",
                        f"{_at(path, name)} is no attribute of {of.type or of.record.__name__}",
                        "leave it out, or say by @type or @schemaLocation of which more special type the object is",
                    )
            elif value is None:
                if self._strict and attribute.scalar is not Any:
                    raise _wrong(_at(path, name), value, attribute, attribute.many and not attribute.single)
            else:
                self._attribute(value, attribute, _at(path, name))
        for name, attribute in of.attributes.items():
            there = name in document and (document[name] is not None or attribute.scalar is Any)
            if attribute.required and not there and not (name == "id" and identity(document, of)):
                raise _missing(name, path)
        if self._strict and self._version is V5 and of.type and "@type" not in document:
            raise _missing("@type", path)

    def _extended(self, document: Mapping[str, Any], of: Shape, records: Records) -> bool:
        """Whether an object may have attributes that its record type does not have."""
        said = str(document.get("@type", of.type))
        return "@schemaLocation" in document or (bool(of.type) and said not in known(records, self._version))

    def _attribute(self, value: Any, attribute: Attribute, path: str) -> None:
        if not attribute.many or attribute.single:
            self._value(value, attribute, path)
        elif isinstance(value, list):
            for place, element in enumerate(value):
                self._value(element, attribute, f"{path}[{place}]")
        else:
            raise _wrong(path, value, attribute, many=True)

    def _value(self, value: Any, attribute: Attribute, path: str) -> None:
        if attribute.records:
            if not isinstance(value, dict):
                raise _wrong(path, value, attribute)
            record = chosen(attribute.records, value, self._version)
            self.object(value, shape(record, self._version, attribute.flat), attribute.records, path)
        elif not _is(value, attribute.scalar):
            raise _wrong(path, value, attribute)
        elif self._strict:
            if attribute.words and value not in attribute.words:
                words = ", ".join(attribute.words)
                raise bad("unknownValue", f"{path} is none of its values", f"{_shown(value)}; they are: {words}")
            if attribute.scalar is datetime:
                _check_time(value, path)


def _is(value: Any, scalar: Any) -> bool:
    if scalar is Any:
        return True
    if scalar in (str, datetime):
        return isinstance(value, str)
    if scalar is bool or isinstance(value, bool):
        return scalar is bool and isinstance(value, bool)
    if scalar is int:
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if scalar is float:
        return isinstance(value, int | float)
    return isinstance(value, dict)


def _check_time(value: str, path: str) -> None:
    try:
        msgspec.convert(value, TIME)
    except msgspec.ValidationError:
        raise bad(
            "wrongTime", f"{path} is no time", f"{_shown(value)}; write 2026-01-31T09:30:00Z (RFC 3339)"
        ) from None


def _wrong(path: str, value: Any, attribute: Attribute, many: bool = False) -> Refusal:
    wanted = "an array" if many else "an object" if attribute.records else _WANTED[attribute.scalar]
    return bad("wrongType", f"{path} is not {wanted}", f"it is {_kind(value)}")


def _missing(name: str, path: str) -> Refusal:
    return bad("missingAttribute", f"{_at(path, name)} is missing", "it is required")


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _kind(value: Any) -> str:
    for kind, name in _KINDS.items():
        if isinstance(value, kind):
            return name
    return "null"


def _shown(value: Any) -> str:
    text = str(value)
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


_WANTED: dict[Any, str] = {
    str: "a text",
    datetime: "a time as text",
    int: "an integer",
    float: "a number",
    bool: "true or false",
    dict: "an object",
}
_KINDS = {str: "a text", bool: "a bool", int: "a number", float: "a number", list: "an array", dict: "an object"}
