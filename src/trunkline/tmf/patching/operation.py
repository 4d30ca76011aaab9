"""The operations of a JSON Patch, as a body has them (RFC 6902, section 4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from trunkline.tmf.errors import Refusal, bad

MOST: Final = 1_000
LONGEST: Final = 2_000

_NEEDS: Final = {
    "add": "value", "replace": "value", "test": "value", "move": "from", "copy": "from", "remove": "",
}  # fmt: skip


class Impossible(Exception):
    """An operation cannot be done; the text says why."""


class Operation(NamedTuple):
    """One operation. `number` is its place in the patch, from 1 on; `source` is what it calls `from`."""

    number: int
    op: str
    path: str
    value: Any = None
    source: str = ""

    def refused(self, reason: str) -> Refusal:
        """400: it cannot be done."""
        source = f" from {self.source[:100]!r}" if _NEEDS[self.op] == "from" else ""
        return bad(
            "badPatch", f"operation {self.number}, {self.op} {self.path[:100]!r}{source}, cannot be done", reason
        )


def operations(patch: Any) -> Iterator[Operation]:
    """The operations in their order. Raises `Refusal` (400) where `patch` is no list of them."""
    if not isinstance(patch, list):
        raise bad("badPatch", "a JSON Patch is an array of operations")
    if len(patch) > MOST:
        raise bad("badPatch", f"the patch has {len(patch)} operations", f"at most {MOST} are taken")
    for number, each in enumerate(patch, 1):
        wrong = _wrong(each)
        if wrong:
            raise bad("badPatch", f"operation {number} of the patch is none", wrong)
        yield Operation(number, each["op"], each["path"], each.get("value"), each.get("from", ""))


def _wrong(operation: Any) -> str:
    if not isinstance(operation, dict):
        return "it is not an object"
    op = operation.get("op")
    if not isinstance(op, str) or op not in _NEEDS:
        return f"its op is none of {', '.join(_NEEDS)}"
    if _NEEDS[op] and _NEEDS[op] not in operation:
        return f"it has no {_NEEDS[op]}, which {op} needs"
    for name in ("path", "from") if _NEEDS[op] == "from" else ("path",):
        place = operation.get(name)
        if not isinstance(place, str):
            return f"it has no {name}, or one that is not a text"
        if len(place) > LONGEST:
            return f"its {name} is longer than {LONGEST} characters"
    return ""
