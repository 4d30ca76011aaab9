"""A checkpoint: what the whole audit trail was at a moment, in a few signed lines that may lie anywhere.

    belgicom/audit                                 whose trail
    10000                                          how many entries
    3Fh1…=                                         the root of the Merkle tree over them
    time 2026-03-09T12:00:04Z
    chain Qx9…=                                    the head of the hash chain behind the last of them
    next-key belgicom/audit+1f2e3d4c+AV…=          only where the signing key changes: who signs from now on

    — belgicom/audit qrvM3f…=

Sources: C2SP tlog-checkpoint and signed-note v1.0 (Ed25519, RFC 8032), which other tools for transparency logs verify.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from trunkline.security.audit.merkle import SIZE

ED25519 = b"\x01"  # the kind of the key, of signed-note
LONGEST = 8_192  # characters of a note


class Refused(ValueError):
    """A checkpoint, key or proof that is not what it says; the message says why."""


class PublicKey(NamedTuple):
    """Who verifies: a name, and an Ed25519 public key of 32 bytes."""

    name: str
    raw: bytes

    @property
    def id(self) -> bytes:
        """The first 4 bytes of a hash over name and key, by which a signature says whose it is."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.raw).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_text(ED25519 + self.raw)}"

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """A verifier key as it is printed: `name+id+key`. Raises `Refused`."""
        name, _, rest = text.strip().partition("+")
        id, _, encoded = rest.partition("+")
        raw = _bytes(encoded, "the key")
        if not name or len(raw) != 1 + SIZE or raw[:1] != ED25519:
            raise Refused(f"{text[:60]!r} is no verifier key: it is `name+id+key`, as the file audit.pub has it")
        key = cls(name, raw[1:])
        if key.id.hex() != id:
            raise Refused(f"the verifier key {text[:60]!r} is damaged: its id is {key.id.hex()}, and it says {id}")
        return key

    def verifies(self, signature: bytes, text: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, text)
        except InvalidSignature:
            return False
        return True


class Signer(NamedTuple):
    """Who signs: a name, and its private key."""

    name: str
    private: Ed25519PrivateKey

    @property
    def public(self) -> PublicKey:
        return PublicKey(self.name, self.private.public_key().public_bytes_raw())


class Checkpoint(NamedTuple):
    """The state of a trail of `size` entries: see above. `next_key` is who signs what comes after."""

    origin: str
    size: int
    root: bytes
    time: datetime
    chain: bytes
    next_key: PublicKey | None = None

    def text(self) -> str:
        lines = [
            self.origin,
            str(self.size),
            _text(self.root),
            f"time {self.time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            f"chain {_text(self.chain)}",
        ]
        if self.next_key is not None:
            lines.append(f"next-key {self.next_key}")
        return "".join(f"{line}\n" for line in lines)

    def signed(self, signers: Sequence[Signer]) -> str:
        """The note: the text, and a signature of each."""
        text = self.text()
        lines = [
            f"— {signer.name} {_text(signer.public.id + signer.private.sign(text.encode()))}\n" for signer in signers
        ]
        return f"{text}\n{''.join(lines)}"


def parse(note: str) -> Checkpoint:
    """The checkpoint that a note holds, whoever signed it. Raises `Refused`."""
    text, _ = _parts(note)
    origin, size, root, *more = text.removesuffix("\n").split("\n")
    said = dict(line.partition(" ")[::2] for line in more)
    try:
        time = datetime.strptime(said["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        chain = said["chain"]
    except (KeyError, ValueError) as error:
        raise Refused(f"the checkpoint has no time, or no head of the chain ({error})") from None
    if not size.isascii() or not size.isdecimal() or len(size) > 18:
        raise Refused(f"the checkpoint's size is {size[:30]!r}, which is no number")
    next_key = PublicKey.parse(said["next-key"]) if "next-key" in said else None
    found = Checkpoint(origin, int(size), _hash(root, "root"), time, _hash(chain, "chain"), next_key)
    if found.text() != text:
        raise Refused("the checkpoint is not written as checkpoints are: something in it was changed")
    return found


def opened(note: str, keys: Iterable[PublicKey]) -> Checkpoint:
    """The checkpoint that a note holds, where one of the keys has signed it. Raises `Refused`."""
    text, signatures = _parts(note)
    by_id: dict[bytes, list[bytes]] = {}
    for line in signatures:
        found = _bytes(line.rpartition(" ")[2], "a signature")
        by_id.setdefault(found[:4], []).append(found[4:])
    for key in keys:
        if any(key.verifies(signature, text.encode()) for signature in by_id.get(key.id, ())):
            return parse(note)
    raise Refused("none of the given keys has signed the checkpoint, or it was changed since")


def _parts(note: str) -> tuple[str, list[str]]:
    """The text, and the lines of the signatures."""
    text, blank, signatures = note.partition("\n\n")
    lines = signatures.removesuffix("\n").split("\n")
    if len(note) > LONGEST or not blank or text.count("\n") < 2 or not all(line.startswith("— ") for line in lines):
        raise Refused("this is no signed checkpoint: it is some lines, an empty one, and lines that begin with —")
    return f"{text}\n", lines


def _hash(text: str, what: str) -> bytes:
    found = _bytes(text, f"the checkpoint's {what}")
    if len(found) != SIZE:
        raise Refused(f"the checkpoint's {what} has {len(found)} bytes, where a hash has {SIZE}")
    return found


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(f"{what} is not Base64") from None
