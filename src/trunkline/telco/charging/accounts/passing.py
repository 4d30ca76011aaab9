"""What the passing of time does to an account: cycles turn, allowances are granted, and what is over expires."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from trunkline.streams import Rejection
from trunkline.telco.charging.accounts.cycles import cycle_after, cycle_of
from trunkline.telco.charging.accounts.marks import Mark, ending
from trunkline.telco.charging.accounts.rating import whole
from trunkline.telco.charging.accounts.standing import NEVER, Holding, Standing
from trunkline.telco.charging.tariff.terms import Allowance, Tariff, Tariffs
from trunkline.telco.model import Account, Ledger, Member, Unit


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """An amount that the passing of time moves between a bucket and the ledger; less than 0 goes out of the bucket.

    `slot` says what of, so that it can be compared with what was told before of the same.
    """

    slot: str
    bucket: str
    ledger: Ledger
    unit: Unit
    amount: int
    time: datetime


class Turn(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """From a moment on, the cycles that begin do so on this day of the month."""

    since: datetime
    day: int


class Calendar(NamedTuple):
    """What the passing of time goes by."""

    account: Account
    tariffs: Tariffs
    zone: ZoneInfo
    turns: tuple[Turn, ...]
    """In the order of time; the first counts for all time before it too."""

    def cycle_end(self, cycle: datetime) -> datetime:
        """When the cycle ends that begins at this moment."""
        days = [turn.day for turn in self.turns if turn.since <= cycle] or [self.turns[0].day]
        return cycle_after(self.zone, days[-1], cycle)

    def month(self, cycle: datetime) -> str:
        """What a cycle is called: the day on which it begins."""
        return cycle.astimezone(self.zone).date().isoformat()


class Passage:
    """Lets time pass for an account, and notes what that moved and made worth telling, and how the account stood when
    each cycle began."""

    def __init__(self, standing: Standing, calendar: Calendar) -> None:
        self.moves: dict[str, Move] = {}
        self.marks: dict[str, Mark] = {}
        self.openings: list[Standing] = []
        self.standing = standing
        self._calendar = calendar

    def to(self, time: datetime) -> None:
        """Until `time`, that moment included."""
        while self.standing.due <= time:
            self._arrive(self.standing.due)
        if time > self.standing.time:
            self.standing = replace(self.standing, time=time)

    def begin(self) -> None:
        """Grant what the cycle begins with."""
        self._grant_all(self.standing.cycle)
        self.look_ahead()

    def look_ahead(self) -> None:
        """Find out anew when something is due: what the account is may have changed."""
        standing = self.standing
        ends = (holding.due(standing.moved) for holding in standing.holdings)
        starts = (
            assignment.since
            for member in self._calendar.account.members
            for assignment in member.tariffs
            if assignment.since > standing.moved
        )
        self.standing = replace(standing, due=min([standing.cycle_end, *ends, *starts]))

    def _arrive(self, moment: datetime) -> None:
        self.standing = replace(self.standing, time=moment, moved=moment)
        self._tell_of_ends(moment)
        self._expire(moment)
        if moment == self.standing.cycle_end:
            self._turn(moment)
        else:
            for member in self._calendar.account.members:
                if any(assignment.since == moment for assignment in member.tariffs):
                    self._grant(member, moment)
        self.look_ahead()
        if moment == self.standing.cycle:
            self.openings.append(self.standing)

    def _tell_of_ends(self, moment: datetime) -> None:
        for holding in self.standing.holdings:
            if moment in holding.ends:
                self.marks |= {mark.id: mark for mark in ending(self._calendar.account, holding, moment)}

    def _expire(self, moment: datetime) -> None:
        over = [each for each in self.standing.holdings if each.valid_to is not None and each.valid_to <= moment]
        for holding in over:
            self._move(f"{holding.id}/expiry/{moment.isoformat()}", holding, Ledger.EXPIRED, -holding.remaining)
        self.standing = replace(
            self.standing, holdings=tuple(each for each in self.standing.holdings if each not in over)
        )

    def _turn(self, moment: datetime) -> None:
        """Begin the next cycle: what was counted is forgotten, what is left over is cut down, allowances are given."""
        self.standing = replace(
            self.standing,
            cycle=moment,
            cycle_end=self._calendar.cycle_end(moment),
            month=self._calendar.month(moment),
            spent=0,
            counted={},
            used={},
            fair={},
        )
        self._cut(moment)
        self._grant_all(moment)

    def _cut(self, moment: datetime) -> None:
        """Let expire what is more than the most that an allowance lets stay; what would end first goes first."""
        kept: dict[str, int] = {}
        for holding in reversed(self.standing.holdings):
            if holding.rollover_most is None or holding.pack:
                continue
            stays = min(max(holding.remaining, 0), max(0, holding.rollover_most - kept.get(holding.meter, 0)))
            kept[holding.meter] = kept.get(holding.meter, 0) + stays
            if (excess := max(holding.remaining, 0) - stays) > 0:
                self._move(f"{holding.id}/expiry/{moment.isoformat()}", holding, Ledger.EXPIRED, -excess)
                self.standing = self.standing.put([replace(holding, remaining=holding.remaining - excess)])

    def _grant_all(self, moment: datetime) -> None:
        for member in self._calendar.account.members:
            self._grant(member, moment)

    def _grant(self, member: Member, moment: datetime) -> None:
        """Give what the member's tariff gives for the cycle, where it was not given yet."""
        for tariff, allowance in self._allowances(member, moment):
            id = f"{self._calendar.account.id}/{allowance.id}/{self.standing.month}"
            if not allowance.shared:
                id = f"{id}/{member.msisdn}"
            if self.standing.get(id) is None:
                whole(tariff.id, f"an amount of {allowance.id}", allowance.amount)
                until = self.standing.cycle_end
                for _ in range(allowance.rollover):
                    until = self._calendar.cycle_end(until)
                holding = Holding.of(id, allowance, member.msisdn, moment, until, pack=False)
                self._move(f"{id}/grant", holding, Ledger.GRANTS, allowance.amount)
                self.standing = self.standing.put([holding])

    def _allowances(self, member: Member, moment: datetime) -> Iterator[tuple[Tariff, Allowance]]:
        """Of the tariff that the member has then; none where that is not (yet) a valid one."""
        since = [each for each in member.tariffs if each.since <= moment]
        if not since or (member.until is not None and member.until <= moment):
            return
        try:
            tariff = self._calendar.tariffs.at(since[-1].tariff, moment)
        except Rejection:
            return  # its usages are refused for the same reason, which says it to who must act
        for allowance in tariff.allowances if tariff.kind == "plan" else ():
            yield tariff, allowance

    def _move(self, slot: str, holding: Holding, ledger: Ledger, amount: int) -> None:
        if amount:
            self.moves[slot] = Move(
                slot=slot,
                bucket=holding.id,
                ledger=ledger,
                unit=holding.unit,
                amount=amount,
                time=self.standing.moved,
            )


