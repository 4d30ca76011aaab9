"""Server-sent events (WHATWG HTML, 9.2) on their way to one client: the data of each as that one may see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Told = Callable[[str, bytes], bytes | None]
"""The data of an event, by its name; None where it is not told."""
END: Final = b"\n\n"
HIDDEN: Final = b": hidden"


class MaskedStream:
    """Takes the pieces of a stream as they come, and gives those blocks that are whole."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._rest = b""

    def take(self, piece: bytes) -> bytes:
        """What may be sent now."""
        *blocks, self._rest = (self._rest + piece).split(END)
        return b"".join(self._block(block) + END for block in blocks)

    def _block(self, block: bytes) -> bytes:
        """An event, comment or setting; of an event that is not told, its id, so that the client goes on from there."""
        lines = block.split(b"\n")
        name = next((line[7:].decode() for line in lines if line.startswith(b"event: ")), "")
        kept: list[bytes] = []
        for line in lines:
            if line.startswith(b"data: "):
                told = self._told(name, line[6:])
                if told is None:
                    return b"\n".join([HIDDEN, *(line for line in lines if line.startswith(b"id: "))])
                line = b"data: " + told
            kept.append(line)
        return b"\n".join(kept)
