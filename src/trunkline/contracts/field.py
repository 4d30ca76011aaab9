"""A contract's fields, ready to use: ODCS properties with maps, unions, valid values and classification worked in.

ODCS v3.1 has no map, no union and no null of its own. They stand in a property's `customProperties`:

- `nullable: true`: the value may be null (without it, a value that is not there is left out);
- `map: {key: PROPERTY, value: PROPERTY}`: an object whose keys are data (ODCS v3.2 has the same as a keyword);
- `anyOf: [PROPERTY, …]`: the value is as one of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, Literal, get_args

import msgspec

from trunkline.contracts.odcs import OPTIONS, CustomProperty, LogicalType, NoOptions, Options, Property, Quality
from trunkline.document import Document, Invalid, Problem
from trunkline.faults import Place

Classification = Literal["public", "internal", "confidential", "personal", "sensitive"]
"""Who may see a field, from everybody on. `personal` is personal data (GDPR art. 4); `sensitive` is a special category
(art. 9) or traffic and location data of a subscriber (directive 2002/58/EC)."""

PERSONAL: Final = ("personal", "sensitive")
INTEGER_RANGES: Final = {
    "i8": (-(2**7), 2**7 - 1), "i16": (-(2**15), 2**15 - 1), "i32": (-(2**31), 2**31 - 1),
    "i64": (-(2**63), 2**63 - 1), "u8": (0, 2**8 - 1), "u16": (0, 2**16 - 1), "u32": (0, 2**32 - 1),
}  # fmt: skip


class Map(msgspec.Struct, frozen=True):
    """The value of the custom property `map`."""

    value: Property
    key: Property = Property(logical_type="string")


FIELD_SETTINGS: Final[Mapping[str, Any]] = {"nullable": bool, "map": Map, "anyOf": list[Property]}


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of an event; also the items of an array, the keys and values of a map, and an arm of a union.

    `required` says that the field is always there, `nullable` that it may be null. `limits` are the options of the
    type by their ODCS (and JSON Schema) names. `values` are the only ones allowed, where there are any.
    """

    name: str
    type: LogicalType | Literal["map", "union"]
    place: Place
    """Where it stands in the contract's file."""
    required: bool = False
    nullable: bool = False
    description: str = ""
    classification: Classification = "internal"
    key_position: int = 0
    """Its position in the event's key, from 1; 0 where it is no part of it."""
    limits: dict[str, Any] = {}
    values: tuple[str | int, ...] = ()
    examples: tuple[Any, ...] = ()
    quality: tuple[Quality, ...] = ()
    fields: tuple[Field, ...] = ()
    """Of an object."""
    items: Field | None = None
    """Of an array; the values of a map."""
    keys: Field | None = None
    """Of a map."""
    arms: tuple[Field, ...] = ()
    """Of a union."""

    def descendants(self) -> Iterator[Field]:
        """This field and all fields below it."""
        yield self
        for below in (*self.fields, *self.arms, *(part for part in (self.items, self.keys) if part)):
            yield from below.descendants()


def read_field(
    document: Document, prop: Property, place: Place, above: Classification | None, problems: list[Problem]
) -> Field:
    """The field that `prop`, which stands at `place`, declares. What is wrong with it is added to `problems`.

    `above` is the classification of the field around it, which it has unless it says otherwise; at the top, where
    there is none, it must say.
    """
    settings = read_settings(document, prop.custom_properties, place, FIELD_SETTINGS, problems)
    classification = _classification(document, prop, place, above, problems)
    kind = "map" if "map" in settings else "union" if "anyOf" in settings else prop.logical_type

    def below(part: Property, *steps: str | int) -> Field:
        return read_field(document, part, (*place, *steps), classification, problems)

    def wrong(reason: str, *steps: str | int) -> None:
        problems.append(document.problem((*place, *steps), reason))

    def in_setting(name: str) -> tuple[str | int, ...]:
        index = next(i for i, custom in enumerate(prop.custom_properties) if custom.property == name)
        return ("customProperties", index, "value")

    fields: tuple[Field, ...] = ()
    arms: tuple[Field, ...] = ()
    items: Field | None = None
    keys: Field | None = None
    match kind:
        case None:
            wrong("`logicalType` is missing")
        case "object":
            fields = read_fields(document, prop.properties, place, classification, problems)
            if not fields:
                wrong("an object needs `properties`, or the custom property `map` where its keys are data")
        case "array" if prop.items:
            items = below(prop.items, "items")
        case "array":
            wrong("an array needs `items`")
        case "map":
            keys = below(settings["map"].key, *in_setting("map"), "key")
            items = below(settings["map"].value, *in_setting("map"), "value")
            if keys.type != "string":
                wrong("the key of a map is a string", *in_setting("map"))
            if prop.logical_type != "object":
                wrong("a map is of `logicalType: object`")
        case "union":
            arms = tuple(below(arm, *in_setting("anyOf"), index) for index, arm in enumerate(settings["anyOf"]))
            if prop.logical_type is not None:
                wrong("a field with `anyOf` has no `logicalType` of its own")
            if len(arms) < 2 or len({json_kind(arm) for arm in arms}) < len(arms):
                wrong("`anyOf` needs two or more types that JSON tells apart", *in_setting("anyOf"))

    limits = _limits(document, prop, place, problems)
    values = _valid_values(document, prop, place, limits, problems)
    return Field(
        name=prop.name, type=kind or "string", place=place, required=prop.required,
        nullable=settings.get("nullable", False), description=prop.description, classification=classification,
        key_position=max(prop.primary_key_position, 1) if prop.primary_key else 0, limits=limits, values=values,
        examples=tuple(prop.examples), quality=tuple(prop.quality),
        fields=fields, items=items, keys=keys, arms=arms,
    )  # fmt: skip


