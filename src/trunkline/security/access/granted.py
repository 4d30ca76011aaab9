"""What a request was granted, and what may be told of each record by that."""

from __future__ import annotations

from typing import Any, NamedTuple

from trunkline.security.access.decisions import Decisions, Who
from trunkline.security.access.kinds import Asked, Kinds
from trunkline.security.access.mask import Mask


class Granted(NamedTuple):
    """What a request may be answered with: records of which kind, what of them, and which regions' not."""

    who: Who
    asked: Asked
    purpose: str
    mask: Mask
    elsewhere: frozenset[str]

    @property
    def by_record(self) -> bool:
        """Whether lists are kept to regions record by record, since the API itself cannot."""
        return bool(self.elsewhere) and self.asked.kind is not None and self.asked.kind.declared.lists != "keep"

    @property
    def whole(self) -> bool:
        return self.mask.whole and not self.elsewhere


class Telling:
    """Tells records as they were granted."""

    def __init__(self, decisions: Decisions, kinds: Kinds) -> None:
        self._decisions, self._kinds = decisions, kinds

    def is_elsewhere(self, record: Any, granted: Granted) -> bool:
        """Whether a record lies where the caller may not look."""
        asked = granted.asked
        if asked.kind is None or not granted.elsewhere:
            return False
        return self._decisions.whereabouts.region(record, asked.kind, asked.version) in granted.elsewhere

    def seen(self, record: Any, granted: Granted) -> Any:
        """A record as it may be told; None where it may not be."""
        if not isinstance(record, dict):
            return record
        return None if self.is_elsewhere(record, granted) else granted.mask.apply(record, granted.asked.version)

    def of_event(self, name: str, granted: Granted) -> Granted | None:
        """What is granted of the record in an event of this name, of a stream; None where it may not be told."""
        kind = granted.asked.kind
        its = self._kinds.get(kind.declared.events.get(name, "")) if kind is not None else None
        if its is None or not self._decisions.decide(granted.who, "read", its, granted.purpose).allowed:
            return None
        mask = self._decisions.mask(granted.who, its, granted.purpose)
        elsewhere = self._decisions.elsewhere(granted.who, its, granted.purpose)
        return Granted(granted.who, Asked(its.name, its), granted.purpose, mask, elsewhere)
