"""The topics as an AsyncAPI 3.0 document: for those who read and write events without knowing Trunkline.

Source: AsyncAPI 3.0.0; Kafka bindings 0.5.0; CloudEvents 1.0.2 Kafka protocol binding, clause 3.2 (binary mode).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from trunkline.contracts.contract import Contract
from trunkline.contracts.folder import Contracts
from trunkline.contracts.json_schema import json_schema

BINDING: Final = "0.5.0"
CLOUD_EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "description": "CloudEvents 1.0 in Kafka's binary mode: attributes are headers, the value is the event's data.",
    "required": ["content-type", "ce_specversion", "ce_type", "ce_source", "ce_id"],
    "properties": {
        "content-type": {"type": "string", "const": "application/json"},
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_type": {"type": "string", "description": "The topic's name."},
        "ce_source": {"type": "string", "format": "uri-reference", "minLength": 1},
        "ce_id": {"type": "string", "minLength": 1, "description": "Unique with ce_source."},
        "ce_time": {"type": "string", "format": "date-time"},
    },
}


def asyncapi(
    contracts: Contracts, title: str, version: str, servers: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """The AsyncAPI document of all topics. `servers` are AsyncAPI server objects by name (`host`, `protocol`, …)."""
    document: dict[str, Any] = {
        "asyncapi": "3.0.0",
        "info": {"title": title, "version": version},
        "defaultContentType": "application/json",
        "channels": {name: _channel(contract) for name, contract in contracts.items()},
        "operations": {},
        "components": {"messages": {}, "schemas": {"CloudEvent": CLOUD_EVENT}},
    }
    if servers:
        document["servers"] = {name: dict(server) for name, server in servers.items()}
    for name, contract in contracts.items():
        document["operations"] |= _operations(name, contract)
        document["components"]["messages"] |= _messages(name, contract)
        document["components"]["schemas"][name] = json_schema(contract.event, closed=_closed(contract))
    return document


def _closed(contract: Contract) -> bool:
    return contract.settings.unknown_fields == "refused"


def _channel(contract: Contract) -> dict[str, Any]:
    odcs, topic = contract.odcs, contract.topic
    configuration: dict[str, Any] = {"cleanup.policy": []}
    if topic.compacted:
        configuration["cleanup.policy"].append("compact")
        configuration["delete.retention.ms"] = int(topic.tombstones * 1000)
    if topic.retention:
        configuration["cleanup.policy"].append("delete")
        configuration["retention.ms"] = int(topic.retention * 1000)
    if topic.retention_bytes:
        configuration["retention.bytes"] = topic.retention_bytes
    return {
        "address": topic.name,
        "title": odcs.name or contract.event.name,
        "description": "\n\n".join(filter(None, (odcs.description.purpose, odcs.description.limitations))),
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _messages(topic.name, contract)},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": configuration,
                "bindingVersion": BINDING,
            }
        },
        "x-contract": {
            "id": odcs.id,
            "version": odcs.version,
            "owner": contract.owner,
            "compatibility": contract.settings.compatibility,
            "legalBasis": contract.settings.legal_basis,
        },
    }


def _operations(name: str, contract: Contract) -> dict[str, Any]:
    channel = {"$ref": f"#/channels/{name}"}
    return {
        f"write.{name}": {"action": "send", "channel": channel, "summary": f"Write {contract.event.name} events."},
        f"read.{name}": {"action": "receive", "channel": channel, "summary": f"Read {contract.event.name} events."},
    }


def _messages(name: str, contract: Contract) -> dict[str, Any]:
    envelope: dict[str, Any] = {
        "headers": {
            "type": "object",
            "allOf": [{"$ref": "#/components/schemas/CloudEvent"}, {"properties": {"ce_type": {"const": name}}}],
        }
    }
    if contract.key:
        key = {"type": "string", "description": ":".join(contract.key)}
        envelope["bindings"] = {"kafka": {"key": key, "bindingVersion": BINDING}}
    messages = {
        name: {
            "name": contract.event.name,
            "contentType": "application/json",
            "summary": contract.event.description,
            "payload": {"$ref": f"#/components/schemas/{name}"},
            **envelope,
        }
    }
    if contract.settings.compacted:
        messages[f"{name}.tombstone"] = {
            "name": f"{contract.event.name}Tombstone",
            "summary": "The key is gone: an event without value.",
            "payload": {"type": "null"},
            **envelope,
        }
    return messages
