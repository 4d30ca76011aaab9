"""`sort=`: the order of a list (TMF630, "Sorting")."""

from __future__ import annotations

from typing import Final

from trunkline.store.query import Sort
from trunkline.tmf.declaration import Resource, Version
from trunkline.tmf.errors import bad
from trunkline.tmf.filtering.attributes import Attributes
from trunkline.tmf.filtering.faults import check_characters, malformed

MAX_LENGTH: Final = 1024
MAX_ATTRIBUTES: Final = 8


def sort(text: str, of: Resource, version: Version) -> tuple[Sort, ...]:
    """The order that `-raisedTime,severity` asks for: by the first attribute, the latest first, and so on.

    Raises `Refusal` (400) on an attribute that no index of the store has in order.
    """
    check_characters("sort", text, MAX_LENGTH)
    attributes = Attributes(of, version)
    order: list[Sort] = []
    position = 1
    for part in text.split(","):
        # A + that was not encoded has become a blank.
        name = part.lstrip("+- ")
        if not name or len(part) - len(name) > 1:
            raise malformed("sort", position, "an attribute is expected, with a - before it for the last one first")
        path = attributes.path(tuple(name.split(".")), "sort", position)
        if not attributes.sortable(path):
            offered = ", ".join(attributes.sortable_names()) or "none"
            raise bad(
                "badSort", f"{of.type} cannot be sorted by {name[:100]!r}", f"position {position}: it can by {offered}"
            )
        if path not in (sorted.path for sorted in order):
            order.append(Sort(path, part.startswith("-")))
        position += len(part) + 1
    if len(order) > MAX_ATTRIBUTES:
        raise malformed("sort", position, f"at most {MAX_ATTRIBUTES} attributes are taken")
    return tuple(order)
