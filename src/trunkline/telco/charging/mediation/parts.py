"""A part of a session: records that are charged together, and the usage that they come to."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

import msgspec

from trunkline.telco.charging.mediation.numbering import subscription
from trunkline.telco.model import Usage, UsageReport

alike = attrgetter(
    *("service", "direction", "msisdn", "imsi", "user", "other_party", "apn", "rating_group", "visited", "currency")
)
"""What tariffs tell usage apart by: records are charged together that are alike in all of it."""

_began = attrgetter("started", "id")
_number = attrgetter("partial", "id")


class Part(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What a session used in one time of the day (`slot`, counted from long ago), alike in what tariffs ask for."""

    slot: int
    reports: tuple[UsageReport, ...]
    usage: str = ""
    """Id of the usage that it was last charged as; empty while it waits."""

    @property
    def octets(self) -> int:
        return sum(report.uplink + report.downlink for report in self.reports)

    def without(self, id: str) -> tuple[UsageReport, ...]:
        """Its records but the one of that id."""
        return tuple([report for report in self.reports if report.id != id])

    def takes(self, report: UsageReport, slot: int) -> bool:
        """Whether the record is to be charged with it."""
        return slot == self.slot and alike(report) == alike(self.reports[0])


def usage_of(reports: Sequence[UsageReport], *, id: str = "", corrects: str = "") -> Usage:
    """What records come to that are alike, in whatever order they are; named `id`, or by the last of them.

    Raises `Rejection` with `subscription.missing` where they name nobody.
    """
    if len(reports) == 1:
        return usage_of_one(reports[0], id=id, corrects=corrects)
    first, last = min(reports, key=_began), max(reports, key=_number)
    prices = [report.price for report in reports if report.price is not None]
    return msgspec.structs.replace(
        usage_of_one(last, id=id, corrects=corrects),
        started=first.started,
        duration=sum([report.duration for report in reports]),
        uplink=sum([report.uplink for report in reports]),
        downlink=sum([report.downlink for report in reports]),
        items=sum([report.items for report in reports]),
        zone_offset=first.zone_offset,
        cell=first.cell,
        price=sum(prices) if prices else None,
        records=len(reports),
    )


def nothing_of(report: UsageReport) -> UsageReport:
    """The same record, by which nothing was used."""
    return msgspec.structs.replace(report, duration=0, uplink=0, downlink=0, items=0)


def usage_of_one(report: UsageReport, *, id: str = "", corrects: str = "") -> Usage:
    """What one record comes to."""
    return Usage(
        id=id or report.id,
        corrects=corrects,
        subscription=subscription(report),
        imsi=report.imsi,
        service=report.service,
        direction=report.direction,
        started=report.started,
        duration=report.duration,
        uplink=report.uplink,
        downlink=report.downlink,
        items=report.items,
        other_party=report.other_party,
        apn=report.apn,
        rating_group=report.rating_group,
        visited=report.visited,
        zone_offset=report.zone_offset,
        cell=report.cell,
        price=report.price,
        currency=report.currency,
        system=report.system,
        source=report.source,
    )
