"""What the audit trail is told of signing in, of what is granted, and of who keeps people and applications.

Never a password, code, token or secret, and no user name that is nobody's: people type passwords there.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any, Final

from starlette.requests import Request

from trunkline.security.audit.entry import Action
from trunkline.security.audit.note import Did, Note, note_of
from trunkline.security.identity.caller import Caller
from trunkline.security.identity.people import Group, Person

SESSION, GRANT, REQUEST, DEVICE = "session", "grant", "authorizationRequest", "device"
PERSON, GROUP, APPLICATION = "person", "group", "application"
"""The kinds of what is done here."""
MOST: Final = 1_000  # people that one entry names


class Telling:
    """Tells more of a request than `tell` has."""

    def __init__(self, request: Request) -> None:
        self._note: Note = note_of(request.scope)

    def by(self, person: Person | None, issuer: str, client: str = "", factors: Iterable[str] = ()) -> None:
        """Who did it, or tried to: a person, or a client for itself."""
        self._say(factors=tuple(factors))
        if person is not None:
            roles = frozenset(person.roles)
            self._note.caller = Caller(person.id, client, roles, frozenset(), person.region, issuer)
            self._note.concerns += (person.id, person.user_name)
        elif client:
            self._note.caller = Caller(client, client, frozenset(), frozenset(), "", issuer)

    def did(self, action: Action) -> None:
        """What it was, where that shows only now."""
        self._say(action=action)

    def about(self, id: str, fields: Iterable[str] = (), *, of: Iterable[Person | str] = (), told: int = 0) -> None:
        """Which one, what of it, whose data it is (people, or their ids alone), and how many were told."""
        self._say(id=id, fields=tuple(fields), told=told)
        for one in itertools.islice(of, MOST):
            self._note.concerns += (one,) if isinstance(one, str) else (one.id, one.user_name)

    def refused(self, rule: str) -> None:
        self._note.refused_by = rule

    def nothing(self) -> None:
        """Nothing happened that has to be kept."""
        self._note.did = None

    def _say(self, **what: Any) -> None:
        if self._note.did is not None:
            self._note.did = self._note.did._replace(**what)


def tell(request: Request, action: Action, kind: str, id: str = "") -> Telling:
    """Let a request be recorded. Until more is said, nobody known has done it."""
    note_of(request.scope).did = Did(action, kind, id)
    return Telling(request)


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The names of the attributes that are not what they were, beside what says when that was."""
    return [name for name in {**before, **after} if name != "meta" and before.get(name) != after.get(name)]


def moved(before: Group, after: Group) -> list[str]:
    """The ids of who came into a group, or is in it no more."""
    return sorted({*before.members} ^ {*after.members})
