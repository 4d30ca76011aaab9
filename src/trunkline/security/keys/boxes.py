"""A column of values that are persons', twice: for good, all of a person's in one box under that person's key; and for
as long as nobody is erased, all of them together under one key of the topic.

Who reads a batch opens it by the one key. That key is deleted with any person's, and then a batch is opened box by box:
what was an erased person's stays shut, and what is others' costs a microsecond or two a box.

The boxes of a batch share a random nonce, with which each person's key seals one of them: no key meets a nonce twice.
They stand in the order in which the batch first has something of each person, and a box is bound to the key of that
event. What is nobody's lies in clear in the box of the key number 0: the batch around it is sealed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
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
from trunkline.security.keys.whose import Keys, Values

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
    events: list[tuple[int, int]] | None
    """Of each event the place of its box, and the length of its value there. None where each event is another person's:
    then its box is its value."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Boxes).decode
_decode_values = msgspec.msgpack.Decoder(list[bytes | None]).decode


def seal(keyring: Keyring, topic: str, keys: Keys, values: Values, whose: Keys) -> bytes:
    """The values, of which `whose` names the persons."""
    alone = len(set(whose)) == len(whose) and None not in whose and None not in values
    texts, events = (values, None) if alone else _joined(values, whose)
    persons = keyring.persons([person for person in whose if person is not None])
    nonce, begin = os.urandom(NONCE_SIZE), _place(topic)
    numbers, boxes = [], []
    for (person, key), text in zip(_firsts(keys, whose), texts, strict=True):
        if person is None:
            numbers.append(NOBODY)
            boxes.append(text or b"")
        else:
            its = persons[person]
            numbers.append(its.id)
            boxes.append(its.cipher.encrypt(nonce, text or b"", begin + (key or b"")))
    together = _together(keyring, topic, values) if len(boxes) > FEW else b""  # a few are opened as quickly
    its_own = _encode(Boxes(nonce, pack(f">{len(numbers)}Q", *numbers), boxes, events))
    return b"".join((len(together).to_bytes(LENGTH, "big"), together, its_own))


def unseal(keyring: Keyring, topic: str, keys: Keys, sealed: bytes | memoryview) -> list[bytes | None]:
    """The values, None of who was erased. Raises `KeysError` naming one that was changed, or whose key is unknown."""
    end = LENGTH + int.from_bytes(sealed[:LENGTH], "big")
    if end > LENGTH and (values := _opened_together(keyring, topic, bytes(sealed[LENGTH:end]))) is not None:
        return values
    nonce, packed, boxes, events = _decode(memoryview(sealed)[end:])
    numbers = unpack(f">{len(packed) // 8}Q", packed)
    firsts = keys if events is None else _first_keys(keys, events)
    found, begin = keyring.find_all(numbers), _place(topic)
    try:  # without a step of Python for each: it costs as much as the cipher does
        ciphers = [key.cipher for key in found]  # type: ignore[union-attr]
        places = [begin + (key or b"") for key in firsts]
        texts: list[bytes | None] = list(map(AESGCM.decrypt, ciphers, repeat(nonce), boxes, places))
    except (AttributeError, InvalidTag):  # somebody was erased, or is nobody, or something was changed
        known = keyring.find(number for number in numbers if number != NOBODY)
        texts = [_opened(topic, *its, nonce, known) for its in zip(firsts, numbers, boxes, strict=True)]
    return texts if events is None else _split(events, texts)


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
    topic: str, event: bytes | None, number: int, box: bytes, nonce: bytes, known: dict[int, Key | None]
) -> bytes | None:
    if number == NOBODY:
        return box
    where = f"{topic}, the event with the key {event!r}"
    if number not in known:
        raise no_key(number, where)
    key = known[number]
    if key is None:
        return None
    try:
        return key.cipher.decrypt(nonce, box, _place(topic) + (event or b""))
    except InvalidTag:
        raise changed(number, where) from None


def _joined(values: Values, whose: Keys) -> tuple[list[bytes], list[tuple[int, int]]]:
    """All of each person's values, one behind the other, and where each event's is."""
    parts: dict[bytes | None, list[bytes]] = {}
    places: dict[bytes | None, int] = {}
    events = []
    for person, value in zip(whose, values, strict=True):
        parts.setdefault(person, []).append(value or b"")
        events.append((places.setdefault(person, len(places)), NONE if value is None else len(value)))
    return [its[0] if len(its) == 1 else b"".join(its) for its in parts.values()], events


def _firsts(keys: Keys, whose: Keys) -> Iterable[tuple[bytes | None, bytes | None]]:
    """Each person, and the key of the first event that is theirs."""
    firsts: dict[bytes | None, bytes | None] = {}
    for person, key in zip(whose, keys, strict=True):
        firsts.setdefault(person, key)
    return firsts.items()


def _first_keys(keys: Keys, events: Sequence[tuple[int, int]]) -> list[bytes | None]:
    """The key of the first event of each box."""
    firsts: dict[int, bytes | None] = {}
    for key, (box, _) in zip(keys, events, strict=True):
        firsts.setdefault(box, key)
    return list(firsts.values())


def _split(events: Sequence[tuple[int, int]], texts: Sequence[bytes | None]) -> list[bytes | None]:
    """Each event's value, cut from what is its person's."""
    values: list[bytes | None] = []
    taken = [0] * len(texts)
    for box, length in events:
        text = texts[box]
        if text is None or length == NONE:
            values.append(None)
        elif length == len(text):
            values.append(text)
        else:
            first = taken[box]
            taken[box] = last = first + length
            values.append(text[first:last])
    return values


def _place(topic: str) -> bytes:
    return _BEGIN + topic.encode() + b"\0"
