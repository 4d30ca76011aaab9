"""From another Kafka's records to events: topic, key and value as the connection's settings ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from trunkline.log.envelope import cloud_event
from trunkline.log.port import Event
from trunkline.quarantine import EXCERPT, Rejected
from trunkline.systems.changes.envelope import Envelope, Source
from trunkline.systems.changes.settings import zone_of
from trunkline.systems.kafka.settings import TYPE, KafkaSettings, TopicSettings
from trunkline.systems.kafkaconnect import debezium
from trunkline.systems.kafkaconnect.converter import AvroConverter, Converter, JsonConverter, SchemaById
from trunkline.systems.kafkaconnect.schema import Type
from trunkline.systems.kafkaconnect.values import Converters
from trunkline.systems.reach import Captured
from trunkline.telco.model import Source as Place

_encode = msgspec.json.Encoder(decimal_format="number").encode


class Message(NamedTuple):
    """A record of another Kafka. `time` is in microseconds since the epoch."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    time: int


class Translation:
    """What becomes of the records of a connection. `schema_by_id` asks the registry, where the settings name one."""

    def __init__(self, settings: KafkaSettings, schema_by_id: SchemaById | None = None) -> None:
        self._settings = settings
        converters = Converters(zone_of(settings.zone))
        self._json = {topic: JsonConverter(converters, _types(its)) for topic, its in settings.topics.items()}
        self._avro = AvroConverter(converters, schema_by_id) if schema_by_id else None
        self._told_gone: dict[tuple[str, int], bytes | None] = {}
        """The key of the row of which each partition's last record said that it is gone."""

    def events(self, message: Message) -> Iterator[Captured | Rejected]:
        """What is written for a record: nothing for what is no data, such as a heartbeat.

        Raises `OSError` where the schema registry cannot be asked.
        """
        settings = self._settings.topics[message.topic]
        try:
            if self._settings.format == "raw":
                yield self._captured(message, settings, self._raw(message, settings))
            elif self._settings.format == "debezium":
                yield from self._changes(message, settings)
            else:
                yield self._row(message, settings)
        except _Unfit as unfit:
            yield self.rejected(message, unfit.reason, str(unfit))

    def rejected(self, message: Message, reason: str, text: str) -> Rejected:
        """What the quarantine says of a record."""
        value = message.value or b""
        return Rejected(
            stage="decode",
            reason=reason,
            message=f"{_place(message)}: {text}",
            system=self._settings.name,
            uri=self._uri(message),
            offset=message.offset,
            length=len(value),
            part=value[:EXCERPT],
            target=self._settings.topics[message.topic].topic,
        )

    def _raw(self, message: Message, settings: TopicSettings) -> Event:
        given = dict(message.headers)
        envelope = cloud_event(type=settings.topic, source=self._uri(message), id=_id(message), value=None).headers
        added = tuple(header for header in envelope if header[0] not in given and header[0] != "content-type")
        return Event(message.value, message.key, message.headers + added, message.time)

    def _row(self, message: Message, settings: TopicSettings) -> Captured:
        value = None if message.value is None else self._read(message, message.value, "value")
        if value is not None and settings.field and not isinstance(value, dict):
            value = {settings.field: value}
        key = self._key(message, settings, value)
        return self._written(message, settings, key, None if value is None else _encode(value))

    def _changes(self, message: Message, settings: TopicSettings) -> Iterator[Captured]:
        place = (message.topic, message.partition)
        told_gone = self._told_gone.pop(place, None)
        if message.value is None:
            if told_gone is None or told_gone != message.key:  # the change that said so has been compacted away
                yield self._gone(message, settings)
            return
        value = self._read(message, message.value, "value")
        try:
            change = debezium.read(value)
        except ValueError as error:
            raise _Unfit("debezium.unknown", f"the value is no event of Debezium: {error}") from None
        if not isinstance(change, Envelope):
            return
        if change.op == "d":
            self._told_gone[place] = message.key
        row = change.before if change.op == "d" else change.after
        key = None if change.op == "t" else self._key(message, settings, row)
        yield self._written(message, settings, key, self._value(settings, change), everywhere=change.op == "t")

    def _value(self, settings: TopicSettings, change: Envelope) -> bytes | None:
        if settings.envelope == "change":
            return _encode(change)
        if change.op == "d":
            return None
        if change.op == "t":
            raise _Unfit("table.truncated", "the table was emptied, which a topic of rows cannot say: its keys stay")
        if change.unchanged is not UNSET:
            missing = ", ".join(change.unchanged)
            raise _Unfit(
                "value.unavailable", f"the database did not repeat {missing}: see the table's REPLICA IDENTITY"
            )
        if not change.after:
            raise _Unfit("row.missing", f"the change {change.op} has no row `after` it")
        return _encode(change.after)

    def _gone(self, message: Message, settings: TopicSettings) -> Captured:
        """That a row is gone, of which only the tombstone is left."""
        fields = self._key_fields(message)
        key = self._key(message, settings, fields)
        if settings.envelope == "row":
            return self._written(message, settings, key, None)
        source = Source(
            connector="kafka", db="", table=message.topic, name=self._settings.name, ts_us=message.time,
            ts_ms=message.time // 1000,
        )  # fmt: skip
        change = Envelope(op="d", source=source, before=fields if isinstance(fields, dict) else UNSET)
        return self._written(message, settings, key, _encode(change))

    def _key(self, message: Message, settings: TopicSettings, row: Any) -> str | None:
        """The event's key: of the fields that the settings name, or else the record's own."""
        if not settings.key:
            return _text(self._key_fields(message))
        fields = self._key_fields(message)
        known = {**(fields if isinstance(fields, dict) else {}), **(row if isinstance(row, dict) else {})}
        if missing := [name for name in settings.key if known.get(name) is None]:
            raise _Unfit("key.missing", f"{', '.join(missing)}, which is key, is null or not there")
        return _text({name: known[name] for name in settings.key})

    def _key_fields(self, message: Message) -> Any:
        return None if message.key is None else self._read(message, message.key, "key")

    def _read(self, message: Message, data: bytes, what: str) -> Any:
        """The key or the value of a record: Avro where it begins with the 0 of the wire format, otherwise JSON."""
        converter: Converter = self._json[message.topic]
        if self._settings.format == "connect-avro" or (self._avro is not None and data[:1] == b"\0"):
            if self._avro is None:
                raise _Unfit(f"{what}.unreadable", f"the {what} is Avro, and no `registry` is declared")
            converter = self._avro
        try:
            return converter.read(data)
        except ValueError as error:
            raise _Unfit(f"{what}.unreadable", f"the {what} cannot be read: {error}") from None

    def _written(
        self,
        message: Message,
        settings: TopicSettings,
        key: str | None,
        value: bytes | None,
        *,
        everywhere: bool = False,
    ) -> Captured:
        event = cloud_event(
            type=settings.topic, source=self._uri(message), id=_id(message), value=value, key=key, time=message.time
        )
        return self._captured(message, settings, event, everywhere=everywhere)

    def _captured(
        self, message: Message, settings: TopicSettings, event: Event, *, everywhere: bool = False
    ) -> Captured:
        source = Place(uri=self._uri(message), offset=message.offset)
        return Captured(settings.topic, event, self._settings.name, source, _place(message), everywhere)

    def _uri(self, message: Message) -> str:
        return f"kafka://{self._settings.brokers[0]}/{message.topic}/{message.partition}"


class _Unfit(Exception):
    """The record makes no event; `reason` is the quarantine's short code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def _text(key: Any) -> str | None:
    """The value of one field as text, or a JSON object of several; the same as of a database's changes."""
    if isinstance(key, dict) and len(key) == 1:
        [key] = key.values()
    return key if key is None or isinstance(key, str) else _encode(key).decode()


def _types(settings: TopicSettings) -> Mapping[str, Type]:
    types = {}
    for name, given in settings.types.items():
        kind, scale = TYPE.fullmatch(given).groups()  # type: ignore[union-attr]  # the settings were checked
        types[name] = Type("bytes", kind, {"scale": scale, "length": scale} if scale else {})
    return types


def _id(message: Message) -> str:
    return f"{message.partition}-{message.offset}"


def _place(message: Message) -> str:
    return f"{message.topic}/{message.partition} at {message.offset}"
