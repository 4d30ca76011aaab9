"""Commands: what somebody wants of an account's buckets, and whether it can be done (TMF654).

A top-up without a bucket goes to the account's credit, with an end to a bucket of its own. `reserve` holds an amount of
a bucket until `valid_to`, or until a `release` of that bucket gives it back: `amount` of what commands hold of it, that
of the command named by `reason` first, then the oldest, or all with 0.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from trunkline.streams import Rejection
from trunkline.telco.charging.accounts.book import Book
from trunkline.telco.charging.accounts.effects import Effects
from trunkline.telco.charging.accounts.history import Change, Done, place_of
from trunkline.telco.charging.accounts.online import Hold, Session
from trunkline.telco.charging.accounts.passing import Calendar
from trunkline.telco.charging.accounts.postings import Draw, Kind, posting
from trunkline.telco.charging.accounts.rating import whole
from trunkline.telco.charging.accounts.standing import Holding, Standing
from trunkline.telco.charging.tariff.terms import Allowance
from trunkline.telco.model import Account, ChargingAnswer, ChargingCommand, Ledger, Posting, Unit


class Work(NamedTuple):
    """What a command does: changes of buckets, and the postings that say so."""

    changes: tuple[Change, ...]
    postings: tuple[Posting, ...]


def answer(book: Book, command: ChargingCommand, out: Effects) -> None:
    """Do a command once, and answer it; one that was answered is answered the same again."""
    if (done := book.history.command(command.id)) is not None:
        out.answers.append(done.answer)
        return
    told = ChargingAnswer(id=command.id, account=command.account, time=command.time)
    changes: tuple[Change, ...] = ()
    made: tuple[Posting, ...] = ()
    try:
        book.begin(command.time, out)
        book.refuse_late(command.time, "command.too-late", f"the command {command.id}")
        if command.kind in ("reserve", "release"):
            book.pass_to(command.time, out)
            _hold(book, command, out)
        else:
            standing = book.at((command.time, 0, command.id))
            free = book.free(book.standing if command.time < book.standing.time else standing)
            changes, made = work(command, standing, free, book.calendar)
    except Rejection as refused:
        told = replace(told, problem=refused.reason, detail=str(refused))
    if told.problem != "command.too-late":
        done = Done(account=command.account, id=command.id, time=command.time, changes=changes, answer=told)
        book.apply(place_of(done), out, added=done, made=made)
    out.answers.append(told)


def _hold(book: Book, command: ChargingCommand, out: Effects) -> None:
    """Hold an amount of a bucket, or give back what commands hold of it."""
    account = book.account
    its = bucket(book.standing, account, command.bucket)
    if command.kind == "reserve":
        refuse_none(command.amount)
        refuse_more(account, book.free(book.standing), its, command.amount)
        draw = Draw(its.id, its.unit, command.amount)
        hold = Hold(id=command.id, draws=(draw,), until=command.valid_to)
        book.hold(Session(account=account.id, id=f"command/{command.id}", holds=(hold,)), out)
        return
    holding = [each for each in book.sessions.values() if each.of_command and each.holds[0].draws[0].bucket == its.id]
    holding.sort(key=lambda each: each.id != f"command/{command.reason}")  # else one would outlast its own release
    held = sum(session.holds[0].draws[0].amount for session in holding)
    if command.amount < 0 or command.amount > held:
        raise Rejection("amount.invalid", f"commands hold {held} of {its.id}, and {command.amount} are to be released")
    left = command.amount or held
    for session in holding:
        [draw] = session.holds[0].draws
        given = min(left, draw.amount)
        left -= given
        if given == draw.amount:
            book.hold(replace(session, holds=()), out, forget=True)
        elif given:
            rest = Hold(
                id=f"{session.holds[0].id}/{command.id}",
                draws=(draw._replace(amount=draw.amount - given),),
                until=session.holds[0].until,
            )
            book.hold(replace(session, holds=(rest,)), out)


def work(command: ChargingCommand, standing: Standing, free: Standing, calendar: Calendar) -> Work:
    """What a command does to an account as it stands at the command's time.

    `free` is the account as it stands now, less what is held: no more can be taken than that. Raises `Rejection` with
    what is to be answered where it cannot be done.
    """
    account = calendar.account
    if command.kind == "pack":
        return _pack(command, standing, calendar)
    if command.kind == "topup":
        holding = _topped_up(command, standing, account)
        return _work(command, account, holding, command.amount, Ledger.PAYMENTS, "topup")
    holding = bucket(standing, account, command.bucket)
    if command.kind == "adjust":
        if not command.amount:
            raise Rejection("amount.invalid", "an adjustment of 0 changes nothing: give an amount")
        if command.amount < 0:
            refuse_more(account, free, holding, -command.amount)
        return _work(command, account, holding, command.amount, Ledger.GRANTS, "adjustment")
    return _transfer(command, standing, free, account, holding)


def bucket(standing: Standing, account: Account, id: str) -> Holding:
    """The bucket of that id, without one the account's credit. Raises `Rejection` where there is none."""
    found = standing.get(id or f"{account.id}/money")
    if found is None:
        raise Rejection("bucket.unknown", f"the account {account.id} has no bucket {id} at that time")
    return found


