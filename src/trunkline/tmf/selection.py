"""`fields=`: which attributes of a document are told (TMF630, "Attribute selection").

`fields=name,relatedParty.role` keeps these, the second in each element of the array, and always id, href and @type;
`fields=none` keeps those three alone. An attribute that a document lacks is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from trunkline.tmf.declaration import Document
from trunkline.tmf.errors import bad

ALWAYS = ("id", "href", "@type")
MOST_FIELDS = 200
MOST_STEPS = 16

_PATH = re.compile(r"[^\s.,\x00-\x1f]+(\.[^\s.,\x00-\x1f]+)*")

Selection: TypeAlias = Mapping[str, Any]
"""By attribute: None for all of it, or what is selected further in."""


def selection(texts: Sequence[str]) -> Selection | None:
    """What the values of `fields` select; None where there are none. Raises `Refusal` (400) where one is no path."""
    if not texts:
        return None
    selected: dict[str, Any] = dict.fromkeys(ALWAYS)
    paths = [path.strip() for text in texts for path in text.split(",")]
    if len(paths) > MOST_FIELDS:
        raise bad("badFields", f"fields names {len(paths)} attributes", f"at most {MOST_FIELDS} are taken")
    if paths == ["none"]:
        return selected
    for path in paths:
        steps = path.split(".")
        if not _PATH.fullmatch(path) or len(steps) > MOST_STEPS:
            raise bad(
                "badFields", "fields is not a list of attributes", f"{path[:100]!r} is no attribute or path of them"
            )
        _select(selected, steps)
    return selected


def _select(selected: dict[str, Any], steps: list[str]) -> None:
    for step in steps[:-1]:
        further = selected.setdefault(step, {})
        if further is None:  # all of it is selected already
            return
        selected = further
    selected[steps[-1]] = None


def select(document: Document, selected: Selection) -> Document:
    """The part of a document that is selected."""
    part: Document = {}
    for name, value in document.items():
        if name in selected:
            further = selected[name]
            part[name] = value if further is None else _within(value, further)
    return part


def _within(value: Any, selected: Selection) -> Any:
    if isinstance(value, dict):
        return select(value, selected)
    if isinstance(value, list):
        return [_within(element, selected) for element in value]
    return value
