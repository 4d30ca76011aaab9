"""Patterns of the operator `regex`: the part of regular expressions that means the same everywhere.

    .  any character, also a newline        [abc] [^a-z]  one of these, none of these
    \\d \\w \\s \\D \\W \\S  of ASCII             ^ $  the text's beginning and end
    * + ? {2} {2,} {2,4}  (lazy ones too)   | ( ) (?: )   \\. a sign itself, \\n \\t \\r

There is nothing that looks around or back, so a text is searched in a time that grows with its length alone, whatever
the pattern: here by an automaton that is made as it is needed, by PostgreSQL in its own (`Pattern.postgresql`).
"""

from __future__ import annotations

import string
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from trunkline.store.port import StoreError

LONGEST: Final = 1_000  # characters of a pattern
MOST_STATES: Final = 2_000  # of the automaton, once repetitions are written out
MOST_REPETITIONS: Final = 255  # in braces; PostgreSQL takes no more
DEEPEST: Final = 20  # groups in groups
MOST_KEPT: Final = 200_000  # states in the steps of an automaton that are remembered

Ranges: TypeAlias = tuple[tuple[int, int], ...]
_SETS: Final[dict[str, Ranges]] = {
    "d": ((48, 57),),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "s": ((9, 13), (32, 32)),
}
_NAMED: Final = {"n": "\n", "t": "\t", "r": "\r"}
_QUANTIFIERS: Final[dict[str, tuple[int, int | None]]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_PLAIN: Final = frozenset(string.ascii_letters + string.digits)


class PatternError(StoreError):
    """The pattern is none, or not of this part; `position` is the place in it, from 0 on."""

    def __init__(self, pattern: str, position: int, reason: str) -> None:
        super().__init__(f"the pattern {pattern!r} at {position}: {reason}")
        self.position, self.reason = position, reason


class _Characters(NamedTuple):
    ranges: Ranges
    negated: bool = False

    def has(self, character: str) -> bool:
        code = ord(character)
        return any(first <= code <= last for first, last in self.ranges) is not self.negated


class _Edge(NamedTuple):
    """^ or $."""

    start: bool


class _Sequence(NamedTuple):
    parts: tuple[_Node, ...]


class _Choice(NamedTuple):
    branches: tuple[_Node, ...]


class _Repeat(NamedTuple):
    part: _Node
    least: int
    most: int | None


_Node: TypeAlias = _Characters | _Edge | _Sequence | _Choice | _Repeat


class _Parser:
    """Reads a pattern by recursive descent."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def pattern(self) -> _Node:
        if len(self._text) > LONGEST:
            raise self._error(f"it has {len(self._text):,} characters, {LONGEST:,} are the most", LONGEST)
        if "\0" in self._text:
            raise self._error("the character NUL cannot be looked for", self._text.index("\0"))
        node = self._choice(0)
        if self._at < len(self._text):
            raise self._error("this ) closes nothing: write \\) for the sign itself")
        return node

    def _choice(self, depth: int) -> _Node:
        if depth > DEEPEST:
            raise self._error(f"groups lie in each other more than {DEEPEST} deep")
        branches = [self._sequence(depth)]
        while self._next("|"):
            branches.append(self._sequence(depth))
        return branches[0] if len(branches) == 1 else _Choice(tuple(branches))

    def _sequence(self, depth: int) -> _Node:
        parts: list[_Node] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            parts.append(self._quantified(self._atom(depth)))
        return _Sequence(tuple(parts))

    def _atom(self, depth: int) -> _Node:
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
            return _Edge(sign == "^")
        if sign == ".":
            return _Characters((), negated=True)
        return self._escaped(start) if sign == "\\" else _literal(sign)

    def _escaped(self, start: int) -> _Characters:
        if self._at == len(self._text):
            raise self._error("a \\ stands alone at the end", start)
        sign = self._text[self._at]
        self._at += 1
        if sign.lower() in _SETS:
            return _Characters(_SETS[sign.lower()], negated=sign.isupper())
        if sign in _NAMED:
            return _literal(_NAMED[sign])
        if sign in string.punctuation or sign == " ":
            return _literal(sign)
        raise self._error(f"\\{sign} means nothing here", start)

    def _class(self, start: int) -> _Node:
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
        return _Characters(tuple(ranges), negated)

    def _member(self) -> Ranges:
        start, sign = self._at, self._text[self._at]
        self._at += 1
        member = self._escaped(start) if sign == "\\" else _literal(sign)
        if member.negated:
            raise self._error("\\D, \\W and \\S cannot stand between [ and ]", start)
        return member.ranges

    def _quantified(self, atom: _Node) -> _Node:
        start = self._at
        sign = self._text[start : start + 1]
        if sign in _QUANTIFIERS:
            self._at += 1
            least, most = _QUANTIFIERS[sign]
        elif sign == "{":
            least, most = self._braces()
        else:
            return atom
        if isinstance(atom, _Edge):
            raise self._error("^ and $ cannot be repeated", start)
        self._next("?")  # lazy: what is found first does not matter where it only matters that something is
        if self._text[self._at : self._at + 1] in (*_QUANTIFIERS, "{"):
            raise self._error("what is repeated is repeated again: put it in a group, ( )", self._at)
        return _Repeat(atom, least, most)

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


def _literal(sign: str) -> _Characters:
    return _Characters(((ord(sign), ord(sign)),))


def _one(ranges: Ranges) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def _digits(text: str) -> bool:
    return 0 < len(text) <= 4 and text.isascii() and text.isdigit()


class _State(NamedTuple):
    """A state of the automaton: it goes on to `to` at once, or behind a character or an edge of the text."""

    behind: _Characters | _Edge | None
    to: tuple[int, ...]


ACCEPTED: Final = 0


class _Step:
    """Where the automaton may be at one place in a text; `next` remembers by character where it goes from there."""

    __slots__ = ("at_end", "found", "next", "states")

    def __init__(self, states: frozenset[int]) -> None:
        self.states, self.found = states, ACCEPTED in states
        self.next: dict[str, _Step] = {}
        self.at_end: bool | None = None


class Pattern:
    """A pattern that was read."""

    def __init__(self, text: str) -> None:
        """Raises `PatternError`."""
        self.text = text
        root = _Parser(text).pattern()
        self.postgresql = f"***:{_postgresql(root)}"
        """The same as an advanced regular expression of PostgreSQL."""
        self._states = [_State(None, ())]
        self._first = self._add(root, ACCEPTED)
        self._steps: dict[frozenset[int], _Step] = {}
        self._kept = 0

    def search(self, text: str) -> bool:
        """Whether the pattern is somewhere in the text."""
        step = self._step(self._reached([self._first], at_start=True, at_end=False))
        for character in text:
            if step.found:
                return True
            after = step.next.get(character)
            if after is None:
                after = self._advance(step, character)
            step = after
        if step.at_end is None or not text:
            ends = self._reached(step.states, at_start=not text, at_end=True)
            if not text:
                return ACCEPTED in ends
            step.at_end = ACCEPTED in ends
        return step.found or step.at_end

    def _advance(self, step: _Step, character: str) -> _Step:
        moved = [self._first]
        for number in step.states:
            behind, to = self._states[number]
            if isinstance(behind, _Characters) and behind.has(character):
                moved += to
        if self._kept >= MOST_KEPT:
            self._steps, self._kept = {}, 0
        states = self._reached(moved, at_start=False, at_end=False)
        self._kept += 1 + len(states)
        after = step.next[character] = self._step(states)
        return after

    def _step(self, states: frozenset[int]) -> _Step:
        step = self._steps.get(states)
        if step is None:
            step = self._steps[states] = _Step(states)
        return step

    def _reached(self, states: Iterable[int], *, at_start: bool, at_end: bool) -> frozenset[int]:
        """These states and all that they go on to without a character; those that only lead on are left out."""
        waiting, seen, kept = list(states), set[int](), set[int]()
        while waiting:
            number = waiting.pop()
            if number in seen:
                continue
            seen.add(number)
            behind, to = self._states[number]
            if behind is None and to:
                waiting += to
                continue
            kept.add(number)
            if isinstance(behind, _Edge) and (at_start if behind.start else at_end):
                waiting += to
        return frozenset(kept)

    def _add(self, node: _Node, to: int) -> int:
        """Add states that lead through `node` to the state `to`, and return the first of them."""
        match node:
            case _Sequence(parts):
                for part in reversed(parts):
                    to = self._add(part, to)
                return to
            case _Choice(branches):
                return self._new(_State(None, tuple(self._add(branch, to) for branch in branches)))
            case _Repeat(part, least, most):
                if most is None:
                    again = self._new(_State(None, (to,)))
                    self._states[again] = _State(None, (self._add(part, again), to))
                    first = again
                else:
                    first = to
                    for _ in range(most - least):
                        first = self._new(_State(None, (self._add(part, first), to)))
                for _ in range(least):
                    first = self._add(part, first)
                return first
            case _:
                return self._new(_State(node, (to,)))

    def _new(self, state: _State) -> int:
        if len(self._states) >= MOST_STATES:
            raise PatternError(self.text, 0, "its repetitions, written out, are too many")
        self._states.append(state)
        return len(self._states) - 1


def _postgresql(node: _Node) -> str:
    match node:
        case _Sequence(parts):
            return "".join(_postgresql(part) for part in parts) or "(?:)"
        case _Choice(branches):
            return f"(?:{'|'.join(map(_postgresql, branches))})"
        case _Repeat(part, least, most):
            return f"(?:{_postgresql(part)}){{{least},{'' if most is None else most}}}"
        case _Edge(start):
            return "^" if start else "$"
        case _Characters((), _):
            return "."
        case _Characters(ranges, negated):
            members = "".join(
                _sign(first) if first == last else f"{_sign(first)}-{_sign(last)}" for first, last in ranges
            )
            return f"[{'^' if negated else ''}{members}]"


def _sign(code: int) -> str:
    return chr(code) if chr(code) in _PLAIN else f"\\U{code:08x}"


@lru_cache(maxsize=256)
def read_pattern(text: str) -> Pattern:
    """The pattern `text`. Raises `PatternError`."""
    return Pattern(text)
