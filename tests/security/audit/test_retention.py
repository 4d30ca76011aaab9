"""Entries are removed when their time is over; what remains is proven whole, and nobody removes any in secret."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from tests.security.audit.trail import BEGIN, Trail, entry, findings, folder_witness, trail
from trunkline import starter
from trunkline.cli import app
from trunkline.project import Project
from trunkline.runtime import audit
from trunkline.security.audit import TOPIC, Entry, Ledger, LedgerError, Resource
from trunkline.security.audit.checkpoint import PublicKey
from trunkline.security.audit.ledger import chained
from trunkline.security.audit.merkle import leaf_hash
from trunkline.security.audit.proof import check, prove, prove_consistent
from trunkline.security.audit.retention import KIND, Cut, cut_before
from trunkline.security.audit.witness import FolderWitness

OTHER = "aaaaaaaaaaaa"
LATER = BEGIN + timedelta(days=400)


def act(cut: Cut, number: int) -> Entry:
    """What the command records before it removes anything."""
    its = msgspec.structs.replace(entry(0), time=LATER, action="command", resource=Resource(KIND, cut.id))
    return its.numbered("bbbbbbbbbbbb", number)


def later(number: int) -> Entry:
    return msgspec.structs.replace(entry(number), time=LATER)


def removed(made: Trail, number: int = 0) -> Cut:
    """Remove what is older than a year, as the command does."""
    cut = cut_before(made.ledger, LATER - timedelta(days=365))
    assert cut is not None
    made.record([act(cut, number)])
    made.keep()
    made.ledger.remove(cut.size, cut.writers)
    return cut


def filled(made: Trail) -> None:
    """900 entries of long ago under three checkpoints, the last 50 of which another writer made beside; 40 of today."""
    for first in (0, 300, 600):
        beside = [entry(number, writer=OTHER) for number in range(50)] if first == 600 else []
        made.record([*(entry(number) for number in range(first, first + 300 - len(beside))), *beside])
        made.keep()
    made.record([entry(number) for number in range(850, 870)])  # old, and under no checkpoint with old ones alone
    made.record([later(number) for number in range(870, 910)])
    made.keep()


@dataclass
class Cutted:
    """A ledger of which 900 entries were removed, and what a witness and an auditor keep of it."""

    file: Path
    witness: FolderWitness
    key: PublicKey


@pytest.fixture(scope="module")
def cutted(tmp_path_factory: pytest.TempPathFactory) -> Cutted:
    folder = tmp_path_factory.mktemp("retention")
    witness = folder_witness(folder)
    with trail(folder) as made:
        filled(made)
        made.deliver(witness)
        removed(made)
        made.deliver(witness)
    with closing(sqlite3.connect(folder / "ledger.db")) as db:
        db.execute("PRAGMA journal_mode = DELETE")
    return Cutted(folder / "ledger.db", witness, made.key)


def test_entries_are_removed_up_to_a_checkpoint_and_the_rest_is_whole(cutted: Cutted) -> None:
    assert findings(cutted.file, cutted.key, cutted.witness) == []
    assert findings(cutted.file, cutted.key) == []
    with closing(Ledger(cutted.file, read_only=True)) as ledger:
        assert [row.number for row in ledger.rows()] == list(range(900, 961))
        with pytest.raises(LedgerError, match="removed when its time was over"):
            ledger.row(899)


def test_no_text_of_what_was_removed_is_left_in_the_file(cutted: Cutted) -> None:
    content = cutted.file.read_bytes()
    assert b"TT-299" not in content
    assert b"TT-905" in content


def test_what_remains_is_proven_as_before(cutted: Cutted) -> None:
    with closing(Ledger(cutted.file, read_only=True)) as ledger:
        assert "number 905 of the 960" in check(prove(ledger, 905), [cutted.key])
        assert "begin with the 300" in check(prove_consistent(ledger, 300, 960), [cutted.key])


def test_a_trail_goes_on_and_is_cut_again(tmp_path: Path) -> None:
    witness = folder_witness(tmp_path)
    with trail(tmp_path) as made:
        filled(made)
        removed(made)
        made.record([entry(50, writer=OTHER), *(later(number) for number in range(910, 920))])
        made.keep()
        assert made.findings() == []
        cut = cut_before(made.ledger, LATER + timedelta(days=1))
        assert cut is not None
        assert cut.size == 961  # not 972: the newest entry stays
        made.record([act(cut, 1)])
        made.keep()
        made.ledger.remove(cut.size, cut.writers)
        assert cut_before(made.ledger, LATER - timedelta(days=365)) is None
        made.deliver(witness)  # a new witness is given all hashes
        assert made.findings(witness) == []


def test_what_was_removed_does_not_come_back_from_a_log_that_is_read_again(tmp_path: Path) -> None:
    with trail(tmp_path) as made:
        filled(made)
        removed(made)
        made.record([entry(number) for number in range(3)])
        made.keep()
        assert made.ledger.size == 961
        assert made.findings() == []


def sql(statement: str) -> Callable[[sqlite3.Connection], object]:
    return lambda db: db.execute(statement)


def further(db: sqlite3.Connection) -> None:
    """Remove more than was said, with all that belongs to it."""
    db.execute("INSERT INTO removed SELECT number, leaf FROM entry WHERE number < 905")
    db.execute("DELETE FROM concern WHERE number < 905")
    db.execute("DELETE FROM entry WHERE number < 905")
    db.execute("UPDATE removed_writer SET number = 854 WHERE name = '0123456789ab'")


def put_back(db: sqlite3.Connection) -> None:
    """An entry that never was, in the place of one that was removed, with the chain right behind it."""
    [(body,)] = db.execute("SELECT body FROM entry WHERE number = 905")
    [(head,)] = db.execute("SELECT head FROM entry WHERE number = 905")
    leaf = leaf_hash(body.encode())
    db.execute("INSERT INTO entry VALUES (899, ?, ?, ?)", (body, leaf, chained(head, leaf)))


def in_secret(db: sqlite3.Connection) -> None:
    """The entry that says it is another one: chain, tree and hashes are computed anew."""
    body = db.execute("SELECT body FROM entry WHERE number = 960").fetchone()[0].replace("audit.cut", "audit.key")
    before = db.execute("SELECT head FROM entry WHERE number = 959").fetchone()[0]
    leaf = leaf_hash(body.encode())
    db.execute("UPDATE entry SET body = ?, leaf = ?, head = ? WHERE number = 960", (body, leaf, chained(before, leaf)))
    db.execute("DELETE FROM checkpoint WHERE size > 960")


@pytest.mark.parametrize(
    ("change", "at", "kind"),
    [
        (sql("UPDATE removed SET leaf = zeroblob(32) WHERE number = 450"), 300, "replaced"),
        (sql("DELETE FROM removed WHERE number = 899"), 899, "missing"),
        (sql("DELETE FROM removed WHERE number = 10"), 10, "missing"),
        (sql("DELETE FROM removed"), 0, "missing"),
        (sql("DELETE FROM entry WHERE number = 900"), 900, "missing"),
        (sql("UPDATE removed_writer SET number = number + 1 WHERE name = '0123456789ab'"), 900, "cut"),
        (sql("DELETE FROM removed_writer"), 900, "cut"),
        (further, 905, "cut"),
        (put_back, 899, "order"),
        (in_secret, 900, "cut"),
    ],
)
def test_who_tampers_with_the_cut_is_found(
    cutted: Cutted, tmp_path: Path, change: Callable[[sqlite3.Connection], object], at: int, kind: str
) -> None:
    copy = tmp_path / "copy.db"
    shutil.copyfile(cutted.file, copy)
    with closing(sqlite3.connect(copy)) as db, db:
        change(db)
    assert (at, kind) in {(each.number, each.kind) for each in findings(copy, cutted.key)}
    assert findings(copy, cutted.key, cutted.witness) != []


def test_a_cut_where_nothing_was_signed_is_found(cutted: Cutted, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    shutil.copyfile(cutted.file, copy)
    with closing(sqlite3.connect(copy)) as db, db:
        db.execute("DELETE FROM checkpoint WHERE size = 900")
    assert [(each.number, each.kind) for each in findings(copy, cutted.key)] == [(900, "cut")]
    assert findings(copy, cutted.key, cutted.witness) == []  # who keeps that checkpoint


def test_who_removes_entries_without_a_word_is_found(tmp_path: Path) -> None:
    with trail(tmp_path) as made:
        filled(made)
        cut = cut_before(made.ledger, LATER - timedelta(days=365))
        assert cut is not None
        made.ledger.remove(cut.size, cut.writers)
        assert [(each.number, each.kind) for each in made.findings()] == [(900, "cut")]


def test_a_ledger_from_before_there_was_this_is_read_and_brought_up_to_date(tmp_path: Path) -> None:
    with trail(tmp_path) as made:
        filled(made)
    file = tmp_path / "ledger.db"
    with closing(sqlite3.connect(file)) as db:
        db.executescript("DROP TABLE removed; DROP TABLE removed_writer")
    assert findings(file, made.key) == []
    with trail(tmp_path) as made:
        removed(made)
        assert made.findings() == []
        assert made.ledger.row(905).number == 905


@pytest.fixture
def operator(tmp_path: Path) -> Project:
    folder = tmp_path / "acme"
    starter.create(folder, "acme")
    for contract in (folder / "contracts").glob("*.yaml"):  # they take long to read
        contract.unlink()
    return Project.find(folder)


def test_the_command_removes_what_is_too_old_and_says_so_first(operator: Project) -> None:
    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["audit", *words, "--project", str(operator.folder)])
        return done.exit_code, done.output + str(done.exception or "")

    old, now = datetime.now(UTC) - timedelta(days=800), datetime.now(UTC)
    assert "nothing to remove" in run("retain", "--years", "2")[1]
    for times in ([old] * 5, [now] * 3):
        with closing(operator.open_log()) as log:
            first = log.end(TOPIC.name, 0)
            entries = [msgspec.structs.replace(entry(first + n), time=at) for n, at in enumerate(times)]
            log.append(TOPIC.name, [each.event() for each in entries], 0)
        assert run("verify")[0] == 0
    assert "removed 5 entries; the trail begins with number 5 now" in run("retain", "--years", "2", "--why", "law")[1]
    code, said = run("verify")
    assert (code, "the first 5 entries removed" in said) == (0, True), said
    [told] = [json.loads(line) for line in run("search", "--what", KIND, "--json")[1].splitlines()]
    assert (told["action"], told["reason"], told["what"].startswith(f"{KIND} 5-")) == ("command", "law", True)
    assert "nothing to remove" in run("retain", "--years", "2")[1]


def test_a_trail_in_which_something_is_wrong_is_left_as_it_is(operator: Project) -> None:
    with closing(operator.open_log()) as log:
        audit.catch_up(operator)
        log.append(TOPIC.name, [entry(number).event() for number in range(5)], 0)
    audit.catch_up(operator)
    with closing(sqlite3.connect(audit.ledger_file(operator))) as db, db:
        db.execute("UPDATE entry SET body = replace(body, 'agent-', 'nobody-') WHERE number = 1")
    done = CliRunner().invoke(app, ["audit", "retain", "--years", "0.01", "--project", str(operator.folder)])
    assert (done.exit_code, "something is wrong with it" in str(done.exception)) == (1, True)
