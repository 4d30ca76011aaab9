"""The network's processors of one project, and what is wrong with the data they work by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from trunkline.document import Invalid, Problem
from trunkline.streams.recorded import Processor
from trunkline.telco.network.alarms.book import AlarmBook
from trunkline.telco.network.health import rules
from trunkline.telco.network.health.processor import HealthProcessor
from trunkline.telco.network.performance import formulas
from trunkline.telco.network.performance.kpis import KpiProcessor


def processors(project: Path) -> list[Callable[[], Processor]]:
    """How to make each processor, for a worker. Raises `Invalid` where a formula table or the rules are wrong."""
    tables = formulas.load(project / "kpis")
    judgement = rules.load(project / "health.yaml")
    return [AlarmBook, lambda: KpiProcessor(tables), lambda: HealthProcessor(judgement, tables)]


def check(project: Path) -> list[Problem]:
    """Everything that is wrong with the project's formula tables and health rules."""
    problems: list[Problem] = []
    known: set[str] | None = None
    try:
        known = formulas.load(project / "kpis").kpi_names
    except Invalid as error:
        problems += error.problems
    return problems + rules.check(project / "health.yaml", known)
