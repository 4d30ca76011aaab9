"""Proofs that stand alone: with a verifier key that came by another way, a file of some lines is enough.

Of inclusion: this entry is the one numbered so in the trail that a checkpoint was signed over. Of consistency: the
trail of a larger checkpoint begins with that of a smaller one, entry by entry.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Final

import msgspec

from trunkline.security.audit.checkpoint import PublicKey, Refused, parse
from trunkline.security.audit.keys import Trust
from trunkline.security.audit.ledger import Ledger, LedgerError
from trunkline.security.audit.merkle import consistency, inclusion, is_consistent, is_included, leaf_hash

LARGEST: Final = 1 << 20  # bytes of a proof


class Inclusion(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="inclusion", tag_field="proof"
):
    """`entry` is the text that was recorded, byte by byte; `path` the hashes of RFC 6962, 2.1.1, in Base64.

    `keys` are the checkpoints in which the trail's key has changed before: who has the first key follows them.
    """

    number: int
    entry: str
    path: tuple[str, ...]
    checkpoint: str
    keys: tuple[str, ...] = ()


class Consistency(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="consistency", tag_field="proof"
):
    """`path` are the hashes of RFC 6962, 2.1.2, in Base64."""

    old: str
    new: str
    path: tuple[str, ...]
    keys: tuple[str, ...] = ()


Proof = Inclusion | Consistency
_decoder: Final = msgspec.json.Decoder(Proof)


def encode(proof: Proof) -> bytes:
    return msgspec.json.format(msgspec.json.encode(proof))


def decode(text: bytes) -> Proof:
    """Raises `Refused` where it is no proof."""
    if len(text) > LARGEST:
        raise Refused(f"a proof has {LARGEST:,} bytes at most, and this {len(text):,}")
    try:
        proof: Proof = _decoder.decode(text)
        return proof
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(f"this is no proof, as `trunkline audit prove` prints it: {error}") from None


def prove(ledger: Ledger, number: int) -> Inclusion:
    """That the entry is in the trail. Raises `LedgerError` where there is none, or no checkpoint over it yet."""
    row = ledger.row(number)
    over = ledger.checkpoint_over(number)
    if over is None:
        raise LedgerError(f"the entry {number} is under no checkpoint yet: the worker signs one within seconds")
    size, note = over
    path = inclusion(number, size, ledger.subtree)
    return Inclusion(
        number=number, entry=row.body.decode(), path=_texts(path), checkpoint=note, keys=_changes(ledger, size)
    )


def prove_consistent(ledger: Ledger, old: int, new: int) -> Consistency:
    """That the checkpoint of `new` entries goes on from that of `old`. Raises `LedgerError` where one is not there."""
    notes = {size: note for size, note in ledger.checkpoints() if size in (old, new)}
    for size in (old, new):
        if size not in notes:
            raise LedgerError(f"there is no checkpoint of {size} entries: `trunkline audit export` shows them")
    path = consistency(old, new, ledger.subtree)
    return Consistency(old=notes[old], new=notes[new], path=_texts(path), keys=_changes(ledger, new))


def check(proof: Proof, keys: Sequence[PublicKey]) -> str:
    """What the proof proves, in a sentence. Raises `Refused` where it proves nothing: a signature of none of the keys,
    or hashes that do not lead to what was signed."""
    trust = Trust(keys)
    if isinstance(proof, Inclusion):
        checkpoint = {note: trust.opened(note) for note in _in_order((*proof.keys, proof.checkpoint))}[proof.checkpoint]
        leaf = leaf_hash(proof.entry.encode())
        if not is_included(leaf, proof.number, checkpoint.size, _hashes(proof.path), checkpoint.root):
            raise Refused(f"the entry is not the one numbered {proof.number} that the checkpoint was signed over")
        return (
            f"the entry is number {proof.number} of the {checkpoint.size} of {checkpoint.origin}, as signed at "
            f"{checkpoint.time:%Y-%m-%d %H:%M:%SZ}"
        )
    signed = {note: trust.opened(note) for note in _in_order((*proof.keys, proof.old, proof.new))}
    old, new = signed[proof.old], signed[proof.new]
    if not is_consistent(old.size, new.size, old.root, new.root, _hashes(proof.path)):
        raise Refused(f"the trail of {new.size} entries does not begin with that of {old.size}: it was changed between")
    return f"the {new.size} entries of {new.origin} begin with the {old.size} signed at {old.time:%Y-%m-%d %H:%M:%SZ}"


def _changes(ledger: Ledger, size: int) -> tuple[str, ...]:
    """The checkpoints below a size in which the key has changed."""
    return tuple(note for below, note in ledger.checkpoints() if below < size and parse(note).next_key is not None)


def _in_order(notes: Sequence[str]) -> list[str]:
    """Each once, the smallest first, as keys follow each other."""
    return sorted(dict.fromkeys(notes), key=lambda note: parse(note).size)


def _texts(hashes: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(base64.b64encode(hash).decode() for hash in hashes)


def _hashes(texts: Sequence[str]) -> list[bytes]:
    try:
        return [base64.b64decode(text, validate=True) for text in texts]
    except (binascii.Error, ValueError):
        raise Refused("a hash of the proof is not Base64") from None
