"""The operator's `charging.yaml`: where it is at home, how mediation puts records together, and its taxes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from trunkline.document import Document, Invalid, Problem
from trunkline.telco.charging import tariff

FILE = "charging.yaml"
DAY = 24 * 60  # minutes

Plmn = Annotated[str, msgspec.Meta(pattern="^[0-9]{5,6}$")]
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]
Prefix = Annotated[str, msgspec.Meta(pattern="^[0-9]{0,4}$")]


class Numbering(msgspec.Struct, frozen=True, kw_only=True):
    """How numbers are written at home (ITU-T E.164): what stands before one of another country, and of this one."""

    country_code: Annotated[str, msgspec.Meta(pattern="^[1-9][0-9]{0,2}$")]
    international_prefix: Prefix = "00"
    national_prefix: Prefix = "0"
    """Empty where national numbers have none."""
    short_code: Annotated[int, msgspec.Meta(ge=0, le=9)] = 6
    """Most digits of a number that is no E.164 number and stays as it is."""


class MediationRules(msgspec.Struct, frozen=True, kw_only=True):
    """How long what is remembered, and what a part of a long session is."""

    horizon_days: Annotated[int, msgspec.Meta(ge=1, le=366)]
    """How long after its end a record is taken, and known again when it comes once more."""
    session_hours: Annotated[int, msgspec.Meta(ge=1, le=24 * 31)]
    """How long after the last record of a session its other records are waited for, and corrections of its parts
    taken."""
    part_minutes: Annotated[int, msgspec.Meta(ge=1, le=DAY)]
    """Of the day, from midnight on: what a session used in one such time is a part at most; and how long it waits."""
    part_octets: Annotated[int, msgspec.Meta(ge=1)]
    """At which a part is charged although its time is not over."""


class ChargingSettings(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """All of `charging.yaml`. `networks` are the operator's own PLMNs (MCC and MNC); the first stands for all."""

    version: str
    zone: str
    """IANA time zone in which its days and cycles begin."""
    networks: Annotated[list[Plmn], msgspec.Meta(min_length=1)]
    numbering: Numbering
    mediation: MediationRules
    taxes: dict[str, Percent] = {}
    """By the classes that tariffs name."""

    @cached_property
    def time_zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


def load(path: Path) -> ChargingSettings:
    """Read and check the settings. Raises `Invalid` with everything that is wrong."""
    settings, problems = _read(path)
    if settings is None or problems:
        raise Invalid(problems)
    return settings


def check(path: Path) -> list[Problem]:
    """Everything that is wrong with the settings, and where the tariffs beside them go by another time."""
    settings, problems = _read(path)
    if settings is None or problems:
        return problems
    return list(_other_times(Document.load(path), settings, path.parent / tariff.FOLDER))


def _read(path: Path) -> tuple[ChargingSettings | None, list[Problem]]:
    try:
        document = Document.load(path)
        settings = document.into(ChargingSettings)
    except Invalid as error:
        return None, error.problems
    return settings, list(_misfits(document, settings))


def _other_times(document: Document, settings: ChargingSettings, folder: Path) -> Iterator[Problem]:
    """Tariffs begin at the midnight at which cycles do, or a usage near it is in the one and not in the other."""
    try:
        tariffs = tariff.load(folder)
    except Invalid:
        return  # which the check of the tariffs tells
    told: set[str] = set()
    for id, versions in tariffs.versions.items():
        for zone in [version.grid.calendar.zone.key for version in versions]:
            if zone != settings.zone and zone not in told:
                told.add(zone)
                reason = f"it is {settings.zone}, and `time_zone` is {zone} in the calendar of the tariff `{id}`"
                yield document.problem(("zone",), f"{reason}: write the same")


def _misfits(document: Document, settings: ChargingSettings) -> Iterator[Problem]:
    if settings.zone not in available_timezones():
        yield document.problem(("zone",), f"there is no time zone `{settings.zone}`: name one as `Europe/Brussels`")
    for index, network in enumerate(settings.networks):
        if network in settings.networks[:index]:
            yield document.problem(("networks", index), f"the network {network} is given twice")
    minutes = settings.mediation.part_minutes
    if DAY % minutes:
        yield document.problem(
            ("mediation", "part_minutes"), f"a day must be a whole number of parts: {minutes} minutes do not divide it"
        )
    if settings.mediation.session_hours > settings.mediation.horizon_days * 24:
        yield document.problem(
            ("mediation", "session_hours"),
            f"a session cannot be waited for longer ({settings.mediation.session_hours} hours) than its records are "
            f"taken at all (`horizon_days: {settings.mediation.horizon_days}`)",
        )
