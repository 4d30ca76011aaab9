"""Polling a folder of files, once for every way to reach one: each file once, whatever becomes of the system.

A reach gives a `Folder` that can list, fetch, move and delete; everything else is here.
"""

from __future__ import annotations

import asyncio
import fnmatch
import hashlib
import logging
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Protocol

import msgspec

from trunkline.systems.reach import Context, FileReport, Settings
from trunkline.systems.system import Origin

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0  # seconds before a file that failed is tried again; doubled each time
SHORTEST_PAUSE = 0.05  # seconds between listings
RELIST = 5.0  # seconds after which a folder is listed although nothing came or went
FORGET_EVERY = 60.0  # seconds between two times of forgetting files that are gone
ABANDONED = 86_400.0  # seconds after which a half-brought file is deleted

logger = logging.getLogger("trunkline.connect")
Seconds = Annotated[float, msgspec.Meta(ge=0)]


class PollSettings(Settings, frozen=True, kw_only=True):
    """What a polled folder is declared with.

    Files whose name matches one of `files` and none of `ignore` are taken (shell patterns, on the name alone).
    `every` is the pause between listings and `settle` how long a file must keep its size and time before it is taken:
    0 where the system writes elsewhere and renames into place. `after` is what becomes of a taken file; `move` puts
    it into `move_to`. At most `concurrency` files are fetched at a time, and none of more than `largest` bytes.
    """

    directory: str
    recursive: bool = False
    files: tuple[str, ...] = ("*",)
    ignore: tuple[str, ...] = ("*.part", "*.tmp", "*.filepart", "*.swp", ".*")
    every: Annotated[float, msgspec.Meta(ge=0.05)] = 0.25
    settle: Seconds = 1.0
    after: Literal["keep", "delete", "move"] = "keep"
    move_to: str = ""
    concurrency: Annotated[int, msgspec.Meta(ge=1, le=64)] = 4
    largest: Annotated[int, msgspec.Meta(ge=1)] = 4 << 30

    def __post_init__(self) -> None:
        if (self.after == "move") != bool(self.move_to):
            raise ValueError("`move_to` names the folder for `after: move`: give both or neither")


class Listed(NamedTuple):
    """A file as a listing shows it. `path` is as the folder knows it and `uri` names it in the world."""

    path: bytes
    uri: str
    size: int
    modified: str

    @property
    def name(self) -> str:
        return self.path.rsplit(b"/", 1)[-1].decode("utf-8", "backslashreplace")

    @property
    def version(self) -> str:
        """What tells one content of the file from the next, as far as a listing can tell."""
        return f"{self.size}-{self.modified}"


class Gone(Exception):
    """The file is not there any more."""


class Changed(Exception):
    """The file is not as it was listed: it is still being written, or was written anew."""


class Refused(Exception):
    """The system does not give the file now; the message says why."""


class Folder(Protocol):
    """What can be polled. Each method raises what its library raises where the system is not reached any more."""

    async def unchanged(self) -> bool:
        """Whether surely no file came or went since the last listing, asked far more cheaply than by a listing."""

    async def listing(self) -> tuple[list[Listed], list[str]]:
        """Its regular files, and one line for each part of it that cannot be listed."""

    async def fetch(self, file: Listed, part: Path) -> Path:
        """Bring the file and say where it lies now: at `part`, which may hold what an earlier try brought, or where it
        was. Raises `Gone`, `Changed` or `Refused`."""

    async def version(self, file: Listed) -> str:
        """The version of the file now. Raises `Gone` or `Refused`."""

    async def delete(self, file: Listed) -> None:
        """Raises `Gone` or `Refused`."""

    async def move(self, file: Listed) -> None:
        """Move the file to where the settings say; beside one of the same name, with its version behind the name.

        Raises `Gone` or `Refused`.
        """


