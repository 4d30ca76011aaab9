"""A contract's events as an Avro schema, for logs that others read and write in Avro.

| contract | Avro |
|---|---|
| object; map; array; `anyOf` | record; map; array; union |
| string; with valid values; with `format: byte` | string; enum; bytes |
| integer; number; boolean | long; double; boolean |
| timestamp with `timezone: true` | long, `timestamp-micros` |
| date | int, `date` |
| any other timestamp, and time | string: no type of Avro holds both what has a zone and what has none |
| timestamp and date in `anyOf` | string: in a union, Avro could not tell them from an integer |
| not required, or nullable | union with null, whose default is null |

Source: Apache Avro 1.12, specification.
"""

from __future__ import annotations

import re
from itertools import count
from typing import Any, Final

from trunkline.contracts.contract import Contract
from trunkline.contracts.field import Field

_ODD: Final = re.compile(r"[^A-Za-z0-9_]|^[0-9]|_(?=x[0-9A-F]{4})")
_ESCAPED: Final = re.compile(r"_x([0-9A-F]{4,6})_")
_EMPTY: Final = "_x_"


def avro_schema(contract: Contract) -> dict[str, Any]:
    """The schema of the contract's events, with who may see each field in `x-classification`."""
    namespace = ".".join(avro_name(part) for part in contract.name.split(".") if part)
    schema: dict[str, Any] = _Names().typed(contract.event, avro_name(contract.event.name))
    return {"type": "record", "name": schema["name"], "namespace": namespace} | schema


def avro_name(name: str) -> str:
    """`name` as Avro takes it: other characters than ASCII letters, digits and `_` become `_xHHHH_` (their code point).

    This is the escape of SQL/XML (ISO/IEC 9075-14, clause 9.1); `json_name` undoes it.
    """
    if name in ("", _EMPTY):
        return _EMPTY if not name else f"_x005F_{_EMPTY[1:]}"
    return _ODD.sub(lambda odd: f"_x{ord(odd[0]):04X}_", name)


def json_name(name: str) -> str:
    """The name that `avro_name` made this of; a name that it did not make is itself."""
    if name == _EMPTY:
        return ""
    return _ESCAPED.sub(_character, name)


def avro_kind(field: Field, *, arm: bool = False) -> str:
    """What Avro calls the values of `field`, null aside; `arm` says whether it is one of a union."""
    match field.type:
        case "timestamp" | "date" if arm:
            return "string"
        case "object":
            return "record"
        case "string" if field.values:
            return "enum"
        case "string" if field.limits.get("format") == "byte":
            return "bytes"
        case "timestamp" if field.limits.get("timezone"):
            return "timestamp-micros"
        case "timestamp" | "time":
            return "string"
        case "integer":
            return "long"
        case "number":
            return "double"
        case kind:
            return kind


class _Names:
    """Makes the types of one schema, whose records and enums are named after their path, each once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def typed(self, field: Field, path: str, *, arm: bool = False) -> Any:
        """The type of `field`, without null."""
        match kind := avro_kind(field, arm=arm):
            case "record":
                name = self._name(path)
                doc = {"doc": field.description} if field.description else {}
                fields = [self._field(below, f"{path}_{avro_name(below.name)}") for below in field.fields]
                return {"type": "record", "name": name, **doc, "fields": fields}
            case "enum":
                symbols = dict.fromkeys(avro_name(str(value)) for value in field.values)
                return {"type": "enum", "name": self._name(path), "symbols": list(symbols)}
            case "map" | "array" if field.items:
                part = ("values", "value") if kind == "map" else ("items", "item")
                return {"type": kind, part[0]: self._nullable(field.items, f"{path}_{part[1]}", field.items.nullable)}
            case "union":
                arms = [self.typed(arm, path, arm=True) for arm in field.arms]
                arms.sort(key=lambda arm: arm != "bytes")  # first, since fastavro takes bytes for an array too
                return ["null", *arms] if any(arm.nullable for arm in field.arms) else arms
            case "timestamp-micros":
                return {"type": "long", "logicalType": kind}
            case "date":
                return {"type": "int", "logicalType": kind}
            case _:
                return kind

    def _field(self, field: Field, path: str) -> dict[str, Any]:
        kind = self._nullable(field, path, field.nullable or not field.required)
        declared: dict[str, Any] = {"name": avro_name(field.name), "type": kind}
        if field.description:
            declared["doc"] = field.description
        if isinstance(kind, list) and kind[0] == "null":
            declared["default"] = None
        declared["x-classification"] = field.classification
        return declared

    def _nullable(self, field: Field, path: str, nullable: bool) -> Any:
        kind = self.typed(field, path)
        if not nullable:
            return kind
        arms = kind if isinstance(kind, list) else [kind]
        return arms if arms[0] == "null" else ["null", *arms]

    def _name(self, path: str) -> str:
        names = (path if number == 1 else f"{path}_{number}" for number in count(1))
        name = next(name for name in names if name not in self._taken)
        self._taken.add(name)
        return name


def _character(escaped: re.Match[str]) -> str:
    point = int(escaped[1], 16)
    return chr(point) if point <= 0x10FFFF else escaped[0]
