"""BER as a network element writes it, for tests: what is given is written, right or wrong."""

from __future__ import annotations


def tag(number: int, tag_class: int = 0x80, *, constructed: bool = False) -> bytes:
    """The identifier octets of `[number]`, or of another class."""
    leading = tag_class | (0x20 if constructed else 0)
    if number < 31:
        return bytes((leading | number,))
    following = [number & 0x7F]
    while number := number >> 7:
        following.insert(0, number & 0x7F | 0x80)
    return bytes((leading | 0x1F, *following))


def length(size: int) -> bytes:
    if size < 0x80:
        return bytes((size,))
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets), *octets))


def primitive(number: int, content: bytes, tag_class: int = 0x80) -> bytes:
    return tag(number, tag_class) + length(len(content)) + content


def constructed(number: int, *inner: bytes, tag_class: int = 0x80, indefinite: bool = False) -> bytes:
    content = b"".join(inner)
    opening = tag(number, tag_class, constructed=True)
    return opening + b"\x80" + content + b"\0\0" if indefinite else opening + length(len(content)) + content


def sequence(*inner: bytes, indefinite: bool = False) -> bytes:
    return constructed(16, *inner, tag_class=0x00, indefinite=indefinite)


def whole(number: int) -> bytes:
    """The content of an INTEGER."""
    magnitude = number if number >= 0 else ~number
    return number.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True)
