"""What is wrong in a filter, and where."""

from __future__ import annotations

import re
from typing import Final

from trunkline.tmf.errors import Refusal, bad

NO_CHARACTER: Final = re.compile(r"[\0\ud800-\udfff]")
"""NUL, which databases refuse, and halves of characters."""


def malformed(parameter: str, position: int, reason: str) -> Refusal:
    """400: `parameter` cannot be read; `position` counts its characters from 1 on."""
    return bad("badFilter", f"the parameter {parameter[:100]} cannot be read", f"position {position}: {reason}")


def check_characters(parameter: str, text: str, most: int) -> None:
    """Refuse what is longer than `most` characters, and characters that no text in a store has."""
    if len(text) > most:
        raise malformed(parameter, most + 1, f"it is longer than {most} characters")
    if found := NO_CHARACTER.search(text):
        raise malformed(parameter, found.start() + 1, f"the character U+{ord(found[0]):04X} stands in no document")
