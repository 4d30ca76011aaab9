"""A session while its records come: which of them have come, and its parts, those that wait and those charged already.

Its records may come in any order. What was charged of it is at any time the sum of the records that have come, less
the parts that wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import msgspec

from trunkline.streams import Rejection
from trunkline.telco.charging.mediation.parts import Part, usage_of
from trunkline.telco.model import Usage, UsageReport

KEPT = 64  # records of charged parts that are kept for corrections


class Counted(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """How far a rating group was counted of which the records say what was used since the session began."""

    rating_group: int
    partial: int = 0
    duration: int = 0
    uplink: int = 0
    downlink: int = 0
    items: int = 0


class Session(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What is known of a session. Its records are numbered from 1 (recordSequenceNumber, 3GPP TS 32.298)."""

    upto: int = 0
    """All records up to this one have come."""
    beyond: tuple[int, ...] = ()
    """The numbers behind it that have come, in order."""
    last: int = 0
    """Number of the final record; 0 while that has not come."""
    parts: tuple[Part, ...] = ()
    replaced: tuple[str, ...] = ()
    """Ids of records that were corrected before they came."""
    counted: tuple[Counted, ...] = ()
    forgot: bool = False
    """Whether charged parts of it were let go, so that their records cannot be corrected any more."""
    closed: bool = False
    """It was waited for in vain. What comes yet is charged at once."""

    @property
    def complete(self) -> bool:
        return 0 < self.last <= self.upto

    @property
    def waits(self) -> bool:
        """Whether a part of it is to be charged yet."""
        return any(not part.sent for part in self.parts)

    def missing(self) -> str:
        """The numbers before the last that came which have not come, in words: `2, 4-6`."""
        gaps = [(a + 1, b - 1) for a, b in pairwise((self.upto, *self.beyond)) if b - a > 1]
        return ", ".join(str(first) if first == end else f"{first}-{end}" for first, end in gaps)

    def numbered(self, report: UsageReport) -> Session:
        """With the number of a record that came."""
        number, upto, beyond = report.partial or 1, self.upto, self.beyond
        if report.cumulative:  # its numbers have holes, and the record before does not matter
            upto = max(upto, number)
        elif number > upto and number not in beyond:
            ahead = sorted((*beyond, number))
            while ahead and ahead[0] == upto + 1:
                upto = ahead.pop(0)
            beyond = tuple(ahead)
        last = max(self.last, number) if report.final else self.last
        return msgspec.structs.replace(self, upto=upto, beyond=beyond, last=last)

    def increment(self, report: UsageReport) -> tuple[Session, UsageReport | None]:
        """What a cumulative record adds to those that came; None where one that came says more already.

        Raises `Rejection`: `usage.counts-back` where it has a later number and less was used, `correction.cumulative`.
        """
        if report.corrects:
            raise Rejection(
                "correction.cumulative",
                f"{report.id} corrects {report.corrects}, and its session counts from its beginning: what was charged "
                "of it cannot be told apart; correct the balance by hand",
            )
        fresh = Counted(report.rating_group)
        before = next((each for each in self.counted if each.rating_group == report.rating_group), fresh)
        if report.partial < before.partial:
            return self, None
        after = Counted(
            *(report.rating_group, report.partial, report.duration, report.uplink, report.downlink, report.items)
        )
        added = msgspec.structs.replace(
            report,
            cumulative=False,
            started=report.started + timedelta(seconds=before.duration),
            duration=after.duration - before.duration,
            uplink=after.uplink - before.uplink,
            downlink=after.downlink - before.downlink,
            items=after.items - before.items,
        )
        if min(added.duration, added.uplink, added.downlink, added.items) < 0:
            raise Rejection(
                "usage.counts-back",
                f"{report.id} is the record number {report.partial} of its session and says that less was used than "
                f"number {before.partial} did: its counters began anew, or were not read right",
            )
        counted = (*(each for each in self.counted if each is not before), after)
        return msgspec.structs.replace(self, counted=counted), added

    def with_record(self, report: UsageReport, slot: int) -> Session:
        """With a record, put to the part that waits for such ones."""
        if report.id in self.replaced:
            return self
        for index, part in enumerate(self.parts):
            if not part.sent and part.takes(report, slot):
                return self._with_part(index, Part(part.slot, (*part.reports, report)))
        return msgspec.structs.replace(self, parts=(*self.parts, Part(slot, (report,))))

    def corrected(self, report: UsageReport, slot: int) -> tuple[Session, list[Usage]]:
        """With a record that replaces one that came, or will come; and the usage by which charged parts are corrected.

        Raises `Rejection` with `correction.unknown` where nobody knows any more in which part the record was.
        """
        for index, part in enumerate(self.parts):
            rest = tuple(each for each in part.reports if each.id != report.corrects)
            if len(rest) == len(part.reports):
                continue
            if not part.sent:
                return self._with_part(index, Part(part.slot, rest)).with_record(report, slot), []
            if rest and not part.takes(report, slot):
                left = usage_of(rest, id=f"{report.id}/rest", corrects=part.sent)
                return self._with_part(index, Part(part.slot, rest, left.id)).with_record(report, slot), [left]
            made = usage_of((*rest, report), id=report.id, corrects=part.sent)
            return self._with_part(index, Part(slot, (*rest, report), made.id)), [made]
        if self.forgot or self.closed or self == NEW:
            raise Rejection(
                "correction.unknown",
                f"{report.id} corrects {report.corrects}, which is none of the records of the session "
                f"{report.session} that are known: if it comes yet, put this back then; if its time is over, correct "
                "the balance by hand",
            )
        early = msgspec.structs.replace(self, replaced=(*self.replaced, report.corrects))
        return early.with_record(report, slot), []

    def charged(self, octets: int) -> tuple[Session, list[Usage]]:
        """With the parts charged that have so many octets, and the usage that they come to."""
        made: list[Usage] = []
        parts: list[Part] = []
        for part in self.parts:
            if not part.sent and part.octets >= octets:
                made.append(usage_of(part.reports))
                part = Part(part.slot, part.reports, made[-1].id)
            parts.append(part)
        return (self._with_parts(parts), made) if made else (self, made)

    def _with_part(self, index: int, part: Part) -> Session:
        parts = (*self.parts[:index], *([part] if part.reports else []), *self.parts[index + 1 :])
        return msgspec.structs.replace(self, parts=parts)

    def _with_parts(self, parts: Sequence[Part]) -> Session:
        """With these parts, of the charged ones the last."""
        kept, room = [], 0 if self.closed else KEPT
        for part in reversed(parts):
            if part.sent:
                room -= len(part.reports)
            if not part.sent or room >= 0:
                kept.append(part)
        forgot = self.forgot or len(kept) < len(parts)
        return msgspec.structs.replace(self, parts=tuple(reversed(kept)), forgot=forgot)


NEW = Session()
"""Of which no record has come."""
