"""The events of a contract from their JSON to Avro and back, whole values in C: msgspec parses, fastavro writes.

In JSON a time is RFC 3339 text in UTC with microseconds, bytes are base64, and an optional field that is null is left
out. An event is read by the schema that it was written with, and then taken as the contract says: fields by their
name, those that it does not name passed over, an integer or a decimal as a number where it says so.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from functools import reduce
from io import BytesIO
from operator import or_
from typing import Annotated, Any, Final, Literal, NotRequired, Required, TypedDict

import fastavro
import msgspec
from msgspec import Meta

from trunkline.contracts.avro import avro_kind, avro_schema
from trunkline.contracts.avro_foreign import in_json_names
from trunkline.contracts.contract import Contract
from trunkline.contracts.field import Field
from trunkline.faults import Fault, faults

_LARGEST: Final = 1.7976931348623157e308  # so that NaN and the infinities, which JSON does not have, are refused
_SCALARS: Final[dict[str, Any]] = {
    "string": str, "boolean": bool, "bytes": bytes, "date": date,
    "timestamp-micros": Annotated[datetime, Meta(tz=True)],
    "long": Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)],
    "double": Annotated[float, Meta(ge=-_LARGEST, le=_LARGEST)],
}  # fmt: skip
_AS_TEXT: Final = {"timestamp": datetime, "date": date, "time": time}  # where they are text in Avro
_Composed = Callable[[Field, list[Any]], Any]
_Scalar = Callable[[Field, str], Any]


class Unfit(ValueError):
    """JSON that the contract's Avro schema cannot hold, and every place where it does not fit."""

    def __init__(self, found: list[Fault]) -> None:
        self.faults = found
        super().__init__(_sentences(found))


class AvroValues:
    """The events of one contract."""

    def __init__(self, contract: Contract) -> None:
        self.schema = avro_schema(contract)
        """As others are to see it."""
        self._decode = msgspec.json.Decoder(_type(contract.event, _typed_dict, _written)).decode
        self._event = _type(contract.event, _struct, _read)
        named: dict[str, Any] = {}
        self._schema = fastavro.parse_schema(self.schema, named)
        in_json_names(named)

    def to_avro(self, value: bytes, head: bytes = b"") -> bytes:
        """The event whose JSON is `value`, after `head`. Raises `Unfit`."""
        into = BytesIO()
        into.write(head)
        try:
            fastavro.schemaless_writer(into, self._schema, self._decode(value), disable_tuple_notation=True)
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            raise Unfit(self._unfit(value, error)) from None
        return into.getvalue()

    def to_json(self, value: bytes, written: Any, start: int = 0) -> bytes:
        """The JSON of an event that lies in `value` from `start` on, written by the schema `written`, whosever it is
        (see `avro_foreign.readable`). Raises `ValueError` with a reason that does not quote it."""
        source = BytesIO(value)
        source.seek(start)
        try:
            event = fastavro.schemaless_reader(source, written, None)
        except Exception as error:  # whatever it makes of broken bytes
            raise ValueError(_broken(error, source.tell())) from None
        if source.tell() != len(value):
            raise ValueError(f"the event ends at byte {source.tell()}, but there are {len(value)}")
        try:
            return msgspec.json.encode(msgspec.convert(event, self._event))
        except (ValueError, OverflowError) as error:
            reason = _sentences(faults(self._event, event)) or type(error).__name__
            raise ValueError(f"what was written does not fit the contract: {reason}") from None

    def _unfit(self, value: bytes, error: Exception) -> list[Fault]:
        try:
            found = faults(self._event, msgspec.json.decode(value))
        except (ValueError, RecursionError) as malformed:
            return [Fault((), str(malformed))]
        return found or [Fault((), f"cannot be written as Avro ({type(error).__name__})")]


def _type(field: Field, composed: _Composed, scalar: _Scalar, *, arm: bool = False) -> Any:
    """The msgspec type of `field`, where `composed` makes that of an object of those of its fields."""

    def part(below: Field, *, arm: bool = False) -> Any:
        kind = _type(below, composed, scalar, arm=arm)
        return kind | None if below.nullable else kind

    match field.type:
        case "object":
            return composed(field, [part(below) for below in field.fields])
        case "union":
            return reduce(or_, [part(below, arm=True) for below in field.arms])
        case "map" if field.items:
            return dict[str, part(field.items)]  # type: ignore[misc]
        case "array" if field.items:
            return list[part(field.items)]  # type: ignore[misc]
        case _:
            return scalar(field, avro_kind(field, arm=arm))


def _written(field: Field, kind: str) -> Any:
    return Literal[field.values] if kind == "enum" else _SCALARS[kind]


def _read(field: Field, kind: str) -> Any:
    return _AS_TEXT[field.type] if field.type in _AS_TEXT and kind == "string" else _written(field, kind)


def _typed_dict(field: Field, kinds: list[Any]) -> Any:
    """Of dicts, as fastavro takes records."""
    members = {
        below.name: Required[kind] if below.required else NotRequired[kind | None]
        for below, kind in zip(field.fields, kinds, strict=True)
    }
    return TypedDict(field.name or "Item", members)  # type: ignore[operator]


def _struct(field: Field, kinds: list[Any]) -> Any:
    """Of Structs, which leave out an optional field that is null, and which `faults` can look into."""
    members = []
    for index, (below, kind) in enumerate(zip(field.fields, kinds, strict=True)):
        # Attributes get names of our own, because a field may be called `class` or `ce-id`.
        if below.required:
            members.append((f"f{index}", kind, msgspec.field(name=below.name)))
        else:
            members.append((f"f{index}", kind | None, msgspec.field(name=below.name, default=None)))
    return msgspec.defstruct(field.name or "Item", members, kw_only=True, gc=False, omit_defaults=True)


def _broken(error: Exception, at: int) -> str:
    match error:
        case IndexError() if "list" in str(error):  # of the arms of a union, or the symbols of an enum
            return f"the number before byte {at} stands for nothing in the schema"
        case EOFError() | IndexError():
            return f"the event is cut off at byte {at}"
        case UnicodeDecodeError():
            return f"the text before byte {at} is not UTF-8"
        case _:
            return f"the event cannot be read at byte {at} ({type(error).__name__})"


def _sentences(found: list[Fault]) -> str:
    return "; ".join(f"{fault.path}: {fault.reason}" for fault in found)
