"""The keys that sign checkpoints: one at a time, and who verified with the ones before it goes on with the next.

In the trail's folder lie `signing.pem`, which only its owner reads, and `audit.pub`, the verifier keys, the oldest
first: its first line is what an auditor keeps elsewhere. A new key comes in by a checkpoint that the one before has
signed too, and which names it (`next-key`); after that the old one signs nothing any more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from trunkline.security.audit.checkpoint import Checkpoint, PublicKey, Refused, Signer, opened
from trunkline.security.audit.files import read_private, sync_folder, write_once

CURRENT, NEXT, PUBLIC = "signing.pem", "next.pem", "audit.pub"


class SigningKeys:
    """The keys in `folder`, under the name of the trail; the first is made where there is none."""

    def __init__(self, folder: Path, operator: str) -> None:
        self._folder = folder
        self.name = f"{re.sub(r'[^A-Za-z0-9._-]+', '-', operator) or 'operator'}/audit"
        if not (folder / CURRENT).exists():
            self._make(CURRENT)
        self._publish(self.current())

    def current(self) -> Signer:
        """Who signs. Raises `ValueError` where the file is open to others, or no key."""
        return self._read(CURRENT)

    def next(self) -> Signer | None:
        """Who shall sign, once the one that does has said so."""
        return self._read(NEXT) if (self._folder / NEXT).exists() else None

    def rotate(self) -> PublicKey:
        """Make the next key; it signs from the next checkpoint on. One that waits already is kept."""
        self._make(NEXT)
        return self._read(NEXT).public

    def replace(self) -> None:
        """The next key is the current one from now on."""
        following = self._read(NEXT)
        self._publish(following)
        (self._folder / NEXT).replace(self._folder / CURRENT)
        sync_folder(self._folder)

    def public(self) -> list[PublicKey]:
        """The verifier keys, the oldest first."""
        return read_public(self._folder / PUBLIC)

    def _make(self, name: str) -> None:
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_once(self._folder / name, pem)

    def _read(self, name: str) -> Signer:
        key = serialization.load_pem_private_key(read_private(self._folder / name), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError(f"{self._folder / name} is no Ed25519 key")
        return Signer(self.name, key)

    def _publish(self, signer: Signer) -> None:
        file = self._folder / PUBLIC
        if not file.exists() or signer.public not in read_public(file):
            with file.open("a") as lines:
                lines.write(f"{signer.public}\n")


def read_public(file: Path) -> list[PublicKey]:
    """The verifier keys of a file, one a line. Raises `Refused`, or `OSError` where it cannot be read."""
    with file.open() as lines:
        keys = [PublicKey.parse(line) for line in lines.read(1 << 20).splitlines() if line.strip()]
    if not keys:
        raise Refused(f"{file} holds no verifier key")
    return keys


class Trust:
    """Which key must have signed the next checkpoint, beginning with those that are known to be the trail's.

    Once a key has named its successor, it is not taken for what comes after.
    """

    def __init__(self, keys: Sequence[PublicKey]) -> None:
        self._keys = list(keys)

    def opened(self, note: str) -> Checkpoint:
        """The next checkpoint, from smaller to larger. Raises `Refused`."""
        checkpoint = opened(note, self._keys)
        if checkpoint.next_key is not None:
            opened(note, [checkpoint.next_key])  # who comes next has the key that it says
            self._keys = [checkpoint.next_key]
        return checkpoint
