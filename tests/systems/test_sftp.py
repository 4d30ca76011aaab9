"""Files on a real OpenSSH server, polled."""

from __future__ import annotations

import asyncio
import gzip
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connect.operator import acme_file, expected
from tests.connect.project import Project, until
from tests.connect.ssh import Sshd, sshd
from trunkline.connect.progress import Progress

LINES = 12_000  # of a file, taken in some ten transactions


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    with sshd(tmp_path / "sshd") as server:
        yield server


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = Project(tmp_path / "project")
    yield project
    project.operator.log.close()


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """The folder on the server."""
    folder = tmp_path / "remote"
    folder.mkdir()
    return folder


def test_each_file_is_taken_once_also_after_a_restart(server: Sshd, project: Project, remote: Path) -> None:
    files = {f"{name}.pm": acme_file(3, name) for name in "ABC"}
    for name, content in files.items():
        (remote / name).write_bytes(content)
    project.sftp(server, remote)
    runner = project.run_until_taken(18)
    assert (runner.statuses[0].files, runner.statuses[0].duplicates, runner.statuses[0].events) == (3, 0, 9)
    again = project.run_until(lambda runner: runner.statuses[0].last_success > 0)
    assert again.statuses[0].files == 0
    assert project.operator.values() == expected(*files.values())
    assert {m.source.uri for m in project.operator.measurements()} == {
        f"sftp://127.0.0.1:{server.port}{remote}/{name}" for name in files
    }


def test_a_file_that_appears_or_is_written_anew_while_polling_is_taken(
    server: Sshd, project: Project, remote: Path
) -> None:
    first, second, third = acme_file(1), acme_file(2, "B"), gzip.compress(acme_file(3, "C"))

    async def run() -> None:
        async with project.running():
            (remote / "a.pm").write_bytes(first)
            await until(lambda: len(project.operator.values()) == 2)
            (remote / "a.pm").write_bytes(second)
            await until(lambda: len(project.operator.values()) == 6)
            (remote / "c.pm.gz").write_bytes(third)
            await until(lambda: len(project.operator.values()) == 12)

    project.sftp(server, remote)
    asyncio.run(run())
    assert project.operator.values() == expected(first, second, gzip.decompress(third))


def test_a_growing_file_is_left_until_it_has_settled(server: Sshd, project: Project, remote: Path) -> None:
    content = acme_file(40)

    async def run() -> None:
        async with project.running():
            with (remote / "a.pm").open("wb") as file:
                for start in range(0, len(content), 200):
                    file.write(content[start : start + 200])
                    file.flush()
                    await asyncio.sleep(0.1)
            await until(lambda: len(project.operator.values()) >= 80)

    project.sftp(server, remote, settle=0.6)
    asyncio.run(run())
    assert project.operator.values() == expected(content)
    assert project.operator.rejected() == []


def test_names_of_unfinished_files_are_left_alone(server: Sshd, project: Project, remote: Path) -> None:
    for name in ("a.pm", "a.pm.tmp", ".a.pm.swp", "b.pm.part", "readme.txt"):
        (remote / name).write_bytes(acme_file(1, name))
    project.sftp(server, remote, files='["*.pm*"]')
    project.run_until_taken(2)
    assert project.operator.values() == expected(acme_file(1, "a.pm"))


@pytest.mark.parametrize("recursive", [False, True])
def test_folders_below_are_read_where_the_operator_wants_it(
    server: Sshd, project: Project, remote: Path, recursive: bool
) -> None:
    for name in ("a.pm", "x/b.pm", "x/y/c.pm"):
        (remote / name).parent.mkdir(exist_ok=True)
        (remote / name).write_bytes(acme_file(1, name))
    (remote / "x" / "loop").symlink_to(remote)
    project.sftp(server, remote, recursive=str(recursive).lower())
    wanted = ("a.pm", "x/b.pm", "x/y/c.pm") if recursive else ("a.pm",)
    project.run_until_taken(2 * len(wanted))
    assert project.operator.values() == expected(*(acme_file(1, name) for name in wanted))


def test_taken_files_are_deleted_or_moved_and_one_of_the_same_name_is_kept_beside(
    server: Sshd, project: Project, remote: Path, tmp_path: Path
) -> None:
    moving = tmp_path / "moving"
    (moving / "done").mkdir(parents=True)
    (moving / "done" / "b.pm").write_text("an older one")
    (remote / "a.pm").write_bytes(acme_file(1, "A"))
    (moving / "b.pm").write_bytes(acme_file(1, "B"))
    project.sftp(server, remote, "deleting", after="delete")
    project.sftp(server, moving, "moving", after="move", move_to="done", recursive="true")
    project.run_until_taken(4)
    assert list(remote.iterdir()) == []
    assert not (moving / "b.pm").exists()
    assert {path.read_bytes() for path in (moving / "done").iterdir()} == {b"an older one", acme_file(1, "B")}
    assert project.operator.values() == expected(acme_file(1, "A"), acme_file(1, "B"))


