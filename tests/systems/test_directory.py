"""Files in a local folder, polled."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connect.operator import acme_file, expected
from tests.connect.project import Project, until


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = Project(tmp_path)
    (tmp_path / "inbox").mkdir()
    yield project
    project.operator.log.close()


def test_files_of_a_folder_in_the_project_are_taken_once(project: Project) -> None:
    (project.folder / "inbox" / "a.pm").write_bytes(acme_file(2))
    (project.folder / "inbox" / "again.pm").write_bytes(acme_file(2))
    project.declare("inbox", reach="directory", directory="inbox", every=0.05, settle=0)
    runner = project.run_until(lambda runner: runner.statuses[0].files == 2)
    assert (runner.statuses[0].duplicates, runner.statuses[0].events) == (1, 2)
    assert project.operator.values() == expected(acme_file(2))
    again = project.run_until(lambda runner: runner.statuses[0].last_success > 0)
    assert again.statuses[0].files == 0


def test_links_are_not_followed_and_a_hostile_name_is_harmless(project: Project, tmp_path: Path) -> None:
    inbox = project.folder / "inbox"
    (tmp_path / "outside.pm").write_bytes(acme_file(1, "outside"))
    (inbox / "link.pm").symlink_to(tmp_path / "outside.pm")
    (inbox / "deeper").symlink_to(tmp_path)
    Path(os.fsdecode(os.fsencode(inbox) + b"/\xff\n.pm")).write_bytes(acme_file(1))
    project.declare("inbox", reach="directory", directory="inbox", every=0.05, settle=0, recursive="true")
    project.run_until_taken(2)
    assert project.operator.values() == expected(acme_file(1))
    assert project.operator.measurements()[0].source.uri == f"file://{inbox}/%FF%0A.pm"


def test_taken_files_are_moved_into_a_folder_below_that_is_not_read(project: Project) -> None:
    inbox = project.folder / "inbox"
    (inbox / "x").mkdir()
    settings = {"every": 0.05, "settle": 0, "recursive": "true", "after": "move", "move_to": "done"}
    project.declare("inbox", reach="directory", directory="inbox", **settings)

    async def run() -> None:
        async with project.running():
            for n, name in enumerate(("a.pm", "x/a.pm")):
                (inbox / name).write_bytes(acme_file(1, name))
                await until(lambda n=n: len(project.operator.values()) == 2 * n + 2)  # type: ignore[misc]
                await until(lambda name=name: not (inbox / name).exists())  # type: ignore[misc]

    asyncio.run(run())
    assert {path.read_bytes() for path in (inbox / "done").iterdir()} == {acme_file(1, "a.pm"), acme_file(1, "x/a.pm")}
    assert len(project.operator.values()) == 4


def test_a_folder_that_is_not_there_is_told_and_waited_for(project: Project) -> None:
    project.declare("later", reach="directory", directory="later", every=0.05, settle=0)

    async def run() -> None:
        async with project.running() as runner:
            await until(lambda: "later" in runner.statuses[0].problem)
            (project.folder / "later").mkdir()
            (project.folder / "later" / "a.pm").write_bytes(acme_file(1))
            await until(lambda: len(project.operator.values()) == 2)

    asyncio.run(run())
