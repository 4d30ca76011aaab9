"""Raw files lie sealed in the archive, and are gone with the key of their day."""

from __future__ import annotations

import gzip
import io
import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.connect.operator import origin, stream
from tests.security.keys.conftest import OpenKeyring
from trunkline.connect import Archive
from trunkline.log import LogError
from trunkline.security.keys import KeysError, files
from trunkline.security.keys.files import PIECE, SIZE, TAG, FileSealer
from trunkline.security.keys.keyring import Keyring

RECORD = b"32470123456,2026-01-15,270\n"


@pytest.fixture
def archive(tmp_path: Path, keyring: Keyring) -> Archive:
    return Archive(tmp_path / "archive", sealer=FileSealer(keyring, "archive"))


def add(archive: Archive, content: bytes) -> str:
    return archive.add(stream(content), origin())[0]


def read(archive: Archive, sha256: str) -> bytes:
    with archive.open(sha256) as content:
        return content.read()


def path(archive: Archive, sha256: str) -> Path:
    return archive.folder / sha256[:2] / f"{sha256}.gz"


def test_an_archived_file_is_read_again_by_another_process_and_by_nobody_without_keys(
    archive: Archive, open_keyring: OpenKeyring
) -> None:
    content = RECORD * 100 + os.urandom(3 * PIECE)
    sha256 = add(archive, content)
    assert read(Archive(archive.folder, sealer=FileSealer(open_keyring(), "archive")), sha256) == content
    assert archive.lines(sha256, offset=30)[0].text == RECORD.decode().strip()
    with pytest.raises((LogError, OSError)):
        read(Archive(archive.folder), sha256)
    assert path(archive, sha256).read_bytes()[:1] == b"\xc1"


def test_a_file_that_came_before_there_were_keys_is_read(archive: Archive) -> None:
    sha256 = add(Archive(archive.folder), RECORD)
    assert read(archive, sha256) == RECORD


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.sampled_from([0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 1]), part=st.integers(1, 2 * PIECE)
)
def test_whatever_is_written_piece_by_piece_is_read(keyring: Keyring, size: int, part: int) -> None:
    sealer, kept, content = FileSealer(keyring, "archive"), io.BytesIO(), os.urandom(size)
    with sealer.writing(kept) as file:
        for first in range(0, size, part):
            file.write(content[first : first + part])
    assert sealer.reading(io.BytesIO(kept.getvalue()), "it").read() == content


@pytest.mark.parametrize("change", ["cut", "cut in a piece", "flipped", "swapped", "other kind"])
def test_a_file_that_was_changed_is_refused_with_its_name(keyring: Keyring, change: str) -> None:
    sealer, kept = FileSealer(keyring, "archive"), io.BytesIO()
    with sealer.writing(kept) as file:
        file.write(os.urandom(2 * PIECE + 7))
    whole, piece = kept.getvalue(), PIECE + TAG
    first, second, rest = SIZE, SIZE + piece, SIZE + 2 * piece
    changed = {
        "cut": whole[:rest],
        "cut in a piece": whole[:-1],
        "flipped": whole[:second] + bytes([whole[second] ^ 1]) + whole[second + 1 :],
        "swapped": whole[:first] + whole[second:rest] + whole[first:second] + whole[rest:],
        "other kind": whole,
    }[change]
    reader = FileSealer(keyring, "exports") if change == "other kind" else sealer
    with pytest.raises(KeysError, match="the file A"):
        reader.reading(io.BytesIO(changed), "the file A").read()


def test_with_the_last_file_of_a_day_its_key_goes_and_copies_open_no_more(
    archive: Archive, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "OLD", 0.0)
    gone, kept = add(archive, RECORD), add(archive, RECORD * 2)
    copy = path(archive, gone).read_bytes()
    old = time.time() - 31 * 86_400
    os.utime(path(archive, gone), (old, old))
    assert archive.expire(30) == 1
    assert read(archive, kept) == RECORD * 2  # the day's key is needed
    os.utime(path(archive, kept), (old, old))
    assert archive.expire(30) == 1
    path(archive, gone).write_bytes(copy)
    with pytest.raises(KeysError, match=f"the archived file {gone}: its time is over"):
        read(archive, gone)
    assert read(archive, add(archive, RECORD * 3)) == RECORD * 3


def test_what_an_archive_without_keys_keeps_is_a_gzip_file(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    assert gzip.decompress(path(archive, add(archive, RECORD)).read_bytes()) == RECORD
