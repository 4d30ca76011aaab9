"""What of the operator's folder the counting of fraud works by, read and held against each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from trunkline.document import Document, Invalid, Problem
from trunkline.telco.charging.fraud import geography, rules
from trunkline.telco.charging.fraud.geography import Geography
from trunkline.telco.charging.fraud.rules import MOST_USES, Counted, FraudRules
from trunkline.telco.charging.tariff import FOLDER, countries, zones
from trunkline.telco.charging.tariff.countries import Countries
from trunkline.telco.charging.tariff.prefixes import Prefixes
from trunkline.telco.charging.tariff.zones import Zones


class Knowledge(NamedTuple):
    """The rules, and what is known of places and numbers."""

    rules: FraudRules
    geography: Geography
    zones: Zones
    networks: Prefixes[str]
    """The country of each network."""


def load(project: Path) -> Knowledge:
    """Raises `Invalid` with everything that is wrong in `fraud.yaml`, `geography.yaml`, or the zones."""
    problems: list[Problem] = []
    known = _read(project, problems)
    if problems or known is None:
        raise Invalid(problems)
    return known


def check(project: Path) -> list[Problem]:
    """Everything that is wrong with `fraud.yaml` and `geography.yaml`; a project without rules watches for nothing."""
    if not (project / rules.FILE).exists():
        return []
    problems: list[Problem] = []
    _read(project, problems)
    tariffs = str(project / FOLDER)
    return [problem for problem in problems if not problem.file.startswith(tariffs)]  # those are told by the tariffs


def _read(project: Path, problems: list[Problem]) -> Knowledge | None:
    try:
        document = Document.load(project / rules.FILE)
        read = document.into(FraudRules)
    except Invalid as error:
        problems += error.problems
        return None
    try:
        places, circles = geography.read(project / geography.FILE)
        of = countries.read(Document.load(project / FOLDER / "countries.yaml"), problems)
        plan = zones.read(Document.load(project / FOLDER / "zones.yaml"), of, problems)
    except Invalid as error:
        problems += error.problems
        return None
    problems += [*_misfits(document, read, plan), *_nowhere(places, circles, of)]
    networks = Prefixes({plmn: code for code, country in of.items() for plmn in country.networks})
    return Knowledge(read, circles, plan, networks)


def _misfits(document: Document, rules: FraudRules, plan: Zones) -> Iterator[Problem]:
    for kind, limits in (("velocity", rules.velocity), ("roaming", rules.roaming)):
        for name, limit in limits.items():
            for index, zone in enumerate(limit.destinations):
                if zone not in plan.destinations:
                    known = ", ".join(plan.destinations)
                    reason = f"tariffs/zones.yaml has no destination `{zone}`; it has: {known}"
                    yield document.problem((kind, name, "destinations", index), reason)
            if limit.destinations and limit.counts is Counted.OCTETS:
                reason = "data go to no number: leave `destinations` out, or count calls, seconds or messages"
                yield document.problem((kind, name, "destinations"), reason)
            if limit.counts in (Counted.CALLS, Counted.NUMBERS) and limit.limit >= MOST_USES:
                reason = f"{MOST_USES} uses of a number are remembered: give a limit below that"
                yield document.problem((kind, name, "limit"), reason)


def _nowhere(document: Document, circles: Geography, of: Countries) -> Iterator[Problem]:
    for code in circles:
        if code not in of:
            yield document.problem((code,), f"tariffs/countries.yaml has no country `{code}`")
