"""Raw files, kept by content."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.connect.operator import origin, stream
from trunkline.connect import Archive
from trunkline.connect.archive import LONGEST, NotArchived


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all examples of a property."""
    return tmp_path_factory.mktemp("archive")


def add(archive: Archive, content: bytes) -> str:
    sha256, fault = archive.add(stream(content), origin())
    assert fault is None
    return sha256


@pytest.mark.parametrize("content", [b"", b"<a/>\n", os.urandom(1 << 20)], ids=["empty", "small", "large"])
def test_a_file_is_found_by_the_sha256_of_its_content(archive: Archive, content: bytes) -> None:
    sha256 = add(archive, content)
    assert sha256 == hashlib.sha256(content).hexdigest()
    with archive.open(sha256) as kept:
        assert kept.read() == content


def test_the_same_content_is_kept_once_plain_or_gzip(archive: Archive) -> None:
    plain = add(archive, b"the same")
    assert add(archive, gzip.compress(b"the ") + gzip.compress(b"same")) == plain
    assert len([path for path in archive.folder.rglob("*") if path.is_file()]) == 1


def test_content_beyond_the_bound_is_cut_and_said_to_be(tmp_path: Path) -> None:
    archive = Archive(tmp_path, largest=200_000)
    sha256, fault = archive.add(stream(gzip.compress(os.urandom(300_000))), origin())
    assert fault is not None
    assert fault.reason == "file.too-large"
    with archive.open(sha256) as kept:
        assert len(kept.read()) <= 200_000


def test_a_small_gzip_that_unpacks_to_gigabytes_is_cut(archive: Archive) -> None:
    bomb = gzip.compress(bytes(1 << 26))
    _, fault = archive.add(stream(bomb), origin())
    assert fault is not None
    assert fault.reason == "gzip.bomb"


@pytest.mark.parametrize("sha256", ["0" * 64, "../../etc/passwd", "", "0" * 63 + "\n"])
def test_what_is_not_there_is_said_to_be_not_there(archive: Archive, sha256: str) -> None:
    with pytest.raises(NotArchived):
        archive.open(sha256)


def test_lines_are_shown_from_the_one_that_holds_the_offset(archive: Archive) -> None:
    sha256 = add(archive, b"one\r\ntwo\n\nfour \xff")
    assert archive.lines(sha256, offset=0) == [(1, 0, "one")]
    assert archive.lines(sha256, offset=7, count=2) == [(2, 5, "two"), (3, 9, "")]
    assert archive.lines(sha256, offset=12, count=9) == [(4, 10, "four \\xff")]
    assert archive.lines(sha256, offset=99) == []


def test_of_a_gigantic_line_only_the_piece_around_the_offset_is_shown(archive: Archive) -> None:
    sha256 = add(archive, b"first\n" + b"x" * 100_000 + b"HERE" + b"x" * 100_000 + b"\nlast\n")
    [piece] = archive.lines(sha256, offset=100_006)
    assert piece.number == 2
    assert len(piece.text) == LONGEST
    assert piece.text[100_006 - piece.offset :].startswith("HERE")


@given(st.lists(st.binary(max_size=40).filter(lambda line: not set(line) & {10, 13})), st.integers(0))
def test_any_offset_leads_to_its_line(folder: Path, lines: list[bytes], at: int) -> None:
    archive = Archive(folder)
    content = b"\n".join([b"<!-- not gzip -->", *lines])
    sha256 = add(archive, content)
    offset = at % len(content)
    [line] = archive.lines(sha256, offset=offset)
    assert line.number == content[:offset].count(b"\n") + 1
    assert line.offset == content.rfind(b"\n", 0, offset) + 1


def test_retention_deletes_what_is_older_and_a_new_delivery_begins_its_time_anew(archive: Archive) -> None:
    old, again, new = (add(archive, name) for name in (b"old", b"again", b"new"))
    past = time.time() - 40 * 86_400
    for sha256 in (old, again):
        os.utime(archive.folder / sha256[:2] / f"{sha256}.gz", (past, past))
    (archive.folder / "new" / "left-by-a-crash").touch()
    os.utime(archive.folder / "new" / "left-by-a-crash", (past, past))
    add(archive, b"again")
    assert archive.expire(days=30) == 2
    with pytest.raises(NotArchived):
        archive.open(old)
    archive.open(again).close()
    archive.open(new).close()


class Failing(io.RawIOBase):
    """A stream whose disk fails in the middle."""

    def __init__(self) -> None:
        self._reads = iter([b"half of the file"])

    def read(self, size: int = -1) -> bytes:
        try:
            return next(self._reads)
        except StopIteration:
            raise OSError("Input/output error") from None


def test_a_file_that_could_not_be_read_leaves_nothing_behind(archive: Archive) -> None:
    with pytest.raises(OSError, match="Input/output"):
        archive.add(Failing(), origin())  # type: ignore[arg-type]
    assert [path for path in archive.folder.rglob("*") if path.is_file()] == []


def test_other_users_cannot_read_the_archive(archive: Archive) -> None:
    sha256 = add(archive, b"x")
    assert (archive.folder / sha256[:2]).stat().st_mode & 0o077 == 0
