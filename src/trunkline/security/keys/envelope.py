"""What is sealed, in bytes: a mark, the form, the number of the key, the nonce, and what AES-256-GCM made of it.

The mark is 0xC1, with which neither JSON nor MessagePack, neither Zstandard nor a schema registry's head begins: so
what was written in clear is told apart, and is read as it is. The form and the place where it lies are the associated
data: what is moved to another place cannot be opened there. Source: NIST SP 800-38D, with random nonces of 96 bits
(clause 8.2.2).
"""

from __future__ import annotations

import os
from enum import IntEnum
from typing import Final

from cryptography.exceptions import InvalidTag

from trunkline.security.keys.keyring import Key
from trunkline.security.keys.port import KeysError

MARK: Final = b"\xc1"
FORM: Final = slice(0, 2)
ID: Final = slice(2, 10)
NONCE: Final = slice(10, 22)
HEAD: Final = 22
NONCE_SIZE: Final = 12


class Form(IntEnum):
    """What was sealed."""

    VALUE = 1
    """A value, or a document."""
    BATCH = 2
    PERSONAL_BATCH = 4
    """A batch whose values are sealed themselves, as `boxes` says."""
    BOX = 5
    """A person's values of a batch, which has the nonce and the number of the key beside them."""
    TOGETHER = 6
    """All persons' values of a batch."""
    FILE = 7
    """The key of a file, at its head."""


_BEGIN: Final = {form: MARK + bytes([form]) for form in Form}


def seal(form: Form, key: Key, data: bytes, place: bytes) -> bytes:
    """`data` for whoever has the key, at this place."""
    begin, nonce = _BEGIN[form], os.urandom(NONCE_SIZE)
    return b"".join((begin, key.id.to_bytes(8, "big"), nonce, key.cipher.encrypt(nonce, data, begin + place)))


def key_of(sealed: bytes) -> int:
    """The number of the key."""
    return int.from_bytes(sealed[ID], "big")


def unseal(sealed: bytes, key: Key, place: bytes) -> bytes | None:
    """What was sealed; None where it was changed, or sealed for another place or with another key."""
    try:
        return key.cipher.decrypt(sealed[NONCE], memoryview(sealed)[HEAD:], sealed[FORM] + place)
    except (InvalidTag, ValueError):
        return None


def changed(number: int, where: str) -> KeysError:
    """That it is not what was sealed there, with the key of this number."""
    return KeysError(
        f"{where}: what lies there is not what was sealed for this place with the key {number}: it was changed "
        "or moved; restore it from a backup"
    )


def no_key(number: int, where: str) -> KeysError:
    """That the table does not know the key of this number."""
    return KeysError(
        f"{where}: the key {number} is not in the table of keys: it is another project's table, or an "
        "older copy; put the right one back"
    )
