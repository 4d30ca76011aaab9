"""What the audit trail has of decisions, and how a refusal is shown again."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from tests.security.access.house import BELGICOM, caller, house
from trunkline.cli.app import app
from trunkline.project import Project
from trunkline.security.access.decisions import Who
from trunkline.security.access.log import DecisionLog, Question
from trunkline.security.audit import Recorder

BILLS = "/tmf-api/customerBillManagement/v4/customerBill"


def test_a_refusal_is_in_the_trail_before_it_is_told(tmp_path: Path) -> None:
    with house(tmp_path) as there:
        answer = there.ask(f"{BILLS}/B-1", caller("noc-engineer", "flanders"), "operations")
        [entry] = there.entries()
        assert (entry.origin.request, entry.outcome, entry.action) == (
            answer.headers["x-decision"],
            "refused",
            "decide",
        )
        assert (entry.rule, entry.purpose, entry.reason) == ("no-rule-permits", "operations", "read customerBill")
        assert (entry.who.subject, entry.who.roles) == ("somebody of noc-engineer", ("noc-engineer",))
        assert entry.origin.operation == "GET /tmf-api/customerBillManagement/v4/customerBill/{id}"
        assert "B-1" not in str(entry)


def test_what_is_allowed_is_counted_together(tmp_path: Path) -> None:
    with house(tmp_path) as there:
        for _ in range(20):
            assert there.ask(BILLS, caller("auditor"), "audit").is_success
        there.ask(BILLS, caller("billing-steward"), "billing")
        audited, billed = sorted(there.entries(), key=lambda entry: entry.purpose)
        assert (audited.told, audited.rule, audited.outcome) == (20, "auditor-reads", "done")
        assert audited.reason == "read customerBill; hidden: personal"
        assert (billed.told, billed.reason) == (1, "read customerBill")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    for part in ("access", "contracts"):
        shutil.copytree(BELGICOM / part, tmp_path / part)
    (tmp_path / "trunkline.toml").write_text('name = "BelgiCom"\n')
    return Project(tmp_path)


def refuse(project: Project, rule: str) -> str:
    """The id of a refusal by a rule, in the log of a project."""
    question = Question(
        Who("anna", "crm", frozenset({"partner"})), "read", "partyRole", "selling", "GET /x", "10.1.2.3"
    )
    with (
        closing(project.open_log()) as log,
        closing(Recorder(log)) as recorder,
        closing(DecisionLog(recorder)) as decided,
    ):
        return asyncio.run(decided.refused(question, rule))


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ("traffic-for-a-reason", "directive 2002/58/EC"),
        ("no-rule-permits", "what is not permitted is refused"),
        ("hidden-field", "hidden from somebody"),
        ("gone", "not there any more"),
    ],
)
def test_a_refusal_is_shown_again_with_its_rule(project: Project, rule: str, shown: str) -> None:
    id = refuse(project, rule)
    result = CliRunner().invoke(app, ["access", "explain", id, "--project", str(project.folder)])
    assert (result.exit_code, result.exception) == (0, None)
    assert "anna by crm (partner)" in result.stdout
    assert "asked: read partyRole, for the purpose selling: GET /x" in result.stdout
    assert f"refused by {rule}" in result.stdout
    assert shown in result.stdout


def test_the_text_of_the_rule_stands_with_its_file_and_line(project: Project) -> None:
    id = refuse(project, "nobody-unknown own-regions")
    result = CliRunner().invoke(app, ["access", "explain", id, "--json", "--project", str(project.folder)])
    first, second = msgspec.json.decode(result.stdout)["rules"]
    lines = (project.folder / "access" / "everybody.cedar").read_text().splitlines()
    file, line = first["place"].rsplit(":", 1)
    assert (Path(file).name, lines[int(line) - 1]) == ("everybody.cedar", '@id("nobody-unknown")')
    assert first["text"].endswith('forbid (principal in Role::"anonymous", action, resource);')
    assert second["text"].endswith("!principal.regions.contains(resource.region) };")


@pytest.mark.parametrize("id", ["0123456789abcdef", "nonsense", "%' OR 1=1"])
def test_an_id_that_nobody_was_told_shows_nothing(project: Project, id: str) -> None:
    refuse(project, "own-regions")
    result = CliRunner().invoke(app, ["access", "explain", id, "--project", str(project.folder)])
    assert (result.exit_code, "no refusal has the id" in str(result.exception)) == (1, True)
