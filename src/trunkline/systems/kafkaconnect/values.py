"""Kafka Connect's values as JSON has them: by type and meaning, the forms that `systems/postgresql` gives too.

Sources: the logical types of `org.apache.kafka.connect.data`, Kafka 4.3; Debezium 3.6 reference, "Data type mappings"
of the PostgreSQL, MySQL and SQL Server connectors. The README has the table.
"""

from __future__ import annotations

import math
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from trunkline.systems.changes import times
from trunkline.systems.changes.envelope import UNAVAILABLE
from trunkline.systems.kafkaconnect.schema import Type

Convert = Callable[[Any], Any]
DAY, HOUR = 86_400_000_000, 3_600_000_000  # microseconds
EPOCH = datetime(1970, 1, 1)  # of times without a zone
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError)
"""What converters raise on a value that is not of their type."""
MOST_BYTES, MOST_PLACES = 1_700, 4_000  # of a decimal's digits; and that it may be moved by
INFINITIES = {9223372036825200000: "infinity", -9223372036832400000: "-infinity"}  # PostgreSQL's, in microseconds
CONNECT, TIME, DATA = "org.apache.kafka.connect.data.", "io.debezium.time.", "io.debezium.data."


class Converters:
    """What turns a value of a type into what JSON has; it raises one of `UNREADABLE`, naming the field.

    `zone` is where times come from that are kept without one; they stay without one where it is None.
    """

    def __init__(self, zone: ZoneInfo | None = None) -> None:
        local = partial(_moment, write=partial(times.local, zone=zone))
        self._by_name: dict[str, Callable[[Type], Convert]] = {
            f"{CONNECT}Decimal": lambda type: partial(_decimal, scale=int(type.parameters.get("scale", "0"))),
            f"{CONNECT}Date": lambda _: _date,
            f"{CONNECT}Time": lambda _: partial(_time, unit=1_000),
            f"{CONNECT}Timestamp": lambda _: partial(_moment, unit=1_000, write=times.utc),
            f"{TIME}Date": lambda _: _date,
            f"{TIME}Time": lambda _: partial(_time, unit=1_000),
            f"{TIME}MicroTime": lambda _: partial(_time, unit=1),
            f"{TIME}NanoTime": lambda _: lambda nanos: _time(nanos // 1_000, unit=1),
            f"{TIME}Timestamp": lambda _: partial(local, unit=1_000),
            f"{TIME}MicroTimestamp": lambda _: partial(local, unit=1),
            f"{TIME}NanoTimestamp": lambda _: lambda nanos: local(nanos // 1_000, unit=1),
            f"{TIME}ZonedTimestamp": lambda _: _zoned,
            f"{TIME}MicroDuration": lambda _: _duration,
            f"{DATA}Bits": lambda type: partial(_bits, length=int(type.parameters.get("length", "0"))),
            f"{DATA}Json": lambda _: _json,
            f"{DATA}VariableScaleDecimal": lambda _: lambda value: _decimal(value["value"], scale=value["scale"]),
            "org.apache.avro.timestamp-micros": lambda _: partial(_moment, unit=1, write=times.utc),
        }  # fmt: skip

    def of(self, type: Type) -> Convert | None:
        """The converter of a type; None where its values are already as JSON has them."""
        if make := self._by_name.get(type.name):
            return partial(_known, convert=make(type))
        match type.kind:
            case "struct":
                return self._struct(type)
            case "array" if type.items is not None:
                convert = self.of(type.items)
                return None if convert is None else partial(_list, convert=convert)
            case "map" if type.items is not None:
                return self._map(type, type.items)
            case "bytes" | "fixed":
                return _bytes
            case "float32" | "float64":
                return _float
        return None

    def _struct(self, type: Type) -> Convert | None:
        fields = {name: convert for name, field in type.fields.items() if (convert := self.of(field)) is not None}
        return partial(_fields, converters=fields) if fields else None

    def _map(self, type: Type, items: Type) -> Convert | None:
        convert = self.of(items) or _same
        if type.keys is None:
            return None if convert is _same else partial(_entries, convert=convert)
        return partial(_pairs, key=self.of(type.keys) or _same, convert=convert)


def _known(value: Any, convert: Convert) -> Any:
    return value if value is None or value in (UNAVAILABLE, _UNAVAILABLE_BYTES) else convert(value)


def _fields(value: Any, converters: Mapping[str, Convert]) -> Any:
    if value is None:
        return None
    found = dict(value)
    for name, convert in converters.items():
        if found.get(name) is None:
            continue
        try:
            found[name] = convert(found[name])
        except UNREADABLE as error:
            raise ValueError(f"{name}: {error}") from None
    return found


def _list(value: Any, convert: Convert) -> Any:
    return None if value is None else [None if item is None else convert(item) for item in value]


def _entries(value: Any, convert: Convert) -> Any:
    return None if value is None else {name: None if item is None else convert(item) for name, item in value.items()}


def _pairs(value: Any, key: Convert, convert: Convert) -> Any:
    """A map whose keys are no strings: the JSON converter writes a list of pairs, and so it stays."""
    return None if value is None else [[key(name), None if item is None else convert(item)] for name, item in value]


def _same(value: Any) -> Any:
    return value


def _bytes(value: Any) -> str:
    """Base64, as the JSON converter writes bytes; Debezium's word for a value that it does not know stays itself."""
    if isinstance(value, str):
        return UNAVAILABLE if value == _UNAVAILABLE_BYTES else value
    return UNAVAILABLE if value == UNAVAILABLE.encode() else b64encode(value).decode()


def _float(value: Any) -> Any:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _decimal(value: Any, scale: int) -> str:
    """With all its digits, as text. The JSON converter may also write it as a number (`decimal.format`)."""
    if isinstance(value, int | float | Decimal):
        return format(Decimal(str(value)), "f")
    unscaled = b64decode(value, validate=True) if isinstance(value, str) else value
    if len(unscaled) > MOST_BYTES or abs(scale) > MOST_PLACES:
        raise ValueError(f"a decimal of more than {MOST_PLACES} digits")
    digits = str(abs(int.from_bytes(unscaled, "big", signed=True)))
    sign = "-" if unscaled[:1] >= b"\x80" else ""
    if scale <= 0:
        return sign + digits + "0" * -scale
    digits = digits.rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}"


def _date(days: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=days)).isoformat()


