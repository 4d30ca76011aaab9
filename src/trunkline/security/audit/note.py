"""What those who serve a request tell the audit trail of it: who calls, whose data it was, what was done, and what
refused it.

The note is in the request's scope under `audit` (where requests are recorded), and is the same object in the copies of
the scope that they pass on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from trunkline.security.audit.entry import Action, Caller

KEY: Final = "audit"


class Did(NamedTuple):
    """What was done or refused, where the method and the path do not say it. `fields` are the names of attributes, of
    a grant its scopes; `factors` are by what somebody has proved who they are (RFC 8176); `told` is of how many."""

    action: Action
    kind: str
    id: str = ""
    fields: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()
    told: int = 0


class Note:
    """`caller` is whom identity has found, `refused_by` the name of the rule that refused, and `concerns` the ids of
    customers, accounts, numbers or network elements whose data it was, beyond those that the documents name. `did` is
    said by the identity provider, whose requests are recorded where it is."""

    __slots__ = ("caller", "concerns", "did", "refused_by")

    def __init__(self) -> None:
        self.caller: Caller | None = None
        self.refused_by = ""
        self.concerns: tuple[str, ...] = ()
        self.did: Did | None = None


def note_of(scope: Mapping[str, Any]) -> Note:
    """The note of a request; one that nobody reads where it is not recorded."""
    found = scope.get(KEY)
    return found if isinstance(found, Note) else Note()
