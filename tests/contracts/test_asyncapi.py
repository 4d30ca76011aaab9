"""The AsyncAPI document: AsyncAPI's own parser takes it, and its schemas say what the log enforces."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from tests.npm import installed
from trunkline.contracts import Contract, Contracts, asyncapi, load

PARSER = "@asyncapi/parser@3.6.3"
REFERENCE = Path(__file__).parents[2] / "belgicom" / "contracts"
ERROR = 0  # the parser's diagnostic severities: 0 error, 1 warning, 2 information


@pytest.fixture(scope="session")
def parser() -> Path:
    """A folder with AsyncAPI's parser in node_modules."""
    return installed("asyncapi", PARSER)


def parse(parser: Path, document: dict[str, Any]) -> dict[str, Any]:
    script = Path(__file__).with_name("asyncapi_parser.mjs")
    ran = subprocess.run(
        ["node", str(script), str(parser)], input=msgspec.json.encode(document), capture_output=True, check=True
    )
    parsed: dict[str, Any] = msgspec.json.decode(ran.stdout)
    return parsed


def test_asyncapis_own_parser_takes_the_document(parser: Path) -> None:
    servers = {"production": {"host": "localhost:9092", "protocol": "kafka", "description": "The event log."}}
    contracts = load(REFERENCE)
    parsed = parse(parser, asyncapi(contracts, title="BelgiCom", version="1.0.0", servers=servers))
    assert [found for found in parsed["found"] if found["severity"] == ERROR] == []
    assert (parsed["version"], parsed["channels"]) == ("3.0.0", len(contracts))


def test_asyncapis_own_parser_would_refuse_a_wrong_document(parser: Path) -> None:
    document = asyncapi(load(REFERENCE), title="BelgiCom", version="1.0.0")
    document["channels"]["network.kpi"]["messages"]["network.kpi"]["$ref"] = "#/components/messages/nowhere"
    assert [found for found in parse(parser, document)["found"] if found["severity"] == ERROR]


def test_a_channel_says_how_the_topic_is_kept_and_who_owns_it(contract: Callable[..., Contract]) -> None:
    keyed = "- {name: id, logicalType: string, primaryKey: true, required: true}"
    contracts = Contracts({
        "kept": contract(keyed, topic="kept", partitions=3, retentionBytes=99),
        "last": contract(keyed, topic="last", compacted="true"),
    })  # fmt: skip
    document = asyncapi(contracts, title="Example", version="2")
    assert document["info"] == {"title": "Example", "version": "2"}
    assert "servers" not in document
    kept, last = (document["channels"][name]["bindings"]["kafka"] for name in ("kept", "last"))
    week = 7 * 86_400_000
    assert (kept["topic"], kept["partitions"]) == ("kept", 3)
    assert kept["topicConfiguration"] == {"cleanup.policy": ["delete"], "retention.ms": week, "retention.bytes": 99}
    assert last["topicConfiguration"]["cleanup.policy"] == ["compact", "delete"]
    assert list(document["channels"]["kept"]["messages"]) == ["kept"]
    assert list(document["channels"]["last"]["messages"]) == ["last", "last.tombstone"]
    key = {"type": "string", "description": "id"}
    for message in ("kept", "last", "last.tombstone"):
        assert document["components"]["messages"][message]["bindings"]["kafka"]["key"] == key
    assert document["channels"]["kept"]["x-contract"] == {
        "id": "example.things", "version": "1.0.0", "owner": "an@example.com", "compatibility": "backward",
        "legalBasis": "none",
    }  # fmt: skip
    assert {name: operation["action"] for name, operation in document["operations"].items()} == {
        "write.kept": "send", "read.kept": "receive", "write.last": "send", "read.last": "receive",
    }  # fmt: skip


def test_where_unknown_fields_are_allowed_the_schema_allows_them(contract: Callable[..., Contract]) -> None:
    made = contract("- {name: id, logicalType: string}", unknownFields="allowed")
    document = asyncapi(Contracts({"things": made}), "x", "1")
    assert document["components"]["schemas"]["things"]["additionalProperties"] is True
    assert "bindings" not in document["components"]["messages"]["things"]


def test_the_schema_of_a_field_says_what_the_log_enforces(contract: Callable[..., Contract]) -> None:
    made = contract(
        """
        - {name: id, logicalType: string, required: true, description: Its id., examples: [x],
           logicalTypeOptions: {minLength: 1, pattern: "^x"}}
        - {name: at, logicalType: timestamp, logicalTypeOptions: {timezone: true}}
        - {name: on, logicalType: date}
        - {name: raw, logicalType: string, logicalTypeOptions: {format: byte}}
        - {name: ip, logicalType: string, logicalTypeOptions: {format: ipv4}}
        - {name: count, logicalType: integer, logicalTypeOptions: {format: u8},
           customProperties: [{property: nullable, value: true}]}
        - {name: state, logicalType: string, customProperties: [{property: nullable, value: true}],
           quality: [{metric: invalidValues, mustBe: 0, arguments: {validValues: [up, down]}}]}
        - {name: many, logicalType: object,
           customProperties: [{property: map, value: {value: {customProperties: [
             {property: nullable, value: true},
             {property: anyOf, value: [{logicalType: number}, {logicalType: array, items: {logicalType: number}}]}]}}}]}
        """
    )
    schema = asyncapi(Contracts({"things": made}), "x", "1")["components"]["schemas"]["things"]
    internal = {"x-classification": "internal"}
    assert (schema["required"], schema["additionalProperties"]) == (["id"], False)
    assert schema["properties"] == {
        "id": internal | {"type": "string", "description": "Its id.", "examples": ["x"], "minLength": 1,
                          "pattern": "^x"},
        "at": internal | {"type": "string", "format": "date-time"},
        "on": internal | {"type": "string", "format": "date"},
        "raw": internal | {"type": "string", "contentEncoding": "base64"},
        "ip": internal | {"type": "string", "format": "ipv4"},
        "count": internal | {"type": ["integer", "null"], "minimum": 0, "maximum": 255},
        "state": internal | {"type": ["string", "null"], "enum": ["up", "down", None]},
        "many": internal | {
            "type": "object",
            "propertyNames": internal | {"type": "string"},
            "additionalProperties": internal | {"anyOf": [
                internal | {"type": "number"},
                internal | {"type": "array", "items": internal | {"type": "number"}},
                {"type": "null"},
            ]},
        },
    }  # fmt: skip
    jsonschema.Draft7Validator.check_schema(schema)
