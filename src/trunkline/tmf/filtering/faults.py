"""What is wrong in a filter, and where."""

from __future__ import annotations

from trunkline.tmf.errors import Refusal, bad


def malformed(parameter: str, position: int, reason: str) -> Refusal:
    """400: `parameter` cannot be read; `position` counts its characters from 1 on."""
    return bad("badFilter", f"the parameter {parameter[:100]} cannot be read", f"position {position}: {reason}")


def check_characters(parameter: str, text: str, most: int) -> None:
    """Refuse what is longer than `most` characters, and characters that no JSON text in a store has."""
    if len(text) > most:
        raise malformed(parameter, most + 1, f"it is longer than {most} characters")
    for position, character in enumerate(text, 1):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            raise malformed(parameter, position, f"the character U+{ord(character):04X} stands in no document")
