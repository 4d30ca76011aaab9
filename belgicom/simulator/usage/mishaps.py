"""What goes wrong with records on their way: they come twice, late, wrong and corrected afterwards, or unreadable."""

from __future__ import annotations

import random
from enum import StrEnum

from belgicom.simulator.usage.life import TICK


class Mishap(StrEnum):
    NONE = "none"
    DUPLICATE = "duplicate"
    """Sent again in a later file."""
    LATE = "late"
    WRONG = "wrong"
    """Corrected by a later record."""
    BROKEN = "broken"
    """It cannot be read, and nobody sends it again."""


CHANCES = {Mishap.DUPLICATE: 0.05, Mishap.LATE: 0.03, Mishap.WRONG: 0.01, Mishap.BROKEN: 0.005}
AGAIN = 600 // TICK
"""Ticks within which a record is sent again."""
LATEST = 900 // TICK
"""Ticks that a record or its correction is late at most."""


def mishap(dice: random.Random) -> Mishap:
    return dice.choices([*CHANCES, Mishap.NONE], [*CHANCES.values(), 1 - sum(CHANCES.values())])[0]


def broken(record: bytes) -> bytes:
    """The record as it arrives: an element in it says that it is longer than the record is, or a line lost its name."""
    if record[0] < 0x80:  # text
        return record.replace(b"\tAcct-Status-Type = ", b"\t", 1)
    return record[: len(record) // 2]
