"""BER as SNMP uses it: the few ASN.1 types of RFC 3416 and RFC 2578, read with bounds and written.

Every decoder is handed the data and the bounds of its value, and refuses what does not end exactly there. The structure
of an SNMP message has a fixed depth, so nothing here recurses, and no length is believed before it is compared with
the bytes that are there. Source: ITU-T X.690, RFC 3416 clause 3, RFC 3417 clause 8 (definite lengths only).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

INTEGER, OCTET_STRING, NULL, OBJECT_IDENTIFIER, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
IP_ADDRESS, COUNTER32, GAUGE32, TIME_TICKS, OPAQUE, COUNTER64 = 0x40, 0x41, 0x42, 0x43, 0x44, 0x46
NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW = 0x80, 0x81, 0x82

SUBIDENTIFIERS = 128  # RFC 2578 3.5: an OID has at most 128 of them, each below 2^32
INTEGER_BYTES = 9  # a Counter64 with a leading zero


class Missing(Enum):
    """What an agent answers in place of a value (RFC 3416 clause 3)."""

    OBJECT = NO_SUCH_OBJECT
    INSTANCE = NO_SUCH_INSTANCE
    END = END_OF_MIB_VIEW


Value = int | bytes | str | None | Missing
"""int for all numbers, bytes for strings, opaques and addresses, str for an OID ("1.3.6.1"), None for NULL."""


class Tagged(NamedTuple):
    """A value to write with another tag than its Python type has by itself: `Tagged(TIME_TICKS, 4711)`."""

    tag: int
    value: int | bytes


class BerError(ValueError):
    """Bytes that are no valid BER or no SNMP message; `offset` is where in the datagram."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(f"{message} at byte {offset}")
        self.offset = offset


def header(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Read the header of an element that must have `tag`; give the bounds of its content."""
    if at + 2 > end:
        raise BerError(f"truncated: expected an element with tag 0x{tag:02x}", at)
    if data[at] != tag:
        raise BerError(f"tag 0x{data[at]:02x} where 0x{tag:02x} is expected", at)
    return content(data, at, end)


def content(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The bounds of the content of the element at `at`, whatever its tag."""
    if at + 2 > end:
        raise BerError("truncated: an element without length", at)
    length = data[at + 1]
    start = at + 2
    if length & 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= 4:
            raise BerError("a length of indefinite form or of more than four bytes", at + 1)
        start += octets
        if start > end:
            raise BerError("truncated in a length", at + 1)
        length = int.from_bytes(data[at + 2 : start], "big")
    if start + length > end:
        raise BerError(f"a length of {length} bytes where {end - start} are left", at + 1)
    return start, start + length


def integer(data: bytes, start: int, end: int) -> int:
    if not 1 <= end - start <= INTEGER_BYTES:
        raise BerError(f"an integer of {end - start} bytes", start)
    return int.from_bytes(data[start:end], "big", signed=True)


def unsigned(data: bytes, start: int, end: int) -> int:
    # Some agents leave out the leading zero of a large counter; read as unsigned it is right either way.
    if not 1 <= end - start <= INTEGER_BYTES:
        raise BerError(f"a counter of {end - start} bytes", start)
    return int.from_bytes(data[start:end], "big")


def octets(data: bytes, start: int, end: int) -> bytes:
    return data[start:end]


def object_identifier(data: bytes, start: int, end: int) -> str:
    try:
        return _oid_text(data[start:end])
    except ValueError as fault:
        raise BerError(str(fault), start) from None


def null(data: bytes, start: int, end: int) -> None:
    if start != end:
        raise BerError("a NULL with content", start)


def _missing(value: Missing) -> Callable[[bytes, int, int], Value]:
    def read(data: bytes, start: int, end: int) -> Value:
        null(data, start, end)
        return value

    return read


DECODERS: dict[int, Callable[[bytes, int, int], Value]] = {
    INTEGER: integer,
    OCTET_STRING: octets,
    NULL: null,
    OBJECT_IDENTIFIER: object_identifier,
    IP_ADDRESS: octets,
    COUNTER32: unsigned,
    GAUGE32: unsigned,
    TIME_TICKS: unsigned,
    OPAQUE: octets,
    COUNTER64: unsigned,
    **{missing.value: _missing(missing) for missing in Missing},
}


@lru_cache(maxsize=8192)
def _oid_text(raw: bytes) -> str:
    """An OID's content as dotted text. Cached, because the same few hundred names come in every trap."""
    if not raw or raw[-1] & 0x80:
        raise ValueError("an object identifier that is empty or breaks off")
    numbers: list[int] = []
    number = 0
    for byte in raw:
        if number == 0 and byte == 0x80:
            raise ValueError("an object identifier with a padded subidentifier")
        number = number << 7 | byte & 0x7F
        if byte & 0x80:
            continue
        if number > 0xFFFFFFFF + 80:
            raise ValueError("an object identifier with a subidentifier above 2^32")
        numbers.append(number)
        number = 0
    if len(numbers) >= SUBIDENTIFIERS:
        raise ValueError(f"an object identifier of more than {SUBIDENTIFIERS} subidentifiers")
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def element(tag: int, body: bytes) -> bytes:
    """One element: tag, definite length, content."""
    length = len(body)
    if length < 0x80:
        return bytes((tag, length)) + body
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + body


def encode(value: Value | Tagged) -> bytes:
    """One value as an element: int as INTEGER, bytes as OCTET STRING, str as OBJECT IDENTIFIER, None as NULL."""
    match value:
        case Tagged(tag, int(number)):
            return element(tag, _integer_bytes(number))
        case Tagged(tag, bytes(body)):
            return element(tag, body)
        case int():
            return element(INTEGER, _integer_bytes(value))
        case bytes():
            return element(OCTET_STRING, value)
        case str():
            return element(OBJECT_IDENTIFIER, _oid_bytes(value))
        case Missing():
            return element(value.value, b"")
        case None:
            return element(NULL, b"")
    raise TypeError(f"SNMP has no type for {value!r}")


def _integer_bytes(number: int) -> bytes:
    # One bit more than the number has is for the sign.
    magnitude = number if number >= 0 else ~number
    return number.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True)


@lru_cache(maxsize=8192)
def _oid_bytes(oid: str) -> bytes:
    """The content of an OID. Raises `ValueError` on text that is no OID."""
    first, second, *rest = (int(part) for part in oid.split("."))
    raw = bytearray()
    for number in (40 * first + second, *rest):
        if number < 0:
            raise ValueError(f"{oid!r} is not an object identifier")
        septets = [number & 0x7F]
        while number := number >> 7:
            septets.append(number & 0x7F | 0x80)
        raw += bytes(reversed(septets))
    return bytes(raw)
