"""A tab: how an account stands, as numbers that change in place while usages come and nothing else happens.

Nearly all usages draw from buckets that have enough, cross no threshold and change nothing of what others cost: for
these a step of the fold is a few additions. What a tab cannot take for certain is left to the book, which goes through
history as it must; both come to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from trunkline.streams import Rejection
from trunkline.telco.charging.accounts.ledger import Totals
from trunkline.telco.charging.accounts.marks import (
    EARLIEST,
    FORECAST,
    PERCENT,
    forecast_id,
    overdrawn_id,
    roaming,
    span,
)
from trunkline.telco.charging.accounts.rating import member_of
from trunkline.telco.charging.accounts.standing import Holding, Standing, fair_key, price_key
from trunkline.telco.charging.tariff.editions import FIRST, LAST, Counted, Edition, Editions, Line
from trunkline.telco.model import Account, Ledger, Unit, Usage

if TYPE_CHECKING:
    from trunkline.telco.charging.accounts.book import Book

SECOND: Final = timedelta(seconds=1)
NO_TRIP: Final = 1 << 62

_json = msgspec.json.Encoder().encode


class Meter:
    """What is counted of an allowance. At `trip` units used, a threshold is crossed."""

    __slots__ = ("before", "begin", "end", "foretold", "given", "key", "trip", "used")

    def __init__(self, holdings: Sequence[Holding], standing: Standing, *, foretold: bool) -> None:
        """`holdings` are the buckets that it counts together."""
        first = holdings[0]
        self.key = first.meter
        self.used, self.given = standing.filled(first)
        self.before = self.used
        thresholds = [percent for holding in holdings for percent in holding.thresholds]
        self.trip = trip(self.used, self.given, thresholds)
        self.begin, self.end = span(first, standing)
        self.foretold = foretold

    def quiet(self, amount: int, started: datetime, *, late: bool) -> bool:
        """Whether nobody is to be told when so much more is used. Of a late usage, also not because of those that are
        behind it, at which more was used than was known then."""
        used = self.used + amount
        if used >= self.trip:
            return False
        if self.foretold or used * 100 < FORECAST * self.given or (used >= self.given and not late):
            return True
        gone = started - self.begin
        if gone < EARLIEST and not late:
            return True
        return self.begin + (gone // SECOND * self.given // used) * SECOND > self.end - EARLIEST


class Slot:
    """A bucket. `drawn` and `posted` are what is told of what is taken from it, up to the amount; `total` the key under
    which the ledger adds that up."""

    __slots__ = ("drawn", "holding", "meter", "posted", "remaining", "total")

    def __init__(self, holding: Holding, meter: Meter | None, account: Account) -> None:
        self.holding, self.meter, self.remaining = holding, meter, holding.remaining
        self.drawn = b'{"bucket":%b,"amount":' % _json(holding.id)
        ledger = Ledger.REVENUE if holding.unit is Unit.MONEY else Ledger.CONSUMED
        its = {"account": account.id, "debit": holding.id, "credit": ledger, "unit": holding.unit, "kind": "usage"}
        if holding.unit is Unit.MONEY:
            its["currency"] = account.currency
        self.posted = b'%b,"amount":' % _json(its)[1:-1]
        self.total = f"{ledger}|{holding.unit}"


class Draw(NamedTuple):
    """What is taken from a slot; `fair` is the key of its fair use, where it has one in the zone."""

    slot: Slot
    amount: int
    fair: str


class Drawing(NamedTuple):
    """From what a number's usages of a line are paid: slots of units, each with the key and the most of its fair use in
    the zone, and slots of money. `counted` is the price's key; `simple` says that a tab can tell what is drawn."""

    units: tuple[tuple[Slot, str, int], ...]
    money: tuple[Slot, ...]
    counted: str
    simple: bool


class Taken(NamedTuple):
    """What a usage took: `free` units of allowances, `amount` minor units of money."""

    draws: Sequence[Draw]
    free: int
    amount: int


class Seat:
    """A number at the account, with its tariff's edition of a time."""

    __slots__ = ("edition", "since", "subscription", "tab", "until")

    def __init__(self, tab: Tab, subscription: str, edition: Edition, since: datetime, until: datetime) -> None:
        self.tab, self.subscription, self.edition = tab, subscription, edition
        self.since, self.until = since, until


