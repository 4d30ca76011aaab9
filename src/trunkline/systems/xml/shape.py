"""What a kind of XML file is made of: which elements hold records, and where reading may be taken up again."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """*Containers* are announced when they open and close; every other element below them comes whole.

    `containers` names them; with `wholes` instead, every element is one but those. `boundaries` are the elements at
    which reading goes on behind a broken part, each with the parents in which it may stand (none for the root).
    A boundary never stands inside a whole element: where one does, the end of that element was lost.
    """

    boundaries: Mapping[str, frozenset[str]]
    containers: frozenset[str] = frozenset()
    wholes: frozenset[str] | None = None

    def is_container(self, name: str) -> bool:
        return name in self.containers if self.wholes is None else name not in self.wholes
