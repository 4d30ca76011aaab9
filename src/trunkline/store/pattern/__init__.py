"""Patterns of the operator `regex`: the part of regular expressions that means the same everywhere.

    .  any character, also a newline        [abc] [^a-z]  one of these, none of these
    \\d \\w \\s \\D \\W \\S  of ASCII             ^ $  the text's beginning and end
    * + ? {2} {2,} {2,4}  (lazy ones too)   | ( ) (?: )   \\. a sign itself, \\n \\t \\r

There is nothing that looks around or back, so a text is searched in a time that grows with its length alone, whatever
the pattern: here by an automaton that is made as it is needed, by PostgreSQL in its own (`Pattern.postgresql`).
"""

from __future__ import annotations

from functools import lru_cache

from trunkline.store.pattern.automaton import Pattern
from trunkline.store.pattern.syntax import PatternError

__all__ = ["Pattern", "PatternError", "read_pattern"]


@lru_cache(maxsize=256)
def read_pattern(text: str) -> Pattern:
    """The pattern `text`. Raises `PatternError`."""
    return Pattern(text)