class Tab:
    """The tab of a book. It follows the book: `load` takes up how the account stands, `standing` gives it back."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.seats: dict[str, Seat] = {}
        self.changed = False
        self.stale = True
        self.cycle = b""

    def seat(self, subscription: str, time: datetime, editions: Editions) -> Seat | None:
        """The number's seat at a moment; None where the book must say what is wrong."""
        seat = self.seats.get(subscription)
        if seat is None or not seat.since <= time < seat.until:
            seat = self._made(subscription, time, editions)
            if seat is not None:
                self.seats[subscription] = seat
        return seat

    def take(self, seat: Seat, usage: Usage, counted: Counted) -> Taken | None:
        """Let the account pay for a usage; None, and nothing is changed, where that is for the book to find out."""
        if self.stale:
            self.load()
        started, history = usage.started, self.book.history
        if (
            not self._since <= started < self._due
            or usage.id in history
            or usage.corrects
            or history.corrected(usage.id)
            or (usage.visited and usage.visited[:3] not in self._home and not self._welcomed(usage))
        ):
            return None
        last = history.last
        late = (started, 1, usage.id) < last
        line, quantity, cost = counted
        drawing = self._drawings.get((seat.subscription, id(line))) or self._drawing(seat, line)
        if not drawing.simple or (late and last[0] >= seat.edition.until):
            return None
        draws: list[Draw] = []
        left = quantity
        for slot, fair, most in drawing.units:
            if not left:
                break
            amount = min(left, max(slot.remaining, 0))
            if fair and most - self._fair.get(fair, 0) < amount:
                return None
            if amount:
                draws.append(Draw(slot, amount, fair))
                left -= amount
            if late and left:
                return None  # at its time there may have been more in it
        amount = 0
        if left:
            its = self._cost(line, drawing, quantity, left, cost, late=late)
            if its is None or (its and not self._pay(drawing, its, draws, late=late)):
                return None
            amount = its
        if len(draws) > 1 and not _apart(draws):
            return None
        for slot, much, _ in draws:
            if slot.meter is not None and not slot.meter.quiet(much, started, late=late):
                return None
        self._debit(draws, started)
        if left:
            self._spent += amount
            self._counted[drawing.counted] = self._counted.get(drawing.counted, 0) + left
        return Taken(draws, quantity - left, amount)

    def load(self) -> None:
        """Take up how the account stands."""
        book = self.book
        standing, account = book.standing, book.account
        self._base, self._time, self._spent = standing, standing.time, standing.spent
        self._counted, self._fair = dict(standing.counted), dict(standing.fair)
        self._totals, self._taken = book.totals, dict[str, int]()
        together: dict[str, list[Holding]] = {}
        for holding in standing.holdings:
            if holding.allowance:
                together.setdefault(holding.meter, []).append(holding)
        self._meters = {
            key: Meter(its, standing, foretold=book.was_told(forecast_id(account, its[0], standing)))
            for key, its in together.items()
        }
        self._slots = [
            Slot(holding, self._meters[holding.meter] if holding.allowance else None, account)
            for holding in standing.holdings
        ]
        begins = [holding.valid_from for holding in standing.holdings]
        self._since = max([standing.moved, standing.cycle, book.history.last_command, *begins])
        self._due, self._home = standing.due, book.rules.home
        self._limit = NO_TRIP if account.limit is None else trip(standing.spent, account.limit, PERCENT)
        self._prepaid = account.kind == "prepaid"
        self._overdrawn = self._prepaid and book.was_told(overdrawn_id(account, standing))
        credit = f"{account.id}/money"
        self._credit = next(slot for slot in self._slots if slot.holding.id == credit)
        self.cycle = _json(standing.cycle)
        self._drawings: dict[tuple[str, int], Drawing] = {}  # by the number and the line's identity
        self.stale = self.changed = False

    def close(self) -> tuple[Standing, Totals]:
        """How the account stands now, and the ledger's totals. The tab goes on from there."""
        base = self._base
        for slot in self._slots:
            if slot.remaining != slot.holding.remaining:
                slot.holding = replace(slot.holding, remaining=slot.remaining)
        used = {key: meter.used - meter.before for key, meter in self._meters.items() if meter.used != meter.before}
        for meter in self._meters.values():
            meter.before = meter.used
        self._base = replace(
            base,
            time=self._time,
            holdings=tuple([slot.holding for slot in self._slots]),
            spent=self._spent,
            counted=dict(self._counted),
            used={**base.used, **{key: base.used.get(key, 0) + amount for key, amount in used.items()}},
            fair=dict(self._fair),
        )
        self._totals, self._taken = self._totals.plus(self._taken), {}
        self.changed = False
        return self._base, self._totals

    def _made(self, subscription: str, time: datetime, editions: Editions) -> Seat | None:
        """A seat, for as long as the number has the tariff and that its edition."""
        account = self.book.account
        try:
            member = member_of(account, subscription, time)
        except Rejection:
            return None
        ends = [its.until for its in account.members if its.msisdn == subscription and its.until is not None]
        since = max([FIRST, *(end for end in ends if end <= time)])
        until = min([LAST, *(end for end in ends if end > time)])
        for assignment in reversed(member.tariffs):
            if assignment.since > time:
                until = min(until, assignment.since)
                continue
            edition = editions.at(assignment.tariff, time)
            if edition is None or edition.table.currency != account.currency:
                return None
            since, until = max(since, assignment.since, edition.since), min(until, edition.until)
            return Seat(self, subscription, edition, since, until)
        return None

    def _drawing(self, seat: Seat, line: Line) -> Drawing:
        """From what a number's usages of a line are paid."""
        units, money, simple = [], [], True
        for slot in self._slots:
            holding = slot.holding
            if holding.subscription not in ("", seat.subscription):
                continue
            given = holding.allowance in line.allowances
            if holding.unit is line.unit and given:
                fair = fair_key(holding, line.zone) if line.zone in holding.fair_use else ""
                units.append((slot, fair, holding.fair_use.get(line.zone, 0)))
            elif holding.unit is Unit.MONEY and (given or not holding.allowance):
                money.append(slot)
                simple = simple and line.zone not in holding.fair_use
            else:
                continue
            simple = simple and not holding.opens  # a pack waits for its first use
        counted = price_key(seat.subscription, line.tariff, line.rate)
        found = self._drawings[seat.subscription, id(line)] = Drawing(tuple(units), tuple(money), counted, simple)
        return found

    def _welcomed(self, usage: Usage) -> bool:
        """Whether the number was welcomed in the country that it is in."""
        account = self.book.account
        mark = roaming(account, usage.subscription, usage.visited, self._home, self._base, usage.started)
        return mark is None or self.book.was_told(mark.id)

    def _cost(self, line: Line, drawing: Drawing, quantity: int, left: int, cost: int, *, late: bool) -> int | None:
        """What the units cost that no allowance gave; `cost` is that of the whole quantity, first of its cycle."""
        price = line.price
        if price is None or len(price.steps) == 1:
            if left == quantity:
                return cost
            return None if price is None else price.cost(left, 0)
        return None if late else price.cost(left, self._counted.get(drawing.counted, 0))

    def _pay(self, drawing: Drawing, cost: int, draws: list[Draw], *, late: bool) -> bool:
        """Add what pays a cost to the draws, last the credit, which pays what nothing else does; whether it is certain
        that this pays."""
        if self._spent + cost >= self._limit:
            return False
        left, credit = cost, -1
        for slot in drawing.money:
            amount = min(left, max(slot.remaining, 0))
            if slot is self._credit:
                credit = len(draws)
            if amount:
                draws.append(Draw(slot, amount, ""))
                left -= amount
            if not left:
                return True
            if late and len(drawing.money) > 1:
                return False
        if self._prepaid and (late or not self._overdrawn):
            return False
        if 0 <= credit < len(draws) and draws[credit].slot is self._credit:
            left += draws.pop(credit).amount
            draws.insert(credit, Draw(self._credit, left, ""))
        else:
            draws.append(Draw(self._credit, left, ""))
        return True

    def _debit(self, draws: Sequence[Draw], started: datetime) -> None:
        """Take what a usage was found to take."""
        for slot, amount, fair in draws:
            slot.remaining -= amount
            if slot.meter is not None:
                slot.meter.used += amount
            if fair:
                self._fair[fair] = self._fair.get(fair, 0) + amount
            self._taken[slot.total] = self._taken.get(slot.total, 0) + amount
        if started > self._time:
            self._time = started
        self.changed = True


def trip(used: int, given: int, percents: Iterable[int]) -> int:
    """The use at which the next of the percentages is reached."""
    return min((-(-each * given // 100) for each in percents if used * 100 < each * given), default=NO_TRIP)


def _apart(draws: Sequence[Draw]) -> bool:
    """Whether no two are of what is counted together."""
    meters = [draw.slot.meter for draw in draws if draw.slot.meter is not None]
    return len(set(map(id, meters))) == len(meters)
