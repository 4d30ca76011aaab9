"""The subscribers and their accounts: each is worked out of its number when it is asked for, so 200,000 cost nothing.

Every ten subscriptions are alike: a family of four, a customer with a second SIM, two with one, and two prepaid cards.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from belgicom.simulator.usage.partners import HOME

MOST = 200_000
MOBILE = 32450_000_000
"""The first MSISDN. Belgium has given +32 450 to nobody."""
LINE = 3259_000_000
"""The first number of a household's fibre line; nor has it given +32 59 0."""
BLOCK = 10
LANGUAGES = ("nl", "nl", "nl", "fr", "fr", "de", "en")
SINCE = "2026-01-01T00:00:00Z"


class _Household(NamedTuple):
    """What an account of a block is: its first subscription there, how many it has, and its tariffs by chance."""

    first: int
    subscriptions: int
    kind: str
    tariffs: tuple[str, ...]
    further: str = ""
    """The tariff of all subscriptions but the first; empty: the same."""
    line: str = ""
    """The tariff of its fibre line, where it has one."""


HOUSEHOLDS = (
    _Household(0, 4, "postpaid", ("mobile-family",), "mobile-family-member", line="fibre-500"),
    _Household(4, 2, "postpaid", ("mobile-80", "mobile-300"), "data-sim-extra"),
    _Household(6, 1, "postpaid", ("mobile-20", "mobile-20", "mobile-80")),
    _Household(7, 1, "postpaid", ("mobile-20", "mobile-80", "mobile-300")),
    _Household(8, 1, "prepaid", ("prepaid",)),
    _Household(9, 1, "prepaid", ("prepaid",)),
)


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One subscription: its number of order, and what the network knows it by."""

    index: int
    data_only: bool
    """A second SIM that calls nobody."""

    @property
    def msisdn(self) -> str:
        return str(MOBILE + self.index)

    @property
    def imsi(self) -> str:
        return f"{HOME}{self.index:010}"

    @property
    def imei(self) -> str:
        """IMEISV (TS 23.003): type, serial number and software version of the device."""
        return f"35{303600 + self.index % 90:06}{self.index:06}01"


def line(index: int) -> str:
    """The number of the fibre line in the home of a subscription: each family has one, which its neighbours use too."""
    return str(LINE + index // BLOCK)


@dataclass(frozen=True)
class Subscribers:
    """`count` subscriptions, whole blocks of ten up to 200,000; what they chose comes from the seed."""

    seed: int
    count: int

    def __post_init__(self) -> None:
        if not BLOCK <= self.count <= MOST or self.count % BLOCK:
            raise ValueError(f"subscribers {self.count}: give {BLOCK}, {2 * BLOCK}, … up to {MOST}")

    def __getitem__(self, index: int) -> Subscriber:
        return Subscriber(index, index % BLOCK == 5)

    @cached_property
    def heavy(self) -> int:
        """How many subscribers use by far the most: the first of every two hundred, at least one."""
        return max(1, self.count // 200)

    def any(self, dice: random.Random) -> Subscriber:
        """Somebody; each tenth time one of those who use most."""
        if dice.random() < 0.1:
            return self[dice.randrange(self.heavy) * self.count // self.heavy]
        return self[dice.randrange(self.count)]

    def prepaid(self) -> Iterator[int]:
        """The indices of the prepaid cards, by which their accounts are named too."""
        own = [household.first for household in HOUSEHOLDS if household.kind == "prepaid"]
        return (block + first for block in range(0, self.count, BLOCK) for first in own)

    def accounts(self) -> Iterator[dict[str, Any]]:
        """Every account as the CRM exports it, in the order of its subscriptions."""
        for block in range(0, self.count, BLOCK):
            for household in HOUSEHOLDS:
                yield self._account(block + household.first, household)

    def _account(self, first: int, household: _Household) -> dict[str, Any]:
        dice = random.Random(f"account/{self.seed}/{first}")
        prepaid = household.kind == "prepaid"
        tariff, language = dice.choice(household.tariffs), dice.choice(LANGUAGES)
        members = []
        for index in range(first, first + household.subscriptions):
            subscriber = self[index]
            chosen = household.further if household.further and index != first else tariff
            members.append(_member(subscriber.msisdn, subscriber.imsi, chosen, language))
        if household.line:
            members.append(_member(line(first), "", household.line, language))
        return {
            "id": f"A{first:06}",
            "customer": f"C{first:06}",
            "kind": household.kind,
            "currency": "EUR",
            "cycleDay": 1 if prepaid else dice.choice((1, 5, 10, 15, 20)),
            **({} if prepaid else {"limit": dice.choice((5000, 5000, 10000))}),
            "members": members,
        }


def _member(msisdn: str, imsi: str, tariff: str, language: str) -> dict[str, Any]:
    return {"msisdn": msisdn, "imsi": imsi, "tariffs": [{"tariff": tariff, "since": SINCE}], "language": language}
