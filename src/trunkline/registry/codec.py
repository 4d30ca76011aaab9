"""Values as they lie in Kafka for others: the byte 0, the id of their schema in four bytes, and Avro or JSON.

A topic's schema is registered under the subject `TOPIC-value` (Confluent's wire format and TopicNameStrategy), when
the topic is first written to. What is read may have been written by anybody, with any schema of the registry.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

from trunkline.contracts.avro_values import AvroValues, Unfit
from trunkline.contracts.contract import Contract
from trunkline.contracts.registered import SchemaType, registered_schema
from trunkline.log.port import ContractViolation
from trunkline.registry.client import Level, Registry, RegistryError, UnknownSchema
from trunkline.registry.written import JSON, WrittenSchemas

MAGIC: Final = 0
HEAD: Final = 5  # bytes before the event
LEVELS: Final[dict[str, Level]] = {"backward": "BACKWARD", "forward": "FORWARD", "full": "FULL", "none": "NONE"}


class RegistryCodec:
    """Translates the topics whose contract says a `wireFormat`; all others are plain JSON (`log.port.Codec`).

    `prefix` is what the topics' names begin with in Kafka. Without `register`, schemas must have been registered by
    others, as is usual in production.
    """

    def __init__(
        self, registry: Registry, contracts: Mapping[str, Contract], *, prefix: str = "", register: bool = True
    ) -> None:
        written = WrittenSchemas(registry)
        self._wires = {
            topic: _Wire(registry, written, contract, f"{prefix}{topic}-value", register)
            for topic, contract in contracts.items()
            if contract.settings.wire_format != "json"
        }

    def to_wire(self, topic: str, values: Sequence[bytes | None]) -> list[bytes | None]:
        """See `log.port.Codec`. Raises `RegistryError` too, where the topic's schema cannot be registered."""
        wire = self._wires.get(topic)
        return list(values) if wire is None else wire.to_wire(values)

    def from_wire(self, topic: str, values: Sequence[bytes | None]) -> tuple[list[bytes | None], list[tuple[int, str]]]:
        """See `log.port.Codec`. Raises `RegistryError` where the registry cannot be asked: no value is to blame."""
        wire = self._wires.get(topic)
        return (list(values), []) if wire is None else wire.from_wire(values)


class _Wire:
    """One topic."""

    def __init__(
        self, registry: Registry, written: WrittenSchemas, contract: Contract, subject: str, register: bool
    ) -> None:
        self._registry, self._written, self._contract = registry, written, contract
        self._subject, self._register = subject, register
        self._lock = threading.Lock()
        self._known_head: bytes | None = None

    def to_wire(self, values: Sequence[bytes | None]) -> list[bytes | None]:
        head = self._known_head or self._head()
        if self._contract.settings.wire_format == "jsonSchema":
            return [None if value is None else head + value for value in values]
        to_avro = self._avro.to_avro
        lying: list[bytes | None] = []
        failures: list[tuple[int, str, str]] = []
        for place, value in enumerate(values):
            try:
                lying.append(None if value is None else to_avro(value, head))
            except Unfit as unfit:
                failures += [(place, fault.path, fault.reason) for fault in unfit.faults]
        if failures:
            raise ContractViolation(self._contract.name, failures)
        return lying

    def from_wire(self, values: Sequence[bytes | None]) -> tuple[list[bytes | None], list[tuple[int, str]]]:
        found: list[bytes | None] = []
        broken: list[tuple[int, str]] = []
        for place, value in enumerate(values):
            try:
                found.append(None if value is None else self._read(value))
            except ValueError as error:
                found.append(value)
                broken.append((place, str(error)))
        return found, broken

    def _read(self, value: bytes) -> bytes:
        if len(value) <= HEAD or value[0] != MAGIC:
            raise ValueError(_no_head(value))
        written = self._written[int.from_bytes(value[1:HEAD], "big")]
        return value[HEAD:] if written is JSON else self._avro.to_json(value, written, HEAD)

    @cached_property
    def _avro(self) -> AvroValues:
        return AvroValues(self._contract)

    def _head(self) -> bytes:
        with self._lock:
            if self._known_head is None:
                type, text = registered_schema(self._contract)
                id = self._registered(type, text) if self._register else self._looked_up(type, text)
                self._known_head = bytes([MAGIC]) + id.to_bytes(HEAD - 1, "big")
            return self._known_head

    def _registered(self, type: SchemaType, text: str) -> int:
        # Held to what the version in force owes its successor; what this one owes is said after it is in.
        id = self._registry.register(self._subject, type, text)
        self._registry.require(self._subject, LEVELS[self._contract.settings.compatibility])
        return id

    def _looked_up(self, type: SchemaType, text: str) -> int:
        try:
            return self._registry.look_up(self._subject, type, text)
        except UnknownSchema as error:
            topic, version = self._contract.name, self._contract.odcs.version
            raise RegistryError(
                f"the schema registry {self._registry.url}, {self._subject}: it does not have the schema of version "
                f"{version} of the contract ({error}): register what `trunkline contracts schema {topic}` prints, or "
                "set register = true under [schema_registry]"
            ) from None


def _no_head(value: bytes) -> str:
    if not value or value[0] != MAGIC:
        begin = f"byte {value[0]:#04x}" if value else "nothing"
        return f"it begins with {begin}, not with the byte 0 and a schema's id: it was written without the registry"
    return f"it has {len(value)} bytes: {HEAD} for the byte 0 and the schema's id, and then the event"
