"""A folder on an SFTP server, as something to poll."""

from __future__ import annotations

import asyncio
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import asyncssh

from trunkline.systems.polling import Changed, Gone, Listed, Refused
from trunkline.systems.sftp.settings import SftpSettings

PIECE = 1 << 20  # bytes fetched at a time
CLOCK_STEP = 2.0  # seconds after which a change surely shows in a folder's time, which has whole seconds
REFUSALS = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPPermissionDenied, asyncssh.SFTPFailure)


class _Seen(NamedTuple):
    """When a folder was last changed (its server's clock), since when we know that, and when we listed it (ours)."""

    modified: int | None
    since: float
    listed: float


class SftpFolder:
    """See `polling.Folder`. Names are bytes, as on the wire. Symbolic links are not followed.

    SFTP 3 gives times in whole seconds: a file that is written anew within the same second and keeps its size is taken
    for the same.
    """

    def __init__(self, sftp: asyncssh.SFTPClient, settings: SftpSettings) -> None:
        self._sftp = sftp
        self._root = settings.directory.rstrip("/").encode()
        self._moved = self._root + b"/" + settings.move_to.strip("/").encode()
        self._recursive = settings.recursive
        self._server = f"sftp://{settings.host}:{settings.port}"
        self._seen: dict[bytes, _Seen] = {}

    async def unchanged(self) -> bool:
        for folder, seen in self._seen.items():
            if seen.listed - seen.since < CLOCK_STEP or await self._modified(folder) != seen.modified:
                return False
        return bool(self._seen)

    async def listing(self) -> tuple[list[Listed], list[str]]:
        found: list[Listed] = []
        problems: list[str] = []
        seen: dict[bytes, _Seen] = {}
        folders = [self._root]
        while folders:
            folder = folders.pop()
            try:
                seen[folder] = await self._look(folder)
                entries = await self._sftp.readdir(folder or b"/")
            except REFUSALS as error:
                problems.append(f"{self._uri(folder)} cannot be listed: {error.reason}")
                continue
            for entry in entries:
                name = entry.filename if isinstance(entry.filename, bytes) else entry.filename.encode()
                path, mode = folder + b"/" + name, entry.attrs.permissions or 0
                if name in (b"", b".", b".."):
                    continue
                if b"/" in name or b"\0" in name:
                    problems.append(f"{self._uri(folder)} lists {quote(name)!r}, a name that no file can have")
                elif stat.S_ISREG(mode):
                    found.append(self._listed(path, entry.attrs))
                elif stat.S_ISDIR(mode) and self._recursive and path != self._moved:
                    folders.append(path)
        self._seen = seen
        return found, problems

    async def fetch(self, file: Listed, part: Path) -> Path:
        with _told(file):
            async with self._sftp.open(file.path, "rb") as remote:
                await self._bring(remote, file, part)
                now = self._listed(file.path, await remote.stat())
        if now.version != file.version:
            await asyncio.to_thread(part.unlink)
            raise Changed
        return part

    async def version(self, file: Listed) -> str:
        with _told(file):
            return self._listed(file.path, await self._sftp.lstat(file.path)).version

    async def delete(self, file: Listed) -> None:
        with _told(file):
            await self._sftp.remove(file.path)

    async def move(self, file: Listed) -> None:
        with _told(file):
            await self._sftp.makedirs(self._moved, exist_ok=True)
            target = self._moved + b"/" + file.path.rsplit(b"/", 1)[-1]
            if await self._sftp.lexists(target):
                target += f".{file.version}".encode()
            await self._sftp.rename(file.path, target)

    async def _bring(self, remote: asyncssh.SFTPClientFile, file: Listed, part: Path) -> None:
        """Go on where an earlier try ended; `part` belongs to this version of the file alone."""
        with await asyncio.to_thread(part.open, "ab") as local:
            while (have := local.tell()) < file.size:
                piece: bytes = await remote.read(min(PIECE, file.size - have), have)
                if not piece:
                    return  # it has become shorter, which its version tells
                await asyncio.to_thread(local.write, piece)

    async def _look(self, folder: bytes) -> _Seen:
        now, modified = time.monotonic(), await self._modified(folder)
        before = self._seen.get(folder)
        return _Seen(modified, before.since if before and before.modified == modified else now, now)

    async def _modified(self, folder: bytes) -> int | None:
        return (await self._sftp.stat(folder or b"/")).mtime

    def _listed(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> Listed:
        return Listed(path, self._uri(path), attrs.size or 0, str(attrs.mtime))

    def _uri(self, path: bytes) -> str:
        return self._server + quote(path)


@contextmanager
def _told(file: Listed) -> Iterator[None]:
    """Tell what a server says of one file from what happens to the connection, which is passed on."""
    try:
        yield
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
        raise Gone from None
    except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection):
        raise
    except asyncssh.SFTPError as error:
        raise Refused(f"{file.uri}: {error.reason}") from None
