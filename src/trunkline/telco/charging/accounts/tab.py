"""A tab: how an account stands, as numbers that change in place while usages come and nothing else happens.

Nearly all usages draw from buckets that have enough, cross no threshold and change nothing of what others cost: for
these a step of the fold is a few additions. What a tab cannot take for certain is left to the book, which goes through
history as it must; both come to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
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
from trunkline.telco.charging.tariff.editions import FIRST, LAST, Counted, Edition, Editions, Line, Way
from trunkline.telco.model import Account, Ledger, Unit, Usage

if TYPE_CHECKING:
    from trunkline.telco.charging.accounts.book import Book

SECOND: Final = timedelta(seconds=1)
NO_TRIP: Final = 1 << 62

_json = msgspec.json.Encoder().encode
_started, _id, _corrects, _visited = map(attrgetter, ("started", "id", "corrects", "visited"))


class Meter:
    """What is counted of an allowance. Up to `calm` units used there is nothing to tell; at `trip` a threshold is
    crossed."""

    __slots__ = ("before", "begin", "calm", "end", "foretold", "given", "key", "trip", "used")

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
        self.calm = self.trip if foretold else min(self.trip, -(-FORECAST * self.given // 100))

    def quiet(self, used: int, started: datetime, *, late: bool) -> bool:
        """Whether nobody is to be told when so much was used. Of a late usage, also not because of those that are
        behind it, at which more was used than was known then."""
        if used >= self.trip:
            return False
        if self.foretold or used < self.calm or (used >= self.given and not late):
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


Draw = tuple[Slot, int, str]
"""What is taken from a slot; last the key of its fair use, empty where it has none in the zone."""


class Drawing(NamedTuple):
    """From what a number's usages are paid in one way.

    `first` pays all of a usage as long as it has enough, of which `fair` is the key and the most of its fair use; it is
    the credit where nothing is free and units have one price, and None where it is not so simple. `units` are slots,
    each with key and most of its fair use; `counted` is the price's key; `simple` says that a tab can tell what is
    drawn.
    """

    first: Slot | None
    fair: tuple[str, int] | None
    units: tuple[tuple[Slot, str, int], ...]
    money: tuple[Slot, ...]
    counted: str
    simple: bool


Taken = tuple[list[Draw], int, int]
"""What a usage took: the draws, how many units of them, and how many minor units of money."""


class Seat:
    """A number at the account, with its tariff's edition of a time."""

    __slots__ = ("edition", "since", "subscription", "tab", "until")

    def __init__(self, tab: Tab, subscription: str, edition: Edition, since: datetime, until: datetime) -> None:
        self.tab, self.subscription, self.edition = tab, subscription, edition
        self.since, self.until = since, until


