"""Proofs: of an entry in the trail, and of a trail that goes on from an older one; verified without the trail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.security.audit.trail import Trail, entry, trail
from trunkline.security.audit.checkpoint import PublicKey, Refused
from trunkline.security.audit.keys import SigningKeys
from trunkline.security.audit.ledger import LedgerError
from trunkline.security.audit.proof import check, decode, encode, prove, prove_consistent

SIZES = [700, 1_000, 1_001, 1_900]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trail]:
    with trail(tmp_path_factory.mktemp("trail")) as made:
        for first, last in zip([0, *SIZES], SIZES, strict=False):
            made.record([entry(number) for number in range(first, last)])
            if last == 1_001:
                made.keys.rotate()
            made.keep()
        made.record([entry(1_900)])
        while not made.keeper.run_once():
            pass
        yield made


@given(number=st.integers(0, SIZES[-1] - 1))
@settings(max_examples=25, deadline=None)
def test_an_entry_is_proven_with_the_first_key_alone(made: Trail, number: int) -> None:
    proof = decode(encode(prove(made.ledger, number)))
    assert check(proof, [made.key]).startswith(f"the entry is number {number} of the ")


def test_a_trail_is_proven_to_go_on_from_each_older_one(made: Trail) -> None:
    for old in SIZES:
        for new in SIZES:
            if old <= new:
                proof = decode(encode(prove_consistent(made.ledger, old, new)))
                assert f"begin with the {old} signed" in check(proof, [made.key])


@given(number=st.integers(0, SIZES[-1] - 1), data=st.data())
@settings(max_examples=60, deadline=None)
def test_no_part_of_a_proof_can_be_another(made: Trail, number: int, data: st.DataObject) -> None:
    proof = prove(made.ledger, number)
    text = encode(proof)
    place = data.draw(st.integers(0, len(text) - 1))
    changed = text[:place] + bytes([data.draw(st.integers(32, 126))]) + text[place + 1 :]
    try:
        found = decode(changed)
        check(found, [made.key])
    except Refused:
        return
    # What is still proven says the same: a space between the lines, or the name beside a signature, is no part of it.
    assert (found.number, found.entry, found.path) == (proof.number, proof.entry, proof.path)  # type: ignore[union-attr]


def test_a_changed_entry_or_another_number_is_not_proven(made: Trail) -> None:
    proof = prove(made.ledger, 5)
    for changed in (
        msgspec.structs.replace(proof, entry=proof.entry.replace("agent-5", "agent-6")),
        msgspec.structs.replace(proof, number=6),
        msgspec.structs.replace(proof, path=proof.path[:-1]),
        msgspec.structs.replace(proof, path=()),
    ):
        with pytest.raises(Refused, match="not the one numbered"):
            check(changed, [made.key])


def test_a_trail_that_was_changed_between_is_not_proven(made: Trail) -> None:
    proof = prove_consistent(made.ledger, 700, 1_900)
    other = prove_consistent(made.ledger, 1_000, 1_900)
    with pytest.raises(Refused, match="does not begin"):
        check(msgspec.structs.replace(proof, path=other.path), [made.key])


def test_a_proof_by_a_wrong_key_is_refused(made: Trail, tmp_path: Path) -> None:
    other: PublicKey = SigningKeys(tmp_path, "BelgiCom").public()[0]
    for proof in (prove(made.ledger, 5), prove_consistent(made.ledger, 700, 1_000)):
        with pytest.raises(Refused, match="none of the given keys"):
            check(proof, [other])


def test_what_is_not_signed_yet_or_not_there_cannot_be_proven(made: Trail) -> None:
    with pytest.raises(LedgerError, match="no checkpoint yet"):
        prove(made.ledger, 1_900)
    with pytest.raises(LedgerError, match="no entry 5000"):
        prove(made.ledger, 5_000)
    with pytest.raises(LedgerError, match="no checkpoint of 701"):
        prove_consistent(made.ledger, 701, 1_000)
    with pytest.raises(LedgerError, match="no entry 'x'"):
        made.ledger.number("x")


@given(text=st.binary(max_size=300))
def test_what_is_no_proof_is_refused(text: bytes) -> None:
    with pytest.raises(Refused):
        decode(text)
