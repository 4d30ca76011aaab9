"""10,000 entries: whatever is done to the file afterwards is found, with its position."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.security.audit.trail import entry, findings, folder_witness, trail
from trunkline.security.audit.checkpoint import PublicKey
from trunkline.security.audit.ledger import START, LedgerError, chained
from trunkline.security.audit.merkle import leaf_hash
from trunkline.security.audit.witness import FolderWitness

ENTRIES = 10_000
EVERY = 2_500  # entries between two checkpoints
COLUMNS = "number, body, leaf, head"


@dataclass
class Kept:
    """A sound ledger, what a witness keeps of it, and the key that verifies both."""

    file: Path
    witness: FolderWitness
    key: PublicKey


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return sound(tmp_path_factory.mktemp("trail"), EVERY)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A tenth of it."""
    return sound(tmp_path_factory.mktemp("small"), EVERY // 10)


def sound(folder: Path, every: int) -> Kept:
    """A trail with four checkpoints."""
    witness = folder_witness(folder)
    with trail(folder) as made:
        for first in range(0, 4 * every, every):
            made.record([entry(number) for number in range(first, first + every)])
            made.keep()
        assert made.deliver(witness) == 4
    with closing(sqlite3.connect(folder / "ledger.db")) as db:
        db.execute("PRAGMA journal_mode = DELETE")  # so that the file alone is all of it
    return Kept(folder / "ledger.db", witness, made.key)


def tampered(kept: Kept, folder: Path, change: Callable[[sqlite3.Connection], None]) -> Path:
    """A copy of the ledger in which somebody has changed something with SQLite's own means."""
    copy = folder / "copy.db"
    shutil.copyfile(kept.file, copy)
    with closing(sqlite3.connect(copy)) as db:
        db.execute("PRAGMA synchronous = OFF")
        with db:
            change(db)
    return copy


def rechained(db: sqlite3.Connection) -> None:
    """Number the rows anew and compute the whole chain, as somebody does who knows how the file is made."""
    rows = db.execute("SELECT body FROM entry ORDER BY number").fetchall()
    db.execute("DELETE FROM entry")
    head = START
    for number, (body,) in enumerate(rows):
        leaf = leaf_hash(body.encode())
        head = chained(head, leaf)
        db.execute("INSERT INTO entry VALUES (?, ?, ?, ?)", (number, body, leaf, head))


def edit(db: sqlite3.Connection, number: int, other: int) -> int:
    """Somebody else did it."""
    db.execute("UPDATE entry SET body = replace(body, 'agent-', 'nobody-') WHERE number = ?", (number,))
    return number


def edit_hashed(db: sqlite3.Connection, number: int, other: int) -> int:
    """The same, with the right hash beside it."""
    edit(db, number, other)
    [(body,)] = db.execute("SELECT body FROM entry WHERE number = ?", (number,))
    db.execute("UPDATE entry SET leaf = ? WHERE number = ?", (leaf_hash(body.encode()), number))
    return number


def edit_head(db: sqlite3.Connection, number: int, other: int) -> int:
    """Only the chain is touched."""
    db.execute("UPDATE entry SET head = zeroblob(32) WHERE number = ?", (number,))
    return number


def delete(db: sqlite3.Connection, number: int, other: int) -> int:
    db.execute("DELETE FROM entry WHERE number = ?", (number,))
    return number


def reorder(db: sqlite3.Connection, number: int, other: int) -> int:
    """Two rows change places as a whole."""
    first, second = sorted((number, other))
    for old, new in ((first, -5), (second, first), (-5, second)):
        db.execute("UPDATE entry SET number = ? WHERE number = ?", (new, old))
    return first


def repeat(db: sqlite3.Connection, number: int, other: int) -> int:
    """One entry stands in the place of another."""
    db.execute("DELETE FROM entry WHERE number = ?", (number,))
    db.execute("INSERT INTO entry SELECT ?, body, leaf, head FROM entry WHERE number = ?", (number, other))
    return number


def truncate(db: sqlite3.Connection, number: int, other: int) -> int:
    db.execute("DELETE FROM entry WHERE number >= ?", (number,))
    return number


def behead(db: sqlite3.Connection, number: int, other: int) -> int:
    """The beginning is cut off."""
    db.execute("DELETE FROM entry WHERE number <= ?", (number,))
    return 0


KINDS = [edit, edit_hashed, edit_head, delete, reorder, repeat, truncate, behead]
PROPERTY = settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
places = st.tuples(st.integers(0, ENTRIES - 1), st.integers(0, ENTRIES - 1)).filter(lambda pair: pair[0] != pair[1])


def test_a_trail_that_nobody_touched_has_nothing_wrong(kept: Kept) -> None:
    assert findings(kept.file, kept.key, kept.witness) == []


@pytest.mark.parametrize("kind", KINDS)
@given(pair=places)
@example(pair=(ENTRIES - 2, 0))
@PROPERTY
def test_whatever_is_changed_is_found_with_its_position(
    kept: Kept, tmp_path: Path, kind: Callable[[sqlite3.Connection, int, int], int], pair: tuple[int, int]
) -> None:
    position = 0

    def change(db: sqlite3.Connection) -> None:
        nonlocal position
        position = kind(db, *pair)

    found = [finding for finding in findings(tampered(kept, tmp_path, change), kept.key) if finding.number >= 0]
    assert found[0].number == position


@pytest.mark.parametrize("kind", [edit, delete, reorder, repeat, truncate, behead])
@given(pair=places)
@PROPERTY
def test_who_computes_the_chain_anew_is_found_by_what_a_witness_keeps(
    kept: Kept, tmp_path: Path, kind: Callable[[sqlite3.Connection, int, int], int], pair: tuple[int, int]
) -> None:
    position = 0

    def change(db: sqlite3.Connection) -> None:
        nonlocal position
        position = kind(db, *pair)
        rechained(db)
        db.execute("DELETE FROM checkpoint")

    found = findings(tampered(kept, tmp_path, change), kept.key, kept.witness)
    assert next(finding for finding in found if finding.number >= 0).number == position


def test_the_last_entry_cannot_be_cut_off(kept: Kept, tmp_path: Path) -> None:
    def change(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM entry WHERE number = ?", (ENTRIES - 1,))
        db.execute("DELETE FROM checkpoint WHERE size = ?", (ENTRIES,))

    copy = tampered(kept, tmp_path, change)
    [found] = [finding for finding in findings(copy, kept.key, kept.witness) if finding.number >= 0]
    assert (found.number, found.kind) == (ENTRIES - 1, "truncated")


def test_all_entries_cannot_be_removed(kept: Kept, tmp_path: Path) -> None:
    copy = tampered(kept, tmp_path, lambda db: db.executescript("DELETE FROM entry; DELETE FROM checkpoint"))
    found = findings(copy, kept.key, kept.witness)
    assert (0, "truncated") in [(finding.number, finding.kind) for finding in found]


def test_several_changes_are_found_each_at_its_place(kept: Kept, tmp_path: Path) -> None:
    def change(db: sqlite3.Connection) -> None:
        edit(db, 17, 0)
        delete(db, 4_000, 0)
        edit_hashed(db, 9_999, 0)

    found = findings(tampered(kept, tmp_path, change), kept.key, kept.witness)
    assert {17, 4_000, 9_999} <= {finding.number for finding in found}
    assert len([finding for finding in found if finding.number >= 0]) <= 4  # nothing else is blamed, but for 4,001


def test_a_bare_checkpoint_without_leaf_hashes_still_says_between_which_entries(kept: Kept, tmp_path: Path) -> None:
    def change(db: sqlite3.Connection) -> None:
        edit(db, 6_000, 0)
        rechained(db)

    [found] = findings(tampered(kept, tmp_path, change), kept.key)
    assert (found.number, found.kind) == (5_000, "replaced")
    assert "7499" in found.text


def test_an_entry_that_was_never_recorded_is_found(kept: Kept, tmp_path: Path) -> None:
    def change(db: sqlite3.Connection) -> None:
        body = msgspec.json.encode(entry(3, who="mallory")).decode()
        leaf = leaf_hash(body.encode())
        [(head,)] = db.execute("SELECT head FROM entry WHERE number = ?", (ENTRIES - 1,))
        db.execute("INSERT INTO entry VALUES (?, ?, ?, ?)", (ENTRIES, body, leaf, chained(head, leaf)))

    found = findings(tampered(kept, tmp_path, change), kept.key, kept.witness)
    assert (found[-1].number, found[-1].kind) == (ENTRIES, "writer")


def test_an_entry_with_an_impossible_number_is_found(kept: Kept, tmp_path: Path) -> None:
    copy = tampered(
        kept,
        tmp_path,
        lambda db: db.execute("INSERT INTO entry SELECT -1, body, leaf, head FROM entry WHERE number = 5"),
    )
    assert (-1, "order") in [(finding.number, finding.kind) for finding in findings(copy, kept.key)]


def test_hiding_an_entry_from_the_search_by_whose_data_is_found(kept: Kept, tmp_path: Path) -> None:
    copy = tampered(
        kept, tmp_path, lambda db: db.execute("DELETE FROM concern WHERE number = 77 AND id = '~customer27'")
    )
    assert [finding.kind for finding in findings(copy, kept.key, kept.witness)] == ["index"]


@example(place=0.59375, bit=0)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(PROPERTY, max_examples=20)
def test_a_bit_that_flips_in_the_file_changes_no_entry_unseen(
    small: Kept, tmp_path: Path, place: float, bit: int
) -> None:
    content = bytearray(small.file.read_bytes())
    content[int(place * len(content))] ^= 1 << bit
    copy = tmp_path / "flipped.db"
    copy.write_bytes(content)
    try:
        found = findings(copy, small.key, small.witness)
    except LedgerError:
        return  # it is no ledger any more
    if not found:
        with closing(sqlite3.connect(copy)) as one, closing(sqlite3.connect(small.file)) as other:
            query = f"SELECT {COLUMNS} FROM entry ORDER BY number"
            assert one.execute(query).fetchall() == other.execute(query).fetchall()