def opening(calendar: Calendar, time: datetime) -> Standing:
    """How an account stands when the cycle begins that is before the one of `time`, the first in which it uses.

    It has used nothing before: what its tariffs would have left it, rolled over from earlier cycles, it has. So it does
    not matter which of its usages comes first.
    """
    account, zone, day = calendar.account, calendar.zone, calendar.turns[0].day
    first = _cycle_before(calendar, cycle_of(zone, day, time))
    begin = first
    for _ in range(_most_rollover(calendar, first)):
        begin = _cycle_before(calendar, begin)
    credit = Holding(id=f"{account.id}/money", name="Credit", unit=Unit.MONEY, remaining=0, granted=0, valid_from=begin)
    standing = Standing(
        time=begin,
        moved=begin,
        due=NEVER,
        cycle=begin,
        cycle_end=calendar.cycle_end(begin),
        month=calendar.month(begin),
        holdings=(credit,),
    )
    passage = Passage(standing, calendar)
    passage.begin()
    passage.to(first)
    return passage.standing


def _cycle_before(calendar: Calendar, cycle: datetime) -> datetime:
    return cycle_of(calendar.zone, calendar.turns[0].day, cycle - timedelta(microseconds=1))


def _most_rollover(calendar: Calendar, time: datetime) -> int:
    """For how many cycles at most the tariffs of the account let stay what is left."""
    most = 0
    for member in calendar.account.members:
        for assignment in member.tariffs:
            try:
                tariff = calendar.tariffs.at(assignment.tariff, max(time, assignment.since))
            except Rejection:
                continue
            most = max([most, *(allowance.rollover for allowance in tariff.allowances)])
    return most
