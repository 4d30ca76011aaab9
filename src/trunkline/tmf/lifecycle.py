"""State machines of resources: which state is none, and which does not follow."""

from __future__ import annotations

from trunkline.tmf.declaration import Document, Resource
from trunkline.tmf.errors import bad, conflict


def begin(of: Resource, document: Document) -> None:
    """Give a new document its first state, where it names none. Raises `Refusal` (400) on what is no state."""
    if of.lifecycle is None:
        return
    document.setdefault(of.lifecycle.attribute, of.lifecycle.initial)
    _check_state(of, document)


def follow(of: Resource, before: Document, after: Document) -> None:
    """Hold a change against the states. Raises `Refusal`: 400 on what is no state, 409 on one that may not follow."""
    if of.lifecycle is None:
        return
    attribute = of.lifecycle.attribute
    old, new = before.get(attribute), after.get(attribute)
    if old == new:
        return
    _check_state(of, after)
    allowed = of.lifecycle.after.get(str(old), ())
    if new not in allowed:
        may = f"after {old} may come: {', '.join(allowed)}" if allowed else f"{old} is a last state"
        raise conflict("illegalTransition", f"{attribute} cannot go from {old} to {new}", may)


def _check_state(of: Resource, document: Document) -> None:
    if of.lifecycle is None:
        return
    attribute = of.lifecycle.attribute
    state = document.get(attribute)
    if not isinstance(state, str) or state not in of.lifecycle.states:
        states = ", ".join(sorted(of.lifecycle.states))
        raise bad("unknownState", f"{attribute} is none of the states of a {of.type}", f"its states are: {states}")
