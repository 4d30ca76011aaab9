"""What a check is: one rule of the standard, its source, and a function that holds a server against it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from trunkline.tmf.conformance.client import Answer
from trunkline.tmf.declaration import V4, V5, Operation, Version

if TYPE_CHECKING:
    from trunkline.tmf.conformance.subject import Subject

GUIDE_1 = "TMF630 Part 1 (naming, CRUD, filtering, notifications)"
GUIDE_2 = "TMF630 Part 2 (polymorphism, extension)"
GUIDE_5 = "TMF630 Part 5 (JSON Patch)"
GUIDE_6 = "TMF630 Part 6 (JSONPath)"
FILE = "the API's official file"
PROFILE = "the API's conformance profile"


class Outcome(StrEnum):
    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    NOT_OFFERED = "not offered"


class Failed(Exception):
    """The server does not keep the rule: what was expected, what came, and the answer that shows it."""

    def __init__(self, answer: Answer | None, expected: str, came: str = "") -> None:
        super().__init__(expected)
        self.answer, self.expected = answer, expected
        self.came = came or (str(answer) if answer else "nothing")


class NotOffered(Exception):
    """The server does not offer what the rule is about, or nothing is at hand to ask it with; the text says why."""


@dataclass(frozen=True, slots=True)
class Check:
    """A rule, in the standard's words, and how it is checked. `name` is stable, for programs.

    It is held against resources that have the operations it `needs` by the official file. Where the server does not
    have them, it is not offered, unless it `probes` for that itself.
    """

    name: str
    rule: str
    source: str
    hold: Callable[[Subject], None]
    needs: frozenset[Operation]
    versions: frozenset[Version]
    probes: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """How one check came out for one resource (or for the API, where `resource` is empty)."""

    api: int
    version: Version
    resource: str
    check: str
    outcome: Outcome
    rule: str
    source: str
    expected: str = ""
    came: str = ""
    curl: str = ""
    reason: str = ""

    def row(self) -> dict[str, Any]:
        """For programs; what is empty is left out."""
        row = {
            "api": f"TMF{self.api}", "version": self.version, "resource": self.resource, "check": self.check,
            "outcome": self.outcome, "rule": self.rule, "source": self.source, "expected": self.expected,
            "came": self.came, "curl": self.curl, "reason": self.reason,
        }  # fmt: skip
        return {name: value for name, value in row.items() if value}


def check(
    name: str, rule: str, source: str, *needs: Operation, versions: tuple[Version, ...] = (V4, V5), probes: bool = False
) -> Callable[[Callable[[Subject], None]], Check]:
    """Make a function a check: it raises `Failed` or `NotOffered`, or returns where the rule is kept."""

    def made(hold: Callable[[Subject], None]) -> Check:
        return Check(name, rule, source, hold, frozenset(needs), frozenset(versions), probes)

    return made


def expect(held: object, answer: Answer | None, expected: str, came: str = "") -> None:
    """Raise `Failed` unless `held`."""
    if not held:
        raise Failed(answer, expected, came)
