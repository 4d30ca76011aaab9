"""A folder of this machine, as something to poll."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from trunkline.systems.polling import Gone, Listed, Poller, PollSettings, Refused
from trunkline.systems.reach import Context


async def run(settings: PollSettings, context: Context) -> None:
    """Take the files of `settings.directory`, which is relative to the operator's folder, until cancelled."""
    await Poller(LocalFolder(context.project, settings), settings, context).run()


class LocalFolder:
    """See `polling.Folder`. Symbolic links are not followed: they could lead out of the folder."""

    def __init__(self, project: Path, settings: PollSettings) -> None:
        self._root = (project / settings.directory).absolute()
        self._moved = self._root / (settings.move_to or ".")
        self._recursive = settings.recursive

    async def unchanged(self) -> bool:
        return False  # a listing is cheap here

    async def listing(self) -> tuple[list[Listed], list[str]]:
        return await asyncio.to_thread(self._listing)

    async def fetch(self, file: Listed, part: Path) -> Path:
        return _path(file)

    async def version(self, file: Listed) -> str:
        with _told(file):
            return _listed(file.path, await asyncio.to_thread(_path(file).lstat)).version

    async def delete(self, file: Listed) -> None:
        with _told(file):
            await asyncio.to_thread(_path(file).unlink)

    async def move(self, file: Listed) -> None:
        with _told(file):
            await asyncio.to_thread(self._move, file)

    def _move(self, file: Listed) -> None:
        path = _path(file)
        target = self._moved / path.name
        self._moved.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(target):
            target = target.with_name(f"{path.name}.{file.version}")
        path.rename(target)

    def _listing(self) -> tuple[list[Listed], list[str]]:
        found: list[Listed] = []
        problems: list[str] = []
        folders = [self._root]
        while folders:
            folder = folders.pop()
            if folder == self._moved != self._root:
                continue
            try:
                with os.scandir(os.fsencode(folder)) as entries:
                    for entry in entries:
                        if entry.is_file(follow_symlinks=False):
                            found += _still_there(entry)
                        elif self._recursive and entry.is_dir(follow_symlinks=False):
                            folders.append(Path(os.fsdecode(entry.path)))
            except OSError as error:
                if folder == self._root:
                    raise
                problems.append(f"{_uri(os.fsencode(folder))}: {error.strerror}")
        return found, problems


def _still_there(entry: os.DirEntry[bytes]) -> Iterator[Listed]:
    try:
        yield _listed(entry.path, entry.stat(follow_symlinks=False))
    except FileNotFoundError:
        return


def _listed(path: bytes, status: os.stat_result) -> Listed:
    return Listed(path, _uri(path), status.st_size, str(status.st_mtime_ns))


def _path(file: Listed) -> Path:
    return Path(os.fsdecode(file.path))


def _uri(path: bytes) -> str:
    return f"file://{quote(path)}"


@contextmanager
def _told(file: Listed) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise Gone from None
    except OSError as error:
        raise Refused(f"{file.uri}: {error.strerror}") from None
