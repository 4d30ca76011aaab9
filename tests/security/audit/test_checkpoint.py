"""Checkpoints: who has signed them, and how one key follows another."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.security.audit.trail import entry, folder_witness, trail
from trunkline.security.audit.checkpoint import Checkpoint, PublicKey, Refused, Signer, opened, parse
from trunkline.security.audit.keys import SigningKeys, Trust

ANNA, BERT = (Signer(name, Ed25519PrivateKey.generate()) for name in ("belgicom/audit", "belgicom/audit"))
CHECKPOINT = Checkpoint("belgicom/audit", 10_000, bytes(32), datetime(2026, 3, 9, 12, tzinfo=UTC), bytes(range(32)))
NOTE = CHECKPOINT.signed([ANNA])


def test_a_key_and_a_signature_of_the_go_projects_own_tests_are_understood() -> None:
    key = PublicKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signature = base64.b64decode(
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )
    assert signature[:4] == key.id
    assert key.verifies(signature[4:], text.encode())
    assert not key.verifies(signature[4:], text.encode() + b" ")


def test_a_note_says_what_was_signed() -> None:
    assert opened(NOTE, [ANNA.public]) == CHECKPOINT
    assert NOTE.startswith("belgicom/audit\n10000\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")


def test_a_checkpoint_that_another_key_has_signed_is_refused() -> None:
    with pytest.raises(Refused, match="none of the given keys"):
        opened(NOTE, [BERT.public])
    with pytest.raises(Refused, match="none of the given keys"):
        opened(NOTE, [])


@given(place=st.integers(0, len(NOTE) - 1), character=st.characters(codec="utf-8"))
def test_no_character_of_a_note_can_be_another(place: int, character: str) -> None:
    changed = NOTE[:place] + character + NOTE[place + 1 :]
    if changed == NOTE:
        return
    try:
        found = opened(changed, [ANNA.public])
    except Refused:
        return
    assert found == CHECKPOINT  # only the name beside the signature says nothing


@given(text=st.text(max_size=300))
def test_what_is_no_note_is_refused_and_nothing_else_happens(text: str) -> None:
    for note in (text, f"{text}\n\n— x AAAA\n", f"o\n1\n{text}\n\n— x AAAA\n"):
        with pytest.raises(Refused):
            parse(note)


def test_a_key_is_read_as_it_is_printed_and_a_damaged_one_is_refused() -> None:
    text = str(ANNA.public)
    assert PublicKey.parse(f"{text}\n") == ANNA.public
    for damaged in (text[:-2], text.replace("belgicom", "acme"), text.replace("+", "-"), "", "a+b+c"):
        with pytest.raises(Refused):
            PublicKey.parse(damaged)


def test_after_the_key_was_changed_who_has_the_first_one_goes_on_with_the_next_alone() -> None:
    change = CHECKPOINT._replace(next_key=BERT.public)
    trust = Trust([ANNA.public])
    assert trust.opened(NOTE).size == 10_000
    assert trust.opened(change.signed([ANNA, BERT])).next_key == BERT.public
    later = CHECKPOINT._replace(size=20_000)
    assert trust.opened(later.signed([BERT])).size == 20_000
    with pytest.raises(Refused):
        trust.opened(later.signed([ANNA]))  # whoever has stolen the old one is too late


def test_a_key_that_names_a_successor_which_does_not_sign_itself_is_refused() -> None:
    change = CHECKPOINT._replace(next_key=BERT.public)
    with pytest.raises(Refused):
        Trust([ANNA.public]).opened(change.signed([ANNA]))
    with pytest.raises(Refused):
        Trust([ANNA.public]).opened(change.signed([BERT]))


def test_a_trail_goes_on_over_a_change_of_keys_and_is_verified_with_the_first(tmp_path: Path) -> None:
    witness = folder_witness(tmp_path)
    with trail(tmp_path) as made:
        for round in range(3):
            made.record([entry(number) for number in range(round * 10, round * 10 + 10)])
            if round == 1:
                new = made.keys.rotate()
            made.keep()
        made.deliver(witness)
        assert [size for size, _ in made.ledger.checkpoints()] == [10, 20, 30]
        assert made.findings(witness) == []
        assert made.keys.public() == [made.key, new]
        [*_, (_, last)] = made.ledger.checkpoints()
        assert opened(last, [new]).size == 30
        with pytest.raises(Refused):
            opened(last, [made.key])


def test_a_change_of_keys_that_was_broken_off_is_brought_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with trail(tmp_path) as made:
        made.record([entry(0)])
        new = made.keys.rotate()
        monkeypatch.setattr(SigningKeys, "replace", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            made.keep()  # killed after the new key was announced
        monkeypatch.undo()
    with trail(tmp_path) as made:
        made.record([entry(1)])
        made.keep()
        assert made.keys.current().public == new
        assert made.findings() == []


def test_a_signing_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    SigningKeys(tmp_path, "BelgiCom")
    (tmp_path / "signing.pem").chmod(0o644)
    with pytest.raises(ValueError, match="chmod 600"):
        SigningKeys(tmp_path, "BelgiCom")


def test_a_checkpoint_of_a_wrong_key_in_the_ledger_is_found(tmp_path: Path) -> None:
    with trail(tmp_path) as made:
        made.record([entry(number) for number in range(10)])
        made.keep()
        [(_, note)] = made.ledger.checkpoints()
        made.ledger.add_checkpoint(12, parse(note)._replace(size=12).signed([BERT]))
        [found] = made.findings()
        assert (found.kind, found.number) == ("checkpoint", -1)
