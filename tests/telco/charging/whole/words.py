"""The operator's tariffs by their words: the files of `tariffs/` read anew, line by line, for each usage that is asked.

Nothing of the product's tariffs is in here. What the words mean is from docs/tariffs.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import yaml

from trunkline.telco.model import Usage

BRUSSELS = ZoneInfo("Europe/Brussels")
EASTER = {2025: date(2025, 4, 20), 2026: date(2026, 4, 5)}
UNIT = {"voice": "second", "data": "octet", "message": "message", "content": "item"}
SIZE = {
    "s": 1, "min": 60, "h": 3600, "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9,
    "message": 1, "messages": 1, "item": 1, "items": 1,
}  # fmt: skip


class Refused(Exception):
    """No tariff says what it costs: the reason."""


@dataclass(frozen=True)
class Allowance:
    """What a plan gives for a cycle, or a pack once."""

    id: str
    unit: str
    amount: int
    priority: int
    shared: bool
    cycles: int = 0
    most: int | None = None
    fair_use: Mapping[str, int] = field(default_factory=dict)
    thresholds: Sequence[int] = (50, 80, 100)
    days: int = 0


class Answer(NamedTuple):
    """What the words say of one usage."""

    tariff: str
    rate: str
    zone: str
    band: str
    unit: str
    quantity: int
    allowances: frozenset[str]
    tiers: Sequence[tuple[int | None, Fraction]]
    tax: str


class Words:
    """All files of a folder of tariffs."""

    def __init__(self, folder: Path) -> None:
        def read(path: Path) -> Any:
            return yaml.safe_load(path.read_text())

        self._plans = {path.stem: read(path)["versions"] for path in (folder / "plans").glob("*.yaml")}
        self._packs = {path.stem: read(path)["versions"] for path in (folder / "packs").glob("*.yaml")}
        self._prices = {path.stem: read(path)["rates"] for path in (folder / "prices").glob("*.yaml")}
        self._countries, zones = read(folder / "countries.yaml"), read(folder / "zones.yaml")
        self._calendar = read(folder / "calendar.yaml")
        self._places, self._destinations = zones["places"], zones["destinations"]
        self.place, self.destination, self.clock = cache(self._place), cache(self._destination), cache(self._clock)
        self.given = cache(self._given)

    def at(self, tariff: str, moment: datetime) -> dict[str, Any]:
        """The version of a plan that is valid then."""
        for version in self._plans[tariff]:
            if midnight(version["from"]) <= moment and ("until" not in version or moment < midnight(version["until"])):
                return dict(version)
        raise Refused("tariff.not-valid")

    def _given(self, tariff: str, moment: datetime) -> tuple[Allowance, ...]:
        """What a plan gives at a moment; nothing while it is not valid."""
        try:
            version = self.at(tariff, moment)
        except Refused:
            return ()
        return tuple(allowance(tariff, its) for its in version.get("allowances", ()))

    def pack(self, offering: str) -> tuple[Allowance, ...] | None:
        """What a pack gives; None where there is none of that name. All have one version."""
        if offering not in self._packs:
            return None
        [version] = self._packs[offering]
        return tuple(allowance(offering, its, pack=True) for its in version["allowances"])

    def say(self, tariff: str, usage: Usage) -> Answer:
        """How a usage counts by a plan."""
        version = self.at(tariff, usage.started)
        service, direction = usage.service.value, usage.direction.value
        if service not in version.get("services", UNIT):
            raise Refused("tariff.no-rate")
        ends = service in ("voice", "message")
        place = self.place(usage.visited)
        to = self.destination(usage.other_party) if ends and direction == "originating" else ""
        band = self.band(usage)

        def meant(line: Mapping[str, Any]) -> bool:
            return (
                service in line["services"]
                and (not ends or line.get("direction", "originating") in ("either", direction))
                and ("in" not in line or place in line["in"])
                and ("to" not in line or to in line["to"])
                and ("bands" not in line or band in line["bands"])
            )

        rates = [*version.get("rates", ()), *self._prices.get(version.get("prices", ""), ())]
        rate = next((line for line in rates if meant(line)), None)
        if rate is None:
            raise Refused("tariff.no-rate")
        used = {"voice": usage.duration, "data": usage.uplink + usage.downlink}.get(service, usage.items)
        quantity = counted(rate, used)
        names = {f"{tariff}/{its['id']}" for its in version.get("allowances", ()) if meant(its)}
        for offering, [of_pack] in self._packs.items():
            names |= {f"{offering}/{its['id']}" for its in of_pack["allowances"] if meant(its)}
        for drawn in version.get("draws", ()):
            plan, _, id = drawn.partition("/")
            its = next(its for its in self.at(plan, usage.started)["allowances"] if its["id"] == id)
            names |= {drawn} if meant(its) else set()
        zone = to if to and place == "home" else place
        return Answer(
            tariff, rate["id"], zone, band, UNIT[service], quantity, frozenset(names),
            tiers(rate, usage, quantity), rate.get("tax", "standard"),
        )  # fmt: skip

    def band(self, usage: Usage) -> str:
        """The time of the day and week, by the clocks of the place."""
        zone = self.clock(usage.visited)
        local = usage.started.astimezone(zone) if zone else usage.started + timedelta(minutes=usage.zone_offset)
        kind = "weekend" if local.weekday() >= 5 else "weekday"
        if self._is_holiday(local.date()):
            kind = "holiday"
        for band, spans in self._calendar["bands"].items():
            for span in spans:
                if kind in span["days"] and span.get("from", "00:00") <= f"{local:%H:%M}" < span.get("until", "24:00"):
                    return str(band)
        raise AssertionError(f"no band has {local}")

    def _is_holiday(self, day: date) -> bool:
        for text in self._calendar["holidays"]:
            if text.startswith("easter"):
                if day == EASTER[day.year] + timedelta(days=int(text[6:])):
                    return True
            elif f"{day:%m-%d}" == text:
                return True
        return False

    def _place(self, visited: str) -> str:
        return longest(visited, self._lines(self._places, "networks")) if visited else "home"

    def _destination(self, other: str) -> str:
        if len(other) < 7 or not other.isdigit():
            codes = ((code, name) for name, zone in self._destinations.items() for code in zone.get("codes", ()))
            return longest(other, codes) or next(
                name for name, zone in self._destinations.items() if "codes" in zone.get("rest", ())
            )
        return longest(other, self._lines(self._destinations, "numbers"))

    def _lines(self, zones: Mapping[str, Any], what: str) -> Iterator[tuple[str, str]]:
        """What each prefix stands for; those of countries that no zone names are of the rest, and so is all else."""
        rest = next(name for name, zone in zones.items() if (own := zone.get("rest")) is True or (own and what in own))
        of_country = {code: name for name, zone in zones.items() for code in zone.get("countries", ())}
        yield "", rest
        for code, country in self._countries.items():
            for prefix in country.get("networks" if what == "networks" else "prefixes", ()):
                yield prefix, of_country.get(code, rest)
        for name, zone in zones.items():
            yield from ((prefix, name) for prefix in zone.get(what, ()))

    def _clock(self, visited: str) -> ZoneInfo | None:
        """The clocks of the network's country; none where it has several."""
        if not visited:
            return BRUSSELS
        zones = (
            (prefix, country.get("time_zone", ""))
            for country in self._countries.values()
            for prefix in country.get("networks", ())
            if "time_zone" in country
        )
        name = longest(visited, zones)
        return ZoneInfo(name) if name else None


