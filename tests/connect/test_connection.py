"""The operator's declarations of connections."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from trunkline.connect import connection
from trunkline.document import Invalid
from trunkline.systems import Origin

GOOD = """\
name: enm-files
reach: sftp
system: ericsson
host: 127.0.0.1
user: collector
fingerprints: [SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA]
password: ${env:ENM_PASSWORD}
directory: /pm
"""


def write(project: Path, **files: str) -> Path:
    (project / "systems").mkdir(exist_ok=True)
    for name, text in files.items():
        (project / "systems" / f"{name}.yaml").write_text(text)
    return project


def test_connections_are_loaded_with_their_reach_system_and_typed_settings(tmp_path: Path) -> None:
    inbox = "name: inbox\nreach: directory\ndirectory: inbox\nafter: move\nmove_to: done\n"
    enm, local = connection.load(write(tmp_path, enm=GOOD, inbox=inbox))
    assert (enm.name, enm.reach.name, enm.system.name if enm.system else None) == ("enm-files", "sftp", "ericsson")
    assert enm.settings.password == "${env:ENM_PASSWORD}"  # type: ignore[attr-defined]
    assert (local.name, local.system, local.settings.move_to) == ("inbox", None, "done")  # type: ignore[attr-defined]


def test_a_system_that_takes_options_reads_its_formats_as_they_say(tmp_path: Path) -> None:
    said = "Mon Jul 20 03:00:00 2026\n\tAcct-Status-Type = Start\n\tAcct-Session-Id = 1\n\tUser-Name = a\n\n"
    text = "name: broadband\nreach: directory\ndirectory: in\nsystem: radius\n"
    hours = []
    for zone in ("Asia/Tokyo", "Europe/Brussels"):
        (declared,) = connection.load(write(tmp_path, broadband=f"{text}options: {{zone: {zone}}}\n"))
        assert isinstance(declared, connection.Connection)
        assert declared.system
        (form,) = declared.system.formats
        (report,) = form.read(io.BytesIO(said.encode()), Origin("broadband", "file:///x"))
        hours.append(report.started.hour)
    assert hours == [18, 1]


def test_a_project_without_connections_has_none(tmp_path: Path) -> None:
    assert connection.load(tmp_path) == []
    assert connection.check(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("reach: sftp", "reach: ftp", 2, "`reach` must be one of: directory"),
        ("reach: sftp\n", "", 1, "`reach` must be one of"),
        ("system: ericsson", "system: erikson", 3, "`system` must be one of: "),
        ("host: 127.0.0.1\n", "", 1, "`host` is missing"),
        ("host:", "hots:", 4, "hots"),
        ("${env:ENM_PASSWORD}", "hunter2", 7, "`password`: write a secret as ${env:NAME}"),
        ("password: ${env:ENM_PASSWORD}\n", "", 1, "`key` or `password`"),
        ("fingerprints: [", "fingerprints: [any, ", 6, "SHA256"),
        ("directory: /pm", "directory: /pm\nevery: 0", 9, "every"),
        ("directory: /pm", "directory: /pm\nafter: burn", 9, "after"),
        ("directory: /pm", "directory: /pm\nafter: move", 1, "`move_to`"),
        ("name: enm-files", "name: ../enm", 1, "name"),
        ("directory: /pm", "directory: /pm\noptions: {a: 1}", 9, "`options` are not known to `ericsson`"),
        ("system: ericsson", "options: {a: 1}", 3, "`options` are those of a system: name it"),
        ("system: ericsson", "system: radius\noptions: {zone: Mars}", 4, "'Mars' is no time zone"),
        ("system: ericsson", "system: radius\noptions:\n  zon: x", 5, "`zon` is not known; did you mean `zone`?"),
        (GOOD, "- a list\n", 1, "`reach` must be one of"),
        (GOOD, "name: [a]]", 1, "YAML"),
    ],
)
def test_an_error_is_told_with_file_line_and_reason(tmp_path: Path, old: str, new: str, line: int, reason: str) -> None:
    problems = connection.check(write(tmp_path, enm=GOOD.replace(old, new)))
    assert any(problem.line == line and reason in problem.reason for problem in problems), problems
    assert all(problem.file == str(tmp_path / "systems" / "enm.yaml") for problem in problems)
    assert "hunter2" not in str(problems)


def test_every_error_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as told:
        connection.load(write(tmp_path, a=GOOD, b=GOOD, c="reach: x\n", d=GOOD.replace("host:", "hots:")))
    files = {Path(problem.file).stem for problem in told.value.problems}
    assert files == {"b", "c", "d"}
    assert "another connection is named `enm-files`" in str(told.value)
