"""A contract's fields as JSON Schema (draft 7), for documents that others read."""

from __future__ import annotations

from typing import Any, Final

from trunkline.contracts.field import Field

_NAMES: Final = {"timestamp": "string", "date": "string", "time": "string", "map": "object"}


def json_schema(field: Field, *, closed: bool) -> dict[str, Any]:
    """The schema of `field`, with who may see it in `x-classification`.

    With `closed`, objects have no properties but the declared ones.
    """
    schema = _described(field) | _typed(field, closed)
    if not field.nullable:
        return schema
    if "enum" in schema:
        schema["enum"] = [*schema["enum"], None]
    if "anyOf" in schema:
        schema["anyOf"] = [*schema["anyOf"], {"type": "null"}]
    else:
        schema["type"] = [schema["type"], "null"]
    return schema


def _described(field: Field) -> dict[str, Any]:
    schema: dict[str, Any] = {"x-classification": field.classification}
    if field.description:
        schema["description"] = field.description
    if field.examples:
        schema["examples"] = list(field.examples)
    return schema


def _typed(field: Field, closed: bool) -> dict[str, Any]:
    if field.arms:
        return {"anyOf": [json_schema(arm, closed=closed) for arm in field.arms]}
    schema: dict[str, Any] = {"type": _NAMES.get(field.type, field.type)}
    limits = {name: limit for name, limit in field.limits.items() if name not in ("format", "timezone")}
    schema |= limits | _format(field)
    if field.values:
        schema["enum"] = list(field.values)
    if field.type == "object":
        schema["properties"] = {below.name: json_schema(below, closed=closed) for below in field.fields}
        schema["required"] = [below.name for below in field.fields if below.required]
        schema["additionalProperties"] = not closed
    if field.type == "array" and field.items:
        schema["items"] = json_schema(field.items, closed=closed)
    if field.type == "map" and field.items and field.keys:
        schema["additionalProperties"] = json_schema(field.items, closed=closed)
        schema["propertyNames"] = json_schema(field.keys, closed=closed)
    return schema


def _format(field: Field) -> dict[str, str]:
    if field.type == "timestamp" and field.limits.get("timezone"):
        return {"format": "date-time"}  # RFC 3339, which always has a zone
    if field.type == "date":
        return {"format": "date"}
    if field.limits.get("format") == "byte":
        return {"contentEncoding": "base64"}
    if field.type == "string" and "format" in field.limits:
        return {"format": field.limits["format"]}
    return {}