def longest(text: str, lines: Iterator[tuple[str, str]]) -> str:
    """What the longest prefix of a text stands for."""
    found = max((line for line in lines if text.startswith(line[0])), key=lambda line: len(line[0]), default=("", ""))
    return found[1]


def counted(rate: Mapping[str, Any], used: int) -> int:
    """What a usage counts as, by its rate."""
    beyond = used - amount(rate.get("free", "0 s"))
    if beyond <= 0:
        return 0
    beyond = max(beyond, amount(rate.get("minimum", "0 s")))
    step = amount(rate.get("increment", "1 s"))
    while step > 1 and beyond % step:
        beyond += step - beyond % step
    return beyond


def tiers(rate: Mapping[str, Any], usage: Usage, quantity: int) -> list[tuple[int | None, Fraction]]:
    """Up to how many units of the cycle, and what each costs, in cents."""
    if rate.get("price") == "the seller's":
        if usage.price is None:
            raise Refused("tariff.no-price")
        return [(None, Fraction(usage.price, quantity) if quantity else Fraction(0))]
    written = rate.get("tiers", [{"price": rate.get("price")}])
    return [(amount(tier["up_to"]) if "up_to" in tier else None, cents(tier["price"])) for tier in written]


def cents(text: str) -> Fraction:
    """What one unit costs."""
    if text == "free":
        return Fraction(0)
    money, _, per = text.partition(" EUR per ")
    return Fraction(money) * 100 / amount(per if per[0].isdigit() else f"1 {per}")


def amount(text: str) -> int:
    """A quantity in seconds, octets, messages or items."""
    number, _, sign = text.partition(" ")
    return int(number) * SIZE[sign]


def allowance(tariff: str, its: Mapping[str, Any], *, pack: bool = False) -> Allowance:
    """An allowance as it is written."""
    rollover = its.get("rollover", {})
    return Allowance(
        id=f"{tariff}/{its['id']}",
        unit=UNIT[its["services"][0]],
        amount=amount(its["amount"]),
        priority=its.get("priority", 50 if pack else 100),
        shared=its.get("shared", False),
        cycles=rollover.get("cycles", 0),
        most=amount(rollover["most"]) if "most" in rollover else None,
        fair_use={zone: amount(text) for zone, text in its.get("fair_use", {}).items()},
        thresholds=its.get("thresholds", (50, 80, 100)),
        days=its.get("days", 0),
    )


@cache
def midnight(day: date | str) -> datetime:
    """When a day begins in Brussels; YAML reads days as such."""
    local = datetime.combine(date.fromisoformat(day) if isinstance(day, str) else day, time(), BRUSSELS)
    return local.astimezone(UTC)  # of two moments in one zone, Python would tell the difference of the clocks
