"""What goes wrong on the way to the platform: traps get lost or doubled; files come late, twice, cut off or garbled."""

from __future__ import annotations

import gzip
import random
from enum import StrEnum

from belgicom.simulator.measurements import PmFile


class TrapMishap(StrEnum):
    NONE = "none"
    LOST = "lost"
    """numbered by the manager and never sent"""
    DOUBLED = "doubled"
    """the same datagram arrives twice"""


class FileMishap(StrEnum):
    NONE = "none"
    LATE = "late"
    AGAIN = "again"
    """uploaded a second time, under another name"""
    TRUNCATED = "truncated"
    MISENCODED = "misencoded"
    """a byte that is not UTF-8, although the file says that it is"""


TRAP_CHANCES = {TrapMishap.LOST: 0.01, TrapMishap.DOUBLED: 0.02}
FILE_CHANCES = {
    FileMishap.LATE: 0.004,
    FileMishap.AGAIN: 0.002,
    FileMishap.TRUNCATED: 0.001,
    FileMishap.MISENCODED: 0.001,
}


def trap_mishap(dice: random.Random) -> TrapMishap:
    return dice.choices([*TRAP_CHANCES, TrapMishap.NONE], [*TRAP_CHANCES.values(), 1 - sum(TRAP_CHANCES.values())])[0]


def file_mishap(dice: random.Random) -> FileMishap:
    return dice.choices([*FILE_CHANCES, FileMishap.NONE], [*FILE_CHANCES.values(), 1 - sum(FILE_CHANCES.values())])[0]


def spoiled(file: PmFile, mishap: FileMishap) -> PmFile:
    """The file as it arrives after the mishap."""
    compressed = file.name.endswith(".gz")
    if mishap is FileMishap.AGAIN:
        stem, dot, ending = file.name.partition(".xml")
        return PmFile(f"{stem}_resent{dot}{ending}", file.content)
    if mishap is FileMishap.TRUNCATED:
        return PmFile(file.name, file.content[: len(file.content) * 2 // 3])
    if mishap is FileMishap.MISENCODED:
        text = gzip.decompress(file.content) if compressed else file.content
        head, end, rest = text.partition(b"?>")
        garbled = b"".join((head, end, "<!-- Liège -->".encode("latin-1"), rest))
        return PmFile(file.name, gzip.compress(garbled, compresslevel=1, mtime=0) if compressed else garbled)
    return file
