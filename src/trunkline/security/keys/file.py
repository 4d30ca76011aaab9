"""A key-encryption key in a file: for one machine, where no keeper of keys is at hand.

JSON: each version by its number, 32 bytes as base64. The file is its owner's alone (0600), is made at first use, and is
replaced as a whole. Keys are wrapped by AES key wrap (RFC 3394), behind the version's number in four bytes.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from trunkline.security.keys.port import KeysError

LARGEST = 64 << 10  # bytes of the file
HEAD = 4  # bytes of the version's number

Secret = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]


class FileKek:
    """See `port.Kek`. Processes that share the file see each other's rotations."""

    def __init__(self, path: Path) -> None:
        """Makes the file where there is none. Raises `KeysError` where it cannot be used."""
        self._path = path
        self._versions: dict[int, bytes] = {}
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._alone():
                if not path.exists():
                    self._write({1: secrets.token_bytes(32)})
        self._read()

    def wrap(self, key: bytes) -> bytes:
        self._read()
        newest = max(self._versions)
        return newest.to_bytes(HEAD, "big") + aes_key_wrap(self._versions[newest], key)

    def unwrap(self, wrapped: bytes) -> bytes:
        version = _version(wrapped)
        if version not in self._versions:
            self._read()  # another process has rotated
        if version not in self._versions:
            raise KeysError(
                f"the key file {self._path} has no version {version}: it is not the file with which this was wrapped, "
                "or that version was retired; put the right file back"
            )
        try:
            return aes_key_unwrap(self._versions[version], wrapped[HEAD:])
        except (InvalidUnwrap, ValueError):
            raise KeysError(
                f"version {version} of the key file {self._path} does not open what it should have wrapped: it is "
                "another file, or the table of keys was changed; put the right ones back"
            ) from None

    def rotate(self) -> None:
        with self._alone():
            self._read()
            self._write({**self._versions, max(self._versions) + 1: secrets.token_bytes(32)})
        self._read()

    def retire(self, needed: Collection[bytes]) -> None:
        with self._alone():
            self._read()
            kept = {_version(wrapped) for wrapped in needed} | {max(self._versions)}
            self._write({version: key for version, key in self._versions.items() if version in kept})
        self._read()

    def close(self) -> None:
        self._versions = {}

    def _read(self) -> None:
        try:
            with self._path.open("rb") as file:
                if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & (stat.S_IRWXO | stat.S_IRWXG):
                    raise KeysError(f"the key file {self._path} is open to others than its owner: chmod 600 it")
                text = file.read(LARGEST)
            versions = msgspec.json.decode(text, type=dict[int, Secret])
        except OSError as error:
            raise KeysError(f"the key file {self._path} cannot be read: {error.strerror}") from None
        except msgspec.DecodeError:
            raise KeysError(f"the key file {self._path} is none: put it back from where it is kept safe") from None
        if not versions:
            raise KeysError(f"the key file {self._path} has no version: put it back from where it is kept safe")
        self._versions = versions

    def _write(self, versions: dict[int, bytes]) -> None:
        """Durable when it returns: what is wrapped from now on can be unwrapped after a loss of power."""
        new = self._path.with_name(f"{self._path.name}.new")
        new.unlink(missing_ok=True)  # of one that died while it wrote
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.encode(versions))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Whoever else would write waits."""
        lock = os.open(f"{self._path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _version(wrapped: bytes) -> int:
    return int.from_bytes(wrapped[:HEAD], "big")
