"""The commands on an operator's own processor: what runs, what it refused, how a new version differs, where it lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_commands import NOW, lines, trunkline
from tests.runtime.operator import pm_file

COUNT = """
import msgspec
from trunkline.streams import Out, processor


class Measured(msgspec.Struct):
    dn: str
    suspect: bool = False


class Total(msgspec.Struct, frozen=True):
    measurements: int = 0


@processor(reads="network.measurement", state=Total, name="measured")
def measured(total: Total, event: Measured, out: Out) -> Total:
    if "ANT_66" in event.dn{condition}:
        raise ValueError("this node is not ours")
    return Total(total.measurements + 1)
"""


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An operator with a processor of its own, which refused a measurement."""
    folder = tmp_path_factory.mktemp("operators")
    assert trunkline(folder, "new", "acme").returncode == 0
    acme = folder / "acme"
    (acme / "processors").mkdir()
    (acme / "processors" / "measured.py").write_text(COUNT.replace("{condition}", ""))
    assert trunkline(acme, "check").returncode == 0
    for node in ("ANT_01", "ANT_66"):
        (folder / f"{node}.xml").write_text(pm_file(node, NOW))
    taken = trunkline(acme, "ingest", "../ANT_01.xml", "../ANT_66.xml")
    assert taken.returncode == 0, taken.stderr
    return acme


def test_an_own_processor_runs_beside_the_platforms(acme: Path) -> None:
    names = [row["processor"] for row in lines(acme, "processors")]
    assert names == ["alarms", "kpis", "health", "measured"]


def test_groups_say_who_reads_what_and_how_far(acme: Path) -> None:
    own = [row for row in lines(acme, "groups") if row["group"] == "measured"]
    assert [(row["topic"], row["lag"], row["rate"]) for row in own if row["topic"] == "network.measurement"] == [
        ("network.measurement", 0, 0.0)
    ]
    partitions = [row for row in lines(acme, "groups", "--partitions") if row["group"] == "measured"]
    assert all(row["offset"] == row["end"] for row in partitions)
    assert {"rate", "events"} <= lines(acme, "topics")[0].keys()


def test_a_value_is_walked_back_to_its_events(acme: Path) -> None:
    keys = {row["key"] for row in lines(acme, "tail", "network.measurement", "--no-follow") if "ANT_01" in str(row)}
    found = [row for key in keys for row in lines(acme, "lineage", "measured", str(key))]
    assert found
    assert all(str(row["input"]).startswith("network.measurement/") and row["exact"] == "yes" for row in found)
    assert found[-1]["state"] == f'{{"measurements":{len(found)}}}'


def test_what_it_refused_is_shown_repaired_put_back_and_worked_on(acme: Path) -> None:
    refused = [row for row in lines(acme, "quarantine", "list", "--open") if row["system"] == "measured"]
    assert refused
    for row in refused:
        assert (row["stage"], row["reason"], row["state"]) == ("processor", "processor.ValueError", "open")
        shown = trunkline(acme, "quarantine", "show", str(row["id"]))
        assert 'raise ValueError("this node is not ours")' in shown.stdout
        wrong = trunkline(acme, "quarantine", "repair", str(row["id"]), "--set", "granularity=true")
        assert wrong.returncode == 1
        assert "granularity" in wrong.stderr
        dn = 'dn="ManagedElement=ANT_02"'
        assert trunkline(acme, "quarantine", "repair", str(row["id"]), "--set", dn).returncode == 0
    went = lines(acme, "quarantine", "replay", "--all", "--system", "measured")
    assert [row["to"] for row in went] == ["retry.measured"] * len(refused)
    (acme.parent / "ANT_03.xml").write_text(pm_file("ANT_03", NOW))
    assert trunkline(acme, "ingest", "../ANT_03.xml").returncode == 0
    assert [row for row in lines(acme, "quarantine", "list", "--open") if row["system"] == "measured"] == []
    assert trunkline(acme, "quarantine", "replay", str(refused[0]["id"])).returncode == 1


def test_a_dropped_part_keeps_its_reason(acme: Path) -> None:
    (acme.parent / "broken.xml").write_text(pm_file("ANT_09", NOW)[:-40])
    assert trunkline(acme, "ingest", "../broken.xml").returncode == 1
    [row] = [row for row in lines(acme, "quarantine", "list", "--open") if row["stage"] == "decode"]
    assert trunkline(acme, "quarantine", "drop", str(row["id"]), "--why", "cut off").returncode == 0
    [row] = [row for row in lines(acme, "quarantine", "list") if row["id"] == row["id"] and row["stage"] == "decode"]
    assert (row["state"], row["why"]) == ("dropped", "cut off")


def test_a_new_version_is_shadowed_over_the_same_events(acme: Path) -> None:
    new = acme.parent / "new.py"
    new.write_text(COUNT.replace("{condition}", " and event.suspect"))
    answer = trunkline(acme, "shadow", "measured", "--with", str(new))
    assert answer.returncode == 1
    assert "this node is not ours" in answer.stdout
    assert "events made other outputs" in answer.stderr
    same = trunkline(acme, "shadow", "measured", "--with", str(acme / "processors" / "measured.py"))
    assert (same.returncode, same.stdout) == (0, "no output differs\n")


def test_a_processor_whose_topic_has_no_contract_is_refused_with_its_file(acme: Path) -> None:
    wrong = acme / "processors" / "wrong.py"
    wrong.write_text(
        COUNT.replace("{condition}", "").replace("network.measurement", "nowhere").replace('"measured"', '"wrong"')
    )
    try:
        answer = trunkline(acme, "check")
        assert answer.returncode == 1
        assert "wrong reads 'nowhere', which has no contract" in answer.stderr
    finally:
        wrong.unlink()


def test_the_log_is_moved_and_the_platform_goes_on_there(acme: Path) -> None:
    to = f"sqlite://{acme.parent}/moved.db"
    answer = trunkline(acme, "move", to)
    assert answer.returncode == 0, answer.stderr
    assert f'log_url = "{to}"' in answer.stdout
    settings = acme / "trunkline.toml"
    settings.write_text(f'log_url = "{to}"\n{settings.read_text()}')
    assert all(row["lag"] == 0 for row in lines(acme, "groups") if row["group"] == "measured")
    (acme.parent / "ANT_04.xml").write_text(pm_file("ANT_04", NOW))
    assert trunkline(acme, "ingest", "../ANT_04.xml").returncode == 0
    again = trunkline(acme, "move", to)
    assert again.returncode == 1
