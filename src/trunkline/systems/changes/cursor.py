"""Reads a database's message from its start, and says at which byte it is not what it should be."""

from __future__ import annotations

import struct
from typing import Any


class Malformed(ValueError):
    """The bytes are no such message; `offset` is where that shows."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(f"byte {offset} of the message: {reason}")
        self.offset = offset


class Cursor:
    """Stands at byte `at` of `data`. Every method raises `Malformed` where there is less than is asked for."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    @property
    def left(self) -> int:
        return len(self.data) - self.at

    def unpack(self, format: struct.Struct, what: str) -> tuple[Any, ...]:
        end = self.at + format.size
        if end > len(self.data):
            raise Malformed(self.at, f"{what} is cut off")
        values = format.unpack_from(self.data, self.at)
        self.at = end
        return values

    def take(self, size: int, what: str) -> bytes:
        end = self.at + size
        if end > len(self.data):
            raise Malformed(self.at, f"{what} of {size} bytes is cut off")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def end(self, what: str) -> None:
        """Nothing may be left."""
        if self.left:
            raise Malformed(self.at, f"{self.left} bytes too many for {what}")
