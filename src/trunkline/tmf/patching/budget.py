"""How much a patch may do: copies of copies grow fast, and one operation may reach many places."""

from __future__ import annotations

from typing import Any, Final

from trunkline.tmf.patching.operation import Impossible

MOST_VALUES: Final = 200_000
DEEPEST: Final = 64


class Budget:
    """What is left for one patch."""

    def __init__(self) -> None:
        self._left = MOST_VALUES

    def look(self, places: int) -> None:
        """So many values are looked at. Raises `Impossible` where that is too much."""
        self._left -= places
        if self._left < 0:
            raise Impossible(f"the patch reaches more than {MOST_VALUES} values: make several of it")

    def put(self, depth: int, value: Any) -> None:
        """A value is put so deep into the document. Raises `Impossible` where that is too deep, or too much."""
        level = [value]
        while level:
            if depth > DEEPEST:
                raise Impossible(f"the document would be nested more than {DEEPEST} levels deep")
            self.look(len(level))
            level = [each for value in level for each in _within(value)]
            depth += 1


def _within(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
