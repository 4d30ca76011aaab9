"""A few subscribers whose numbers are misused, so that there is something to find; who they are, the truth knows.

Each does one thing, of the tick alone, beside what it does as everybody else.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from belgicom.simulator.traffic import BELGIUM
from belgicom.simulator.usage.life import TICK, Kind, Use
from belgicom.simulator.usage.partners import PARTNERS, Partner
from belgicom.simulator.usage.subscribers import BLOCK, Subscribers

MINUTE = 60 // TICK
SPAIN, TURKEY, AMERICA = (next(each for each in PARTNERS if each.tadig == name) for name in ("ESPTE", "TURTC", "USACG"))


class Fraud(StrEnum):
    VELOCITY = "velocity"
    """Every other minute a call to a premium or satellite number, of whose price the fraudster has a share."""
    CLONED_SIM = "cloned-sim"
    """Every ten minutes a call at home and one in the United States at the same time."""
    IMPOSSIBLE_TRAVEL = "impossible-travel"
    """A call at home, and a quarter of an hour later one in Turkey."""
    SUDDEN_ROAMING = "sudden-roaming"
    """Stolen, and in Spain since the simulation began: a gigabyte every four minutes."""


@dataclass(frozen=True)
class Fraudsters:
    """So many of the subscribers, the kinds of fraud in turn: each is somebody with one SIM of his own.

    Raises `ValueError` where there are more than one of ten.
    """

    subscribers: Subscribers
    count: int

    def __post_init__(self) -> None:
        if not 0 <= self.count <= self.subscribers.count // BLOCK:
            raise ValueError(f"fraudsters {self.count}: give at most one of ten subscribers")

    @cached_property
    def all(self) -> dict[int, Fraud]:
        """What each does, by the subscriber's number of order."""
        blocks, kinds = self.subscribers.count // BLOCK, list(Fraud)
        return {n * blocks // self.count * BLOCK + 7: kinds[n % len(kinds)] for n in range(self.count)}

    @property
    def truth(self) -> Iterator[tuple[str, str]]:
        """Numbers and kinds."""
        return ((self.subscribers[index].msisdn, fraud.value) for index, fraud in self.all.items())

    def where(self, index: int) -> Partner | None:
        """Where one of them lives, beside what he does: he makes no trips."""
        return SPAIN if self.all[index] is Fraud.SUDDEN_ROAMING else None

    def begun(self, tick: int) -> Iterator[Use]:
        """What they begin in the tick."""
        for index, fraud in self.all.items():
            dice = random.Random(f"fraud/{self.subscribers.seed}/{index}/{tick}")
            match fraud:
                case Fraud.VELOCITY if tick % (2 * MINUTE) == 0:
                    number = f"{dice.choice(('3290', '8816'))}{dice.randrange(10**7):07}"
                    yield self._use(index, tick, Kind.CALL, dice.randint(30, 110), other=number)
                case Fraud.CLONED_SIM if tick % (10 * MINUTE) == 0:
                    yield self._use(index, tick, Kind.CALL, 400)
                    yield self._use(index, tick + MINUTE, Kind.CALLED, 90, AMERICA)
                case Fraud.IMPOSSIBLE_TRAVEL if tick % (30 * MINUTE) == 0:
                    yield self._use(index, tick, Kind.CALL, 45)
                case Fraud.IMPOSSIBLE_TRAVEL if tick % (30 * MINUTE) == 15 * MINUTE:
                    yield self._use(index, tick, Kind.CALL, 45, TURKEY)
                case Fraud.SUDDEN_ROAMING if tick % (4 * MINUTE) == 0:
                    yield self._use(index, tick, Kind.DATA, 200, SPAIN, octets=1_000_000_000)

    def _use(
        self,
        index: int,
        tick: int,
        kind: Kind,
        seconds: int,
        partner: Partner | None = None,
        *,
        other: str = "32470000000",
        octets: int = 0,
    ) -> Use:
        zone = ZoneInfo(partner.zone) if partner else BELGIUM
        return Use(
            kind=kind,
            subscriber=self.subscribers[index],
            started=datetime.fromtimestamp(tick * TICK, UTC).astimezone(zone),
            seconds=seconds,
            uplink=octets // 20,
            downlink=octets,
            other=other,
            area=1001,
            cell=257,
            partner=partner,
        )
