"""What was used of what, by whom, and where that leads: an account's balance, as a self-service app shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from trunkline.telco.model import Balance, Bucket, Unit


class Forecast(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What will have been used at the end, if it goes on like this; `exhausted` is when nothing is left, where that is
    before the end."""

    used: int
    exhausted: datetime | None = None


class Consumed(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What was used of an allowance, in its unit. `reserved` is what open sessions hold of what is left.

    `percentage` is of what was granted, rounded down, so that 100 says that nothing is left.
    """

    name: str
    allowance: str = ""
    unit: Unit
    granted: int
    used: int
    left: int
    reserved: int = 0
    percentage: int
    valid_from: datetime
    valid_to: datetime | None = None
    buckets: tuple[str, ...]
    forecast: Forecast | None = None


class SubscriptionConsumption(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What one number used: `cost` is what its usage of this cycle cost, in minor units."""

    subscription: str
    cost: int = 0
    allowances: tuple[Consumed, ...] = ()


class Consumption(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What an account used in its cycle. Money is in minor units of the currency.

    `credit` is what is left of money, `spent` what the cycle's usage cost, `limit` what it may cost. `shared` are the
    allowances that all numbers draw from.
    """

    account: str
    kind: Literal["prepaid", "postpaid"]
    currency: str
    cycle: datetime
    cycle_end: datetime
    time: datetime
    credit: int = 0
    spent: int = 0
    limit: int | None = None
    spending: Forecast | None = None
    shared: tuple[Consumed, ...] = ()
    subscriptions: tuple[SubscriptionConsumption, ...] = ()


def consumption(balance: Balance, costs: Mapping[str, int], cycle_end: datetime, now: datetime) -> Consumption:
    """The view of a balance at a moment. `costs` is what the usage of each number cost in the cycle."""
    valid = [bucket for bucket in balance.buckets if bucket.valid_to is None or bucket.valid_to > now]
    units = [bucket for bucket in valid if bucket.unit is not Unit.MONEY]
    numbers = sorted({bucket.subscription for bucket in units} - {""} | costs.keys())
    room = balance.limit - balance.spent if balance.limit is not None else None
    return Consumption(
        account=balance.account,
        kind=balance.kind,
        currency=balance.currency,
        cycle=balance.cycle,
        cycle_end=cycle_end,
        time=balance.time,
        credit=sum(bucket.remaining for bucket in valid if bucket.unit is Unit.MONEY),
        spent=balance.spent,
        limit=balance.limit,
        spending=_forecast(balance.spent, room, balance.cycle, cycle_end, now),
        shared=_consumed([bucket for bucket in units if not bucket.subscription], now),
        subscriptions=tuple(
            SubscriptionConsumption(
                subscription=number,
                cost=costs.get(number, 0),
                allowances=_consumed([bucket for bucket in units if bucket.subscription == number], now),
            )
            for number in numbers
        ),
    )


def _consumed(buckets: Iterable[Bucket], now: datetime) -> tuple[Consumed, ...]:
    """Each allowance once: what was left of the cycle before is in a bucket of its own."""
    by_allowance: dict[str, list[Bucket]] = {}
    for bucket in buckets:
        by_allowance.setdefault(bucket.allowance or bucket.id, []).append(bucket)
    return tuple(_together(together, now) for together in by_allowance.values())


def _together(buckets: list[Bucket], now: datetime) -> Consumed:
    first = buckets[0]
    granted = sum(bucket.granted for bucket in buckets)
    reserved = sum(bucket.reserved for bucket in buckets)
    left = sum(bucket.remaining for bucket in buckets)
    used = granted - left - reserved
    begin = min(bucket.valid_from for bucket in buckets)
    ends = [bucket.valid_to for bucket in buckets if bucket.valid_to is not None]
    end = max(ends) if len(ends) == len(buckets) else None
    return Consumed(
        name=first.name,
        allowance=first.allowance,
        unit=first.unit,
        granted=granted,
        used=used,
        left=left,
        reserved=reserved,
        percentage=min(100, used * 100 // granted) if granted > 0 else 100,
        valid_from=begin,
        valid_to=end,
        buckets=tuple(bucket.id for bucket in buckets),
        forecast=_forecast(used, left + reserved, begin, end, now) if end is not None else None,
    )


def _forecast(used: int, room: int | None, begin: datetime, end: datetime, now: datetime) -> Forecast | None:
    """Straight on from what was used since the beginning; None before it. `room` is what may still be used."""
    passed, whole = now - begin, end - begin
    if passed <= timedelta(0):
        return None
    exhausted = None
    if room is not None and room <= 0:
        exhausted = now
    elif room is not None and used > 0 and passed * (room / used) < end - now:
        exhausted = now + passed * (room / used)
    return Forecast(used=max(used, round(used * (whole / passed))), exhausted=exhausted)
