"""What is published of the audit trail: a checkpoint, with the leaf hashes of the entries since the one before."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from trunkline.security.audit.checkpoint import Checkpoint, Refused, parse
from trunkline.security.audit.merkle import SIZE

MOST: Final = 65_536  # entries between two checkpoints
LARGEST: Final = 4 << 20  # bytes of one as JSON


class WitnessError(Exception):
    """A witness cannot keep or give what was published; the message says what to do."""


class Published(NamedTuple):
    """`note` is the signed checkpoint, `first` the number of the first entry since the one before, and `leaves` the
    leaf hashes from there to the checkpoint's size, one behind the other."""

    note: str
    first: int
    leaves: bytes

    @property
    def checkpoint(self) -> Checkpoint:
        """Whoever signed it."""
        return parse(self.note)

    def leaf_hashes(self) -> Sequence[bytes]:
        return [self.leaves[place : place + SIZE] for place in range(0, len(self.leaves), SIZE)]


class _Json(msgspec.Struct, forbid_unknown_fields=True):
    checkpoint: str
    first: int
    leaves: str


_decoder = msgspec.json.Decoder(_Json)


def encode(published: Published) -> bytes:
    """One line of JSON: `checkpoint`, `first`, and `leaves` in Base64."""
    leaves = base64.b64encode(published.leaves).decode()
    return msgspec.json.encode(_Json(published.note, published.first, leaves))


def decode(line: bytes) -> Published:
    """Raises `Refused` where it is not what `encode` makes, or as many leaves are not there as it must have."""
    if len(line) > LARGEST:
        raise Refused(f"it is larger than {LARGEST:,} bytes, which no checkpoint is")
    try:
        found = _decoder.decode(line)
        published = Published(found.checkpoint, found.first, base64.b64decode(found.leaves, validate=True))
    except (msgspec.DecodeError, binascii.Error, ValueError) as error:
        raise Refused(f"it is no published checkpoint: {error}") from None
    if published.first < 0 or len(published.leaves) != SIZE * (published.checkpoint.size - published.first):
        raise Refused("it has not the leaf hash of each entry since the checkpoint before")
    return published
