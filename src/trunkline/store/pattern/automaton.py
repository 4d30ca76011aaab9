"""The search for a pattern: an automaton that is made as it is needed, in all places of the pattern at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from trunkline.store.pattern.postgresql import postgresql
from trunkline.store.pattern.syntax import Characters, Choice, Edge, Node, Parser, PatternError, Repeat, Sequence

MOST_STATES: Final = 2_000  # of the automaton, once repetitions are written out
MOST_KEPT: Final = 200_000  # states in the steps of an automaton that are remembered


class _State(NamedTuple):
    """A state of the automaton: it goes on to `to` at once, or behind a character or an edge of the text."""

    behind: Characters | Edge | None
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
        root = Parser(text).pattern()
        self.postgresql = f"***:{postgresql(root)}"
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
            if isinstance(behind, Characters) and behind.has(character):
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
            if isinstance(behind, Edge) and (at_start if behind.start else at_end):
                waiting += to
        return frozenset(kept)

    def _add(self, node: Node, to: int) -> int:
        """Add states that lead through `node` to the state `to`, and return the first of them."""
        match node:
            case Sequence(parts):
                for part in reversed(parts):
                    to = self._add(part, to)
                return to
            case Choice(branches):
                return self._new(_State(None, tuple(self._add(branch, to) for branch in branches)))
            case Repeat(part, least, most):
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
