"""Who has subscribed to events, and what that one is told of each: as of a request, whenever it is delivered."""

from __future__ import annotations

from trunkline.security.access.decisions import Decisions, Who
from trunkline.security.access.kinds import Kinds
from trunkline.security.access.purpose import NONE
from trunkline.tmf.declaration import V5, Document
from trunkline.tmf.hub.subscription import Subscriber


def subscriber(who: Who, purpose: str) -> Subscriber:
    """Who subscribes, as it is kept with the subscription."""
    return Subscriber(who.subject, who.client, tuple(sorted(who.roles)), who.region, purpose)


class Delivered:
    """What subscribers are told of documents (`tmf.hub.deliverer`)."""

    def __init__(self, decisions: Decisions, kinds: Kinds) -> None:
        self._decisions, self._kinds = decisions, kinds

    def __call__(self, to: Subscriber | None, name: str, document: Document) -> Document | None:
        """A document of a resource of this name as a subscriber may see it; None where it may not be told at all. Who
        has subscribed before access was decided upon is nobody who is known."""
        kind = self._kinds.get(name)
        one = Who() if to is None else Who(to.subject, to.client, frozenset(to.roles), to.region)
        purpose = to.purpose if to is not None else NONE
        if kind is None or not self._decisions.decide(one, "read", kind, purpose).allowed:
            return None
        where = self._decisions.whereabouts.region(document, kind, V5)
        if where in self._decisions.elsewhere(one, kind, purpose):
            return None
        return self._decisions.mask(one, kind, purpose).apply(document, V5)
