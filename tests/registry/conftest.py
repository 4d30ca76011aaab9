"""Codecs on a real registry, each test with topics of its own, and what others have: Confluent's serialisers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from tests.contracts.conftest import text
from tests.servers.apicurio import Apicurio, shared_apicurio
from trunkline.contracts import Contract
from trunkline.contracts.contract import read
from trunkline.document import Document
from trunkline.registry import RegistryCodec
from trunkline.registry.client import Registry

ALARM = """
- {name: id, logicalType: string, required: true}
- {name: severity, logicalType: string, required: true, quality: [{metric: invalidValues, mustBe: 0, arguments:
   {validValues: [critical, not-set]}}]}
- {name: raised, logicalType: timestamp, required: true, logicalTypeOptions: {timezone: true}}
- {name: repeats, logicalType: integer}
"""
EVENT = b'{"id":"1","severity":"not-set","raised":"2026-01-01T00:00:00Z"}'
numbers = count()

Make = Callable[..., Contract]


def contract(topic: str, fields: str = ALARM, **settings: object) -> Contract:
    return read(Document(f"{topic}.yaml", text(fields, topic=topic, **{"wireFormat": "avro", **settings})))


def codec(url: str, *contracts: Contract, **options: Any) -> RegistryCodec:
    """A codec as a process that has just started has it."""
    return RegistryCodec(Registry(url, retries=0), {each.name: each for each in contracts}, **options)


@pytest.fixture(scope="session")
def apicurio() -> Apicurio:
    return shared_apicurio()


@pytest.fixture
def topic() -> str:
    return f"things.{next(numbers)}"


class Foreigner:
    """Another program that reads and writes the topics by Confluent's own serialisers."""

    def __init__(self, url: str) -> None:
        self.client = SchemaRegistryClient({"url": url})

    def writes_avro(self, topic: str, schema: str, value: object, **conf: Any) -> bytes:
        written = AvroSerializer(self.client, schema, conf=conf)(value, _value_of(topic))
        assert written is not None
        return bytes(written)

    def reads_avro(self, topic: str, value: bytes) -> Any:
        return AvroDeserializer(self.client)(value, _value_of(topic))

    def writes_json(self, topic: str, schema: str, value: object) -> bytes:
        written = JSONSerializer(schema, self.client)(value, _value_of(topic))
        assert written is not None
        return bytes(written)

    def reads_json(self, topic: str, value: bytes) -> Any:
        return JSONDeserializer(None, schema_registry_client=self.client)(value, _value_of(topic))


def _value_of(topic: str) -> SerializationContext:
    return SerializationContext(topic, MessageField.VALUE)


@pytest.fixture
def foreigner(apicurio: Apicurio) -> Foreigner:
    return Foreigner(apicurio.url)