def _time(value: int, unit: int) -> str:
    """A time of day, `unit` microseconds each."""
    micros = value * unit
    if not 0 <= micros <= DAY:
        raise ValueError("no time of day")
    hours, rest = divmod(micros, HOUR)  # 24:00:00 is one, for PostgreSQL and MySQL
    seconds, fraction = divmod(rest, 1_000_000)
    return f"{hours:02}:{seconds // 60:02}:{seconds % 60:02}{_fraction(fraction)}"


def _moment(value: int, unit: int, write: Callable[[str], str]) -> str:
    """`unit` microseconds each, since the epoch; as `times` writes them."""
    micros = value * unit
    if micros in INFINITIES:
        return INFINITIES[micros]
    whole, fraction = divmod(micros, 1_000_000)
    moment = EPOCH + timedelta(seconds=whole)
    return write(f"{moment.year:04}-{moment:%m-%d %H:%M:%S}{_fraction(fraction)}")


def _zoned(text: str) -> str:
    """In UTC already (Debezium), with a fraction as long as the column's; without its last zeros, as elsewhere."""
    whole, point, fraction = text.removesuffix("Z").partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}{point if fraction else ''}{fraction}Z" if text.endswith("Z") else text


def _duration(micros: int) -> str:
    """An ISO 8601 duration in seconds; Debezium has made them of months and days already."""
    seconds, fraction = divmod(abs(micros), 1_000_000)
    return f"{'-' if micros < 0 else ''}PT{seconds}{_fraction(fraction)}S"


def _fraction(micros: int) -> str:
    return f".{micros:06}".rstrip("0") if micros else ""


def _bits(value: Any, length: int) -> str:
    """Ones and zeros, the highest first; Debezium gives the lowest byte first."""
    raw = b64decode(value, validate=True) if isinstance(value, str) else value
    return format(int.from_bytes(raw, "little"), f"0{length}b")


def _json(text: str) -> Any:
    """The JSON itself, so that no number loses a digit; text that is none stays text."""
    raw = text.replace("\n", " ").replace("\r", " ").encode()
    try:
        msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError):
        return text
    return msgspec.Raw(raw)


_UNAVAILABLE_BYTES = b64encode(UNAVAILABLE.encode()).decode()