class Poller:
    """Takes each file of a folder once."""

    def __init__(self, folder: Folder, settings: PollSettings, context: Context) -> None:
        self._folder, self._settings, self._context = folder, settings, context
        self._files, self._ignore = _any_of(settings.files), _any_of(settings.ignore)
        self._done: dict[str, str] = {}
        """The version of each file that is taken, by URI."""
        self._unsettled: dict[str, tuple[str, float]] = {}
        """The version of each file that may still be written, and since when it is that."""
        self._failed: dict[tuple[str, str], tuple[float, float]] = {}
        """When to try a version of a file again, and the pause before that."""
        self._list_at = self._forget_at = 0.0

    async def run(self) -> None:
        """Poll until cancelled. Raises what the folder raises when the system is not reached any more."""
        await asyncio.to_thread(self._clear_parts)
        self._done = dict(await asyncio.to_thread(self._context.intake.taken))
        while True:
            started = time.monotonic()
            await self.poll()
            await asyncio.sleep(max(0.0, started + self._pause() - time.monotonic()))

    async def poll(self) -> None:
        """One round: list, and take what is new and whole."""
        if not await self._nothing_to_do():
            self._list_at = time.monotonic() + RELIST
            listed, problems = await self._folder.listing()
            files = [file for file in listed if self._wanted(file)]
            if ready := sorted(file for file in files if self._ready(file)):
                await self._take_all(ready)
            if problems:
                self._list_at = 0.0
                self._context.status.failed("; ".join(problems[:3]))
                return
            await self._forget(files)
        if not self._failed:
            self._context.status.succeeded()

    async def _nothing_to_do(self) -> bool:
        """Whether a listing can be spared. Now and then it is not, because a file may be written anew in its place."""
        now = time.monotonic()
        due = now >= self._list_at or any(now >= retry_at for retry_at, _ in self._failed.values())
        return not due and not self._unsettled and await self._folder.unchanged()

    def _wanted(self, file: Listed) -> bool:
        name = file.name
        return self._files.match(name) is not None and self._ignore.match(name) is None

    def _ready(self, file: Listed) -> bool:
        if self._done.get(file.uri) == file.version and self._settings.after == "keep":
            return False
        now = time.monotonic()
        if now < self._failed.get((file.uri, file.version), (0.0, 0.0))[0]:
            return False
        version, since = self._unsettled.get(file.uri, ("", now))
        if version != file.version:
            since = now
        self._unsettled[file.uri] = (file.version, since)
        return now - since >= self._settings.settle

    def _pause(self) -> float:
        """Seconds to the next listing: sooner where a file will have settled by then."""
        now = time.monotonic()
        settled_in = [since + self._settings.settle - now for _, since in self._unsettled.values()]
        return min([self._settings.every, *(max(SHORTEST_PAUSE, left) for left in settled_in)])

    async def _take_all(self, files: Iterable[Listed]) -> None:
        """Take files in order, `concurrency` at a time."""
        queue = iter(files)

        async def work() -> None:
            for file in queue:
                await self._take(file)

        async with asyncio.TaskGroup() as group:
            for _ in range(self._settings.concurrency):
                group.create_task(work())

    async def _take(self, file: Listed) -> None:
        self._unsettled.pop(file.uri, None)
        try:
            if self._done.get(file.uri) != file.version:
                await self._bring(file)
                self._done[file.uri] = file.version
            await self._put_away(file)
        except Gone:
            pass  # the next listing will not have it
        except Changed:
            self._unsettled[file.uri] = ("", 0.0)
        except Refused as refusal:
            self._try_later(file, str(refusal))
        else:
            self._failed.pop((file.uri, file.version), None)

    async def _bring(self, file: Listed) -> None:
        origin = Origin(self._context.name, file.uri)
        if file.size > self._settings.largest:
            message = f"the file has {file.size} bytes and `largest` is {self._settings.largest}: raise it or split it"
            if (file.uri, file.version) not in self._failed:
                await self._context.intake.records([origin.rejected("file.too-large", message, length=file.size)])
            raise Refused(f"{file.uri}: {message}")
        part = self._context.folder / f"{hashlib.sha256(f'{file.uri} {file.version}'.encode()).hexdigest()[:32]}.part"
        path = await self._folder.fetch(file, part)
        report = await asyncio.to_thread(self._hand_over, path, origin, file.version)
        part.unlink(missing_ok=True)
        logger.info("%s", summary(self._context.name, report))

    def _hand_over(self, path: Path, origin: Origin, version: str) -> FileReport:
        try:
            stream = path.open("rb")
        except FileNotFoundError:
            raise Gone from None
        except PermissionError as error:
            raise Refused(f"{origin.uri}: {error.strerror}") from None
        with stream:
            return self._context.intake.file(stream, origin, version=version)

    async def _put_away(self, file: Listed) -> None:
        """Do what `after` says, unless the file was written anew since it was fetched."""
        if self._settings.after == "keep":
            return
        if await self._folder.version(file) != file.version:
            raise Changed
        if self._settings.after == "delete":
            await self._folder.delete(file)
        else:
            await self._folder.move(file)

    def _try_later(self, file: Listed, reason: str) -> None:
        self._context.status.failed(reason)
        _, pause = self._failed.get((file.uri, file.version), (0.0, FIRST_PAUSE / 2))
        pause = min(2 * pause, LONGEST_PAUSE)
        self._failed[file.uri, file.version] = (time.monotonic() + pause, pause)

    async def _forget(self, files: Iterable[Listed]) -> None:
        """Forget now and then what is said of files that are gone."""
        if time.monotonic() < self._forget_at:
            return
        self._forget_at = time.monotonic() + FORGET_EVERY
        there = {file.uri for file in files}
        self._unsettled = {uri: state for uri, state in self._unsettled.items() if uri in there}
        self._failed = {key: state for key, state in self._failed.items() if key[0] in there}
        if gone := [uri for uri in self._done if uri not in there]:
            await asyncio.to_thread(self._context.intake.forget, gone)
            for uri in gone:
                del self._done[uri]

    def _clear_parts(self) -> None:
        """Delete half-brought files that nobody came back for."""
        for part in self._context.folder.glob("*.part"):
            if part.stat().st_mtime < time.time() - ABANDONED:
                part.unlink(missing_ok=True)


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    """One expression for shell patterns, because a folder may list thousands of names several times a second."""
    return re.compile("|".join(map(fnmatch.translate, patterns)) or r"(?!)")


def summary(name: str, report: FileReport) -> str:
    """One line that says what became of a file."""
    if report.duplicate:
        return f"{name}: {report.uri} has content that was taken before"
    records = ", ".join(f"{count} {topic}" for topic, count in sorted(report.records.items())) or "nothing"
    return f"{name}: {report.uri} ({report.format or 'unknown format'}): {records} in {report.seconds:.3f} s"
