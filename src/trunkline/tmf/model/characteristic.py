"""Characteristics: names and values that no type has as attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from trunkline.tmf.declaration import Projection
from trunkline.tmf.model.entity import UNSET, Extensible, Maybe

_KINDS = {bool: "Boolean", int: "Integer", float: "Number", str: "String", dict: "Object"}


class CharacteristicRelationship(Extensible):
    """Another characteristic that this one has to do with."""

    id: Maybe[str] = UNSET
    relationship_type: Maybe[str] = UNSET


class Characteristic(Extensible):
    """A name and a value; `@type` tells what kind of value it is (`StringCharacteristic`)."""

    v4: ClassVar[Projection] = Projection(required=("value",))

    name: str
    id: Maybe[str] = UNSET
    value_type: Maybe[str] = UNSET
    value: Maybe[Any] = UNSET
    characteristic_relationship: Maybe[list[CharacteristicRelationship]] = UNSET

    @classmethod
    def type_of(cls, document: Mapping[str, Any]) -> str:
        """By the value; an array by its first element."""
        value, many = document.get("value"), ""
        if isinstance(value, list):
            value, many = value[0] if value else None, "Array"
        kind = _KINDS.get(type(value))
        return f"{kind}{many}Characteristic" if kind else cls.__name__
