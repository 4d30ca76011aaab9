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
from trunkline.telco.charging.mediation.corrections import Correction, leading
from trunkline.telco.charging.mediation.parts import Part, nothing_of, usage_of
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
    waiting: tuple[Part, ...] = ()
    """The parts that are to be charged yet."""
    charged: tuple[Part, ...] = ()
    """The parts that were charged and can be corrected yet, the last ones last."""
    corrections: tuple[Correction, ...] = ()
    """All that have come."""
    counted: tuple[Counted, ...] = ()
    forgot: bool = False
    """Whether charged parts of it were let go, so that their records cannot be corrected any more."""
    closed: bool = False
    """It was waited for in vain. What comes yet is charged at once."""

    @property
    def complete(self) -> bool:
        return 0 < self.last <= self.upto

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

    def was_corrected(self, id: str) -> bool:
        """Whether a record takes the place of that one."""
        return any(each.wrong == id for each in self.corrections)

    def with_record(self, report: UsageReport, slot: int) -> Session:
        """With a record, put to the part that waits for such ones; one that was corrected before it came is in none."""
        if self.was_corrected(report.id):
            return self
        for index, part in enumerate(self.waiting):
            if part.takes(report, slot):
                grown = Part(slot, (*part.reports, report))
                return msgspec.structs.replace(self, waiting=put(self.waiting, index, grown))
        return msgspec.structs.replace(self, waiting=(*self.waiting, Part(slot, (report,))))

    def corrected(self, report: UsageReport, slot: int) -> tuple[Session, list[Usage]]:
        """With a record that replaces one that came, or will come; and the usage by which a charged part is corrected.

        It connects what it corrects with what corrects it, of which one record each has counted so far: that which does
        not any more is taken out. Raises `Rejection` with `correction.unknown` where nobody knows any more in which
        part that was.
        """
        its = Correction(report.corrects, report.id, report.started)
        known = msgspec.structs.replace(self, corrections=(*self.corrections, its))
        now = leading(known.corrections, report.id)
        before = {leading(self.corrections, id) for id in (report.corrects, report.id)}
        counts = now == report.id
        for wrong in before - {now, report.id, ""}:
            for index, part in enumerate(self.waiting):
                rest = part.without(wrong)
                if len(rest) < len(part.reports):
                    left = msgspec.structs.replace(known, waiting=put(self.waiting, index, Part(part.slot, rest)))
                    return left.with_record(report, slot) if counts else left, []
            for index, part in enumerate(self.charged):
                rest = part.without(wrong)
                if len(rest) < len(part.reports):
                    return known._charged_anew(index, rest, report, slot, counts=counts)
            if self.forgot or self == NEW:
                raise Rejection(
                    "correction.unknown",
                    f"{report.id} corrects {report.corrects}, which is none of the records of the session "
                    f"{report.session} that are known: if it comes yet, put this back then; if its time is over, "
                    "correct the balance by hand",
                )
        return known.with_record(report, slot) if counts else known, []

    def due(self, octets: int) -> tuple[Session, list[Usage]]:
        """With the parts charged that have so many octets, and the usage that they come to."""
        waiting = tuple([part for part in self.waiting if part.octets < octets])
        if len(waiting) == len(self.waiting):
            return self, []
        parts = [part for part in self.waiting if part.octets >= octets]
        made = [usage_of(part.reports) for part in parts]
        charged = [Part(part.slot, part.reports, usage.id) for part, usage in zip(parts, made, strict=True)]
        after, forgot = last([*self.charged, *charged], 0 if self.closed else KEPT)
        return msgspec.structs.replace(self, waiting=waiting, charged=after, forgot=self.forgot or forgot), made

    def close(self) -> Session:
        """What is kept when it is waited for no more."""
        return msgspec.structs.replace(self, charged=(), forgot=True, closed=True)

    def _charged_anew(
        self, index: int, rest: tuple[UsageReport, ...], report: UsageReport, slot: int, *, counts: bool
    ) -> tuple[Session, list[Usage]]:
        """The charged part there has another record instead of one; or, where that belongs elsewhere or does not count,
        one less."""
        part = self.charged[index]
        if counts and (not rest or part.takes(report, slot)):
            made = usage_of((*rest, report), id=report.id, corrects=part.usage)
            anew = put(self.charged, index, Part(slot, (*rest, report), made.id))
            return msgspec.structs.replace(self, charged=anew), [made]
        made = usage_of(rest or (nothing_of(report),), id=f"{report.id}/rest", corrects=part.usage)
        anew = put(self.charged, index, Part(part.slot, rest, made.id))
        left = msgspec.structs.replace(self, charged=anew)
        return left.with_record(report, slot) if counts else left, [made]


NEW = Session()
"""Of which no record has come."""


def put(parts: tuple[Part, ...], index: int, part: Part) -> tuple[Part, ...]:
    """The parts with this one there; without, where it has no records."""
    return (*parts[:index], *([part] if part.reports else []), *parts[index + 1 :])


def last(parts: Sequence[Part], records: int) -> tuple[tuple[Part, ...], bool]:
    """The last of the parts, of so many records at most; and whether any were let go."""
    first = len(parts)
    while first and (records := records - len(parts[first - 1].reports)) >= 0:
        first -= 1
    return tuple(parts[first:]), first > 0
