"""JSON Patch Query (TMF630, part 5): a JSON Patch whose paths may select elements of arrays (`query_path`).

An operation is done at each place that its path leads to. An object that replaces, or is added to, an object that a
query selects gives it its attributes; others stay. So do the official examples of v5.
"""

from __future__ import annotations

from typing import Any

from trunkline.tmf.patching import json_patch
from trunkline.tmf.patching.budget import Budget
from trunkline.tmf.patching.json_patch import copied
from trunkline.tmf.patching.operation import Impossible, Operation
from trunkline.tmf.patching.query_path import NOTHING, Place, places


def applied(document: Any, patch: Any) -> Any:
    """The document after all operations. Raises as `json_patch.in_order`."""
    return json_patch.in_order(document, patch, _done)


def _done(document: Any, operation: Operation, budget: Budget) -> Any:
    match operation.op:
        case "remove":
            for place in reversed(_present(document, operation.path, budget)):  # so that indexes stay right
                document = json_patch.removed(document, place.tokens)
        case "test":
            for place in _present(document, operation.path, budget):
                json_patch.check_equal(document, place.tokens, operation.value)
        case "replace":
            for place in _present(document, operation.path, budget):
                document = _replaced(document, place, operation.value, budget)
        case "add":
            document = _added(document, operation.path, operation.value, budget)
        case _:
            source = _present(document, operation.source, budget)
            if len(source) > 1:
                raise Impossible(f"from leads to {len(source)} places, where one is needed")
            if operation.op == "move":
                document = json_patch.removed(document, source[0].tokens)
            document = _added(document, operation.path, source[0].value, budget)
    return document


def _present(document: Any, path: str, budget: Budget) -> list[Place]:
    found = [place for place in places(document, path, budget) if place.value is not NOTHING]
    if not found:
        raise Impossible(f"nothing is at {path[:100]!r}")
    return found


def _added(document: Any, path: str, value: Any, budget: Budget) -> Any:
    found = places(document, path, budget)
    if not found:
        raise Impossible(f"nothing is at {path[:100]!r} that could be added to")
    for place in found:
        if place.selected and place.value is not NOTHING:
            document = _replaced(document, place, value, budget)
        else:
            budget.put(len(place.tokens), value)
            document = json_patch.added(document, place.tokens, copied(value))
    return document


def _replaced(document: Any, place: Place, value: Any, budget: Budget) -> Any:
    budget.put(len(place.tokens), value)
    if place.selected and isinstance(place.value, dict) and isinstance(value, dict):
        place.value.update(copied(value))
        return document
    return json_patch.replaced(document, place.tokens, copied(value))
