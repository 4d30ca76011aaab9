"""Avro schemas that others wrote, made ready to read by: checked first, since a few bytes of a hostile one never end.

Names stand in them as JSON has them (`avro.json_name`), and of the logical types those that a contract can take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import fastavro
import msgspec

from trunkline.contracts.avro import json_name

MAX_BYTES: Final = 1 << 20
MAX_VALUES: Final = 10_000
"""How many values one value may consist of, the parts of arrays and maps counted once."""
LOGICAL: Final = (
    "date", "decimal", "time-millis", "time-micros", "timestamp-millis", "timestamp-micros",
    "local-timestamp-millis", "local-timestamp-micros",
)  # fmt: skip
_PRIMITIVE: Final = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")


def readable(texts: Sequence[str]) -> Any:
    """The last of `texts` as fastavro reads by it; those before it are the schemas that it refers to, in order.

    Raises `ValueError` with the reason where one is no Avro schema, or one that is not safe to read by.
    """
    named: dict[str, Any] = {}
    schema: Any = None
    try:
        if sum(map(len, texts)) > MAX_BYTES:
            raise ValueError(f"it is larger than {MAX_BYTES:,} characters")
        for text in texts:
            schema = fastavro.parse_schema(_plain(msgspec.json.decode(text)), named)
        _Extent(named).of(schema)
    except (fastavro.schema.SchemaParseException, ValueError) as error:
        raise ValueError(f"it is no Avro schema that can be read by: {error}") from None
    except (KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("it is no Avro schema, or nested too deeply") from None
    in_json_names(named)
    return schema


def in_json_names(named: Mapping[str, Any]) -> None:
    """Give the fields and symbols of these types, which fastavro has parsed, the names that they have in JSON.

    A value's bytes hold no names, so it changes only what stands beside them.
    """
    for schema in named.values():
        for field in schema.get("fields", ()):
            field["name"] = json_name(field["name"])
        if "symbols" in schema:
            schema["symbols"] = [json_name(symbol) for symbol in schema["symbols"]]


def _plain(schema: Any) -> Any:
    """Without logical types that mean nothing to a contract: their values are read as what they are stored as."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _plain(part) for key, part in schema.items() if key != "logicalType" or part in LOGICAL
    }  # fmt: skip


class _Extent:
    """How large the values of a schema can be for the bytes that they take."""

    def __init__(self, named: Mapping[str, Any]) -> None:
        self._named = named
        self._known: dict[str, tuple[bool, int]] = {}
        self._open: set[str] = set()

    def of(self, schema: Any) -> tuple[bool, int]:
        """Whether a value may take no byte at all, and of how many values it consists. Raises `ValueError`."""
        match schema:
            case str():
                return (schema == "null", 1) if schema in _PRIMITIVE else self._of_named(self._named[schema])
            case list():
                return False, 1 + max((self.of(arm)[1] for arm in schema), default=0)
            case {"type": "record" | "error" | "enum" | "fixed"}:
                return self._of_named(schema)
            case {"type": "array", "items": items}:
                empty, number = self.of(items)
                if empty:
                    raise ValueError("the items of an array take no bytes, so that a few could stand for any number")
                return False, 1 + number
            case {"type": "map", "values": values}:
                return False, 1 + self.of(values)[1]
            case _:
                return self.of(schema["type"])

    def _of_named(self, schema: Mapping[str, Any]) -> tuple[bool, int]:
        name = schema["name"]
        if name in self._open:
            raise ValueError(f"{name} contains itself, which no contract does")
        if name not in self._known:
            self._open.add(name)
            parts = [self.of(field["type"]) for field in schema.get("fields", ())]
            self._open.remove(name)
            number = 1 + sum(number for _, number in parts)
            if number > MAX_VALUES:
                raise ValueError(f"a value of {name} consists of more than {MAX_VALUES:,} values")
            empty = all(empty for empty, _ in parts) and schema["type"] != "enum" and not schema.get("size")
            self._known[name] = empty, number
        return self._known[name]
