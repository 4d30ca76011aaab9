"""Zones (`zones.yaml`): where a subscriber is, by the network that serves; who is called or texted, by the number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Final, Literal

import msgspec

from trunkline.document import Document, Problem
from trunkline.faults import Place
from trunkline.telco.charging.tariff.countries import Countries, Country, Digits, Network
from trunkline.telco.charging.tariff.prefixes import Prefixes

HOME: Final = "home"
"""The place of the operator's own country."""
SHORTEST_NUMBER: Final = 7
"""Fewer digits are a short code, not a number of E.164."""


class PlaceZone(msgspec.Struct, frozen=True, kw_only=True):
    """Networks that serve a subscriber there: those of countries and others; or all that no other place has."""

    countries: list[str] = []
    networks: list[Network] = []
    rest: bool = False


class DestinationZone(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of countries and others, by what they begin with, and short codes; or all that no other has."""

    countries: list[str] = []
    numbers: list[Digits] = []
    codes: list[Digits] = []
    rest: list[Literal["numbers", "codes"]] = []


class _Written(msgspec.Struct, frozen=True, kw_only=True):
    places: Annotated[dict[str, PlaceZone], msgspec.Meta(max_length=50)]
    destinations: Annotated[dict[str, DestinationZone], msgspec.Meta(max_length=200)]


class Zones:
    """A plan of zones. The longest prefix decides: `901` takes nothing from a place that has `90128`."""

    def __init__(self, places: Mapping[str, PlaceZone], destinations: Mapping[str, DestinationZone], of: Countries):
        self.places, self.destinations = tuple(places), tuple(destinations)
        others = _unnamed(places, of)
        self.networks = _completed(_networks(places, of), (plmn for country in others for plmn in country.networks))
        others = _unnamed(destinations, of)
        self.numbers = _completed(_numbers(destinations, of), (digits for each in others for digits in each.prefixes))
        self.codes = Prefixes({digits: name for name, _, digits in _codes(destinations)})
        self.times = Prefixes(
            {plmn: country.time_zone for country in of.values() for plmn in country.networks if country.time_zone}
        )
        """Time zones of networks whose country has one legal time."""

    def place(self, visited: str) -> str:
        """Where the network of this PLMN is; at home, where the record names none."""
        return (self.networks.find(searched(visited)) if visited else HOME) or ""

    def destination(self, other_party: str) -> str:
        """Who this number or short code is; a name is a code that no zone lists."""
        return (self.codes if is_code(other_party) else self.numbers).find(searched(other_party)) or ""


def is_code(other_party: str) -> bool:
    return len(other_party) < SHORTEST_NUMBER or not (other_party.isascii() and other_party.isdigit())


def searched(text: str) -> str:
    """What prefixes are held against: digits, and nothing of what has anything else."""
    return text if text.isascii() and text.isdigit() else ""


def read(document: Document, countries: Countries, problems: list[Problem]) -> Zones:
    """The zones of a document. Raises `Invalid` where it has not their shape; finds what is wrong beyond that."""
    written = document.into(_Written)
    problems += _misfits(document, written, countries)
    return Zones(written.places, written.destinations, countries)


_Entry = tuple[str, Place, str]
"""A zone, where it is said, and the prefix that it has."""


def _unnamed(zones: Mapping[str, PlaceZone | DestinationZone], countries: Countries) -> list[Country]:
    """The countries that no zone has."""
    named = {code for zone in zones.values() for code in zone.countries}
    return [country for code, country in countries.items() if code not in named]


def _completed(entries: Iterable[_Entry], others: Iterable[str]) -> Prefixes[str]:
    """With prefixes that are of the rest, though they may begin as another country's do: `1809` as `1`."""
    given = {prefix: name for name, _, prefix in entries}
    rest = dict.fromkeys(others, given[""]) if "" in given else {}
    return Prefixes(rest | given)


def _networks(places: Mapping[str, PlaceZone], countries: Countries) -> Iterator[_Entry]:
    for name, zone in places.items():
        for index, code in enumerate(zone.countries):
            for plmn in countries[code].networks if code in countries else ():
                yield name, ("places", name, "countries", index), plmn
        for index, plmn in enumerate(zone.networks):
            yield name, ("places", name, "networks", index), plmn
        if zone.rest:
            yield name, ("places", name, "rest"), ""


def _numbers(destinations: Mapping[str, DestinationZone], countries: Countries) -> Iterator[_Entry]:
    for name, zone in destinations.items():
        for index, code in enumerate(zone.countries):
            for digits in countries[code].prefixes if code in countries else ():
                yield name, ("destinations", name, "countries", index), digits
        for index, digits in enumerate(zone.numbers):
            yield name, ("destinations", name, "numbers", index), digits
        if "numbers" in zone.rest:
            yield name, ("destinations", name, "rest"), ""


def _codes(destinations: Mapping[str, DestinationZone]) -> Iterator[_Entry]:
    for name, zone in destinations.items():
        for index, digits in enumerate(zone.codes):
            yield name, ("destinations", name, "codes", index), digits
        if "codes" in zone.rest:
            yield name, ("destinations", name, "rest"), ""


def _misfits(document: Document, written: _Written, countries: Countries) -> Iterator[Problem]:
    if HOME not in written.places:
        yield document.problem(("places",), f"the place `{HOME}` is missing: the operator's own country")
    for name in written.places.keys() & written.destinations.keys():
        reason = f"`{name}` is a place too: a zone's name says which of the two it is"
        yield document.problem(("destinations", name), reason)
    zones: list[tuple[str, str, PlaceZone | DestinationZone]] = [
        *(("places", name, zone) for name, zone in written.places.items()),
        *(("destinations", name, zone) for name, zone in written.destinations.items()),
    ]
    for kind, name, zone in zones:
        for index, code in enumerate(zone.countries):
            if code not in countries:
                yield document.problem((kind, name, "countries", index), f"there is no country `{code}`")
    for what, section, entries in (
        ("network", "places", _networks(written.places, countries)),
        ("number", "destinations", _numbers(written.destinations, countries)),
        ("short code", "destinations", _codes(written.destinations)),
    ):
        seen: dict[str, str] = {}
        for name, place, prefix in entries:
            if prefix in seen:
                reason = f"{what}s that begin with `{prefix}` are in `{seen[prefix]}` too"
                yield document.problem(place, reason if prefix else f"the rest of the {what}s is `{seen['']}` already")
            seen.setdefault(prefix, name)
        if "" not in seen:
            yield document.problem((section,), f"no zone has the rest of the {what}s: give `rest` to one")
