"""The connections at work: how they start, fail, go on and stop."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connect.operator import acme_file, expected, origin, stream
from tests.connect.project import Project
from trunkline.connect import runner as module
from trunkline.connect.progress import Progress

FAILING_REACH = """
from trunkline.systems.reach import Reach, Settings
from tests.connect.operator import report

class PushSettings(Settings, frozen=True, kw_only=True):
    alarms: int
    ends: bool = False

async def run(settings, context):
    await context.intake.records([report(system=context.name, native_id=str(n)) for n in range(settings.alarms)])
    context.status.succeeded()
    if not settings.ends:
        raise RuntimeError("the line\\nis dead")

REACH = Reach(name="push", settings=PushSettings, run=run)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.02)
    project = Project(tmp_path)
    yield project
    project.operator.log.close()


@pytest.mark.parametrize(("ends", "reason"), [("true", "ended by itself"), ("false", "RuntimeError: the line is dead")])
def test_a_reach_of_the_operators_own_is_run_and_started_again_when_it_ends_or_fails(
    project: Project, caplog: pytest.LogCaptureFixture, ends: str, reason: str
) -> None:
    (project.folder / "systems" / "push").mkdir()
    (project.folder / "systems" / "push" / "__init__.py").write_text(FAILING_REACH)
    project.declare("pusher", reach="push", alarms=3, ends=ends)
    with caplog.at_level(logging.WARNING):
        runner = project.run_until(lambda runner: runner.statuses[0].events >= 9)
    [status] = runner.statuses
    assert status.state == "stopped"
    assert {record.getMessage() for record in caplog.records} == {f"pusher: {reason}"}
    assert len(project.operator.records("network.alarm.reported")) == status.events


def test_a_secret_that_is_not_there_is_told_and_never_quoted(
    project: Project, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = project.folder / "key"
    key.write_text("hunter2")
    key.chmod(0o644)
    project.declare(
        "enm", reach="sftp", host="127.0.0.1", port=1, user="u", fingerprints=f"[SHA256:{'A' * 43}]", directory="/",
        password="${file:key}",
    )  # fmt: skip
    with caplog.at_level(logging.DEBUG):
        runner = project.run_until(lambda runner: runner.statuses[0].errors > 1)
    assert "chmod o-rwx" in runner.statuses[0].problem
    key.chmod(0o600)
    with caplog.at_level(logging.DEBUG):
        runner = project.run_until(lambda runner: "127.0.0.1:1 cannot be reached" in runner.statuses[0].problem)
    assert "hunter2" not in caplog.text


def test_a_stop_in_the_middle_of_a_file_is_quick_and_the_rest_is_taken_at_the_next_start(project: Project) -> None:
    content = acme_file(40_000, counters=1)
    (project.folder / "inbox").mkdir()
    (project.folder / "inbox" / "large.pm").write_bytes(content)
    project.declare("inbox", reach="directory", directory="inbox", every=0.05, settle=0)
    runner = project.run_until(lambda runner: runner.statuses[0].events > 0)
    assert runner.statuses[0].files == 0
    assert list(Progress(project.operator.log).unfinished("inbox")) != []
    project.run_until(lambda runner: runner.statuses[0].files == 1)
    assert project.operator.values() == expected(content)


def test_contents_are_forgotten_after_their_time_and_then_taken_as_new(project: Project) -> None:
    operator = project.operator
    intake = operator.intake()
    intake.file(stream(acme_file(1)), origin("a.pm"), version="1")
    assert Progress(operator.log).forget_contents(before=0) == 0
    time.sleep(0.01)
    between = time.time_ns() // 1000
    intake.file(stream(acme_file(1, "B")), origin("b.pm"), version="1")
    assert Progress(operator.log).forget_contents(before=between) == 1
    assert operator.intake("later").file(stream(acme_file(1)), origin("c.pm")).duplicate is False
    assert operator.intake("later").file(stream(acme_file(1, "B")), origin("d.pm")).duplicate is True
    assert operator.intake().taken() == {"file:///acme/a.pm": "1", "file:///acme/b.pm": "1"}


MEASURE = """
import io, resource, sys
from pathlib import Path
from tests.connect.operator import Operator, origin

class Long(io.RawIOBase):
    '''A file of so many lines that exists only while it is read.'''
    def __init__(self, lines):
        counters = b" ".join(b"c%d=1" % c for c in range(100))
        self.lines = (b"ManagedElement=%d %s\\n" % (n, counters) for n in range(lines))
        self.rest = b"#acme\\n"
    def read(self, size=-1):
        while len(self.rest) < size and (line := next(self.lines, b"")):
            self.rest += line
        piece, self.rest = self.rest[:size], self.rest[size:]
        return piece

operator = Operator(Path(sys.argv[1]))
report = operator.intake().file(Long(int(sys.argv[2])), origin())
print(report.values, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.prove
@pytest.mark.timeout(300)
def test_a_file_a_hundred_times_as_large_takes_no_more_memory(tmp_path: Path) -> None:
    def kilobytes(lines: int) -> int:
        command = [sys.executable, "-c", MEASURE, str(tmp_path / str(lines)), str(lines)]
        values, peak = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
        assert int(values) == 100 * lines
        return int(peak)

    assert kilobytes(200_000) < kilobytes(2_000) + 60_000
