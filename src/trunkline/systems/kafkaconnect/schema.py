"""What Kafka Connect says of a value: its type and, where the type means more than its bytes, the name of that meaning.

Sources: `org.apache.kafka.connect.data.Schema` and the JSON converter's schemas, Kafka 4.3; Avro 1.12, with the
properties `connect.name` and `connect.parameters` that Confluent's and Apicurio's Avro converters write.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

DEEPEST = 40  # levels of a schema
_NOTHING: Mapping[str, Any] = {}


class Type(NamedTuple):
    """The type of a value: one of Connect's (`int32`, `string`, `struct`, …) and its `name`, "" where it has none.

    `fields` are those of a struct, `items` the type of an array's or a map's values. `keys` is that of a map's keys
    where they are no strings.
    """

    kind: str
    name: str = ""
    parameters: Mapping[str, str] = _NOTHING
    fields: Mapping[str, Type] = _NOTHING
    items: Type | None = None
    keys: Type | None = None


def from_json(schema: Any, depth: int = 0) -> Type:
    """The type that a schema of the JSON converter describes. Raises `ValueError`."""
    if depth > DEEPEST:
        raise ValueError(f"the schema has more than {DEEPEST} levels")
    try:
        kind, inner = schema["type"], depth + 1
        return Type(
            str(kind),
            str(schema.get("name") or ""),
            {str(name): str(value) for name, value in (schema.get("parameters") or {}).items()},
            {str(field["field"]): from_json(field, inner) for field in schema.get("fields") or ()},
            from_json(schema["items" if kind == "array" else "values"], inner) if kind in ("array", "map") else None,
            from_json(schema["keys"], inner) if kind == "map" and schema["keys"]["type"] != "string" else None,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the schema is none of Kafka Connect's JSON converter ({error!r})") from None


KINDS = {"int": "int32", "long": "int64", "float": "float32", "double": "float64", "record": "struct", "enum": "string"}
"""Avro's types that Connect names otherwise."""
LOGICAL = {
    "decimal": "org.apache.kafka.connect.data.Decimal",
    "date": "org.apache.kafka.connect.data.Date",
    "time-millis": "org.apache.kafka.connect.data.Time",
    "time-micros": "io.debezium.time.MicroTime",
    "timestamp-millis": "org.apache.kafka.connect.data.Timestamp",
    "timestamp-micros": "org.apache.avro.timestamp-micros",
    "local-timestamp-millis": "io.debezium.time.Timestamp",
    "local-timestamp-micros": "io.debezium.time.MicroTimestamp",
}
"""Avro's own logical types, for schemas that Connect did not write."""


def from_avro(schema: Any, named: dict[str, Type] | None = None, depth: int = 0) -> Type:
    """The type that an Avro schema describes; of a union with null, the other branch. Raises `ValueError`.

    A union of several is `union`, whose values stay as they are.
    """
    if depth > DEEPEST:
        raise ValueError(f"the schema has more than {DEEPEST} levels")
    named, inner = {} if named is None else named, depth + 1
    if isinstance(schema, list):
        branches = [from_avro(branch, named, inner) for branch in schema if branch != "null"]
        return branches[0] if len(branches) == 1 else Type("union")
    if isinstance(schema, str):
        return named.get(schema) or Type(KINDS.get(schema, schema))
    if not isinstance(schema, dict) or "type" not in schema:
        raise ValueError("the schema is no Avro schema: a `type` is missing")
    if isinstance(schema["type"], dict | list):
        return from_avro(schema["type"], named, inner)
    kind = str(schema["type"])
    found = Type(
        KINDS.get(kind, kind),
        str(schema.get("connect.name") or LOGICAL.get(str(schema.get("logicalType")), "")),
        {
            **_scale(schema),
            **{str(name): str(value) for name, value in (schema.get("connect.parameters") or {}).items()},
        },
        {str(field["name"]): from_avro(field["type"], named, inner) for field in schema.get("fields") or ()},
        from_avro(schema["items" if kind == "array" else "values"], named, inner) if kind in ("array", "map") else None,
    )
    if "name" in schema:
        namespace = schema.get("namespace")
        named[str(schema["name"])] = found
        named[f"{namespace}.{schema['name']}"] = found
    return found


def _scale(schema: Mapping[str, Any]) -> dict[str, str]:
    return {"scale": str(schema.get("scale", 0))} if schema.get("logicalType") == "decimal" else {}
