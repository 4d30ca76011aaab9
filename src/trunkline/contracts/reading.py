"""From ODCS properties to fields, naming all that is wrong on the way.

ODCS v3.1 has no map, no union and no null of its own. They stand in a property's `customProperties`:

- `nullable: true`: the value may be null (without it, a value that is not there is left out);
- `map: {key: PROPERTY, value: PROPERTY}`: an object whose keys are data (ODCS v3.2 has the same as a keyword);
- `anyOf: [PROPERTY, …]`: the value is as one of these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Final, get_args

import msgspec
from msgspec import Meta

from trunkline.contracts.field import Classification, Field
from trunkline.contracts.odcs import CustomProperty, Property, Quality
from trunkline.contracts.options import INTEGER_RANGES, OPTIONS, Int64, NoOptions
from trunkline.document import Document, Invalid, Problem
from trunkline.faults import Place


class Map(msgspec.Struct, frozen=True):
    """The value of the custom property `map`."""

    value: Property
    key: Property = Property(logical_type="string")


Strings = Annotated[list[str], Meta(min_length=1)]
Integers = Annotated[list[Int64], Meta(min_length=1)]
FIELD_SETTINGS: Final[Mapping[str, Any]] = {"nullable": bool, "map": Map, "anyOf": list[Property]}


class Reader:
    """Reads the fields of one document. What is wrong is collected in `problems`, and reading goes on."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def wrong(self, reason: str, *place: str | int) -> None:
        self.problems.append(self.document.problem(place, reason))

    def fields(self, properties: Sequence[Property], place: Place, above: Classification | None) -> tuple[Field, ...]:
        """The fields of the object at `place`, of the classification `above` unless they say otherwise."""
        fields: dict[str, Field] = {}
        for index, prop in enumerate(properties):
            at = (*place, "properties", index)
            if not prop.name:
                self.wrong("`name` is missing", *at)
            elif prop.name in fields:
                self.wrong(f"`{prop.name}` is declared twice", *at)
            fields[prop.name] = self.field(prop, at, above)
        return tuple(fields.values())

    def field(self, prop: Property, place: Place, above: Classification | None) -> Field:
        """The field that `prop`, which stands at `place`, declares."""
        settings = self.settings(prop.custom_properties, place, FIELD_SETTINGS)
        kind = "map" if "map" in settings else "union" if "anyOf" in settings else prop.logical_type
        if kind is None:
            self.wrong("`logicalType` is missing", *place)
        classification = self._classification(prop, place, above)
        limits = self._limits(prop, kind or "", place)
        values = self._invalid_values(prop, limits, place)
        return Field(
            name=prop.name,
            type=kind or "string",
            place=place,
            required=prop.required,
            nullable=settings.get("nullable", False),
            description=prop.description,
            classification=classification,
            key_position=max(prop.primary_key_position, 1) if prop.primary_key else 0,
            limits=limits,
            values=values,
            examples=tuple(prop.examples),
            quality=tuple(prop.quality),
            **self._parts(prop, kind or "", settings, place, classification),
        )

    def settings(self, custom: Sequence[CustomProperty], place: Place, known: Mapping[str, Any]) -> dict[str, Any]:
        """The custom properties that Trunkline knows, by name. Others are the operator's, unless they look misspelt."""
        settings: dict[str, Any] = {}
        for index, item in enumerate(custom):
            at = (*place, "customProperties", index)
            if item.property in known:
                value = self._into(known[item.property], (*at, "value"))
                if value is not None:
                    settings[item.property] = value
            elif near := get_close_matches(item.property, known, n=1, cutoff=0.8):
                self.wrong(f"`{item.property}` is not known; did you mean `{near[0]}`?", *at)
        return settings

    def _parts(
        self, prop: Property, kind: str, settings: dict[str, Any], place: Place, above: Classification
    ) -> dict[str, Any]:
        """What a field of `kind` is made of, as arguments of `Field`."""
        match kind:
            case "object":
                if not prop.properties:
                    self.wrong("an object needs `properties`, or the custom property `map` where its keys are data",
                               *place)  # fmt: skip
                return {"fields": self.fields(prop.properties, place, above)}
            case "array" if prop.items:
                return {"items": self.field(prop.items, (*place, "items"), above)}
            case "array":
                self.wrong("an array needs `items`", *place)
            case "map":
                return self._map(prop, settings["map"], place, above)
            case "union":
                return self._union(prop, settings["anyOf"], place, above)
        return {}

    def _map(self, prop: Property, declared: Map, place: Place, above: Classification) -> dict[str, Any]:
        at = (*place, *_setting(prop, "map"))
        if prop.logical_type != "object":
            self.wrong("a map is of `logicalType: object`", *place)
        keys = self.field(declared.key, (*at, "key"), above)
        if keys.type != "string":
            self.wrong("the key of a map is a string", *at)
        return {"keys": keys, "items": self.field(declared.value, (*at, "value"), above)}

    def _union(
        self, prop: Property, declared: Sequence[Property], place: Place, above: Classification
    ) -> dict[str, Any]:
        at = (*place, *_setting(prop, "anyOf"))
        if prop.logical_type is not None:
            self.wrong("a field with `anyOf` has no `logicalType` of its own", *place)
        arms = tuple(self.field(arm, (*at, index), above) for index, arm in enumerate(declared))
        if len({arm.json_kind for arm in arms} - {"union"}) < max(2, len(arms)):
            self.wrong("`anyOf` needs two or more types that JSON tells apart", *at)
        return {"arms": arms}

    def _classification(self, prop: Property, place: Place, above: Classification | None) -> Classification:
        if not prop.classification and above is not None:
            return above
        if prop.classification not in get_args(Classification):
            self.wrong(f"`classification` must be one of {', '.join(get_args(Classification))}",
                       *place, "classification")  # fmt: skip
            return "sensitive"
        return msgspec.convert(prop.classification, Classification)  # type: ignore[no-any-return]

    def _limits(self, prop: Property, kind: str, place: Place) -> dict[str, Any]:
        if not prop.logical_type_options:
            return {}
        at = (*place, "logicalTypeOptions")
        options = self._into(OPTIONS.get(kind, NoOptions), at)
        limits: dict[str, Any] = msgspec.to_builtins(options) if options is not None else {}
        if "format" in limits and "pattern" in limits:
            self.wrong("give `pattern` or `format`, not both", *at, "pattern")
        self._check_pattern(limits.get("pattern", ""), (*at, "pattern"))
        for inclusive, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if inclusive in limits and exclusive in limits:
                self.wrong(f"give `{inclusive}` or `{exclusive}`, not both", *at, exclusive)
        if kind == "integer":
            _as_range(limits)
        return limits

    def _invalid_values(self, prop: Property, limits: dict[str, Any], place: Place) -> tuple[str | int, ...]:
        """The values that the rule `invalidValues` with `mustBe: 0` leaves; its `pattern` is added to `limits`."""
        values: tuple[str | int, ...] = ()
        for index, rule in enumerate(prop.quality):
            if rule.metric != "invalidValues" or rule.must_be != 0:
                continue
            at = (*place, "quality", index)
            if "validValues" in rule.arguments:
                values = self._valid_values(prop, rule, limits, (*at, "arguments", "validValues"))
            elif (
                "pattern" in rule.arguments and prop.logical_type == "string" and not {"pattern", "format"} & {*limits}
            ):
                limits["pattern"] = rule.arguments["pattern"]
                self._check_pattern(limits["pattern"], (*at, "arguments", "pattern"))
            else:
                self.wrong(
                    "`invalidValues` needs the argument `validValues`, or `pattern` for a string without one", *at
                )
        return values

    def _valid_values(
        self, prop: Property, rule: Quality, limits: dict[str, Any], place: Place
    ) -> tuple[str | int, ...]:
        if prop.logical_type not in ("string", "integer"):
            self.wrong("valid values are listed for a string or an integer only", *place)
        elif limits or len(rule.arguments) > 1:
            self.wrong("with valid values listed, leave out the other limits", *place)
        else:
            kind = Strings if prop.logical_type == "string" else Integers
            return tuple(self._into(kind, place) or ())
        return ()

    def _check_pattern(self, pattern: Any, place: Place) -> None:
        try:
            re.compile(pattern)
        except (re.error, TypeError, OverflowError, RecursionError) as error:
            self.wrong(f"`pattern` is not a regular expression: {error}", *place)

    def _into(self, kind: Any, place: Place) -> Any:
        """The value at `place` as `kind`; None, and its problems noted, where it is not one."""
        try:
            return self.document.into(kind, place)
        except Invalid as refused:
            self.problems += refused.problems
            return None


def _as_range(limits: dict[str, Any]) -> None:
    """Say the bounds of an integer, however they are written, as `minimum` and `maximum`."""
    low, high = INTEGER_RANGES.get(limits.pop("format", ""), (None, None))
    floors = (limits.pop("minimum", None), _plus(limits.pop("exclusiveMinimum", None), 1), low)
    ceilings = (limits.pop("maximum", None), _plus(limits.pop("exclusiveMaximum", None), -1), high)
    if given := [floor for floor in floors if floor is not None]:
        limits["minimum"] = max(given)
    if given := [ceiling for ceiling in ceilings if ceiling is not None]:
        limits["maximum"] = min(given)


def _plus(bound: int | None, step: int) -> int | None:
    return None if bound is None else bound + step


def _setting(prop: Property, name: str) -> Place:
    """Where the value of the custom property `name` stands in its property."""
    index = next(index for index, custom in enumerate(prop.custom_properties) if custom.property == name)
    return ("customProperties", index, "value")
