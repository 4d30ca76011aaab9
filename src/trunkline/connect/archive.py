"""The archive: every file that came in, kept by its content, so that any value can be walked back to its raw lines.

A file lies under the SHA-256 of its uncompressed content, `ab/<sha256>.gz`; offsets count bytes of that content.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import re
import secrets
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, cast

from trunkline.quarantine import Rejected
from trunkline.systems import Origin
from trunkline.systems.compression import uncompressed

LARGEST = 8 << 30  # bytes of uncompressed content
KEY = 10  # first bytes of a sealed file, which say by which key
LONGEST = 4096  # bytes of a line that are shown in one piece
_SHA256 = re.compile(r"[0-9a-f]{64}")


class NotArchived(LookupError):
    """The content is not, or no longer, in the archive."""


class Line(NamedTuple):
    """One line of an archived file, or the next 4 KiB of a longer one. `number` counts from 1."""

    number: int
    offset: int
    text: str


class Sealer(Protocol):
    """How files lie unreadable in the archive: `security.keys.files.FileSealer`."""

    def writing(self, file: BinaryIO) -> BinaryIO: ...

    def reading(self, file: BinaryIO, where: str) -> BinaryIO: ...

    def forget(self, heads: Collection[bytes]) -> int: ...


class Archive:
    """Raw files by content in `folder`, in clear or by a `sealer`. Several processes may use one at a time."""

    def __init__(self, folder: Path, largest: int = LARGEST, *, sealer: Sealer | None = None) -> None:
        self.folder = folder
        self.largest = largest
        self._sealer = sealer
        self._new = folder / "new"
        self._new.mkdir(mode=0o700, parents=True, exist_ok=True)

    def add(self, stream: BinaryIO, origin: Origin) -> tuple[str, Rejected | None]:
        """Keep what `stream` holds, plain or gzip, and return the SHA-256 of its content; durable when it returns.

        The same content is kept once. Where the file cannot be unpacked to its end, the content before is kept, and
        what was wrong comes second.
        """
        arriving = self._new / secrets.token_hex(8)
        try:
            with arriving.open("xb") as file:
                if self._sealer is None:
                    sha256, fault = self._pack(stream, file, origin)
                else:
                    with self._sealer.writing(file) as sealed:
                        sha256, fault = self._pack(stream, sealed, origin)
                file.flush()
                os.fsync(file.fileno())
            kept = self._path(sha256)
            if kept.exists():
                kept.touch()  # its time in the archive begins anew
            else:
                kept.parent.mkdir(mode=0o700, exist_ok=True)
                arriving.rename(kept)
                _sync_folder(kept.parent)
                _sync_folder(self.folder)
        finally:
            arriving.unlink(missing_ok=True)
        return sha256, fault

    def open(self, sha256: str) -> BinaryIO:
        """The uncompressed content. Raises `NotArchived`, and `LogError` where it is sealed and cannot be opened."""
        try:
            file: BinaryIO = self._path(sha256).open("rb")
            if self._sealer is not None:
                file = self._sealer.reading(file, f"the archived file {sha256}")
            return cast(BinaryIO, _Unpacked(file))
        except FileNotFoundError:
            raise NotArchived(
                f"{sha256} is not in the archive: it came in by itself, or its time there is over"
            ) from None

    def lines(self, sha256: str, *, offset: int = 0, count: int = 1) -> list[Line]:
        """`count` lines from the one that holds the byte `offset`. Raises `NotArchived`."""
        found: list[Line] = []
        number, start = 1, 0
        with self.open(sha256) as content:
            while len(found) < count and (piece := content.readline(LONGEST)):
                end = start + len(piece)
                if end > offset:
                    found.append(Line(number, start, piece.rstrip(b"\r\n").decode("utf-8", "backslashreplace")))
                number += piece.endswith(b"\n")
                start = end
        return found

    @contextmanager
    def lock(self, sha256: str) -> Iterator[None]:
        """Hold the content alone, over threads and processes; the kernel frees it when a process dies."""
        with self._path(sha256).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def expire(self, days: float) -> int:
        """Delete what has been kept for longer than `days`, and what a crash left half-written, and the keys that then
        no file needs; say how many files."""
        gone, heads = 0, set[bytes]()
        before = time.time() - days * 86_400
        for path in self.folder.glob("*/*"):
            try:
                if path.stat().st_mtime < before:
                    path.unlink()
                    gone += 1
                elif self._sealer is not None:
                    with path.open("rb", buffering=0) as file:
                        heads.add(file.read(KEY))
            except FileNotFoundError:
                continue  # another process was quicker
        if self._sealer is not None:
            self._sealer.forget(heads)
        return gone

    def _pack(self, stream: BinaryIO, file: BinaryIO, origin: Origin) -> tuple[str, Rejected | None]:
        digest, size = hashlib.sha256(), 0
        with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1, filename="", mtime=0) as packed:
            for piece in uncompressed(stream, origin):
                if isinstance(piece, Rejected):
                    return digest.hexdigest(), piece
                if size + len(piece) > self.largest:
                    message = f"the file has more than {self.largest} bytes uncompressed: the rest is not taken"
                    return digest.hexdigest(), origin.rejected("file.too-large", message, offset=size)
                digest.update(piece)
                packed.write(piece)
                size += len(piece)
        return digest.hexdigest(), None

    def _path(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise NotArchived(f"{sha256!r} is not the SHA-256 of an archived file")
        return self.folder / sha256[:2] / f"{sha256}.gz"


class _Unpacked(gzip.GzipFile):
    """The content of a file, which is closed with it."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(fileobj=file, mode="rb")
        self._file = file

    def close(self) -> None:
        super().close()
        self._file.close()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
