"""Where subscribers are: the zones of the tariffs, and the countries by their networks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from trunkline.document import Document, Invalid, Problem
from trunkline.telco.charging.tariff import countries

COUNTRY_CODE: Final = 3
"""Digits of a PLMN that are its mobile country code."""


class Places(NamedTuple):
    """`countries` are their names by code, `networks` the codes by MCC or PLMN, `zones` those of `zones.yaml`."""

    countries: Mapping[str, str] = {}
    networks: Mapping[str, str] = {}
    zones: frozenset[str] = frozenset()

    def country(self, network: str) -> str:
        """The code of the country of a PLMN; "" where nobody knows."""
        return self.networks.get(network) or self.networks.get(network[:COUNTRY_CODE], "")


def read(tariffs: Path) -> Places:
    """The places of the folder `tariffs/`; none where its files are not there. Raises `Invalid`."""
    problems: list[Problem] = []
    of, zones = countries.Countries(), frozenset[str]()
    if (file := tariffs / "countries.yaml").exists():
        of = countries.read(Document.load(file), problems)
    if (file := tariffs / "zones.yaml").exists():
        document = Document.load(file)
        named = document.data.get("places") if isinstance(document.data, dict) else None
        zones = frozenset(named if isinstance(named, dict) else ())
    if problems:
        raise Invalid(problems)
    networks = {network: code for code, country in of.items() for network in country.networks}
    return Places({code: country.name for code, country in of.items()}, networks, zones)
