"""How a pattern is written, and what it says as a tree."""

from __future__ import annotations

import string
from typing import Final, NamedTuple, TypeAlias

from trunkline.store.port import StoreError

LONGEST: Final = 1_000  # characters of a pattern
MOST_REPETITIONS: Final = 255  # in braces; PostgreSQL takes no more
DEEPEST: Final = 20  # groups in groups

Ranges: TypeAlias = tuple[tuple[int, int], ...]
_SETS: Final[dict[str, Ranges]] = {
    "d": ((48, 57),),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "s": ((9, 13), (32, 32)),
}
_NAMED: Final = {"n": "\n", "t": "\t", "r": "\r"}
_QUANTIFIERS: Final[dict[str, tuple[int, int | None]]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


class PatternError(StoreError):
    """The pattern is none, or not of this part; `position` is the place in it, from 0 on."""

    def __init__(self, pattern: str, position: int, reason: str) -> None:
        super().__init__(f"the pattern {pattern!r} at {position}: {reason}")
        self.position, self.reason = position, reason


class Characters(NamedTuple):
    """One character of some ranges of code points, or one of none of them."""

    ranges: Ranges
    negated: bool = False

    def has(self, character: str) -> bool:
        """Whether it is one of them."""
        code = ord(character)
        return any(first <= code <= last for first, last in self.ranges) is not self.negated


class Edge(NamedTuple):
    """^ or $."""

    start: bool


class Sequence(NamedTuple):
    """One behind the other."""

    parts: tuple[Node, ...]


class Choice(NamedTuple):
    """One of them."""

    branches: tuple[Node, ...]


class Repeat(NamedTuple):
    """`least` to `most` times; None: any number of times."""

    part: Node
    least: int
    most: int | None


Node: TypeAlias = Characters | Edge | Sequence | Choice | Repeat


class Parser:
    """Reads a pattern by recursive descent."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def pattern(self) -> Node:
        """The whole pattern. Raises `PatternError`."""
        if len(self._text) > LONGEST:
            raise self._error(f"it has {len(self._text):,} characters, {LONGEST:,} are the most", LONGEST)
        if "\0" in self._text:
            raise self._error("the character NUL cannot be looked for", self._text.index("\0"))
        node = self._choice(0)
        if self._at < len(self._text):
            raise self._error("this ) closes nothing: write \\) for the sign itself")
        return node

    def _choice(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise self._error(f"groups lie in each other more than {DEEPEST} deep")
        branches = [self._sequence(depth)]
        while self._next("|"):
            branches.append(self._sequence(depth))
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def _sequence(self, depth: int) -> Node:
        parts: list[Node] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            parts.append(self._quantified(self._atom(depth)))
        return Sequence(tuple(parts))

    def _atom(self, depth: int) -> Node:
        start, sign = self._at, self._text[self._at]
        self._at += 1
        if sign == "(":
            if self._next("?") and not self._next(":"):
                raise self._error("of the groups that begin with (? there is only (?: )", start)
            inner = self._choice(depth + 1)
            if not self._next(")"):
                raise self._error("this group is not closed", start)
            return inner
        if sign in "*+?{":
            raise self._error(f"there is nothing here to repeat: write \\{sign} for the sign itself", start)
        if sign == "[":
            return self._class(start)
        if sign in "^$":
            return Edge(sign == "^")
        if sign == ".":
            return Characters((), negated=True)
        return self._escaped(start) if sign == "\\" else _literal(sign)

    def _escaped(self, start: int) -> Characters:
        if self._at == len(self._text):
            raise self._error("a \\ stands alone at the end", start)
        sign = self._text[self._at]
        self._at += 1
        if sign.lower() in _SETS:
            return Characters(_SETS[sign.lower()], negated=sign.isupper())
        if sign in _NAMED:
            return _literal(_NAMED[sign])
        if sign in string.punctuation or sign == " ":
            return _literal(sign)
        raise self._error(f"\\{sign} means nothing here", start)

    def _class(self, start: int) -> Node:
        negated = self._next("^")
        ranges: list[tuple[int, int]] = []
        while not self._next("]"):
            if self._at == len(self._text):
                raise self._error("this [ is not closed by a ]", start)
            place = self._at
            first = self._member()
            if self._text[self._at : self._at + 1] != "-" or self._text[self._at + 1 : self._at + 2] == "]":
                ranges += first
                continue
            self._at += 1
            if self._at == len(self._text):
                raise self._error("this [ is not closed by a ]", start)
            last = self._member()
            if not _one(first) or not _one(last) or first[0][0] > last[0][0]:
                raise self._error("this is no range from a character to a later one", place)
            ranges.append((first[0][0], last[0][0]))
        if not ranges:
            raise self._error("nothing is between [ and ]: write \\] for the sign itself", start)
        return Characters(tuple(ranges), negated)

    def _member(self) -> Ranges:
        start, sign = self._at, self._text[self._at]
        self._at += 1
        member = self._escaped(start) if sign == "\\" else _literal(sign)
        if member.negated:
            raise self._error("\\D, \\W and \\S cannot stand between [ and ]", start)
        return member.ranges

    def _quantified(self, atom: Node) -> Node:
        start = self._at
        sign = self._text[start : start + 1]
        if sign in _QUANTIFIERS:
            self._at += 1
            least, most = _QUANTIFIERS[sign]
        elif sign == "{":
            least, most = self._braces()
        else:
            return atom
        if isinstance(atom, Edge):
            raise self._error("^ and $ cannot be repeated", start)
        self._next("?")  # lazy: what is found first does not matter where it only matters that something is
        if self._text[self._at : self._at + 1] in (*_QUANTIFIERS, "{"):
            raise self._error("what is repeated is repeated again: put it in a group, ( )", self._at)
        return Repeat(atom, least, most)

    def _braces(self) -> tuple[int, int | None]:
        start, end = self._at, self._text.find("}", self._at)
        least, comma, most = self._text[start + 1 : end].partition(",")
        if end < 0 or not _digits(least) or not (_digits(most) or not most):
            raise self._error("braces hold a number, or two as in {2,4}: write \\{ for the sign itself", start)
        self._at = end + 1
        bounds = int(least), (int(most) if most else None) if comma else int(least)
        if bounds[0] > MOST_REPETITIONS or (bounds[1] or 0) > MOST_REPETITIONS:
            raise self._error(f"{MOST_REPETITIONS} repetitions are the most", start)
        if bounds[1] is not None and bounds[1] < bounds[0]:
            raise self._error("the second number is smaller than the first", start)
        return bounds

    def _next(self, sign: str) -> bool:
        if not self._text.startswith(sign, self._at):
            return False
        self._at += len(sign)
        return True

    def _error(self, reason: str, position: int | None = None) -> PatternError:
        return PatternError(self._text, self._at if position is None else position, reason)


def _literal(sign: str) -> Characters:
    return Characters(((ord(sign), ord(sign)),))


def _one(ranges: Ranges) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def _digits(text: str) -> bool:
    return 0 < len(text) <= 4 and text.isascii() and text.isdigit()
