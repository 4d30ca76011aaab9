"""Files that are written whole or not at all, and secrets that only their owner reads."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path


def write_once(file: Path, content: bytes, mode: int = 0o600) -> bool:
    """Make a file with this content, durably; False where there is one already, which stays as it is.

    Of several processes that make it at once, one does.
    """
    part = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as made:
        made.write(content)
        made.flush()
        os.fsync(made.fileno())
    try:
        os.link(part, file)
    except FileExistsError:
        return False
    finally:
        part.unlink()
        sync_folder(file.parent)
    return True


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_private(file: Path) -> bytes:
    """A secret. Raises `ValueError` where others may read it too."""
    with file.open("rb") as opened:
        if stat.S_IMODE(os.fstat(opened.fileno()).st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
            raise ValueError(f"the secret file {file} is open to other users of this machine: chmod 600 {file}")
        return opened.read()
