"""What an account must come to: all its usages once, in the order (started, id), by the words of docs/charging.md.

It has no state of the processor's, keeps nothing for later, and computes prices as fractions: plain, and slow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from tests.telco.charging.corrections import counting
from tests.telco.charging.whole.words import BRUSSELS, Allowance, Answer, Refused, Words, midnight
from trunkline.telco.model import Account, ChargingCommand, Usage

DAY = timedelta(days=1)
NEVER = datetime.max.replace(tzinfo=UTC)
MONEY = "money"


@dataclass
class Pot:
    """A bucket. `days` is how long it is valid from its first use on; 0 where it runs already."""

    id: str
    unit: str
    left: int
    given: int
    begin: datetime
    end: datetime
    owner: str = ""
    priority: int = 0
    allowance: Allowance | None = None
    pack: bool = False
    days: int = 0

    @property
    def meter(self) -> tuple[str, str]:
        """What its use is counted with."""
        return (self.id, "") if self.pack or self.allowance is None else (self.allowance.id, self.owner)


class Cost(NamedTuple):
    """The last word on a usage."""

    tariff: str
    rate: str
    zone: str
    band: str
    unit: str
    quantity: int
    free: int
    amount: int
    drawn: tuple[tuple[str, int], ...]
    tax: str
    cycle: datetime


@dataclass
class Books:
    """What is left at the end, and what has happened since the account was opened."""

    cost: dict[str, Cost | None] = field(default_factory=dict)
    """By usage; None of those that were taken back."""
    refused: dict[str, str] = field(default_factory=dict)
    ledger: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What each account of the ledger has received, less what it gave, by unit."""
    notices: set[str] = field(default_factory=set)
    problems: dict[str, str] = field(default_factory=dict)
    """Why commands are refused."""


