"""Marks: what a subscriber is to be told because of a usage, found while history is gone through.

A mark has the id of its notice. Going through history again finds it again, and who keeps the ids tells it once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from trunkline.telco.charging.accounts.rating import Rating
from trunkline.telco.charging.accounts.standing import NEVER, Holding, Standing
from trunkline.telco.model import Account, Unit, Usage

PERCENT: Final = (50, 80, 100)
"""Of what an account may owe in a cycle, at which the subscriber is told."""
EARLIEST: Final = timedelta(days=1)
"""Of a cycle must have gone by before it is forecast when an allowance ends, and it must end that much before it."""
FORECAST: Final = 25
"""Percent of an allowance that must have been used before its end is forecast."""

Kind = Literal["threshold", "forecast", "roaming", "cut-off", "limit", "fair-use", "expiry"]


class Mark(NamedTuple):
    """`keep` is until when the id must be known, so that it is not told twice."""

    id: str
    subscription: str
    kind: Kind
    values: dict[str, str]
    time: datetime
    keep: datetime


def marks(before: Standing, after: Standing, rating: Rating, account: Account, home: frozenset[str]) -> Iterator[Mark]:
    """What a usage makes due that brought an account from one standing to the next."""
    usage = rating.rated.usage
    if mark := roaming(account, usage.subscription, usage.visited, home, before, usage.started):
        yield mark
    for drawn in rating.rated.drawn:
        if (holding := before.get(drawn.bucket)) is not None and holding.allowance:
            yield from _allowance(account, usage, holding, before, after)
    for holding in rating.restrained:
        values = {"name": holding.name, "zone": rating.rated.zone, "most": str(holding.fair_use[rating.rated.zone])}
        name = f"{owned(account, holding, before)}/fair-use/{rating.rated.zone}"
        yield Mark(name, usage.subscription, "fair-use", values, usage.started, span(holding, before)[1])
    if account.limit is not None:
        yield from _limit(account, account.limit, usage, before, after)
    if account.kind == "prepaid" and rating.uncovered:
        yield _overdrawn(account, usage, before, after)


def roaming(
    account: Account, subscription: str, visited: str, home: frozenset[str], standing: Standing, time: datetime
) -> Mark | None:
    """The welcome in a foreign country, by the first network of it that serves the number in the cycle."""
    country = visited[:3]
    if not country or country in home:
        return None
    id = f"{account.id}/{standing.month}/roaming/{subscription}/{country}"
    values = {"network": visited, "country": country}
    return Mark(id, subscription, "roaming", values, time, standing.cycle_end)


def cut_off(account: Account, subscription: str, standing: Standing, time: datetime) -> Mark:
    """Service is refused because nothing pays for it."""
    id = f"{account.id}/{standing.month}/cut-off/{subscription}"
    values = {"spent": str(standing.spent), "currency": account.currency}
    if account.limit is not None:
        values["limit"] = str(account.limit)
    return Mark(id, subscription, "cut-off", values, time, standing.cycle_end)


def ending(account: Account, holding: Holding, time: datetime) -> Iterator[Mark]:
    """A bucket with something in it that does not come again will end in a day, or ends now: its number is told; of one
    that the account shares, the first that it has."""
    there = [member.msisdn for member in account.members if member.until is None or member.until > time]
    subscription = holding.subscription or next(iter(there), "")
    end = holding.valid_to
    if end is None or holding.remaining <= 0 or not subscription:
        return
    over = time >= end
    values = {"name": holding.name, "unit": holding.unit.value, "end": end.isoformat()}
    values["lost" if over else "left"] = str(holding.remaining)
    if holding.unit is Unit.MONEY:
        values["currency"] = account.currency
    yield Mark(f"{holding.id}/{'expired' if over else 'expiring'}", subscription, "expiry", values, time, end)


def _allowance(account: Account, usage: Usage, holding: Holding, before: Standing, after: Standing) -> Iterator[Mark]:
    """The thresholds of an allowance that were crossed, and when it will end as it is being used."""
    used_before, _ = before.filled(holding)
    its = after.get(holding.id) or holding
    used, given = after.filled(its)
    begin, end = span(its, after)
    crossed = [each for each in holding.thresholds if used_before * 100 < each * given <= used * 100]
    forecast = _forecast(begin, end, usage.started, used, given)
    if not crossed and forecast is None:
        return
    name = owned(account, holding, before)
    values = {"name": holding.name, "unit": holding.unit.value, "left": str(given - used), "end": end.isoformat()}
    for percent in crossed:
        told = {**values, "percent": str(percent)}
        yield Mark(f"{name}/{percent}", usage.subscription, "threshold", told, usage.started, end)
    if forecast is not None:
        told = {**values, "forecast": forecast.isoformat()}
        yield Mark(forecast_id(account, holding, before), usage.subscription, "forecast", told, usage.started, end)


def _forecast(begin: datetime, end: datetime, now: datetime, used: int, given: int) -> datetime | None:
    """When what is used up as fast as until now will be, where that is worth telling."""
    gone = now - begin
    if gone < EARLIEST or not FORECAST * given <= used * 100 < 100 * given:
        return None
    forecast = begin + timedelta(seconds=int(gone.total_seconds()) * given // used)
    return forecast if forecast <= end - EARLIEST else None


def _limit(account: Account, limit: int, usage: Usage, before: Standing, after: Standing) -> Iterator[Mark]:
    """The thresholds of what the account may owe. Another limit in the same cycle has thresholds of its own."""
    for percent in PERCENT:
        if before.spent * 100 < percent * limit <= after.spent * 100:
            values = {"percent": str(percent), "limit": str(limit), "spent": str(after.spent)}
            values |= {"currency": account.currency, "end": after.cycle_end.isoformat()}
            id = f"{account.id}/{after.month}/limit/{limit}/{percent}"
            kind: Kind = "limit" if percent == 100 else "threshold"
            yield Mark(id, usage.subscription, kind, values, usage.started, after.cycle_end)


def _overdrawn(account: Account, usage: Usage, before: Standing, after: Standing) -> Mark:
    """Usage that nobody asked about beforehand has cost more than was there."""
    left = sum(holding.remaining for holding in after.holdings if holding.unit is Unit.MONEY)
    id = overdrawn_id(account, before)
    values = {"left": str(left), "currency": account.currency}
    return Mark(id, usage.subscription, "limit", values, usage.started, before.cycle_end)


def span(holding: Holding, standing: Standing) -> tuple[datetime, datetime]:
    """From when until when its use counts: a cycle; of a pack as long as it is valid."""
    if holding.pack:
        return holding.valid_from, holding.valid_to or NEVER
    return standing.cycle, standing.cycle_end


def owned(account: Account, holding: Holding, standing: Standing) -> str:
    """Whose allowance it is, of which cycle; a pack counts for itself."""
    if holding.pack:
        return holding.id
    owner = f"/{holding.subscription}" if holding.subscription else ""
    return f"{account.id}/{standing.month}/{holding.allowance}{owner}"


def forecast_id(account: Account, holding: Holding, standing: Standing) -> str:
    """The id of the notice of when an allowance will end."""
    return f"{owned(account, holding, standing)}/forecast"


def overdrawn_id(account: Account, standing: Standing) -> str:
    """The id of the notice that more was used than paid."""
    return f"{account.id}/{standing.month}/overdrawn"
