"""The first elements of an XML file, by which its format is recognised."""

from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple

from trunkline.systems.system import Origin
from trunkline.systems.xml.events import Open
from trunkline.systems.xml.shape import Shape
from trunkline.systems.xml.walker import Walker

_ANYTHING = Shape(boundaries={}, wholes=frozenset())


class Start(NamedTuple):
    """The start of an element: its name without prefix, and its attributes (namespaces included, as `xmlns…`)."""

    name: str
    attributes: dict[str, str]

    @property
    def namespaces(self) -> list[str]:
        return [value for name, value in self.attributes.items() if name.startswith("xmlns")]


def starts(head: bytes) -> Iterator[Start]:
    """The elements that begin in a file's first bytes, the root first; none where it is not XML."""
    for event in Walker(BytesIO(head), Origin(system="", uri=""), _ANYTHING):
        if isinstance(event, Open):
            yield Start(event.name, event.attributes)
