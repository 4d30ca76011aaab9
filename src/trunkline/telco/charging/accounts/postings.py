"""Postings: what happens to an account, as entries of the ledger.

Each has an id that is the same in a replay: of what it comes of, and for which time that is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from trunkline.telco.charging.accounts.passing import Move
from trunkline.telco.charging.accounts.standing import Standing
from trunkline.telco.model import Account, Ledger, Posting, RatedUsage, Unit

Kind = Literal["usage", "correction", "topup", "grant", "adjustment", "transfer", "reservation", "release", "expiry"]


class Draw(NamedTuple):
    """What is taken from a bucket."""

    bucket: str
    unit: Unit
    amount: int


def draws(rated: RatedUsage) -> list[Draw]:
    """What a usage drew. Allowances come first, up to what was free; the rest is money."""
    found, free = [], rated.free
    for drawn in rated.drawn:
        found.append(Draw(drawn.bucket, rated.unit if free > 0 else Unit.MONEY, drawn.amount))
        free -= drawn.amount
    return found


def posting(
    id: str,
    account: Account,
    give: str,
    take: str,
    unit: Unit,
    amount: int,
    *,
    time: datetime,
    cause: str,
    kind: Kind,
) -> Posting:
    """An amount from one to another; one of less than 0 the other way."""
    debit, credit = (give, take) if amount > 0 else (take, give)
    return Posting(
        id=id,
        account=account.id,
        debit=debit,
        credit=credit,
        unit=unit,
        amount=abs(amount),
        currency=account.currency if unit is Unit.MONEY else "",
        time=time,
        cause=cause,
        kind=kind,
    )


def of_usage(account: Account, rated: RatedUsage, was: RatedUsage | None, now: datetime) -> Iterator[Posting]:
    """What a usage drew; where it was rated before, the difference, as of `now`."""
    delta: dict[tuple[str, Unit], int] = {}
    for draw in draws(rated):
        delta[draw.bucket, draw.unit] = delta.get((draw.bucket, draw.unit), 0) + draw.amount
    for draw in draws(was) if was else ():
        delta[draw.bucket, draw.unit] = delta.get((draw.bucket, draw.unit), 0) - draw.amount
    usage = rated.usage
    for number, ((bucket, unit), amount) in enumerate(delta.items()):
        if amount:
            yield posting(
                f"{usage.id}/{rated.revision}/{number}",
                account,
                bucket,
                Ledger.REVENUE if unit is Unit.MONEY else Ledger.CONSUMED,
                unit,
                amount,
                time=now if was else usage.started,
                cause=usage.id,
                kind="correction" if was else "usage",
            )


def of_move(account: Account, move: Move, amount: int, number: int, now: datetime) -> Posting:
    """What the passing of time moved; where it is told for the second time (`number` 1) and later, the difference."""
    kind: Kind = "grant" if move.ledger is Ledger.GRANTS else "expiry"
    return posting(
        f"{move.slot}/{number}",
        account,
        move.ledger,
        move.bucket,
        move.unit,
        amount,
        time=now if number else move.time,
        cause=move.bucket,
        kind="correction" if number else kind,
    )


def of_opening(account: Account, standing: Standing) -> Iterator[Posting]:
    """What an account has when its book is opened."""
    for holding in standing.holdings:
        if holding.remaining:
            yield posting(
                f"{holding.id}/grant/0",
                account,
                Ledger.GRANTS,
                holding.id,
                holding.unit,
                holding.remaining,
                time=standing.time,
                cause=holding.id,
                kind="grant",
            )


def of_draws(account: Account, id: str, draws: Iterable[Draw], time: datetime, *, release: bool) -> Iterator[Posting]:
    """What a session holds from now on, or releases."""
    kind: Kind = "release" if release else "reservation"
    for number, draw in enumerate(draws):
        yield posting(
            f"{id}/{kind}/{number}",
            account,
            draw.bucket,
            Ledger.RESERVED,
            draw.unit,
            -draw.amount if release else draw.amount,
            time=time,
            cause=id,
            kind=kind,
        )
