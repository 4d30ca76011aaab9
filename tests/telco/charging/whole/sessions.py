"""What usage the records of a session come to, by the words of docs/mediation.md alone, a record after the other.

Of the product only the records themselves are in here. A record comes at a moment of the simulated time, and what is
to happen at a time has happened before a record of that time is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from tests.telco.charging.corrections import counting
from tests.telco.charging.whole.words import BRUSSELS
from trunkline.telco.model import Service, Usage, UsageReport

PART = timedelta(minutes=15)
SESSION = timedelta(hours=48)
HORIZON = timedelta(days=62)
OCTETS = 500_000_000
NEVER = datetime.max.replace(tzinfo=UTC)
SAME = (
    "session",
    "service",
    "direction",
    "msisdn",
    "imsi",
    "other_party",
    "apn",
    "rating_group",
    "visited",
    "currency",
)


@dataclass
class Part:
    """Records that are charged together."""

    reports: list[UsageReport]
    usage: str = ""


@dataclass
class Mediated:
    """What comes of all records: usages by id, and how many records were refused, by reason."""

    usages: dict[str, Usage] = field(default_factory=dict)
    taken: list[UsageReport] = field(default_factory=list)
    """The records that it came of, each once."""
    refused: list[str] = field(default_factory=list)


class Mediation:
    """One session at a time. `numbers` are who has which SIM."""

    def __init__(self, numbers: Mapping[str, str], account: str) -> None:
        self.made = Mediated()
        self._numbers, self._account = numbers, account

    def session(self, records: Iterable[tuple[datetime, UsageReport]]) -> None:
        """All that comes of one session, in the order in which it comes."""
        self._fresh()
        seen: set[str] = set()
        for now, record in records:
            self._pass(now)
            ended = record.started + timedelta(seconds=record.duration)
            if ended + HORIZON < now:
                self.made.refused.append("usage.too-old")
                continue
            if record.id in seen:
                continue
            seen.add(record.id)
            record = self._normal(record)
            if record.partial == 0:
                self._charge([record], record.id, record.corrects)
            elif not self._take(record, now):
                seen.discard(record.id)
                continue
            self.made.taken.append(record)
        self._pass(NEVER)

    def _fresh(self) -> None:
        self._waiting: list[Part] = []
        self._charged: list[Part] = []
        self._records: list[UsageReport] = []
        self._came: set[int] = set()
        self._last = 0
        self._closed = self._known = False
        self._part = self._close = NEVER

    def _take(self, record: UsageReport, now: datetime) -> bool:
        """A record of several; whether it was taken."""
        waited = bool(self._waiting)
        if record.corrects:
            if not self._correct(record):
                self.made.refused.append("correction.unknown")
                return False
        else:
            self._wait(record)
        self._known = True
        self._records.append(record)
        self._came.add(record.partial)
        self._last = max(self._last, record.partial) if record.final else self._last
        for part in list(self._waiting):
            octets = sum(each.uplink + each.downlink for each in part.reports)
            if self._closed or self._complete or octets >= OCTETS:
                self._charge_part(part)
        if self._waiting and not waited:
            self._part = now + PART
        if not self._closed:
            self._close = now + SESSION
        return True

    @property
    def _complete(self) -> bool:
        return self._last > 0 and all(number in self._came for number in range(1, self._last + 1))

    def _correct(self, record: UsageReport) -> bool:
        """Put a record in the place of another, and take out what counts no more; whether it is known where that is."""
        after = counting([*self._records, record])
        gone = counting(self._records) - after
        waits = [part for part in self._waiting if gone & ids(part)]
        charged = [part for part in self._charged if gone & ids(part)]
        unheard = all(record.corrects not in (each.id, each.corrects) for each in self._records)
        if (self._closed or not self._known) and not waits and not charged and (gone or unheard):
            return False
        for part in waits:
            part.reports = [each for each in part.reports if each.id not in gone]
            self._waiting = [each for each in self._waiting if each.reports]
        for part in charged:
            rest = [each for each in part.reports if each.id not in gone]
            if record.id in after and (not rest or fits(rest[0], record)):
                part.reports = [*rest, record]
                part.usage = self._charge(part.reports, record.id, part.usage)
                return True
            nothing = replace(record, duration=0, uplink=0, downlink=0, items=0)
            part.reports, part.usage = rest, self._charge(rest or [nothing], f"{record.id}/rest", part.usage)
        if record.id in after:
            self._wait(record)
        return True

    def _wait(self, record: UsageReport) -> None:
        if any(each.corrects == record.id for each in self._records):  # it was corrected before it came
            return
        for part in self._waiting:
            if fits(part.reports[0], record):
                part.reports.append(record)
                return
        self._waiting.append(Part([record]))

    def _charge_part(self, part: Part) -> None:
        self._waiting.remove(part)
        if not self._closed:
            self._charged.append(part)
        last = max(part.reports, key=lambda each: (each.partial, each.id))
        part.usage = self._charge(part.reports, last.id, "")

    def _charge(self, reports: list[UsageReport], id: str, corrects: str) -> str:
        first = min(reports, key=lambda each: (each.started, each.id))
        name = first.msisdn or first.imsi
        if name in self._numbers:
            self.made.usages[id] = Usage(
                id=id,
                corrects=corrects,
                account=self._account,
                subscription=self._numbers[name],
                service=first.service,
                direction=first.direction,
                started=first.started,
                other_party=first.other_party,
                visited=first.visited,
                zone_offset=first.zone_offset,
                price=sum(each.price for each in reports if each.price is not None) if has_price(reports) else None,
                currency=first.currency,
                system=first.system,
                source=first.source,
                records=len(reports),
                **{
                    key: sum(getattr(each, key) for each in reports)
                    for key in ("duration", "uplink", "downlink", "items")
                },
            )
        else:
            self.made.refused.append("subscription.unknown")
        return id

    def _pass(self, now: datetime) -> None:
        """What the time brings until then."""
        while (due := min(self._part, self._close)) <= now and due < NEVER:
            for part in list(self._waiting):
                self._charge_part(part)
            if self._part == due:
                self._part = NEVER
                continue
            self._close = NEVER
            if self._complete:
                self._fresh()
            else:
                self.made.refused.append("usage.gap")
                self._charged, self._closed = [], True

    def _normal(self, record: UsageReport) -> UsageReport:
        home = record.visited in ("", "20699", "206099")
        return replace(
            record,
            msisdn=number(record.msisdn),
            other_party=number(record.other_party),
            visited="20699" if home else record.visited,
        )


def ids(part: Part) -> set[str]:
    """Of its records."""
    return {each.id for each in part.reports}


def fits(one: UsageReport, other: UsageReport) -> bool:
    """Whether both are alike in what a tariff asks for, and began in the same quarter of an hour."""
    return all(getattr(one, name) == getattr(other, name) for name in SAME) and quarter(one) == quarter(other)


def quarter(record: UsageReport) -> tuple[Any, ...]:
    """The part of the day in which it began, in Brussels."""
    local = record.started.astimezone(BRUSSELS)
    return local.date(), local.hour, local.minute // 15


def has_price(reports: list[UsageReport]) -> bool:
    """Whether a seller has said one."""
    return any(each.price is not None for each in reports)


def used(things: Sequence[UsageReport | Usage]) -> dict[Service, int]:
    """How much was used by each service, by what counts."""
    counts, sums = counting(things), dict.fromkeys(Service, 0)
    for each in things:
        if each.id in counts:
            sums[each.service] += each.duration * (each.service is Service.VOICE) + each.uplink + each.downlink
            sums[each.service] += each.items
    return sums


def number(text: str) -> str:
    """A number as E.164 has it."""
    digits = text.replace(" ", "")
    if digits.startswith("+"):
        return digits[1:]
    if digits.startswith("00"):
        return digits[2:]
    if digits.startswith("0") and len(digits) > 6:
        return f"32{digits[1:]}"
    return digits


def by_session(came: Iterable[tuple[datetime, UsageReport]]) -> Iterator[list[tuple[datetime, UsageReport]]]:
    """The records of each session, in the order in which they come."""
    found: dict[str, list[tuple[datetime, UsageReport]]] = {}
    for each in sorted(came, key=lambda each: each[0]):
        found.setdefault(each[1].session, []).append(each)
    yield from found.values()