class Oracle:
    """Goes through one account's life, from the cycle before that of its first event."""

    def __init__(self, words: Words, account: Account, opened: datetime) -> None:
        self.books = Books()
        self.pots: list[Pot] = []
        self.spent = 0
        self._words, self._account = words, account
        self._forget()
        opening = cycle_before(cycle_of(opened, account.cycle_day), account.cycle_day)
        begin = opening
        for _ in range(4):  # what was left of earlier cycles, had nothing been used
            begin = cycle_before(begin, account.cycle_day)
        self.now = self.cycle = begin
        self.pots = [Pot(f"{account.id}/money", MONEY, 0, 0, begin, NEVER)]
        self._give_all()
        self.pass_to(opening)
        self.books.ledger.clear()
        for pot in self.pots:
            self.books.ledger["grants", pot.unit] -= pot.left

    def live(self, usages: Sequence[Usage], commands: Iterable[ChargingCommand]) -> None:
        """All that happens, commands before usages of the same moment. What is refused has not happened."""
        counts = counting(usages)
        moments: list[tuple[datetime, int, str, Usage | ChargingCommand]] = [
            *((usage.started, 1, usage.id, usage) for usage in usages),
            *((command.time, 0, command.id, command) for command in commands),
        ]
        for at, _, id, what in sorted(moments, key=lambda each: each[:3]):
            if isinstance(what, ChargingCommand):
                self.pass_to(at)
                self._do(what)
            elif id not in counts or (what.corrects and not quantity(what)):
                self.pass_to(at)
                self.books.cost[id] = None
            else:
                try:
                    answer = self._words.say(self._tariff(what), what)
                except Refused as refused:
                    self.books.refused[id] = str(refused)
                    continue
                self.pass_to(at)
                self.books.cost[id] = self._use(what, answer)

    def pass_to(self, moment: datetime) -> None:
        """Let time pass: what is over expires, cycles turn, allowances are given."""
        while True:
            end = cycle_after(self.cycle, self._account.cycle_day)
            ends = [moment for pot in self.pots for moment in (*warnings(pot), pot.end) if moment > self.now]
            starts = [its.since for member in self._account.members for its in member.tariffs if its.since > self.now]
            due = min([end, *ends, *starts])
            if due > moment:
                return
            self.now = due
            for pot in self.pots:
                if pot.left > 0 and due in warnings(pot):
                    self.books.notices.add(f"{pot.id}/{'expired' if due == pot.end else 'expiring'}")
            for pot in [pot for pot in self.pots if pot.end <= due]:
                self._move("expired", pot, -pot.left)
                self.pots.remove(pot)
            if due == end:
                self.cycle = due
                self._forget()
                self._cut()
                self._give_all()
            else:
                self._give_all(only_since=due)

    def _forget(self) -> None:
        self.spent = 0
        self._tiers: Counter[tuple[str, str, str]] = Counter()
        self._used: Counter[tuple[str, str]] = Counter()
        self._fair: Counter[tuple[tuple[str, str], str]] = Counter()

    def _cut(self) -> None:
        """Of what rolls over, at most so much stays, the newest first."""
        stays: Counter[tuple[str, str]] = Counter()
        for pot in sorted(self.pots, key=lambda pot: (pot.end, pot.id), reverse=True):
            if pot.allowance is None or pot.allowance.most is None or pot.pack:
                continue
            kept = min(pot.left, pot.allowance.most - stays[pot.meter])
            stays[pot.meter] += kept
            self._move("expired", pot, kept - pot.left)

    def _give_all(self, only_since: datetime | None = None) -> None:
        day = self.cycle.astimezone(BRUSSELS).date()
        for member in self._account.members:
            tariffs = [its for its in member.tariffs if its.since <= self.now]
            if not tariffs or (only_since is not None and tariffs[-1].since != only_since):
                continue
            for its in self._words.given(tariffs[-1].tariff, self.now):
                owner = "" if its.shared else member.msisdn
                id = "/".join([self._account.id, its.id, str(day), *([owner] if owner else [])])
                if id not in [pot.id for pot in self.pots]:
                    end = self.cycle
                    for _ in range(its.cycles + 1):
                        end = cycle_after(end, self._account.cycle_day)
                    pot = Pot(id, its.unit, 0, its.amount, self.now, end, owner, its.priority, its)
                    self.pots.append(pot)
                    self._move("grants", pot, its.amount)

    def _move(self, ledger: str, pot: Pot, amount: int) -> None:
        pot.left += amount
        self.books.ledger[ledger, pot.unit] -= amount

    def _do(self, command: ChargingCommand) -> None:
        [credit] = [pot for pot in self.pots if pot.id == f"{self._account.id}/money"]
        if command.kind == "topup":
            if command.amount <= 0:
                self.books.problems[command.id] = "amount.invalid"
                return
            if command.valid_to is not None:
                id = f"{self._account.id}/topup/{command.id}"
                credit = Pot(id, MONEY, 0, 0, command.time, command.valid_to, command.subscription)
                self.pots.append(credit)
            credit.given += command.amount
            self._move("payments", credit, command.amount)
        elif command.kind == "adjust":
            credit.given += max(0, command.amount)
            self._move("grants", credit, command.amount)
        else:
            pack = self._words.pack(command.offering)
            if pack is None:
                self.books.problems[command.id] = "pack.unknown"
                return
            for its in pack:
                id = f"{self._account.id}/{its.id}/{command.id}"
                pot = Pot(
                    id, its.unit, 0, its.amount, command.time, NEVER, command.subscription, its.priority, its,
                    pack=True, days=its.days,
                )  # fmt: skip
                self.pots.append(pot)
                self._move("grants", pot, its.amount)

    def _tariff(self, usage: Usage) -> str:
        """What the number had when the usage began."""
        [member] = [member for member in self._account.members if member.msisdn == usage.subscription]
        tariffs = [its.tariff for its in member.tariffs if its.since <= usage.started]
        if not tariffs:
            raise Refused("tariff.none")
        return tariffs[-1]

    def _use(self, usage: Usage, answer: Answer) -> Cost:
        account = self._account
        month = f"{account.id}/{self.cycle.astimezone(BRUSSELS).date()}"
        told = self.books.notices
        if usage.visited and not usage.visited.startswith("206"):
            told.add(f"{month}/roaming/{usage.subscription}/{usage.visited[:3]}")

        left = answer.quantity
        drawn: list[tuple[Pot, int]] = []
        may = [
            pot
            for pot in sorted(self.pots, key=lambda pot: (pot.priority, pot.end, pot.id))
            if pot.owner in ("", usage.subscription) and pot.begin <= usage.started < pot.end
        ]
        for pot in may:
            if pot.allowance is None or pot.unit != answer.unit or pot.allowance.id not in answer.allowances:
                continue
            take = min(left, pot.left)
            if answer.zone in pot.allowance.fair_use:
                most = pot.allowance.fair_use[answer.zone] - self._fair[pot.meter, answer.zone]
                if most < take:
                    take = most
                    told.add(f"{self._name(pot, month)}/fair-use/{answer.zone}")
                self._fair[pot.meter, answer.zone] += take
            if take:
                drawn.append((pot, take))
                left -= take
        free = answer.quantity - left
        tier = (usage.subscription, answer.tariff, answer.rate)
        cost = self._price(answer.tiers, left, self._tiers[tier])
        self._tiers[tier] += left

        owed = cost
        for pot in may:
            if pot.unit == MONEY and (take := min(owed, max(pot.left, 0))):
                drawn.append((pot, take))
                owed -= take
        if owed:
            [credit] = [pot for pot in self.pots if pot.id == f"{account.id}/money"]
            paid = [take for pot, take in drawn if pot is credit]
            drawn = [(pot, take) for pot, take in drawn if pot is not credit] + [(credit, sum(paid) + owed)]
            if account.kind == "prepaid":
                told.add(f"{month}/overdrawn")

        before = {pot.id: self._filled(pot) for pot, _ in drawn}
        for pot, take in drawn:
            self._move("revenue" if pot.unit == MONEY else "consumed", pot, -take)
            if pot.allowance is not None and not pot.pack:
                self._used[pot.meter] += take
            if pot.days:
                pot.begin, pot.end, pot.days = usage.started, usage.started + pot.days * DAY, 0
        for pot, _ in drawn:
            if pot.allowance is not None:
                told |= self._of_allowance(pot, before[pot.id], usage.started, self._name(pot, month))
        if account.limit is not None:
            for percent in (50, 80, 100):
                if self.spent * 100 < percent * account.limit <= (self.spent + cost) * 100:
                    told.add(f"{month}/limit/{account.limit}/{percent}")
        self.spent += cost
        return Cost(
            answer.tariff, answer.rate, answer.zone, answer.band, answer.unit, answer.quantity, free, cost,
            tuple(sorted((pot.id, take) for pot, take in drawn)), answer.tax, self.cycle,
        )  # fmt: skip

    @staticmethod
    def _price(tiers: Sequence[tuple[int | None, Fraction]], units: int, before: int) -> int:
        """In cents, rounded once, half up."""
        exact, begin = Fraction(0), 0
        for end, each in tiers:
            upper = before + units if end is None else min(end, before + units)
            exact += max(0, upper - max(begin, before)) * each
            begin = end or 0
        return int(exact + Fraction(1, 2))

    def _filled(self, pot: Pot) -> int:
        return pot.given - pot.left if pot.pack else self._used[pot.meter]

    def _name(self, pot: Pot, month: str) -> str:
        if pot.pack or pot.allowance is None:
            return pot.id
        return f"{month}/{pot.allowance.id}" + (f"/{pot.owner}" if pot.owner else "")

    def _of_allowance(self, pot: Pot, before: int, now: datetime, name: str) -> set[str]:
        """The thresholds that a usage has crossed, and the forecast where there is one to be told."""
        used = self._filled(pot)
        given = pot.given if pot.pack else used + sum(its.left for its in self.pots if its.meter == pot.meter)
        begin, end = pot.begin, pot.end
        if not pot.pack:
            begin, end = self.cycle, cycle_after(self.cycle, self._account.cycle_day)
        thresholds = pot.allowance.thresholds if pot.allowance else ()
        found = {f"{name}/{each}" for each in thresholds if before * 100 < each * given <= used * 100}
        if now - begin >= DAY and 25 * given <= used * 100 < 100 * given:
            seconds = int((now - begin).total_seconds()) * given // used
            if begin + timedelta(seconds=seconds) <= end - DAY:
                found.add(f"{name}/forecast")
        return found


def warnings(pot: Pot) -> list[datetime]:
    """When it is told that it will end, and that it has; of what was bought."""
    bought = pot.end < NEVER and (pot.pack or pot.allowance is None)
    return [moment for moment in (pot.end - DAY, pot.end) if bought and moment > pot.begin]


def quantity(usage: Usage) -> int:
    """How much was used."""
    return usage.duration + usage.uplink + usage.downlink + usage.items


@cache
def cycle_of(moment: datetime, day: int) -> datetime:
    """When the cycle began that a moment is in."""
    local = moment.astimezone(BRUSSELS).date()
    while local.day != day:
        local -= DAY
    return midnight(local)


def cycle_before(cycle: datetime, day: int) -> datetime:
    """When the cycle before began."""
    return cycle_of(cycle - timedelta(hours=12), day)


@cache
def cycle_after(cycle: datetime, day: int) -> datetime:
    """When the next one begins."""
    local = cycle.astimezone(BRUSSELS).date() + DAY
    while local.day != day:
        local += DAY
    return midnight(local)
