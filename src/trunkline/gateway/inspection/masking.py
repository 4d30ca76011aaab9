"""Responses as a caller may see them, by what the OpenAPI file says of each field (`x-classification`).

A field that says nothing is of its holder's class, and one that no schema knows as well; at the top that is the
operation's. Of what several schemas say of a field (`allOf`, `oneOf` …) the strictest holds; and of all that there are,
in refusals and where a response is of a status or a type that nobody has described. What is hidden is taken out with
all that is in it, or told by its ends, as `security/access` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, get_args

import msgspec

from trunkline.contracts.field import Classification
from trunkline.gateway.inspection.description import Content, Description
from trunkline.gateway.inspection.schemas import CLASS
from trunkline.gateway.inspection.validation import for_status
from trunkline.security.access.told import ALWAYS, ends

_ORDER: Final = {name: number for number, name in enumerate(get_args(Classification))}
_ARMS: Final = ("allOf", "anyOf", "oneOf")
_BRANCHES: Final = ("if", "then", "else")
_ERROR: Final = ALWAYS | {"code", "reason", "message", "status", "referenceError"}
"""What TMF630's Error has; a refusal of which nothing is said is told with these."""
UNCLASSIFIED: Final[Classification] = "sensitive"
"""What a field is of which nobody says anything."""
_GONE: Final = object()


class Hiding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which classes are hidden, of which of them the ends are told, what a field is that says nothing; and from whom:
    from all but clients with one of `scopes` or of a service level of `tiers`."""

    classes: frozenset[Classification]
    ends: frozenset[Classification] = frozenset()
    otherwise: Classification = UNCLASSIFIED
    scopes: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()


class Masking:
    """Of one operation's responses."""

    def __init__(self, hiding: Hiding, description: Description) -> None:
        self._hiding, self._definitions = hiding, description.answered
        self._responses = description.responses
        self._fields: dict[tuple[int, ...], _Fields] = {}

    def apply(self, status: int, media: str, body: Any) -> Any:
        """The body as it is told."""
        schemas = self._schemas(status, media)
        if schemas is None:
            return {name: value for name, value in body.items() if name in _ERROR} if isinstance(body, dict) else None
        told = self._further(body, self._of(schemas), self._hiding.otherwise, top=True)
        return None if told is _GONE else told

    def _schemas(self, status: int, media: str) -> list[Any] | None:
        """What is said of bodies with a status and of a type; None of a refusal of which nothing is."""
        all_ = [schema for each in self._responses.values() for schema in _said(each)]
        if status >= 400:
            content = for_status(self._responses, status)
            return all_ if content and _said(content) else None
        content = for_status({key: each for key, each in self._responses.items() if key != "default"}, status)
        exactly = content and content.types.get(media)
        return all_ if exactly is None else [exactly]

    def _value(self, value: Any, fields: _Fields, holder: Classification) -> Any:
        its = fields.classification or holder
        if its in self._hiding.classes:
            told = ends(value) if its in self._hiding.ends else None
            return _GONE if told is None else told
        return self._further(value, fields, its)

    def _further(self, value: Any, fields: _Fields, its: Classification, *, top: bool = False) -> Any:
        if isinstance(value, dict):
            told = {}
            for name, each in value.items():
                if top and name in ALWAYS:
                    told[name] = each
                elif (seen := self._value(each, self._of(fields.member(name)), its)) is not _GONE:
                    told[name] = seen
            return told
        if isinstance(value, list):
            of = self._of(fields.elements())
            seen_each = (self._element(each, of, its, top=top) for each in value)
            return [seen for seen in seen_each if seen is not _GONE]
        return _GONE if top and its in self._hiding.classes else value

    def _element(self, value: Any, fields: _Fields, holder: Classification, *, top: bool) -> Any:
        """One of a list; of a list of records, each is at the top."""
        if top and isinstance(value, dict):
            return self._further(value, fields, fields.classification or holder, top=True)
        return self._value(value, fields, holder)

    def _of(self, schemas: Iterable[Any]) -> _Fields:
        """What schemas that hold together say of a value's fields; looked up once for each combination."""
        schemas = list(schemas)
        key = tuple(map(id, schemas))
        if key not in self._fields:
            self._fields[key] = _Fields(list(arms(schemas, self._definitions)))
        return self._fields[key]


def _said(content: Content) -> list[Any]:
    return [schema for schema in content.types.values() if schema is not None]


def arms(schemas: Iterable[Any], definitions: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All schemas that may say something of a value that `schemas` are said of."""
    waiting, seen = list(schemas), set()
    while waiting:
        schema = waiting.pop()
        if not isinstance(schema, dict) or id(schema) in seen:
            continue
        seen.add(id(schema))
        yield schema
        if "$ref" in schema:
            waiting.append(definitions[schema["$ref"].rpartition("/")[2]])
        waiting += [each for arm in _ARMS for each in schema.get(arm, ())]
        waiting += [schema[branch] for branch in _BRANCHES if branch in schema]
        waiting += schema.get("dependentSchemas", {}).values()


class _Fields:
    """What is said of a value by all schemas that it may have."""

    __slots__ = ("_members", "_schemas", "classification")

    def __init__(self, schemas: list[Mapping[str, Any]]) -> None:
        self._schemas = schemas
        said = [schema[CLASS] for schema in schemas if CLASS in schema]
        self.classification: Classification | None = max(said, key=_ORDER.__getitem__) if said else None
        self._members: dict[str, list[Any]] = {}
        for schema in schemas:
            for name, each in schema.get("properties", {}).items():
                self._members.setdefault(name, []).append(each)

    def member(self, name: str) -> list[Any]:
        """The schemas of a member; those of other members where none is named so."""
        others = ("additionalProperties", "unevaluatedProperties") if name not in self._members else ()
        found = list(self._members.get(name, ()))
        for schema in self._schemas:
            found += [schema.get(each) for each in others]
            found += schema.get("patternProperties", {}).values()
        return [each for each in found if isinstance(each, dict)]

    def elements(self) -> list[Any]:
        return [
            each
            for schema in self._schemas
            for each in (schema.get("items"), schema.get("unevaluatedItems"), *schema.get("prefixItems", ()))
            if isinstance(each, dict)
        ]
