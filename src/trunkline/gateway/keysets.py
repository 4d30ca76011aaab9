"""The keys of an issuer: a JSON Web Key Set (RFC 7517) of public keys, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import msgspec

LARGEST: Final = 1 << 20  # octets


class _Key(msgspec.Struct, frozen=True):
    """Of a key, what must be so: it is asymmetric. One that is a secret would let whoever has it sign, too."""

    kty: Literal["RSA", "EC", "OKP"]
    d: msgspec.UnsetType | str = msgspec.UNSET


class _KeySet(msgspec.Struct, frozen=True):
    keys: list[_Key]


def key_set(file: Path) -> str:
    """The text of a key set. Raises `ValueError` where it is not there, is none, or has keys that are secret."""
    try:
        with file.open("rb") as opened:
            text = opened.read(LARGEST + 1)
        found = msgspec.json.decode(text, type=_KeySet)
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise ValueError(f"{file} is no set of public keys: {error}") from None
    if len(text) > LARGEST:
        raise ValueError(f"{file} is larger than {LARGEST} octets")
    if any(key.d is not msgspec.UNSET for key in found.keys):
        raise ValueError(f"{file} has private keys: give the public ones alone")
    return text.decode()
