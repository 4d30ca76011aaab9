"""Charging's processors of one project, and what is wrong with the data they work by."""

from __future__ import annotations

from pathlib import Path

from trunkline.document import Problem
from trunkline.streams.instance import Definition
from trunkline.streams.recorded import Recorded
from trunkline.telco.charging import settings, tariff
from trunkline.telco.charging.accounts.processor import charge
from trunkline.telco.charging.fraud import check as check_fraud
from trunkline.telco.charging.fraud import watch
from trunkline.telco.charging.mediation.directory import Directory
from trunkline.telco.charging.mediation.mediate import Mediation
from trunkline.telco.charging.mediation.payer import payer
from trunkline.telco.charging.notices import check as check_notices
from trunkline.telco.charging.notices import notify


def processors(project: Path) -> list[Definition]:
    """Those that a worker runs: none where the project has no `charging.yaml`.

    Raises `Invalid` where that is wrong, or the tariffs are.
    """
    file = project / settings.FILE
    if not file.exists():
        return []
    loaded, tariffs = settings.load(file), tariff.load(project / tariff.FOLDER)
    telling = notify(project, loaded.time_zone)
    return [Mediation(loaded), Recorded(Directory), payer, charge(tariffs, loaded), *telling, *watch(project, loaded)]


def check(project: Path) -> list[Problem]:
    """Everything that is wrong with the project's charging."""
    file = project / settings.FILE
    return [*settings.check(file), *check_notices(project), *check_fraud(project)] if file.exists() else []
