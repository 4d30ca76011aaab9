"""The command, as a person at a terminal or a program uses it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.runtime.operator import pm_file

NOW = datetime.now(UTC).replace(second=0, microsecond=0).isoformat()


def trunkline(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "trunkline", *words], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An operator's folder in which a good file and a broken one were ingested."""
    folder = tmp_path_factory.mktemp("operators")
    assert trunkline(folder, "new", "acme").returncode == 0
    (folder / "good.xml").write_text(pm_file("ANT_01", NOW, down=450))
    (folder / "broken.xml").write_text(pm_file("ANT_02", NOW)[:-40])
    taken = trunkline(folder / "acme", "ingest", "../good.xml", "../broken.xml")
    assert taken.returncode == 1, taken.stderr
    assert "trunkline quarantine list" in taken.stderr
    return folder / "acme"


def lines(folder: Path, *words: str) -> list[dict[str, object]]:
    answer = trunkline(folder, *words, "--json")
    assert answer.returncode == 0, answer.stderr
    return [json.loads(line) for line in answer.stdout.splitlines()]


def test_help_names_every_command(tmp_path: Path) -> None:
    said = trunkline(tmp_path, "--help").stdout
    for command in ("new", "check", "up", "ingest", "topics", "tail", "health", "alarms", "explain", "doctor"):
        assert f"\n  {command} " in said


def test_a_new_operators_folder_is_well(acme: Path) -> None:
    answer = trunkline(acme, "check")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "all is well" in answer.stdout


def test_new_touches_no_folder_that_has_something_in_it(acme: Path) -> None:
    answer = trunkline(acme.parent, "new", "acme")
    assert answer.returncode == 1
    assert "not empty" in answer.stderr


def test_check_says_each_fault_with_file_line_and_reason(tmp_path: Path) -> None:
    trunkline(tmp_path, "new", "acme")
    acme = tmp_path / "acme"
    (acme / "systems" / "bad.yaml").write_text("name: bad\nreach: pigeon\n")
    (acme / "trunkline.toml").write_text('name = "acme"\n[http]\nprot = 80\n')
    answer = trunkline(acme, "check")
    assert answer.returncode == 1
    assert "trunkline.toml:3: http.prot" in answer.stderr
    (acme / "trunkline.toml").write_text('name = "acme"\n')
    faults = [json.loads(line) for line in trunkline(acme, "check", "--json").stdout.splitlines()]
    assert [(Path(fault["file"]).name, fault["line"]) for fault in faults] == [("bad.yaml", 2)]
    assert "sftp" in faults[0]["reason"]


def test_check_refuses_a_contract_that_breaks_those_who_read_it(acme: Path, tmp_path: Path) -> None:
    contract = acme / "contracts" / "network.measurement.yaml"
    before = contract.read_text()
    contract.write_text(before.replace("name: granularity", "name: granularitySeconds", 1))
    try:
        answer = trunkline(acme, "check")
    finally:
        contract.write_text(before)
    assert answer.returncode == 1
    assert "granularity" in answer.stderr


def test_ingest_takes_a_file_once_and_says_so_the_second_time(acme: Path) -> None:
    again = lines(acme, "ingest", "../good.xml")
    assert [(row["format"], row["values"], row["note"]) for row in again] == [("ericsson-pm", 2, "taken before")]
    (measured,) = [row for row in lines(acme, "topics") if row["topic"] == "network.measurement"]
    assert measured["events"] == 2


def test_ingest_of_a_file_that_is_not_there_is_refused(acme: Path) -> None:
    answer = trunkline(acme, "ingest", "nowhere.xml")
    assert answer.returncode == 1
    assert "nowhere.xml" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_health_shows_vendor_by_region_and_why(acme: Path) -> None:
    (row,) = lines(acme, "health")
    assert (row["vendor"], row["sites"]) == ("Ericsson", 2)
    assert row["critical"] == 1
    assert "CellAvailability 50.0 %" in str(row["worst_sites"])
    assert "ANT_01" in trunkline(acme, "health").stdout


def test_explain_walks_from_a_kpi_to_the_raw_lines(acme: Path) -> None:
    said = trunkline(acme, "explain", "ANT_01", "CellAvailability").stdout
    assert "50 %" in said
    assert '<r p="1">450</r>' in said
    assert "good.xml" in said


def test_the_quarantine_names_file_and_offset_and_shows_the_part(acme: Path) -> None:
    (rejected,) = lines(acme, "quarantine", "list")
    assert str(rejected["uri"]).endswith("broken.xml")
    assert int(str(rejected["offset"])) > 0
    shown = trunkline(acme, "quarantine", "show", str(rejected["id"])).stdout
    assert "xml.truncated" in shown


def test_tail_gives_cloud_events(acme: Path) -> None:
    (first, second) = lines(acme, "tail", "network.measurement", "--no-follow")
    assert first["specversion"] == "1.0"
    assert {event["type"] for event in (first, second)} == {"network.measurement"}
    assert {event["data"]["vendor"] for event in (first, second)} == {"Ericsson"}  # type: ignore[index]


def test_tail_of_an_unknown_topic_names_the_way_out(acme: Path) -> None:
    answer = trunkline(acme, "tail", "nothing")
    assert answer.returncode == 1
    assert "trunkline topics" in answer.stderr


def test_a_contract_becomes_the_schema_of_a_registry(acme: Path) -> None:
    document = json.loads(trunkline(acme, "contracts", "schema", "network.measurement").stdout)
    assert document["$schema"] == "http://json-schema.org/draft-07/schema#"
    missing = trunkline(acme, "contracts", "schema", "network.none")
    assert missing.returncode == 1
    assert "no contract of a topic network.none" in missing.stderr


def test_contracts_become_an_asyncapi_document(acme: Path) -> None:
    document = json.loads(trunkline(acme, "contracts", "asyncapi").stdout)
    assert document["asyncapi"].startswith("3.")
    assert "network.measurement" in json.dumps(document["channels"])


def test_the_one_project_in_a_folder_is_found_and_of_several_none_is_guessed(tmp_path: Path) -> None:
    trunkline(tmp_path, "new", "acme")
    assert trunkline(tmp_path, "check").returncode == 0
    assert trunkline(tmp_path / "acme" / "kpis", "check").returncode == 0
    trunkline(tmp_path, "new", "umbrella")
    answer = trunkline(tmp_path, "check")
    assert answer.returncode == 2
    assert "acme, umbrella are several" in answer.stderr


def test_commands_outside_a_project_say_how_to_get_one(tmp_path: Path) -> None:
    answer = trunkline(tmp_path, "health")
    assert answer.returncode == 2
    assert "trunkline new" in answer.stderr


def test_doctor_tells_what_is_here(acme: Path) -> None:
    found = {row["component"]: row["found"] for row in lines(acme, "doctor")}
    assert found["SQLite"] not in ("MISSING", None)
