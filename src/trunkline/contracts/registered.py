"""The schema by which a schema registry knows a topic's events."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from trunkline.contracts.avro import avro_schema
from trunkline.contracts.contract import Contract
from trunkline.contracts.json_schema import json_schema

SchemaType = Literal["AVRO", "JSON"]
"""What the registry calls the kinds of schema that we write."""


def registered_schema(contract: Contract) -> tuple[SchemaType, str]:
    """The schema's type and its text: Avro where the contract's `wireFormat` says so, otherwise JSON Schema."""
    if contract.settings.wire_format == "avro":
        return "AVRO", msgspec.json.encode(avro_schema(contract)).decode()
    closed = contract.settings.unknown_fields == "refused"
    schema: dict[str, Any] = {"$schema": "http://json-schema.org/draft-07/schema#", "title": contract.event.name}
    return "JSON", msgspec.json.encode(schema | json_schema(contract.event, closed=closed)).decode()
