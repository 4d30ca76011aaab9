"""What those who serve a request tell the audit trail of it: who calls, whose data it was, and what refused it.

The note is in the request's scope under `audit` (where requests are recorded), and is the same object in the copies of
the scope that they pass on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from trunkline.security.audit.entry import Caller

KEY: Final = "audit"


class Note:
    """`caller` is whom identity has found, `refused_by` the name of the rule that refused, and `concerns` the ids of
    customers, accounts, numbers or network elements whose data it was, beyond those that the documents name."""

    __slots__ = ("caller", "concerns", "refused_by")

    def __init__(self) -> None:
        self.caller: Caller | None = None
        self.refused_by = ""
        self.concerns: tuple[str, ...] = ()


def note_of(scope: Mapping[str, Any]) -> Note:
    """The note of a request; one that nobody reads where it is not recorded."""
    found = scope.get(KEY)
    return found if isinstance(found, Note) else Note()
