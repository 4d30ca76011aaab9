"""What the subscribers do: when they call, text and go online, for how long, where, and who is abroad.

All of a tick comes from the seed and the tick's number alone, so that it is the same however often it is asked for.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from belgicom.simulator.network import Network, Site
from belgicom.simulator.traffic import BELGIUM, around, busyness
from belgicom.simulator.usage.partners import HOME, PARTNERS, Partner
from belgicom.simulator.usage.subscribers import Subscriber, Subscribers

if TYPE_CHECKING:
    from belgicom.simulator.usage.fraudsters import Fraudsters

TICK = 15
"""Seconds: what begins in one is worked out together, and each node closes a file at its end."""
LONGEST = 1800
"""Seconds of the longest session."""
SURGE = 3.5
"""What a match in the stadium makes of the usual number of uses: 250 % more."""
WEEKEND = 0.9
"""How busy Saturday and Sunday are beside other days."""
TRAVELLERS = 0.04
"""Share of the subscribers who are abroad for some days of a week."""
JOURNEY = 10
"""Hours (UTC) of a day on which somebody leaves or comes home in which he travels, and uses nothing."""


class Kind(StrEnum):
    DATA = "data"
    """Over LTE: a P-GW records it."""
    DATA_5G = "data 5G"
    """Over 5G standalone: the CHF records it."""
    CALL = "call"
    CALLED = "called"
    TEXT = "text"
    TEXTED = "texted"
    LINE = "line"
    """A household's fibre line: the broadband router accounts for it by RADIUS."""


CHANCES = {
    Kind.DATA: 34, Kind.DATA_5G: 22, Kind.CALL: 14, Kind.CALLED: 10, Kind.TEXT: 9, Kind.TEXTED: 5, Kind.LINE: 6,
}  # fmt: skip
IN_THE_STADIUM = {Kind.DATA: 45, Kind.DATA_5G: 35, Kind.CALL: 8, Kind.TEXT: 12}
DATA_ONLY = {Kind.DATA: 60, Kind.DATA_5G: 40}

