"""The Basic Encoding Rules as far as SNMPv2c needs them (X.690; RFC 3416): messages written, requests read.

The equipment's own implementation, so that it shares no mistake with the platform's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

INTEGER, OCTET_STRING, NULL, OBJECT_IDENTIFIER, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
TIME_TICKS = 0x43
NO_SUCH_OBJECT, END_OF_MIB_VIEW = 0x80, 0x82
GET, GET_NEXT, RESPONSE, SET, GET_BULK, TRAP = 0xA0, 0xA1, 0xA2, 0xA3, 0xA5, 0xA7

SYS_UP_TIME = "1.3.6.1.2.1.1.3.0"
SNMP_TRAP_OID = "1.3.6.1.6.3.1.1.4.1.0"


class Oid(str):
    """A value that is an object identifier, dotted."""

    __slots__ = ()


class Ticks(int):
    """A value in hundredths of a second."""


class Absent(NamedTuple):
    """An exception instead of a value: `NO_SUCH_OBJECT` or `END_OF_MIB_VIEW`."""

    tag: int


Value = int | bytes | str | Oid | Ticks | Absent | None
VarBind = tuple[str, Value]


class Request(NamedTuple):
    """What a manager asks. For GET_BULK `first` and `second` are non-repeaters and max-repetitions."""

    community: bytes
    pdu: int
    request_id: int
    first: int
    second: int
    varbinds: list[VarBind]


def message(community: bytes, pdu: int, request_id: int, varbinds: Sequence[VarBind], error: int = 0) -> bytes:
    """One SNMPv2c message."""
    bindings = b"".join(_element(SEQUENCE, _oid(name) + _value(value)) for name, value in varbinds)
    body = _value(request_id) + _value(error) + _value(0) + _element(SEQUENCE, bindings)
    return _element(SEQUENCE, _value(1) + _element(OCTET_STRING, community) + _element(pdu, body))


def read_request(datagram: bytes) -> Request:
    """A manager's request. Raises `ValueError` on anything else."""
    try:
        outer = _read(datagram, 0, SEQUENCE)[0]
        version, at = _read(outer, 0, INTEGER)
        if version != b"\x01":
            raise ValueError("not SNMPv2c")
        community, at = _read(outer, at, OCTET_STRING)
        pdu = outer[at]
        body, _ = _read(outer, at, pdu)
        numbers, at = [], 0
        for _ in range(3):
            number, at = _read(body, at, INTEGER)
            numbers.append(int.from_bytes(number, "big", signed=True))
        bindings, _ = _read(body, at, SEQUENCE)
        varbinds: list[VarBind] = []
        at = 0
        while at < len(bindings):
            binding, at = _read(bindings, at, SEQUENCE)
            name, value_at = _read(binding, 0, OBJECT_IDENTIFIER)
            tag = binding[value_at]
            content, _ = _read(binding, value_at, tag)
            varbinds.append((_dotted(name), int.from_bytes(content, "big", signed=True) if tag == INTEGER else content))
    except IndexError:
        raise ValueError("truncated") from None
    return Request(community, pdu, numbers[0], numbers[1], numbers[2], varbinds)


def _value(value: Value) -> bytes:
    match value:
        case None:
            return b"\x05\x00"
        case Absent(tag):
            return bytes((tag, 0))
        case Ticks():
            return _element(TIME_TICKS, _unsigned(value))
        case int():
            return _element(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))
        case Oid():
            return _oid(value)
        case str():
            return _element(OCTET_STRING, value.encode())
        case _:
            return _element(OCTET_STRING, value)


def _unsigned(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


def _oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    content = bytearray()
    for number in (first * 40 + second, *rest):
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(number & 0x7F | 0x80)
        content += bytes(reversed(groups))
    return _element(OBJECT_IDENTIFIER, bytes(content))


def _dotted(content: bytes) -> str:
    numbers, number = [], 0
    for byte in content:
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - first * 40, *numbers[1:])))


def _element(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def _read(data: bytes, at: int, tag: int) -> tuple[bytes, int]:
    """The content of the element at `at`, and where the next one begins."""
    if data[at] != tag:
        raise ValueError(f"tag 0x{data[at]:02x} at {at}, not 0x{tag:02x}")
    length, start = data[at + 1], at + 2
    if length & 0x80:
        octets = length & 0x7F
        length, start = int.from_bytes(data[start : start + octets], "big"), start + octets
    if start + length > len(data):
        raise ValueError(f"element at {at} is longer than its message")
    return data[start : start + length], start + length
