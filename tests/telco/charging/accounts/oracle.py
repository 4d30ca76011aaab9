"""What an account must come to, computed anew from all that happened, in order, the slow way and by other means.

It knows the tariffs of `offer` by their words alone: it is a list of things to do, a line for each, and no state of the
processor's is in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from tests.telco.charging.accounts.desk import ANN, BOB
from tests.telco.charging.corrections import counting
from trunkline.telco.model import Account, ChargingCommand, Service, Usage

BRUSSELS = ZoneInfo("Europe/Brussels")
DAY = timedelta(days=1)
HUNDREDTHS = {Service.DATA: (7, 500, 3), Service.VOICE: (31, 200, 57), Service.MESSAGE: (500, 0, 500)}


class Pot:
    """Units that were given."""

    def __init__(self, name: str, amount: int, begin: datetime, end: datetime | None, owner: str, rank: int) -> None:
        self.name, self.left, self.begin, self.end, self.owner, self.rank = name, amount, begin, end, owner, rank
        self.used = 0


class Oracle:
    """`cost` of each usage, `money` left, `left` in each pot that is not over at the last moment."""

    def __init__(
        self,
        account: Account,
        usages: Sequence[Usage],
        commands: Sequence[ChargingCommand] = (),
        until: datetime | None = None,
    ) -> None:
        """`until` is how far time has gone on although nothing came."""
        counts = counting(usages)
        moments: list[tuple[datetime, int, str, Usage | ChargingCommand]] = [
            *((usage.started, 1, usage.id, usage) for usage in usages),
            *((command.time, 0, command.id, command) for command in commands),
        ]
        moments.sort(key=lambda moment: moment[:3])
        self.now = max(moments[-1][0], until or moments[-1][0])
        first = month(moments[0][0], account.cycle_day)
        self.pots: list[Pot] = []
        self.cost: dict[str, int] = {}
        self.money = 0
        self.spent: Counter[datetime] = Counter()
        self.notices: set[str] = set()
        self._account = account
        self._ended: set[tuple[str, str]] = set()
        self._counted: Counter[tuple[object, ...]] = Counter()
        cycles = [later(first, -2)]  # of what was given before, only what stays counts
        while cycles[-1] <= self.now:
            cycles.append(later(cycles[-1], 1))
        for begin, end in pairwise(cycles):
            self._begin(begin, end)
            for at, _, id, what in moments:
                if not begin <= at < end:
                    continue
                self._note_ends(at)
                if isinstance(what, ChargingCommand):
                    self._do(what, end)
                elif id not in counts or (what.corrects and not what.quantity):
                    self.cost[id] = 0
                else:
                    self.cost[id] = self._use(what, begin)
                    self._note_spent(begin, self.cost[id])
        self._note_ends(self.now)

    @property
    def left(self) -> dict[str, int]:
        """What is in the pots that run at the end."""
        return {pot.name: pot.left for pot in self.pots if pot.end is None or pot.end > self.now}

    def _begin(self, begin: datetime, end: datetime) -> None:
        day = begin.astimezone(BRUSSELS).date()
        for number in (ANN, BOB):
            stays = 500
            for pot in sorted(self.pots, key=lambda pot: pot.begin, reverse=True):
                if pot.name.startswith("talk/data") and pot.owner == number and pot.end and pot.end > begin:
                    pot.left = min(pot.left, stays)
                    stays -= pot.left
            self.pots.append(Pot(f"talk/data/{day}/{number}", 1_000, begin, later(begin, 2), number, 10))
        self.pots.append(Pot(f"talk/voice/{day}", 100, begin, end, "", 10))

    def _do(self, command: ChargingCommand, end: datetime) -> None:
        if command.kind == "topup":
            self.money += command.amount
        elif command.offering == "boost":
            self.pots.append(Pot(f"boost/data/{command.id}", 400, command.time, None, command.subscription, 5))
        else:
            self.pots.append(Pot(f"night/data/{command.id}", 50, command.time, end, "", 1))

    def _use(self, usage: Usage, cycle: datetime) -> int:
        left = usage.quantity
        if usage.service is Service.VOICE:
            left += -left % 10
        roams = usage.visited not in ("", "20601")
        kind = "data" if usage.service is Service.DATA else "voice" if usage.service is Service.VOICE else "none"
        for pot in sorted(
            self.pots, key=lambda pot: (pot.rank, pot.end or datetime.max.replace(tzinfo=BRUSSELS), pot.name)
        ):
            over = pot.end is not None and pot.end <= usage.started
            if (
                f"/{kind}" not in pot.name
                or over
                or pot.begin > usage.started
                or pot.owner not in ("", usage.subscription)
            ):
                continue
            amount = min(left, pot.left)
            if roams and pot.name.startswith("talk/data"):
                key = ("eu", cycle, pot.owner)
                amount = min(amount, 300 - self._counted[key])
                self._counted[key] += amount
            if amount and pot.end is None:
                pot.end = usage.started + timedelta(days=3)
            pot.left -= amount
            left -= amount
            if amount:
                self._note_allowance(pot, amount, cycle, usage.subscription)
        each, most, then = HUNDREDTHS[usage.service]
        hundredths = 0
        price = (usage.subscription, usage.service, cycle)
        for _ in range(left):
            hundredths += each if self._counted[price] < most else then
            self._counted[price] += 1
        cost = hundredths // 100 + (hundredths % 100 >= 50)
        self.money -= cost
        return cost

    def _note_allowance(self, pot: Pot, amount: int, cycle: datetime, user: str) -> None:
        """The thresholds that the pot's kind has passed, by what all pots of its kind have given."""
        pot.used += amount
        kind = pot.name.split("/2026")[0]
        if pot.name.startswith("talk"):
            owner = f"/{pot.owner}" if pot.owner else ""
            name = f"{cycle.astimezone(BRUSSELS).date()}/{kind}{owner}"
            key = ("used", kind, pot.owner, cycle)
            self._counted[key] += amount
            used = self._counted[key]
            running = [each for each in self.pots if each.name.startswith(kind) and each.owner == pot.owner]
            given = used + sum(each.left for each in running if each.end and each.end > cycle)
        else:
            name, used, given = pot.name, pot.used, pot.used + pot.left
        self.notices |= {f"{name}/{percent}" for percent in (50, 80, 100) if used * 100 >= percent * given}

    def _note_ends(self, at: datetime) -> None:
        """What a pack has left a day before its end, and at it."""
        for pot in self.pots:
            for word, moment in (("expiring", pot.end - DAY), ("expired", pot.end)) if pot.end else ():
                if pot.name.startswith("talk") or not pot.begin < moment <= at or (pot.name, word) in self._ended:
                    continue
                self._ended.add((pot.name, word))
                self.notices |= {f"{pot.name}/{word}"} if pot.left else set()

    def _note_spent(self, cycle: datetime, cost: int) -> None:
        self.spent[cycle] += cost
        if limit := self._account.limit:
            reached = (percent for percent in (50, 80, 100) if self.spent[cycle] * 100 >= percent * limit)
            self.notices |= {f"{cycle.astimezone(BRUSSELS).date()}/limit/{limit}/{percent}" for percent in reached}


def month(at: datetime, day: int) -> datetime:
    """The beginning of the cycle."""
    local = at.astimezone(BRUSSELS).date()
    while local.day != day:
        local -= timedelta(days=1)
    return datetime.combine(local, time(), BRUSSELS)


def later(begin: datetime, months: int) -> datetime:
    """So many cycles later."""
    local = begin.astimezone(BRUSSELS).date()
    number = local.year * 12 + local.month - 1 + months
    return datetime.combine(date(number // 12, number % 12 + 1, local.day), time(), BRUSSELS)