def read_fields(
    document: Document, properties: list[Property], place: Place, above: Classification | None, problems: list[Problem]
) -> tuple[Field, ...]:
    """The fields of an object whose `properties` stand at `place`."""
    seen: set[str] = set()
    fields = []
    for index, prop in enumerate(properties):
        at = (*place, "properties", index)
        if not prop.name:
            problems.append(document.problem(at, "`name` is missing"))
        elif prop.name in seen:
            problems.append(document.problem(at, f"`{prop.name}` is declared twice"))
        seen.add(prop.name)
        fields.append(read_field(document, prop, at, above, problems))
    return tuple(fields)


def read_settings(
    document: Document, custom: list[CustomProperty], place: Place, known: Mapping[str, Any], problems: list[Problem]
) -> dict[str, Any]:
    """The custom properties that Trunkline knows, by name. Others are the operator's own, unless they look misspelt."""
    settings: dict[str, Any] = {}
    for index, item in enumerate(custom):
        at = (*place, "customProperties", index)
        if item.property in known:
            try:
                settings[item.property] = document.into(known[item.property], (*at, "value"))
            except Invalid as refused:
                problems += refused.problems
        elif near := get_close_matches(item.property, known, n=1, cutoff=0.8):
            problems.append(document.problem(at, f"`{item.property}` is not known; did you mean `{near[0]}`?"))
    return settings


def json_kind(field: Field) -> str:
    """What JSON calls the value, which is all that tells the arms of a union apart."""
    match field.type:
        case "integer" | "number":
            return "number"
        case "boolean" | "array" | "union":
            return field.type
        case "object" | "map":
            return "object"
        case _:
            return "string"


def _classification(
    document: Document, prop: Property, place: Place, above: Classification | None, problems: list[Problem]
) -> Classification:
    if not prop.classification and above is not None:
        return above
    try:
        level: Classification = msgspec.convert(prop.classification, Classification)
    except msgspec.ValidationError:
        levels = ", ".join(get_args(Classification))
        at = (*place, "classification") if prop.classification else place
        problems.append(document.problem(at, f"`classification` must be one of {levels}"))
        return "sensitive"
    return level


def _limits(document: Document, prop: Property, place: Place, problems: list[Problem]) -> dict[str, Any]:
    if not prop.logical_type_options:
        return {}
    at = (*place, "logicalTypeOptions")
    kind: type[Options] = OPTIONS[prop.logical_type] if prop.logical_type else NoOptions
    try:
        limits: dict[str, Any] = msgspec.to_builtins(document.into(kind, at))
    except Invalid as refused:
        problems += refused.problems
        return {}
    if "format" in limits and "pattern" in limits:
        problems.append(document.problem((*at, "pattern"), "give `pattern` or `format`, not both"))
    _check_pattern(document, limits.get("pattern"), (*at, "pattern"), problems)
    if prop.logical_type == "integer" and "format" in limits:
        low, high = INTEGER_RANGES[limits.pop("format")]
        limits["minimum"] = max(low, limits.get("minimum", low))
        limits["maximum"] = min(high, limits.get("maximum", high))
    return limits


def _valid_values(
    document: Document, prop: Property, place: Place, limits: dict[str, Any], problems: list[Problem]
) -> tuple[str | int, ...]:
    """What the rule `invalidValues` with `mustBe: 0` allows; its `pattern` becomes a limit."""
    values: tuple[str | int, ...] = ()
    for index, rule in enumerate(prop.quality):
        if rule.metric != "invalidValues" or rule.must_be != 0:
            continue
        at = (*place, "quality", index, "arguments")
        if pattern := rule.arguments.get("pattern"):
            _check_pattern(document, pattern, (*at, "pattern"), problems)
            limits.setdefault("pattern", pattern)
        if listed := rule.arguments.get("validValues"):
            kind: Any = list[str] if prop.logical_type == "string" else list[int]
            if prop.logical_type not in ("string", "integer"):
                problems.append(document.problem(at, "valid values are listed for a string or an integer only"))
            elif limits:
                problems.append(document.problem(at, "with valid values listed, leave out the other limits"))
            else:
                try:
                    document.into(kind, (*at, "validValues"))
                    values = tuple(listed)
                except Invalid as refused:
                    problems += refused.problems
    return values


def _check_pattern(document: Document, pattern: Any, at: Place, problems: list[Problem]) -> None:
    if pattern is None:
        return
    try:
        re.compile(pattern)
    except (re.error, TypeError) as error:
        problems.append(document.problem(at, f"`pattern` is not a regular expression: {error}"))
