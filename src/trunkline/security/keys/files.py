"""Files that hold what many persons did, sealed as they are written: each under a key of its own, which lies at its
head, sealed under the key of the day. When the last file of a day is past its time, the day's key is deleted, and with
it every copy of those files.

A file is the head, then pieces of 64 KiB, each sealed with its number and whether it is the last one as its nonce: so
none can be left out, changed, or moved. Source: the construction STREAM (Hoang, Reyhanitabar, Rogaway, Vizár: Online
Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, 2015).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from io import BufferedReader, BufferedWriter, RawIOBase
from typing import BinaryIO, Final, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from trunkline.security.keys.envelope import HEAD, MARK, Form, changed, key_of, no_key, seal, unseal
from trunkline.security.keys.keyring import Keyring
from trunkline.security.keys.port import KeysError

PIECE: Final = 64 << 10
TAG: Final = 16  # bytes of a piece's tag
SIZE: Final = HEAD + 32 + TAG  # of the head: a sealed key of 32 bytes
OLD: Final = 2 * 86_400.0  # seconds after which no file is begun with a day's key any more


class FileSealer:
    """Seals and opens files of one `kind`; days are those of UTC."""

    def __init__(self, keyring: Keyring, kind: str) -> None:
        self._keyring, self._place = keyring, kind.encode()

    def writing(self, file: BinaryIO) -> BinaryIO:
        """What is written to it goes sealed to `file`, which stays open; whole once it is closed."""
        day = self._keyring.day(f"{datetime.now(UTC):%Y-%m-%d}")
        key = AESGCM.generate_key(256)
        file.write(seal(Form.FILE, day, key, self._place))
        return cast(BinaryIO, BufferedWriter(_Pieces(file, AESGCM(key)), PIECE))

    def reading(self, file: BinaryIO, where: str) -> BinaryIO:
        """What was written. A file that was kept in clear is read as it is. Raises `KeysError`, also while it is read,
        naming it as `where`."""
        head = file.read(SIZE)
        if head[:1] != MARK:
            file.seek(0)
            return file
        number = key_of(head)
        known = self._keyring.find([number])
        if number not in known:
            raise no_key(number, where)
        day = known[number]
        if day is None:
            raise KeysError(
                f"{where}: its time is over, and the key of its day is deleted: nobody can read it any more"
            )
        key = unseal(head, day, self._place)
        if key is None:
            raise changed(number, where)
        return cast(BinaryIO, BufferedReader(_Opened(file, AESGCM(key), number, where), PIECE))

    def forget(self, heads: Collection[bytes]) -> int:
        """Delete the keys of days of which there is no file any more; `heads` are the beginnings of all that are there.
        How many there were."""
        needed = {key_of(head) for head in heads if head[:1] == MARK}
        return self._keyring.forget_days(needed, OLD)


class _Pieces(RawIOBase):
    """Seals what is written, a piece at a time."""

    def __init__(self, file: BinaryIO, cipher: AESGCM) -> None:
        self._file, self._cipher, self._number, self._waiting = file, cipher, 0, b""

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        text = self._waiting + bytes(data)
        first = 0
        while len(text) - first > PIECE:  # the last piece is known when the file is closed
            self._seal(text[first : first + PIECE], last=False)
            first += PIECE
        self._waiting = text[first:]
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._seal(self._waiting, last=True)
        super().close()

    def _seal(self, piece: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last), piece, None))
        self._number += 1


class _Opened(RawIOBase):
    """Opens what is read, a piece at a time."""

    def __init__(self, file: BinaryIO, cipher: AESGCM, key: int, where: str) -> None:
        self._file, self._cipher, self._key, self._where = file, cipher, key, where
        self._number, self._next = 0, file.read(PIECE + TAG)
        self._text = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        if not self._text and not self._ended:
            sealed, self._next = self._next, self._file.read(PIECE + TAG)
            self._ended = not self._next
            try:
                self._text = self._cipher.decrypt(_nonce(self._number, self._ended), sealed, None)
            except InvalidTag:
                raise changed(self._key, self._where) from None
            self._number += 1
        taken = self._text[: len(buffer)]
        buffer[: len(taken)] = taken
        self._text = self._text[len(taken) :]
        return len(taken)

    def close(self) -> None:
        self._file.close()
        super().close()


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
