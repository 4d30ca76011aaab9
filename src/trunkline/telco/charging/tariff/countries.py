"""Countries (`countries.yaml`): their prefixes in E.164, their networks' codes in E.212, their time where it is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from trunkline.document import Document, Problem

Digits = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,15}$")]
Network = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{3,6}$")]


class Country(msgspec.Struct, frozen=True, kw_only=True):
    """A country, by its ISO 3166 code of two letters.

    `prefixes` are what its numbers begin with, `networks` its mobile country codes, or whole PLMNs where it has no
    code of its own. `time_zone` is given where all of it has one legal time: elsewhere the record says the time.
    """

    name: str
    prefixes: list[Digits] = []
    networks: list[Network] = []
    time_zone: str = ""


Countries = dict[str, Country]


def read(document: Document, problems: list[Problem]) -> Countries:
    """The countries of a document. Raises `Invalid` where it has not their shape; finds what is wrong beyond that."""
    countries = document.into(Countries)
    problems += _misfits(document, countries)
    return countries


def known_zone(name: str) -> bool:
    """Does the machine know this time zone of the IANA's?"""
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # not found, a folder, a path
        return False
    return True


def _misfits(document: Document, countries: Countries) -> Iterator[Problem]:
    seen: dict[tuple[str, str], str] = {}
    for code, country in countries.items():
        if not re.fullmatch("[A-Z]{2}", code):
            yield document.problem((code,), f"`{code}` is no country: write the two letters of ISO 3166")
        if country.time_zone and not known_zone(country.time_zone):
            yield document.problem((code, "time_zone"), f"there is no time zone `{country.time_zone}`")
        for key, values in (("prefixes", country.prefixes), ("networks", country.networks)):
            for index, value in enumerate(values):
                if (key, value) in seen:
                    yield document.problem((code, key, index), f"`{value}` is also of {seen[key, value]}")
                seen.setdefault((key, value), code)
