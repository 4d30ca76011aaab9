"""Contracts in force: accepted into the log, and compared with what the folder says next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trunkline.contracts import accept, accepted, check, load
from trunkline.document import Invalid
from trunkline.log import Event, Log, open_log

Text = Callable[..., str]
STRING = "- {name: a, logicalType: string}"
TWO = STRING + "\n- {name: b, logicalType: string, required: true}"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = open_log(f"sqlite://{tmp_path}/log.db")
    yield log
    log.close()


@pytest.fixture
def folder(tmp_path: Path, contract_text: Text) -> Path:
    folder = tmp_path / "contracts"
    folder.mkdir()
    (folder / "things.yaml").write_text(contract_text(STRING, partitions=2))
    return folder


def test_accepting_creates_the_topics_and_remembers_the_versions(log: Log, folder: Path) -> None:
    assert accept(log, load(folder)) == ["things"]
    assert {topic.name: topic.partitions for topic in log.topics()} == {"contracts": 1, "things": 2}
    assert accepted(log)["things"].odcs.version == "1.0.0"


def test_accepting_the_same_again_writes_nothing(log: Log, folder: Path) -> None:
    accept(log, load(folder))
    text = (folder / "things.yaml").read_text()
    (folder / "things.yaml").write_text("# only a comment more\n" + text)
    assert accept(log, load(folder)) == []
    assert log.end("contracts", 0) == 1


def test_the_last_of_many_versions_is_the_one_in_force(log: Log, folder: Path, contract_text: Text) -> None:
    accept(log, load(folder))
    latest = contract_text(STRING, version="9.0.0", partitions=2).encode()
    log.append("contracts", [Event(b"long ago", b"things")] * 10_000 + [Event(latest, b"things")])
    assert accepted(log)["things"].odcs.version == "9.0.0"


def test_a_compatible_version_comes_in_force_and_its_topic_follows(log: Log, folder: Path, contract_text: Text) -> None:
    accept(log, load(folder))
    (folder / "things.yaml").write_text(contract_text(STRING, version="1.0.1", partitions=3))
    assert accept(log, load(folder)) == ["things"]
    assert accepted(log)["things"].odcs.version == "1.0.1"
    assert next(topic for topic in log.topics() if topic.name == "things").partitions == 3


def test_an_incompatible_version_is_refused_and_nothing_changes(log: Log, folder: Path, contract_text: Text) -> None:
    accept(log, load(folder))
    (folder / "things.yaml").write_text(contract_text(TWO, version="1.1.0", partitions=2))
    (folder / "more.yaml").write_text(contract_text(STRING, topic="more"))
    reason = "`b` was added as required: old events do not have it (backward compatibility, version 1.0.0)"
    assert [(Path(problem.file).name, problem.line, problem.reason) for problem in check(folder, log)] == [
        ("things.yaml", 19, reason)
    ]
    with pytest.raises(Invalid, match="was added as required"):
        accept(log, load(folder))
    assert list(accepted(log)) == ["things"]
    assert "more" not in {topic.name for topic in log.topics()}


def test_a_check_without_log_compares_with_another_folder(tmp_path: Path, folder: Path, contract_text: Text) -> None:
    assert check(folder) == []
    assert check(folder, against=folder) == []
    release = tmp_path / "release"
    release.mkdir()
    (release / "things.yaml").write_text(contract_text(TWO, partitions=2))
    reasons = [problem.reason for problem in check(folder, against=release)]
    assert reasons == [
        "the contract changed since 1.0.0: raise the minor version",
        "`b` was removed: events that have it would be refused (backward compatibility, version 1.0.0)",
    ]


def test_a_check_names_what_is_wrong_with_the_folder_itself_first(log: Log, folder: Path) -> None:
    accept(log, load(folder))
    (folder / "things.yaml").write_text("kind: DataContract\n")
    assert [problem.reason for problem in check(folder, log)] == [
        "`apiVersion` is missing", "`id` is missing", "`status` is missing", "`version` is missing"
    ]  # fmt: skip


def test_a_contract_goes_only_after_it_was_retired(log: Log, folder: Path, contract_text: Text) -> None:
    accept(log, load(folder))
    text = contract_text(STRING, version="1.0.1", status="retired", partitions=2)
    (folder / "things.yaml").unlink()
    assert [problem.reason for problem in check(folder, log)] == [
        "the contract of things, version 1.0.0, is gone: retire it first (status: retired)"
    ]
    (folder / "things.yaml").write_text(text)
    accept(log, load(folder))
    (folder / "things.yaml").unlink()
    assert check(folder, log) == []