class Tab:
    """The tab of a book. It follows the book: `load` takes up how the account stands, `close` gives it back.

    `stale` says that the account stands otherwise now, `changed` that something was taken since the last `close`.
    """

    key: bytes
    """The account's id, and the beginning of its cycle as JSON."""
    cycle: bytes
    _base: Standing
    _totals: Totals
    _slots: list[Slot]
    _credit: Slot
    _meters: dict[str, Meter]
    _drawings: dict[str, dict[Way, Drawing]]
    """By the number."""
    _since: datetime
    """Usages from then on, and until `due`, can be taken."""
    _due: datetime
    _home: frozenset[str]
    _known: set[str]
    """Networks of these that were seen."""
    _time: datetime
    _spent: int
    _limit: int
    _counted: dict[str, int]
    _fair: dict[str, int]
    _taken: dict[str, int]
    """By the ledger's account and unit, since the last `close`."""
    _prepaid: bool
    _overdrawn: bool

    def __init__(self, book: Book) -> None:
        self.book = book
        self.seats: dict[str, Seat] = {}
        self.changed = False
        self.stale = True

    def take(self, seat: Seat, usage: Usage, line: Line, quantity: int, cost: int) -> Taken | None:
        """Let the account pay for a usage, which counts as `quantity` by a line of its tariff and costs `cost` where
        nothing is free and nothing came before; None, and nothing is changed, where that is for the book to find out.
        """
        if self.stale:
            self.load()
        started, history, visited = usage.started, self.book.history, usage.visited
        if (
            not self._since <= started < self._due
            or usage.id in history.usages
            or usage.corrects
            or usage.id in history.corrected
            or (visited not in self._known and not self._knows(usage))
        ):
            return None
        last = history.last
        late = started <= last[0] and (started, 1, usage.id) < last
        drawing = self._drawings.setdefault(seat.subscription, {}).get(line.way) or self._drawing(seat, line.way)
        if not drawing.simple or (late and last[0] >= seat.edition.until):
            return None
        draws: list[Draw] = []
        left = quantity
        for slot, fair, most in drawing.units if left else ():
            amount = slot.remaining
            if amount > 0:
                if amount > left:
                    amount = left
                if fair and most - self._fair.get(fair, 0) < amount:
                    return None
                draws.append((slot, amount, fair))
                left -= amount
            if not left:
                break
            if late:
                return None  # at its time there may have been more in it
        amount = 0
        if left:
            its = self._cost(line.way, drawing, quantity, left, cost, late=late)
            if its is None or (its and not self._pay(drawing, its, draws, late=late)):
                return None
            amount = its
        for slot, much, _ in draws:
            meter = slot.meter
            if (
                meter is not None
                and (used := meter.used + much) >= meter.calm
                and not meter.quiet(used, started, late=late)
            ):
                return None
        if len(draws) > 1 and not _apart(draws):
            return None
        if late:
            self.book.forget_stops(started)
        self._debit(draws)
        if left:
            self._spent += amount
            self._counted[drawing.counted] = self._counted.get(drawing.counted, 0) + left
        if started > self._time:
            self._time = started
        self.changed = True
        return draws, quantity - left, amount

    def take_all(
        self, usages: Sequence[Usage], seats: Sequence[Seat], counted: Sequence[Counted]
    ) -> list[Slot | None] | None:
        """Let the account pay for several usages as one, where each is paid by the first bucket that may pay it, none
        of which runs empty, and nobody is to be told: then their order does not matter. What pays each, None where it
        takes nothing; None, and nothing is changed, where that is not so."""
        if self.stale:
            self.load()
        starts = list(map(_started, usages))
        first, last = min(starts), max(starts)
        if first < self._since or last >= self._due or not self._plain(usages):
            return None
        slots: list[Slot | None] = []
        sums: dict[Slot, int] = {}
        fairs: dict[tuple[str, int], int] = {}
        paid: dict[str, int] = {}
        credit, behind, before = self._credit, max(last, self.book.history.last[0]), None
        for seat, (line, quantity, cost) in zip(seats, counted, strict=True):
            if seat is not before:
                before, drawings = seat, self._drawings.setdefault(seat.subscription, {})
                if behind >= seat.edition.until:
                    return None
            drawing = drawings.get(line.way) or self._drawing(seat, line.way)
            slot = drawing.first
            if slot is None:
                return None
            if slot is credit:
                if quantity:
                    paid[drawing.counted] = paid.get(drawing.counted, 0) + quantity
                quantity = cost
            elif drawing.fair:
                fair = drawing.fair
                fairs[fair] = fairs.get(fair, 0) + quantity
            if quantity:
                sums[slot] = sums.get(slot, 0) + quantity
                slots.append(slot)
            else:
                slots.append(None)
        draws = [(slot, amount, "") for slot, amount in sums.items()]
        if (
            not _apart(draws)
            or not all(self._bears(slot, amount, first) for slot, amount in sums.items())
            or any(self._fair.get(key, 0) + amount > most for (key, most), amount in fairs.items())
        ):
            return None
        self.book.forget_stops(first)
        self._debit(draws)
        for (key, _), amount in fairs.items():
            if amount:
                self._fair[key] = self._fair.get(key, 0) + amount
        self._spent += sums.get(credit, 0)
        for name, units in paid.items():
            self._counted[name] = self._counted.get(name, 0) + units
        self._time = max(self._time, last)
        self.changed = True
        return slots

    def load(self) -> None:
        """Take up how the account stands."""
        book = self.book
        standing, account = book.standing, book.account
        self._base, self._time, self._spent = standing, standing.time, standing.spent
        self._counted, self._fair = dict(standing.counted), dict(standing.fair)
        self._totals, self._taken = book.totals, {}
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
        self.key, self.cycle = account.id.encode(), _json(standing.cycle)
        self._drawings, self._known = {}, set()
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

    def seat(self, subscription: str, time: datetime, editions: Editions) -> Seat | None:
        """A seat of a number, for as long as it has the tariff of that moment and that its edition; None where the book
        must say what is wrong."""
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
            seat = self.seats[subscription] = Seat(self, subscription, edition, since, until)
            return seat
        return None

    def _drawing(self, seat: Seat, way: Way) -> Drawing:
        """From what a number's usages are paid."""
        units, money, simple = [], [], True
        for slot in self._slots:
            holding = slot.holding
            if holding.subscription not in ("", seat.subscription):
                continue
            given = holding.allowance in way.allowances
            if holding.unit is way.unit and given:
                fair = fair_key(holding, way.zone) if way.zone in holding.fair_use else ""
                units.append((slot, fair, holding.fair_use.get(way.zone, 0)))
            elif holding.unit is Unit.MONEY and (given or not holding.allowance):
                money.append(slot)
                simple = simple and way.zone not in holding.fair_use
            else:
                continue
            simple = simple and not holding.opens  # a pack waits for its first use
        counted = price_key(seat.subscription, way.tariff, way.rate)
        first: Slot | None = None
        shared: tuple[str, int] | None = None
        if simple and units:
            first, key, most = units[0]
            shared = (key, most) if key else None
        elif simple and money == [self._credit] and (way.price is None or len(way.price.steps) == 1):
            first = self._credit
        found = Drawing(first, shared, tuple(units), tuple(money), counted, simple)
        return self._drawings.setdefault(seat.subscription, {}).setdefault(way, found)

    def _welcomed(self, usage: Usage) -> bool:
        """Whether the number was welcomed in the country that it is in."""
        account = self.book.account
        mark = roaming(account, usage.subscription, usage.visited, self._home, self._base, usage.started)
        return mark is None or self.book.was_told(mark.id)

    def _bears(self, slot: Slot, amount: int, since: datetime) -> bool:
        """Whether so much of usages that began since then can be taken from a bucket in any order."""
        if slot is self._credit:
            return self._spent + amount < self._limit and (not self._prepaid or amount <= slot.remaining)
        if amount > slot.remaining:
            return False
        meter = slot.meter
        return meter is None or (used := meter.used + amount) < meter.calm or meter.quiet(used, since, late=True)

    def _plain(self, usages: Sequence[Usage]) -> bool:
        """Whether they are new, replace nothing, are replaced by nothing, and were in networks that are known."""
        history, ids = self.book.history, set(map(_id, usages))
        return (
            len(ids) == len(usages)
            and history.usages.keys().isdisjoint(ids)
            and (not history.corrected or history.corrected.keys().isdisjoint(ids))
            and not any(map(_corrects, usages))
            and (self._known.issuperset(map(_visited, usages)) or all(map(self._knows, usages)))
        )

    def _knows(self, usage: Usage) -> bool:
        """Whether nobody is to be told because of the network that a usage was in; that of a home network is known."""
        if usage.visited and usage.visited[:3] not in self._home:
            return self._welcomed(usage)
        self._known.add(usage.visited)
        return True

    def _cost(self, way: Way, drawing: Drawing, quantity: int, left: int, cost: int, *, late: bool) -> int | None:
        """What the units cost that no allowance gave; `cost` is that of the whole quantity, first of its cycle."""
        price = way.price
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
                draws.append((slot, amount, ""))
                left -= amount
            if not left:
                return True
            if late and len(drawing.money) > 1:
                return False
        if self._prepaid and (late or not self._overdrawn):
            return False
        if 0 <= credit < len(draws) and draws[credit][0] is self._credit:
            draws[credit] = (self._credit, draws[credit][1] + left, "")
        else:
            draws.append((self._credit, left, ""))
        return True

    def _debit(self, draws: list[Draw]) -> None:
        """Take what a usage was found to take."""
        taken = self._taken
        for slot, amount, fair in draws:
            slot.remaining -= amount
            if slot.meter is not None:
                slot.meter.used += amount
            if fair:
                self._fair[fair] = self._fair.get(fair, 0) + amount
            taken[slot.total] = taken.get(slot.total, 0) + amount


def trip(used: int, given: int, percents: Iterable[int]) -> int:
    """The use at which the next of the percentages is reached."""
    return min((-(-each * given // 100) for each in percents if used * 100 < each * given), default=NO_TRIP)


def _apart(draws: Sequence[Draw]) -> bool:
    """Whether no two are of what is counted together."""
    meters = [id(slot.meter) for slot, _, _ in draws if slot.meter is not None]
    return len(set(meters)) == len(meters)