def test_hostile_names_are_taken_and_lead_nowhere(server: Sshd, project: Project, remote: Path, tmp_path: Path) -> None:
    names = [b"new\nline.pm", b"..pm", b"%2e%2e%2f.pm", b"\xff\xfe.pm", b"$(reboot).pm", b"-rf.pm", b" .pm", b"*.pm"]
    for n, name in enumerate(names):
        Path(os.fsdecode(os.fsencode(remote) + b"/" + name)).write_bytes(acme_file(1, str(n)))
    project.sftp(server, remote, ignore="[]")
    project.run_until_taken(2 * len(names))
    assert project.operator.values() == expected(*(acme_file(1, str(n)) for n in range(len(names))))
    uris = {m.source.uri for m in project.operator.measurements()}
    assert f"sftp://127.0.0.1:{server.port}{remote}/new%0Aline.pm" in uris
    assert all(uri.isascii() and uri.isprintable() for uri in uris)


def test_a_file_that_is_too_large_is_in_the_quarantine_and_stays_on_the_server(
    server: Sshd, project: Project, remote: Path
) -> None:
    (remote / "large.pm").write_bytes(acme_file(1000))
    (remote / "small.pm").write_bytes(acme_file(1, "B"))
    project.sftp(server, remote, largest=1000, after="delete")
    project.run_until(lambda _: len(project.operator.values()) == 2 and len(project.operator.rejected()) == 1)
    assert [rejected.reason for rejected in project.operator.rejected()] == ["file.too-large"]
    assert [path.name for path in remote.iterdir()] == ["large.pm"]


def test_a_server_with_another_key_is_refused_and_named(server: Sshd, project: Project, remote: Path) -> None:
    (remote / "a.pm").write_bytes(acme_file(1))
    project.sftp(server, remote, fingerprints=f"[SHA256:{'A' * 43}]")
    runner = project.run_until(lambda runner: runner.statuses[0].errors > 0)
    assert server.fingerprint in runner.statuses[0].problem
    assert project.operator.values() == []


def test_a_login_that_is_refused_is_told_and_tried_again(server: Sshd, project: Project, remote: Path) -> None:
    (remote / "a.pm").write_bytes(acme_file(1))
    good = (server.folder / "authorized_keys").read_bytes()
    (server.folder / "authorized_keys").write_bytes(b"")

    async def run() -> None:
        async with project.running() as runner:
            await until(lambda: runner.statuses[0].errors > 0)
            assert "may not log in" in runner.statuses[0].problem
            (server.folder / "authorized_keys").write_bytes(good)
            await until(lambda: len(project.operator.values()) == 2)
            await until(lambda: runner.statuses[0].problem == "")

    project.sftp(server, remote)
    asyncio.run(run())


def test_a_server_that_goes_down_and_comes_back_costs_nothing(server: Sshd, project: Project, remote: Path) -> None:
    files = {f"{n}.pm": acme_file(20, str(n)) for n in range(40)}

    async def run() -> None:
        async with project.running():
            for n, (name, content) in enumerate(files.items()):
                (remote / name).write_bytes(content)
                if n % 15 == 5:
                    await until(lambda: len(project.operator.values()) > 0)
                    server.stop()
                    await asyncio.sleep(0.1)
                    server.start()
            await until(lambda: len(project.operator.values()) >= 40 * 40)

    project.sftp(server, remote)
    asyncio.run(run())
    assert project.operator.values() == expected(*files.values())


def test_a_folder_that_is_not_there_yet_is_waited_for(server: Sshd, project: Project, tmp_path: Path) -> None:
    async def run() -> None:
        async with project.running() as runner:
            await until(lambda: "cannot be listed" in runner.statuses[0].problem)
            (tmp_path / "later").mkdir()
            (tmp_path / "later" / "a.pm").write_bytes(acme_file(1))
            await until(lambda: len(project.operator.values()) == 2)

    project.sftp(server, tmp_path / "later")
    asyncio.run(run())


def kill_at_random(project: Project, remote: Path, kills: int, seed: int) -> int:
    """Kill the process at random moments while it takes files, then let it finish; say how many kills hit a file."""
    chance, log, hits = random.Random(seed), project.operator.log, 0
    files = {f"{n}.pm": acme_file(LINES, f"K{n}-", counters=1) for n in range(kills)}
    command = [sys.executable, "-m", "tests.connect.process", str(project.folder)]

    def taken() -> int:
        return sum(log.end("network.measurement", partition) for partition in range(4))

    for n, (name, content) in enumerate(files.items()):
        (remote / name).write_bytes(content)
        moment = n * LINES + chance.randrange(LINES)
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        while taken() <= moment and process.poll() is None:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.03))
        process.send_signal(signal.SIGKILL)
        process.wait()
        hits += bool(Progress(log).unfinished("acme-files"))
    project.run_until_taken(kills * LINES)
    assert project.operator.values() == expected(*files.values())
    assert project.operator.rejected() == []
    return hits


def test_killed_at_random_points_every_value_is_taken_exactly_once(
    server: Sshd, project: Project, remote: Path
) -> None:
    project.sftp(server, remote)
    assert kill_at_random(project, remote, kills=3, seed=1)


@pytest.mark.prove
@pytest.mark.timeout(300)
@pytest.mark.parametrize("after", ["keep", "delete"])
def test_killed_at_twenty_random_points_every_value_is_taken_exactly_once(
    server: Sshd, project: Project, remote: Path, after: str
) -> None:
    project.sftp(server, remote, after=after)
    assert kill_at_random(project, remote, kills=20, seed=2) > 5
