"""A column of values that are persons', twice: for good, all of a person's in one box under that person's key; and for
as long as nobody is erased, all of them together under one key of the topic.

Who reads a batch opens it by the one key. That key is deleted with any person's, and then a batch is opened box by box:
what was an erased person's stays shut, and what is others' costs a microsecond or two a box.

The boxes of a batch share a random nonce, with which each person's key seals one of them: no key meets a nonce twice.
Persons stand in the order in which the column of keys first names them. What is nobody's, since its event has no key,
lies in clear in the box of the key number 0: the batch around it is sealed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import repeat
from struct import pack, unpack
from typing import Final, NamedTuple

import msgspec
import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from trunkline.security.keys import envelope
from trunkline.security.keys.envelope import MARK, NONCE_SIZE, Form, changed, no_key
from trunkline.security.keys.keyring import Key, Keyring

Keys = Sequence[bytes | None]
Values = Sequence[bytes | None]

NOBODY: Final = 0
NONE: Final = -1  # the length of a value that is none
FEW: Final = 8  # boxes
LENGTH: Final = 4  # bytes that say how long what is sealed together is
_BEGIN: Final = MARK + bytes([Form.BOX])


class Boxes(NamedTuple):
    """As MessagePack, what lies in the batch behind what is sealed together."""

    nonce: bytes
    numbers: bytes
    """Of each person's key, in 8 bytes."""
    boxes: list[bytes]
    """A person's values, one behind the other, sealed."""
    lengths: list[int] | None
    """Of each event's value. None where each event is another person's: then its box is its value."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Boxes).decode
_decode_values = msgspec.msgpack.Decoder(list[bytes | None]).decode


def seal(keyring: Keyring, topic: str, keys: Keys, values: Values) -> bytes:
    """The values, which are the persons' whom `keys` name."""
    alone = len(set(keys)) == len(keys) and None not in keys and None not in values
    texts: dict[bytes | None, bytes] = dict(zip(keys, values, strict=True)) if alone else _joined(keys, values)  # type: ignore[arg-type]
    persons = keyring.persons([key for key in texts if key is not None])
    nonce, begin = os.urandom(NONCE_SIZE), _place(topic)
    numbers, boxes = [], []
    for key, text in texts.items():
        if key is None:
            numbers.append(NOBODY)
            boxes.append(text)
        else:
            its = persons[key]
            numbers.append(its.id)
            boxes.append(its.cipher.encrypt(nonce, text, begin + key))
    lengths = None if alone else [NONE if value is None else len(value) for value in values]
    together = _together(keyring, topic, values) if len(boxes) > FEW else b""  # a few are opened as quickly
    its_own = _encode(Boxes(nonce, pack(f">{len(numbers)}Q", *numbers), boxes, lengths))
    return b"".join((len(together).to_bytes(LENGTH, "big"), together, its_own))


def unseal(keyring: Keyring, topic: str, keys: Keys, sealed: bytes) -> list[bytes | None]:
    """The values, None of who was erased. Raises `KeysError` naming one that was changed, or whose key is unknown."""
    end = LENGTH + int.from_bytes(sealed[:LENGTH], "big")
    if end > LENGTH and (values := _opened_together(keyring, topic, sealed[LENGTH:end])) is not None:
        return values
    nonce, packed, boxes, lengths = _decode(memoryview(sealed)[end:])
    numbers = unpack(f">{len(packed) // 8}Q", packed)
    subjects = keys if lengths is None else list(dict.fromkeys(keys))
    found, begin = keyring.find_all(numbers), _place(topic)
    try:  # without a step of Python for each: it costs as much as the cipher does
        ciphers = [key.cipher for key in found]  # type: ignore[union-attr]
        places = [begin + key for key in subjects]  # type: ignore[operator]
        texts: list[bytes | None] = list(map(AESGCM.decrypt, ciphers, repeat(nonce), boxes, places))
    except (AttributeError, TypeError, InvalidTag):  # somebody was erased, or is nobody, or something was changed
        known = keyring.find(number for number in numbers if number != NOBODY)
        texts = [_opened(topic, *its, nonce, known) for its in zip(subjects, numbers, boxes, strict=True)]
    return texts if lengths is None else _split(keys, lengths, dict(zip(subjects, texts, strict=True)))


def _together(keyring: Keyring, topic: str, values: Values) -> bytes:
    text = zstandard.ZstdCompressor(level=1).compress(_encode(values))
    return envelope.seal(Form.TOGETHER, keyring.together(topic), text, topic.encode())


def _opened_together(keyring: Keyring, topic: str, sealed: bytes) -> list[bytes | None] | None:
    """None where the key is gone, since somebody was erased."""
    number, where = envelope.key_of(sealed), f"{topic}, the values of a batch"
    found = keyring.find([number])
    if number not in found:
        raise no_key(number, where)
    key = found[number]
    if key is None:
        return None
    text = envelope.unseal(sealed, key, topic.encode())
    if text is None:
        raise changed(number, where)
    return _decode_values(zstandard.ZstdDecompressor().decompress(text))


def _opened(
    topic: str, subject: bytes | None, number: int, box: bytes, nonce: bytes, known: dict[int, Key | None]
) -> bytes | None:
    if number == NOBODY:
        return box
    where = f"{topic}, the events with the key {subject!r}"
    if number not in known:
        raise no_key(number, where)
    key = known[number]
    if key is None:
        return None
    try:
        return key.cipher.decrypt(nonce, box, _place(topic) + (subject or b""))
    except InvalidTag:
        raise changed(number, where) from None


def _joined(keys: Keys, values: Values) -> dict[bytes | None, bytes]:
    """All of each person's values, one behind the other."""
    parts: dict[bytes | None, list[bytes]] = {}
    for key, value in zip(keys, values, strict=True):
        parts.setdefault(key, []).append(value or b"")
    return {key: its[0] if len(its) == 1 else b"".join(its) for key, its in parts.items()}


def _split(keys: Keys, lengths: Sequence[int], texts: dict[bytes | None, bytes | None]) -> list[bytes | None]:
    """Each event's value, cut from what is its person's."""
    values: list[bytes | None] = []
    taken = dict.fromkeys(texts, 0)
    for key, length in zip(keys, lengths, strict=True):
        text = texts[key]
        if text is None or length == NONE:
            values.append(None)
        elif length == len(text):
            values.append(text)
        else:
            first = taken[key]
            taken[key] = last = first + length
            values.append(text[first:last])
    return values


def _place(topic: str) -> bytes:
    return _BEGIN + topic.encode() + b"\0"
