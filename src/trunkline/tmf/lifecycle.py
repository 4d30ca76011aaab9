"""State machines of resources: which state is none, and which does not follow."""

from __future__ import annotations

from trunkline.tmf.declaration import Document, Lifecycle, Resource
from trunkline.tmf.errors import bad, conflict


def begin(of: Resource, document: Document) -> None:
    """Give a new document its first state, where it names none. Raises `Refusal` (400) on what is no state."""
    states = of.lifecycle
    if states is None:
        return
    if states.initial:
        document.setdefault(states.attribute, states.initial)
    if states.attribute in document:
        _state(of, states, document[states.attribute])


def follow(of: Resource, before: Document, after: Document) -> None:
    """Hold a change against the states. Raises `Refusal`: 400 on what is no state, 409 on one that may not follow."""
    states = of.lifecycle
    if states is None:
        return
    old, new = before.get(states.attribute), after.get(states.attribute)
    if old == new or not states.after:
        return
    was, becomes = states.meant(str(old)), _state(of, states, new)
    if old is None:  # kept before it had states
        return
    allowed = states.after.get(was, ())
    if becomes not in (was, *allowed):
        may = f"after {old} may come: {', '.join(allowed)}" if allowed else f"{old} is a last state"
        raise conflict("illegalTransition", f"{states.attribute} cannot go from {old} to {new}", may)


def _state(of: Resource, states: Lifecycle, value: object) -> str:
    """The state that a value of a document means."""
    if isinstance(value, str) and not states.after:
        return value
    state = states.meant(value) if isinstance(value, str) else ""
    if not state:
        names = ", ".join(sorted(states.states)) or "any text"
        raise bad(
            "unknownState", f"{states.attribute} is none of the states of a {of.type}", f"its states are: {names}"
        )
    return state
