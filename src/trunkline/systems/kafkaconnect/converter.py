"""From the bytes of a record to its value, as one of Kafka Connect's converters wrote it."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Protocol

import msgspec

from trunkline.systems.kafkaconnect.schema import Type, from_avro, from_json
from trunkline.systems.kafkaconnect.values import UNREADABLE, Convert, Converters

MOST_SCHEMAS = 1_000  # that are remembered
PREFIX = (
    5  # bytes before the data in the wire format of schema registries: 0, and the schema's id (4 bytes, big endian)
)

SchemaById = Callable[[int], Mapping[str, Any] | list[Any] | str]
"""The Avro schema with that id, as JSON gives it. Raises `LookupError` where the registry has none, `OSError` where it
cannot be asked."""


class Converter(Protocol):
    """What reads keys or values. Fields have the forms that `values.py` gives."""

    def read(self, data: bytes) -> Any:
        """The value that `data` holds. Raises `ValueError`."""


class _Enveloped(msgspec.Struct, forbid_unknown_fields=True):
    schema: msgspec.Raw
    payload: msgspec.Raw


class JsonConverter:
    """`org.apache.kafka.connect.json.JsonConverter`, with schemas (`{"schema": …, "payload": …}`) or without.

    Without a schema nothing says what a number means: `types` do for the fields of a row, by name.
    """

    def __init__(self, converters: Converters, types: Mapping[str, Type] | None = None) -> None:
        self._converters = converters
        self._schemas: OrderedDict[bytes, Convert | None] = OrderedDict()
        self._enveloped = msgspec.json.Decoder(_Enveloped)
        self._any = msgspec.json.Decoder(float_hook=Decimal)  # no digit of a number is lost
        row = Type("struct", fields=types or {})
        change = Type("struct", fields={"before": row, "after": row})
        self._row, self._change = converters.of(row), converters.of(change)

    def read(self, data: bytes) -> Any:
        """See `Converter.read`."""
        try:
            try:
                enveloped = self._enveloped.decode(data)
            except msgspec.ValidationError:
                return self._typed(self._any.decode(data))
            payload = self._any.decode(enveloped.payload)
            if bytes(enveloped.schema) == b"null":
                return self._typed(payload)
            convert = self._convert(bytes(enveloped.schema))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise ValueError(f"it is not JSON: {error}") from None
        return _converted(payload, convert)

    def _typed(self, payload: Any) -> Any:
        convert = self._change if isinstance(payload, dict) and "op" in payload else self._row
        return _converted(payload, convert) if isinstance(payload, dict) else payload

    def _convert(self, schema: bytes) -> Convert | None:
        """The converter for a schema, which comes again with every record."""
        if schema in self._schemas:
            self._schemas.move_to_end(schema)
            return self._schemas[schema]
        convert = self._converters.of(from_json(msgspec.json.decode(schema)))
        self._schemas[schema] = convert
        if len(self._schemas) > MOST_SCHEMAS:
            self._schemas.popitem(last=False)
        return convert


class AvroConverter:
    """Avro in the wire format of schema registries, as Confluent's and Apicurio's converters write it.

    Source: Confluent documentation, "Wire format"; Avro 1.12, "Binary encoding".
    """

    def __init__(self, converters: Converters, schema_by_id: SchemaById) -> None:
        self._converters, self._schema_by_id = converters, schema_by_id
        self._schemas: dict[int, tuple[Any, Convert | None]] = {}

    def read(self, data: bytes) -> Any:
        """See `Converter.read`. Raises `OSError` where the registry cannot be asked."""
        import fastavro

        if len(data) < PREFIX or data[0] != 0:
            raise ValueError("it is not in the wire format of a schema registry: the first byte is not 0")
        id = int.from_bytes(data[1:PREFIX], "big")
        schema, convert = self._schema(id)
        stream = io.BytesIO(data[PREFIX:])
        try:
            value = fastavro.schemaless_reader(stream, schema, None)
        except Exception as error:  # fastavro raises whatever it stumbles over
            raise ValueError(f"it is no Avro of the schema with id {id}: {error!r}") from None
        if stream.read(1):
            raise ValueError(f"it is no Avro of the schema with id {id}: bytes are left over")
        return _converted(value, convert)

    def _schema(self, id: int) -> tuple[Any, Convert | None]:
        import fastavro

        if id not in self._schemas:
            try:
                given = self._schema_by_id(id)
            except LookupError as error:
                raise ValueError(f"its schema has the id {id}, which the registry does not know: {error}") from None
            schema = msgspec.json.decode(given) if isinstance(given, str) and given[:1] in '{["' else given
            try:
                parsed = fastavro.parse_schema(_without_logical_types(schema))
            except Exception as error:
                raise ValueError(f"the schema with id {id} is no Avro schema: {error!r}") from None
            self._schemas[id] = parsed, self._converters.of(from_avro(schema))
        return self._schemas[id]


def _converted(value: Any, convert: Convert | None) -> Any:
    if convert is None or value is None:
        return value
    try:
        return convert(value)
    except UNREADABLE as error:
        raise ValueError(f"it is not what its schema says: {error}") from None


def _without_logical_types(schema: Any) -> Any:
    """The schema of the bytes alone: what they mean is `values.py`'s to say."""
    if isinstance(schema, dict):
        return {name: _without_logical_types(part) for name, part in schema.items() if name != "logicalType"}
    return [_without_logical_types(part) for part in schema] if isinstance(schema, list) else schema
