"""Which socket stands at a path: it may have taken another's place."""

from __future__ import annotations

from pathlib import Path


def identity(socket: Path) -> tuple[int, int] | None:
    """Tells two sockets apart that stand at the same path one after the other; None where there is none."""
    try:
        found = socket.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
