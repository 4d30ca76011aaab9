"""ODCS `logicalTypeOptions`: the limits of each type, as far as the log can hold an event against them.

Source: Bitol, ODCS v3.1.0, JSON Schema, `SchemaBaseProperty`. An option that is not here is refused, because a contract
must not promise what nobody checks.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

Size = Annotated[int, Meta(ge=0)]
Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class StringOptions(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """`logicalTypeOptions` of a string."""

    min_length: Size | None = None
    max_length: Size | None = None
    pattern: str | None = None
    format: Literal["byte", "email", "hostname", "ipv4", "ipv6", "uri", "uuid"] | None = None


class IntegerOptions(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """`logicalTypeOptions` of an integer."""

    minimum: Int64 | None = None
    exclusive_minimum: Annotated[int, Meta(ge=-(2**63), le=2**63 - 2)] | None = None
    maximum: Int64 | None = None
    exclusive_maximum: Annotated[int, Meta(ge=-(2**63) + 1, le=2**63 - 1)] | None = None
    multiple_of: Annotated[int, Meta(gt=0, le=2**63 - 1)] | None = None
    format: Literal["i8", "i16", "i32", "i64", "u8", "u16", "u32"] | None = None


class NumberOptions(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """`logicalTypeOptions` of a number."""

    minimum: float | None = None
    exclusive_minimum: float | None = None
    maximum: float | None = None
    exclusive_maximum: float | None = None
    multiple_of: Annotated[float, Meta(gt=0)] | None = None
    format: Literal["f32", "f64"] | None = None


class TimestampOptions(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """`logicalTypeOptions` of a timestamp or a time, which are written as RFC 3339 says."""

    timezone: bool | None = None


class ArrayOptions(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """`logicalTypeOptions` of an array."""

    min_items: Size | None = None
    max_items: Size | None = None


class MapOptions(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """`logicalTypeOptions` of a map. ODCS has them for every object; of one with declared fields they say nothing."""

    min_properties: Size | None = None
    max_properties: Size | None = None


class NoOptions(msgspec.Struct, frozen=True):
    """Of a type that has no options which an event could be checked against."""


OPTIONS: Final[dict[str, type[msgspec.Struct]]] = {
    "string": StringOptions, "integer": IntegerOptions, "number": NumberOptions, "timestamp": TimestampOptions,
    "time": TimestampOptions, "array": ArrayOptions, "map": MapOptions,
}  # fmt: skip
INTEGER_RANGES: Final = {
    "i8": (-(2**7), 2**7 - 1), "i16": (-(2**15), 2**15 - 1), "i32": (-(2**31), 2**31 - 1),
    "i64": (-(2**63), 2**63 - 1), "u8": (0, 2**8 - 1), "u16": (0, 2**16 - 1), "u32": (0, 2**32 - 1),
}  # fmt: skip