# Whom they call: (what the number begins with, how many digits follow, how often).
DIALLED = (
    ("3247", 7, 30), ("3248", 7, 20), ("3249", 7, 18), ("322", 7, 10), ("323", 7, 6), ("31", 9, 3), ("33", 9, 4),
    ("49", 10, 2), ("352", 6, 1), ("44", 10, 1), ("1212", 7, 1), ("90", 10, 1), ("212", 9, 1), ("0800", 5, 2),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Use:
    """One thing that a subscriber did. `started` is in the time of the place; `partner` is None at home.

    Calls have seconds, data sessions seconds and octets, texts neither.
    """

    kind: Kind
    subscriber: Subscriber
    started: datetime
    seconds: int
    uplink: int
    downlink: int
    other: str
    area: int
    cell: int
    partner: Partner | None

    @property
    def visited(self) -> str:
        """The PLMN that served."""
        return self.partner.plmn if self.partner else HOME


class Life:
    """`uses` begin in a second at the busiest time of day, over all subscribers together; `fraudsters` do more."""

    def __init__(
        self, subscribers: Subscribers, network: Network, uses: float, fraudsters: Fraudsters | None = None
    ) -> None:
        self._fraudsters = fraudsters
        self.subscribers, self._sites, self._uses = subscribers, network.sites, uses
        self._stadium = next((site for site in network.sites if "STADION" in site.name), network.sites[0])
        self.abroad = lru_cache(100_000)(self._abroad)

    def begun(self, tick: int, surge: bool = False) -> list[Use]:
        """What begins in the tick, in no order. A `surge` is a match in the stadium, where all that is more begins."""
        dice = random.Random(f"life/{self.subscribers.seed}/{tick}")
        moment = datetime.fromtimestamp(tick * TICK, UTC)
        weekend = WEEKEND if moment.astimezone(BELGIUM).weekday() >= 5 else 1.0
        usual = self._uses * TICK * busyness(moment) * weekend
        uses = [self._use(dice, moment) for _ in range(around(dice, usual))]
        if surge:
            uses += [self._use(dice, moment, self._stadium) for _ in range(around(dice, usual * (SURGE - 1)))]
        if self._fraudsters is not None:
            uses += self._fraudsters.begun(tick)
        # Nobody begins the same twice in a second.
        return list({(use.subscriber.index, use.kind, use.started): use for use in uses}.values())

    def _use(self, dice: random.Random, moment: datetime, stadium: Site | None = None) -> Use:
        subscriber = self._somebody(dice, moment, at_home=stadium is not None)
        kind = _choice(dice, IN_THE_STADIUM if stadium else CHANCES)
        if subscriber.data_only and kind is not Kind.LINE:
            kind = _choice(dice, DATA_ONLY)
        away = stadium is None and kind is not Kind.LINE
        partner = self.abroad(subscriber.index, moment.toordinal()) if away else None
        site = stadium or dice.choice(self._sites)
        seconds, uplink, downlink = _amount(dice, kind)
        zone = ZoneInfo(partner.zone) if partner else BELGIUM
        return Use(
            kind=Kind.DATA if partner and kind is Kind.DATA_5G else kind,  # no partner has 5G standalone yet
            subscriber=subscriber,
            started=(moment + timedelta(seconds=dice.randrange(TICK))).astimezone(zone),
            seconds=seconds,
            uplink=uplink,
            downlink=downlink,
            other=_number(dice),
            area=dice.randrange(1, 9999) if partner else 1000 + site.number % 50,
            cell=dice.randrange(1, 1 << 16) if partner else site.number << 8 | dice.randint(1, 3),
            partner=partner,
        )

    def _somebody(self, dice: random.Random, moment: datetime, *, at_home: bool) -> Subscriber:
        """Somebody who is not on a journey, and `at_home` in the country."""
        today = moment.toordinal()
        while True:
            subscriber = self.subscribers.any(dice)
            place = self.abroad(subscriber.index, today)
            travels = moment.hour < JOURNEY and place != self.abroad(subscriber.index, today - 1)
            if not travels and not (at_home and place):
                return subscriber

    def _abroad(self, index: int, day: int) -> Partner | None:
        """Where a subscriber is on a day: trips begin on any day, most often on Friday, and end with the week."""
        if self._fraudsters is not None and index in self._fraudsters.all:
            return self._fraudsters.where(index)
        week, weekday = divmod(day - 1, 7)
        dice = random.Random(f"trip/{self.subscribers.seed}/{index}/{week}")
        if dice.random() >= TRAVELLERS:
            return None
        begin = dice.choice((0, 1, 2, 3, 4, 4, 4, 5))
        partner = dice.choices(PARTNERS, [each.weight for each in PARTNERS])[0]
        return partner if weekday >= begin else None


def _amount(dice: random.Random, kind: Kind) -> tuple[int, int, int]:
    """Seconds, and octets up and down."""
    match kind:
        case Kind.DATA | Kind.DATA_5G | Kind.LINE:
            many = 20 if kind is Kind.LINE else 1
            seconds = min(LONGEST, max(5, round(dice.lognormvariate(math.log(180), 1.1))))
            down = many * min(2_000_000_000, max(1_000, round(dice.lognormvariate(math.log(9e6), 1.5))))
            return seconds, max(500, round(down * dice.uniform(0.04, 0.2))), down
        case Kind.CALL | Kind.CALLED:
            return min(LONGEST, max(1, round(dice.lognormvariate(math.log(75), 1.0)))), 0, 0
        case _:
            return 0, 0, 0


def _number(dice: random.Random) -> str:
    prefix, digits, _ = dice.choices(DIALLED, [often for _, _, often in DIALLED])[0]
    return f"{prefix}{dice.randrange(10**digits):0{digits}}"


def _choice(dice: random.Random, chances: dict[Kind, int]) -> Kind:
    return dice.choices([*chances], [*chances.values()])[0]
