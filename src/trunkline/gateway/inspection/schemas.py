"""Schemas of an OpenAPI document, taken out of it with all that they refer to, as JSON Schema.

OpenAPI 3.1 is JSON Schema 2020-12; what 3.0 says otherwise (`nullable`, siblings of `$ref`) is said in the words of
draft 4, which it comes from. References lead into the same document, and nothing is ever fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

from trunkline.contracts.field import Classification
from trunkline.faults import Place
from trunkline.gateway.inspection.finding import steps

Json = dict[str, Any]
Way = Literal["request", "response"]
CLASS: Final = "x-classification"
DEFINITIONS: Final = "$defs"
_REFERENCES: Final = 50  # that lead to each other

_ONE: Final = {"not", "additionalProperties", "items"}
_ONE_31: Final = _ONE | {"if", "then", "else", "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties"}
_LIST: Final = {"allOf", "anyOf", "oneOf"}
_LIST_31: Final = _LIST | {"prefixItems"}
_MAP: Final = {"properties"}
_MAP_31: Final = _MAP | {"patternProperties", "dependentSchemas", DEFINITIONS}
_PLAIN: Final = {
    "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "pattern",
    "maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties", "required", "enum", "type", "format",
    CLASS,
}  # fmt: skip
_PLAIN_31: Final = _PLAIN | {"const", "dependentRequired", "maxContains", "minContains"}
_NOT_TAKEN: Final = {"$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$schema"}
_HIDDEN: Final[Mapping[Way, str]] = {"request": "readOnly", "response": "writeOnly"}


class Untakeable(ValueError):
    """An OpenAPI document says something that is not taken here; `place` is where."""

    def __init__(self, place: Place, reason: str) -> None:
        super().__init__(reason)
        self.place, self.reason = place, reason


def found(document: Any, said: Any, place: Place) -> tuple[Any, Place]:
    """What stands at `place`, or where its `$ref` leads to in the document. Raises `Untakeable`."""
    for _ in range(_REFERENCES):
        if not isinstance(said, dict) or "$ref" not in said:
            return said, place
        said, place = referred(document, said["$ref"], place)
    raise Untakeable(place, "references lead in a circle")


def referred(document: Any, reference: Any, place: Place) -> tuple[Any, Place]:
    """Where a reference that stands at `place` leads to. Raises `Untakeable`."""
    if not isinstance(reference, str) or not reference.startswith("#/"):
        raise Untakeable(place, f"{reference} leads out of this file: only references that begin with #/ are taken")
    target = tuple(steps(reference[1:]))
    said = document
    for step in target:
        if not isinstance(said, dict) or step not in said:
            raise Untakeable(place, f"{reference} leads to nothing")
        said = said[step]
    return said, target


class Schemas:
    """Takes schemas out of a document for one way: what only the other way has (`readOnly` in requests, `writeOnly` in
    responses) is not required. `definitions` has what they refer to."""

    def __init__(self, document: Any, way: Way) -> None:
        self._document, self._hidden = document, _HIDDEN[way]
        self._old = is_old(document)
        self._names: dict[str, str] = {}
        self._waiting: list[tuple[str, Any, Place]] = []
        self.definitions: dict[str, Any] = {}

    def take(self, said: Any, place: Place) -> Any:
        """The schema that stands at `place`, without its references' targets. Raises `Untakeable`."""
        schema = self._schema(said, place)
        while self._waiting:
            name, target, where = self._waiting.pop()
            self.definitions[name] = self._schema(target, where)
        return schema

    def _schema(self, said: Any, place: Place) -> Any:
        if isinstance(said, bool) and not self._old:
            return said
        if not isinstance(said, dict):
            raise Untakeable(place, "is no schema: a mapping is expected")
        if "$ref" in said and self._old:
            said = {key: said[key] for key in ("$ref", CLASS) if key in said}
        schema: Json = {}
        for key, value in said.items():
            where = (*place, key)
            if key in _NOT_TAKEN:
                raise Untakeable(where, f"{key} is not taken: write a `$ref` to a place in this file")
            if key == "$ref":
                schema[key] = self._reference(value, where)
            elif key in (_ONE if self._old else _ONE_31):
                schema[key] = value if isinstance(value, bool) else self._schema(value, where)
            elif key in (_LIST if self._old else _LIST_31):
                schema[key] = [self._schema(each, (*where, index)) for index, each in enumerate(_list(value, where))]
            elif key in (_MAP if self._old else _MAP_31):
                schema[key] = {name: self._schema(each, (*where, name)) for name, each in _map(value, where).items()}
            elif key == CLASS and value not in get_args(Classification):
                raise Untakeable(where, f"{CLASS} {value} is not known: {', '.join(get_args(Classification))}")
            elif key in (_PLAIN if self._old else _PLAIN_31):
                schema[key] = value
        if self._old and said.get("nullable") is True and isinstance(said.get("type"), str):
            schema["type"] = [said["type"], "null"]
        self._require_what_is_there(schema, said)
        return schema

    def _require_what_is_there(self, schema: Json, said: Json) -> None:
        if not isinstance(required := schema.get("required"), list):
            return
        properties = said.get("properties")
        hidden = {
            name
            for name, each in (properties.items() if isinstance(properties, dict) else ())
            if isinstance(each, dict) and each.get(self._hidden) is True
        }
        schema["required"] = [name for name in required if name not in hidden]
        if not schema["required"]:
            del schema["required"]  # draft 4 takes no empty one

    def _reference(self, reference: Any, place: Place) -> str:
        if reference not in self._names:
            target, where = referred(self._document, reference, place)
            self._names[reference] = name = str(len(self._names))
            self._waiting.append((name, target, where))
        return f"#/{DEFINITIONS}/{self._names[reference]}"


def is_old(document: Any) -> bool:
    """Whether a document is OpenAPI 3.0, whose schemas are not JSON Schema's."""
    return str(document["openapi"]).startswith("3.0")


def _list(value: Any, place: Place) -> list[Any]:
    if not isinstance(value, list):
        raise Untakeable(place, "is to be a list")
    return value


def _map(value: Any, place: Place) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Untakeable(place, "is to be a mapping")
    return value
