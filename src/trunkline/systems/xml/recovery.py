"""Where reading may be taken up again behind a broken part of an XML file."""

import re
from collections.abc import Sequence

from trunkline.systems.xml.encoding import skeleton, unit
from trunkline.systems.xml.shape import Shape

OVERLAP = 256  # bytes that may belong to a tag whose end is not there yet: longer than the name of any boundary


class Recovery:
    """The search for the next boundary in the raw bytes, from inside the containers that were open at the break."""

    def __init__(self, shape: Shape, encoding: str, containers: Sequence[str]) -> None:
        self._shape, self._encoding = shape, encoding
        self._open = list(containers)
        names = sorted({*shape.boundaries, *shape.containers})
        self._tags = re.compile(rb"<(/?)(?:[A-Za-z_][\w.-]{0,60}:)?(%s)(?=[\s/>])" % "|".join(names).encode())

    def find(self, data: bytes) -> tuple[int, int] | None:
        """The first boundary in `data` whose parent is known, and how many of the containers are still open there."""
        for tag in self._tags.finditer(skeleton(data, self._encoding)):
            name = tag[2].decode()
            if tag[1]:
                # An end tag at the break itself, or of any but the innermost container, belongs to what is broken.
                if tag.start() > 0 and self._open and name == self._open[-1]:
                    self._open.pop()
            elif (keep := self._inside(name)) is not None:
                return tag.start() * unit(self._encoding), keep
        return None

    def _inside(self, name: str) -> int | None:
        """How many of the open containers an element of this name stands in, or None where its parent is not open."""
        if name in self._open:
            return self._last(name)  # the one that is open must have ended: this is its sibling
        parents = self._shape.boundaries.get(name)
        if parents is None:
            return None
        if not parents:
            return None if self._open else 0
        return next((depth for depth in range(len(self._open), 0, -1) if self._open[depth - 1] in parents), None)

    def _last(self, name: str) -> int:
        return len(self._open) - 1 - self._open[::-1].index(name)
