"""SFTP servers that misbehave: a server of asyncssh's on loopback, made to fail in one way each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.connect.operator import acme_file, expected
from tests.connect.project import Project, until
from trunkline.systems import polling


@dataclass
class Server:
    """Serves the folder `root`, with the faults that a test sets."""

    root: Path
    key: Path
    user: str = "collector"
    port: int = 0
    fingerprint: str = ""
    denied: set[bytes] = field(default_factory=set)
    vanished: set[bytes] = field(default_factory=set)
    listed_besides: list[bytes] = field(default_factory=list)
    cut_at: int | None = None
    """The offset at which the connection breaks, once."""
    reads: list[int] = field(default_factory=list)
    """The offset of every read."""
    listings: int = 0
    on_read: Callable[[], object] = lambda: None
    """Called once, before the first read."""
    on_look: Callable[[], object] = lambda: None
    """Called once, when a file is looked at after it was fetched."""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        host, client = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
        self.key.write_bytes(client.export_private_key())
        self.fingerprint = host.get_fingerprint("sha256")
        acceptor = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[host],
            authorized_client_keys=asyncssh.import_authorized_keys(client.export_public_key().decode()),
            sftp_factory=lambda channel: Faulty(channel, self),
        )
        self.port = acceptor.get_port()
        async with acceptor:
            yield


class Faulty(asyncssh.SFTPServer):
    """One session of a `Server`."""

    def __init__(self, channel: Any, server: Server) -> None:
        super().__init__(channel)
        self._server = server

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        self._server.listings += 1
        async for name in super().scandir(path):
            yield name
        for filename in self._server.listed_besides:
            yield asyncssh.SFTPName(filename, attrs=asyncssh.SFTPAttrs(size=10, permissions=0o100644, atime=1, mtime=1))

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
        name = path.rsplit(b"/", 1)[-1]
        if name in self._server.denied:
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        if name in self._server.vanished:
            raise asyncssh.SFTPNoSuchFile("No such file")
        return super().open(path, pflags, attrs)

    def lstat(self, path: bytes) -> Any:
        if self._server.reads:  # a listing looks at files too
            self._server.on_look()
            self._server.on_look = lambda: None
        return super().lstat(path)

    async def read(self, file_obj: Any, offset: int, size: int) -> bytes:
        self._server.on_read()
        self._server.on_read = lambda: None
        self._server.reads.append(offset)
        if self._server.cut_at is not None and offset >= self._server.cut_at:
            self._server.cut_at = None
            await asyncio.sleep(0.2)  # let what was read before arrive
            self.channel.get_connection().abort()
        return super().read(file_obj, offset, size)  # type: ignore[return-value]


@pytest.fixture
def server(tmp_path: Path) -> Server:
    root = tmp_path / "remote"
    root.mkdir()
    return Server(root, tmp_path / "client_key")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = Project(tmp_path / "project")
    yield project
    project.operator.log.close()


def test_a_broken_download_goes_on_where_it_broke(server: Server, project: Project) -> None:
    content = acme_file(3000, counters=100)
    assert len(content) > 2_500_000
    (server.root / "a.pm").write_bytes(content)
    server.cut_at = 2_200_000

    async def run() -> None:
        async with server.serving():
            project.sftp(server, server.root)
            async with project.running() as runner:
                await until(lambda: runner.statuses[0].files == 1)

    asyncio.run(run())
    assert project.operator.values() == expected(content)
    assert server.reads.count(0) == 1, "the beginning was fetched twice"
    assert list((project.folder / "data" / "connect" / "acme-files").iterdir()) == []


def test_a_file_that_may_not_be_read_holds_up_no_other_and_is_taken_later(server: Server, project: Project) -> None:
    for name in ("a", "b"):
        (server.root / f"{name}.pm").write_bytes(acme_file(1, name))
    server.denied = {b"a.pm"}

    async def run() -> None:
        async with server.serving():
            project.sftp(server, server.root)
            async with project.running() as runner:
                await until(lambda: len(project.operator.values()) == 2)
                await until(lambda: "a.pm: Permission denied" in runner.statuses[0].problem)
                server.denied.clear()
                await until(lambda: len(project.operator.values()) == 4)
                await until(lambda: runner.statuses[0].problem == "")

    asyncio.run(run())


def test_a_file_that_vanishes_before_it_is_fetched_is_no_error(server: Server, project: Project) -> None:
    for name in ("a", "b"):
        (server.root / f"{name}.pm").write_bytes(acme_file(1, name))
    server.vanished = {b"a.pm"}

    async def run() -> None:
        async with server.serving():
            project.sftp(server, server.root)
            async with project.running() as runner:
                await until(lambda: len(project.operator.values()) == 2)
                assert runner.statuses[0].errors == 0

    asyncio.run(run())


def test_a_file_that_grows_while_it_is_fetched_is_fetched_again_when_it_is_whole(
    server: Server, project: Project
) -> None:
    whole = acme_file(100)
    (server.root / "a.pm").write_bytes(whole[:700])
    server.on_read = lambda: (server.root / "a.pm").write_bytes(whole)

    async def run() -> None:
        async with server.serving():
            project.sftp(server, server.root)
            async with project.running() as runner:
                await until(lambda: runner.statuses[0].files == 1)

    asyncio.run(run())
    assert project.operator.values() == expected(whole)
    assert project.operator.rejected() == []


def test_a_file_that_is_written_anew_before_it_is_deleted_is_taken_first(server: Server, project: Project) -> None:
    first, second = acme_file(1), acme_file(2, "B")
    (server.root / "a.pm").write_bytes(first)
    server.on_look = lambda: (server.root / "a.pm").write_bytes(second)

    async def run() -> None:
        async with server.serving():
            project.sftp(server, server.root, after="delete")
            async with project.running():
                await until(lambda: list(server.root.iterdir()) == [])

    asyncio.run(run())
    assert project.operator.values() == expected(first, second)


def test_a_name_that_leads_out_of_the_folder_is_not_followed(server: Server, project: Project, tmp_path: Path) -> None:
    (tmp_path / "secret.pm").write_bytes(acme_file(1, "SECRET"))
    (server.root / "b.pm").write_bytes(acme_file(1, "b"))
    server.listed_besides = [b"../secret.pm", str(tmp_path / "secret.pm").encode(), b"..", b"", b"nul\0.pm"]

    async def run() -> None:
        async with server.serving():
            project.sftp(server, server.root, recursive="true")
            async with project.running() as runner:
                await until(lambda: len(project.operator.values()) == 2)
                await until(lambda: "a name that no file can have" in runner.statuses[0].problem)

    asyncio.run(run())
    assert project.operator.values() == expected(acme_file(1, "b"))


def test_a_quiet_folder_is_hardly_listed_and_yet_nothing_is_missed(
    server: Server, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, rewritten = acme_file(1), acme_file(1, "B"), acme_file(1, "C")
    (server.root / "a.pm").write_bytes(first)
    monkeypatch.setattr(polling, "RELIST", 3.0)

    async def run() -> None:
        async with server.serving():
            project.sftp(server, server.root)
            async with project.running():
                await until(lambda: len(project.operator.values()) == 2)
                await asyncio.sleep(2.2)  # from when on a change surely shows in the folder's time
                before = server.listings
                await asyncio.sleep(0.5)
                assert server.listings - before <= 1
                (server.root / "a.pm").write_bytes(rewritten)  # which the folder's time does not show
                await until(lambda: len(project.operator.values()) == 4)
                (server.root / "b.pm").write_bytes(second)
                await until(lambda: len(project.operator.values()) == 6, seconds=2)

    asyncio.run(run())
    assert project.operator.values() == expected(first, second, rewritten)


def test_one_connection_that_fails_disturbs_no_other(server: Server, project: Project) -> None:
    (server.root / "a.pm").write_bytes(acme_file(1))

    async def run() -> None:
        async with server.serving():
            project.sftp(server, server.root, "good")
            project.sftp(server, server.root, "bad", port=1)
            async with project.running() as runner:
                await until(lambda: len(project.operator.values()) == 2)
                bad, good = runner.statuses
                await until(lambda: bad.errors > 1)
                assert (bad.state, good.state) == ("waiting", "running")
                assert "127.0.0.1" in bad.problem or "refused" in bad.problem.lower()

    asyncio.run(run())
