"""`trunkline audit`, as somebody types it: on a project that ran, with a witness elsewhere."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from tests.listening import listening
from tests.security.audit.trail import entry
from trunkline import starter
from trunkline.cli import app
from trunkline.http import create_app
from trunkline.project import Project
from trunkline.runtime import audit
from trunkline.runtime.api import tm_forum
from trunkline.runtime.audited import audited
from trunkline.security.audit import Recorder
from trunkline.settings import Hub, Tmf

BILL = "/tmf-api/customerBillManagement/v4/customerBill"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project's folder, whose API was asked for somebody's bills; without contracts, which take long to read."""
    folder = tmp_path_factory.mktemp("asked") / "acme"
    starter.create(folder, "acme")
    for contract in (folder / "contracts").glob("*.yaml"):
        contract.unlink()
    project = Project.find(folder)
    with closing(project.open_log()) as log, closing(project.open_store()) as store:
        api = create_app(tm_forum(log, store, Tmf(), Hub()))
        with audited(api, project, log), listening(api) as url:
            asked = {"relatedParty.id": "C-1042"}
            assert httpx.get(url + BILL, params=asked, headers={"x-reason": "TT-1"}).status_code == 200
            assert httpx.get(f"{url}{BILL}/no-such").status_code == 404
    return folder


@pytest.fixture
def operator(tmp_path: Path, asked: Path) -> Project:
    """A copy of it with a witness."""
    folder = tmp_path / "acme"
    shutil.copytree(asked, folder)
    with (folder / "trunkline.toml").open("a") as settings:
        settings.write(f'\n[[audit.witnesses]]\nurl = "{(tmp_path / "elsewhere").as_uri()}"\n')
    return Project.find(folder)


def run(project: Project, *words: str) -> Result:
    return CliRunner().invoke(app, ["audit", *words, "--project", str(project.folder)])


def found(project: Project, *words: str) -> list[dict[str, object]]:
    result = run(project, "search", "--json", *words)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def test_entries_are_found_by_who_whose_data_what_when_and_outcome(operator: Project) -> None:
    [told] = found(operator, "--whose", "C-1042", "--what", "customerBill")
    assert (told["who"], told["reason"], told["outcome"]) == ("anonymous", "TT-1", "done")
    [refused] = found(operator, "--outcome", "refused")
    assert refused["rule"] == "http 404"
    assert [each["number"] for each in found(operator, "--whose", "no-such")] == [1]
    assert found(operator, "--whose", "C-9999") == []
    assert found(operator, "--who", "nobody") == []
    assert found(operator, "--until", "2020-01-01") == []
    assert len(found(operator, "--since", "2020-01-01", "--what", "customerBill")) == 2
    assert len(found(operator, "--what", "customerBill", "--last", "1")) == 1


def test_who_searches_the_trail_is_in_it(operator: Project) -> None:
    found(operator, "--whose", "C-1042")
    searched, _ = found(operator, "--what", "audit.entry") or (None, None), None
    assert searched[0]["action"] == "read"  # type: ignore[index]


def test_a_command_that_changes_something_is_in_it_whatever_came_of_it(operator: Project) -> None:
    for words in (["catalogue", "load"], ["quarantine", "drop", "7", "--why", "TT-2"]):
        CliRunner().invoke(app, [*words, "--project", str(operator.folder)])
    by_command = found(operator, "--action", "command")
    assert [(each["what"], each["outcome"]) for each in by_command] == [
        ("productCatalog", "refused"),
        ("quarantine 7", "refused"),
    ]
    assert by_command[1]["reason"] == "TT-2"
    result = run(operator, "rotate", "--why", "once a year")
    assert result.exit_code == 0
    assert found(operator, "--action", "command")[-1]["outcome"] == "done"
    assert run(operator, "verify").exit_code == 0


def test_a_sound_trail_is_verified_and_a_changed_one_is_not(operator: Project, tmp_path: Path) -> None:
    sound = run(operator, "verify")
    assert sound.exit_code == 0, sound.output
    assert "2 entries, 1 checkpoints, 1 witnesses" in sound.output
    ledger = audit.ledger_file(operator)
    copied = tmp_path / "copy.db"
    with closing(sqlite3.connect(ledger)) as db, db:
        db.execute("VACUUM INTO ?", (str(copied),))
        db.execute("UPDATE entry SET body = replace(body, 'anonymous', 'somebody') WHERE number = 1")
    changed = run(operator, "verify", "--json")
    assert changed.exit_code == 1
    assert json.loads(changed.output.splitlines()[0])["entry"] == 1
    key = str(audit.folder(operator) / "audit.pub")
    elsewhere = str(tmp_path / "elsewhere")
    assert run(operator, "verify", "--ledger", str(copied), "--key", key, "--checkpoints", elsewhere).exit_code == 0
    assert run(operator, "verify", "--ledger", str(copied)).exit_code == 2


def test_a_proof_is_verified_anywhere_with_the_key_alone(operator: Project, tmp_path: Path) -> None:
    proof, key = tmp_path / "proof.json", tmp_path / "audit.pub"
    proof.write_text(run(operator, "prove", "1").output)
    key.write_bytes((audit.folder(operator) / "audit.pub").read_bytes())
    verify = ["audit", "verify", "--proof", str(proof), "--key", str(key)]
    assert "proven: the entry is number 1 of the 2" in CliRunner().invoke(app, verify).output
    proof.write_text(proof.read_text().replace("anonymous", "somebody"))
    assert CliRunner().invoke(app, verify).exit_code == 1
    assert CliRunner().invoke(app, verify[:-2]).exit_code == 2


def test_an_entry_is_proven_by_its_id_and_a_trail_by_two_checkpoints(operator: Project, tmp_path: Path) -> None:
    run(operator, "verify")
    id = found(operator, "--outcome", "refused")[0]["entry"]["id"]  # type: ignore[index]
    assert '"number": 1' in run(operator, "prove", str(id)).output
    consistent = run(operator, "prove", "--from", "2", "--to", "3")
    assert '"proof": "consistency"' in consistent.output
    assert run(operator, "prove").exit_code == 2
    assert run(operator, "prove", "1", "--from", "2").exit_code == 2
    assert run(operator, "prove", "99").exit_code == 1


def test_checkpoints_are_carried_away_by_hand(operator: Project, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    result = CliRunner().invoke(app, ["audit", "export", str(stick), "--project", str(operator.folder)])
    assert "1 checkpoints are in" in result.output
    assert sorted(file.name for file in stick.iterdir()) == ["000000000000002.json", "audit.pub"]


def test_entries_that_wait_in_the_log_are_kept_when_somebody_looks(operator: Project) -> None:
    run(operator, "verify")
    with closing(operator.open_log()) as log, closing(Recorder(log)) as recorder:
        recorder.record(lambda: entry(0)).result(5)
    assert "3 entries, 2 checkpoints" in run(operator, "verify").output