def refuse_more(account: Account, free: Standing, holding: Holding, amount: int) -> None:
    """Raises `Rejection` where a bucket has not the amount; the credit of a postpaid account may fall below 0."""
    its = free.get(holding.id)
    left = its.remaining if its else 0
    if amount > left and not (account.kind == "postpaid" and holding.id == f"{account.id}/money"):
        raise Rejection("balance.insufficient", f"{holding.id} has {left} that nobody holds, and {amount} are wanted")


def refuse_none(amount: int) -> None:
    """Raises `Rejection` for an amount that is not more than 0."""
    if amount <= 0:
        raise Rejection("amount.invalid", f"the amount must be more than 0, and is {amount}")


def _topped_up(command: ChargingCommand, standing: Standing, account: Account) -> Holding:
    """The bucket that a top-up goes to: one of its own where it has an end."""
    refuse_none(command.amount)
    if command.bucket or command.valid_to is None:
        holding = bucket(standing, account, command.bucket)
        if holding.unit is not Unit.MONEY:
            raise Rejection("bucket.unit", f"{holding.id} holds {holding.unit}s, and a top-up is money")
        return holding
    if command.valid_to <= command.time:
        raise Rejection("validity.invalid", f"the top-up would be over at {command.valid_to.isoformat()} already")
    return Holding(
        id=f"{account.id}/topup/{command.id}",
        name="Top-up",
        unit=Unit.MONEY,
        remaining=0,
        granted=0,
        subscription=command.subscription,
        valid_from=command.time,
        valid_to=command.valid_to,
    )


def _transfer(command: ChargingCommand, standing: Standing, free: Standing, account: Account, source: Holding) -> Work:
    refuse_none(command.amount)
    target = bucket(standing, account, command.to_bucket)
    if target.id == source.id or target.unit is not source.unit:
        raise Rejection(
            "bucket.unit",
            f"a transfer goes to another bucket of the same unit: {source.id} has {source.unit}s, "
            f"{target.id} has {target.unit}s",
        )
    refuse_more(account, free, source, command.amount)
    moved = posting(
        f"{command.id}/0",
        account,
        source.id,
        target.id,
        source.unit,
        command.amount,
        time=command.time,
        cause=command.id,
        kind="transfer",
    )
    return Work((Change(source, -command.amount), Change(target, command.amount)), (moved,))


def _pack(command: ChargingCommand, standing: Standing, calendar: Calendar) -> Work:
    """The allowances of a pack: from now on for their days, from their first use on, or until the cycle ends."""
    account = calendar.account
    tariff = calendar.tariffs.at(command.offering, command.time)
    if tariff.kind != "pack":
        raise Rejection("pack.unknown", f"{command.offering} is no pack but a {tariff.kind}")
    changes: list[Change] = []
    postings: list[Posting] = []
    for number, allowance in enumerate(tariff.allowances):
        whole(tariff.id, f"an amount of {allowance.id}", allowance.amount)
        if not allowance.shared and not any(its.msisdn == command.subscription for its in account.members):
            raise Rejection(
                "subscription.unknown", f"{allowance.id} is for one number: name one that the account {account.id} has"
            )
        holding = Holding.of(
            f"{account.id}/{allowance.id}/{command.id}",
            allowance,
            command.subscription,
            command.time,
            _end(command, standing, allowance, calendar),
            pack=True,
        )
        given = _work(command, account, holding, allowance.amount, Ledger.GRANTS, "grant", number)
        changes += given.changes
        postings += given.postings
    return Work(tuple(changes), tuple(postings))


def _end(command: ChargingCommand, standing: Standing, allowance: Allowance, calendar: Calendar) -> datetime | None:
    """When a pack's allowance is over; None where that is not known before its first use."""
    if allowance.days:
        return None if allowance.first_use else command.time + timedelta(days=allowance.days)
    end = standing.cycle_end
    for _ in range(allowance.rollover):
        end = calendar.cycle_end(end)
    return end


def _work(
    command: ChargingCommand,
    account: Account,
    holding: Holding,
    amount: int,
    ledger: Ledger,
    kind: Kind,
    number: int = 0,
) -> Work:
    """Put an amount into one bucket, or take it out."""
    if not amount:
        return Work((), ())
    put = posting(
        f"{command.id}/{number}",
        account,
        ledger,
        holding.id,
        holding.unit,
        amount,
        time=command.time,
        cause=command.id,
        kind=kind,
    )
    return Work((Change(holding, amount),), (put,))
