"""What is told of a record whatever is hidden in it, at the APIs, on the streams and at the gateway alike."""

from __future__ import annotations

from typing import Any, Final

ALWAYS: Final = frozenset({"id", "href", "@type", "@baseType", "@schemaLocation"})
"""What every record is told with: a kind whose ids somebody must not see is one that he must not read."""
FIRST, LAST = 5, 3  # characters that the ends of a text are
HIDDEN: Final = "***"


def ends(value: Any) -> str | None:
    """The ends of a text, `32470***456` of `32470123456`; of a short one, that it is there. None: nothing else has
    ends."""
    if not isinstance(value, str):
        return None
    return f"{value[:FIRST]}{HIDDEN}{value[-LAST:]}" if len(value) > FIRST + LAST else HIDDEN
