"""How the key of an authority lies in its file: sealed by the project's keys, or in clear where it has none.

The key that seals is one of the project's table (`security/keys`), so it is wrapped anew with all others when those are
rotated.
"""

from __future__ import annotations

from typing import Final, Protocol

from trunkline.security.keys import envelope
from trunkline.security.keys.envelope import Form
from trunkline.security.keys.keyring import Keyring

NAME: Final = "certificates"
"""What the key is called in `trunkline keys list`."""


class Seal(Protocol):
    """Seals bytes for a place."""

    def seal(self, plain: bytes, place: str) -> bytes: ...

    def open(self, sealed: bytes, place: str) -> bytes: ...


class Clear:
    """Without `[keys]`: the file, which its owner alone reads, has the key as it is."""

    def seal(self, plain: bytes, place: str) -> bytes:
        return plain

    def open(self, sealed: bytes, place: str) -> bytes:
        """Raises `OSError` where it was sealed."""
        if sealed[:1] == envelope.MARK:
            raise OSError(f"{place} was sealed by the project's keys, and the settings name none: put [keys] back")
        return sealed


class Sealed:
    """With `[keys]`. What was written before the project had them is read as it is."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def seal(self, plain: bytes, place: str) -> bytes:
        """Raises `KeysError` where the keys cannot be had."""
        return envelope.seal(Form.VALUE, self._keyring.topic(NAME), plain, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Raises `KeysError` where the keys cannot be had, or are not those that it was sealed by."""
        if sealed[:1] != envelope.MARK:
            return sealed
        key = self._keyring.find([envelope.key_of(sealed)]).get(envelope.key_of(sealed))
        if key is None:
            raise envelope.no_key(envelope.key_of(sealed), place)
        plain = envelope.unseal(sealed, key, place.encode())
        if plain is None:
            raise envelope.changed(envelope.key_of(sealed), place)
        return plain
