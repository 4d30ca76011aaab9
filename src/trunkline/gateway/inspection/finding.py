"""What is wrong with a request or a response: which rule it breaks, and where; never the value that does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 200  # characters of a place that are told; the names in it are the caller's


@dataclass(frozen=True)
class Finding:
    """`kind` of policy, and the `rule` of it, that are broken `where` (a JSON pointer, an XML path, or the name of a
    parameter). A request or response with it is answered by `status`."""

    kind: str
    rule: str
    where: str
    status: int

    def __str__(self) -> str:
        """As the access log and `trunkline why` have it: `validate[required] /name`."""
        where = "".join(each if each.isprintable() else "?" for each in self.where[:LONGEST])
        return f"{self.kind}[{self.rule}] {where}".rstrip()


class Broken(Exception):
    """A body cannot be read, or goes beyond its bounds: by which rule, and where."""

    def __init__(self, rule: str, where: str = "") -> None:
        super().__init__(f"{rule} {where}".rstrip())
        self.rule, self.where = rule, where


def pointer(steps: Iterable[str | int]) -> str:
    """As a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def steps(pointer: str) -> list[str]:
    """Of a JSON pointer."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
