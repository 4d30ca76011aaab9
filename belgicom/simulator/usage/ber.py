"""The Basic Encoding Rules as far as charging records need them (X.690): elements written, nothing read.

The equipment's own encoder, so that it shares no mistake with the platform's decoder.
"""

from __future__ import annotations

from functools import cache

UNIVERSAL, APPLICATION, CONTEXT = 0x00, 0x40, 0x80
SEQUENCE = 16
CONSTRUCTED, HIGH = 0x20, 0x1F
INDEFINITE, END_OF_CONTENTS = b"\x80", b"\x00\x00"


def primitive(tag: int, content: bytes, cls: int = CONTEXT) -> bytes:
    return _identifier(cls, tag) + _length(len(content)) + content


def constructed(tag: int, *parts: bytes, cls: int = CONTEXT) -> bytes:
    content = b"".join(parts)
    return _identifier(cls | CONSTRUCTED, tag) + _length(len(content)) + content


def indefinite(tag: int, *parts: bytes, cls: int = CONTEXT) -> bytes:
    """As `constructed`, without saying how long it is: what is written before its end is known."""
    return b"".join((_identifier(cls | CONSTRUCTED, tag), INDEFINITE, *parts, END_OF_CONTENTS))


def sequence(*parts: bytes) -> bytes:
    """An item of a SEQUENCE OF."""
    return constructed(SEQUENCE, *parts, cls=UNIVERSAL)


def number(tag: int, value: int, cls: int = CONTEXT) -> bytes:
    """An INTEGER or ENUMERATED, in as few octets as hold it with its sign."""
    return primitive(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True), cls)


def text(tag: int, value: str, cls: int = CONTEXT) -> bytes:
    return primitive(tag, value.encode(), cls)


@cache
def _identifier(first: int, tag: int) -> bytes:
    if tag < HIGH:
        return bytes((first | tag,))
    groups = [tag & 0x7F]
    while tag := tag >> 7:
        groups.append(tag & 0x7F | 0x80)
    return bytes((first | HIGH, *reversed(groups)))


def _length(length: int) -> bytes:
    if length < 0x80:
        return bytes((length,))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets), *octets))
