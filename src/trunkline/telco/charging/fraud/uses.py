"""What is remembered of a number: its uses of some hours, in the order in which they began."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from trunkline.telco.charging.fraud.rules import MOST_USES
from trunkline.telco.model import Service


class Use(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What of a usage is looked at. Times are seconds since the epoch."""

    started: int
    id: str
    service: Service
    quantity: int
    ended: int
    """As `started` where it is not known: of several records together nobody knows the time between."""
    originating: bool
    other: str
    destination: str
    """Zone of `zones.yaml` that was called or texted; empty where none was."""
    sim: bool
    country: str
    """Where the subscriber was, by ISO 3166; empty where that is not known for sure."""
    abroad: bool

    @property
    def order(self) -> tuple[int, str]:
        return self.started, self.id


class Recent(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Of one number. `away` is since when it was abroad without a break, at the beginning of `uses`; `told` are the
    ids of what was told of it, with their times."""

    uses: tuple[Use, ...] = ()
    away: int | None = None
    told: tuple[tuple[int, str], ...] = ()


class Placed(NamedTuple):
    """A number's uses with a new one in its place."""

    recent: Recent
    place: int
    """Where the new one is; -1 where it is not there: it takes back another, or is one that was there."""


def too_late(recent: Recent, use: Use, seconds: int) -> bool:
    """Did it begin so long before the newest, or before all of as many as are remembered?"""
    uses = recent.uses
    if not uses:
        return False
    return use.started < uses[-1].started - seconds or (len(uses) >= MOST_USES and use.order < uses[0].order)


def with_use(recent: Recent, use: Use, corrects: str, kept: int) -> Placed:
    """With a use in its place, instead of that which it corrects, without those that began `kept` seconds before the
    newest. One that corrects another was where that was; with nothing it only takes that back."""
    if any(each.id == use.id for each in recent.uses):
        return Placed(recent, -1)
    uses = list(recent.uses)
    if corrects:
        former = next((each for each in uses if each.id == corrects), None)
        if former is not None:
            uses.remove(former)
        country, abroad, sim = (former.country, former.abroad, former.sim) if former else ("", False, use.sim)
        use = msgspec.structs.replace(use, country=country, abroad=abroad, sim=sim)
    if not (corrects and not use.quantity):
        uses.insert(bisect_right(uses, use.order, key=lambda each: each.order), use)
    if not uses:
        return Placed(Recent((), recent.away, recent.told), -1)
    first = bisect_right(uses, uses[-1].started - kept, key=lambda each: each.started)
    first = max(first, len(uses) - MOST_USES)
    away = recent.away
    for gone in uses[:first]:
        away = since_away(away, gone)
    uses = uses[first:]
    place = next((index for index in range(len(uses) - 1, -1, -1) if uses[index].id == use.id), -1)
    return Placed(Recent(tuple(uses), away, recent.told), place)


def since_away(away: int | None, use: Use) -> int | None:
    """Since when the subscriber is abroad, after this use."""
    if use.abroad:
        return use.started if away is None else away
    return None if use.country else away


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
