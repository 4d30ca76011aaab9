"""The operator's connections: one file `systems/<name>.yaml` each, checked before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from trunkline.document import Document, Invalid, Problem
from trunkline.systems import System, installed_systems
from trunkline.systems.reach import Reach, Settings
from trunkline.systems.registry import installed_reaches


@dataclass(frozen=True, slots=True)
class Connection:
    """A declared connection: its settings, the way to the system, and the vendor's folder if it names one."""

    settings: Settings
    reach: Reach
    system: System | None

    @property
    def name(self) -> str:
        return self.settings.name


def load(project: Path) -> list[Connection]:
    """Every connection of an operator's folder, by name. Raises `Invalid` with every error of every file."""
    found: dict[str, Connection] = {}
    problems: list[Problem] = []
    for path in sorted((project / "systems").glob("*.yaml")):
        try:
            document = Document.load(path)
            connection = _read(document, installed_reaches(project), installed_systems(project))
            if connection.name in found:
                raise Invalid([document.problem(("name",), f"another connection is named `{connection.name}`")])
            found[connection.name] = connection
        except Invalid as invalid:
            problems += invalid.problems
    if problems:
        raise Invalid(problems)
    return sorted(found.values(), key=lambda connection: connection.name)


def check(project: Path) -> list[Problem]:
    """Everything that is wrong with the connections of an operator's folder; [] when they are fit to run."""
    try:
        load(project)
    except Invalid as invalid:
        return invalid.problems
    return []


def _read(document: Document, reaches: Mapping[str, Reach], systems: Mapping[str, System]) -> Connection:
    data = document.data if isinstance(document.data, dict) else {}
    reach = reaches.get(str(data.get("reach")))
    if reach is None:
        raise Invalid([document.problem(("reach",), f"`reach` must be one of: {', '.join(sorted(reaches))}")])
    settings = _settings(document, reach.settings)
    if settings.system and settings.system not in systems:
        raise Invalid([document.problem(("system",), f"`system` must be one of: {', '.join(sorted(systems))}")])
    return Connection(settings, reach, systems.get(settings.system))


def _settings(document: Document, kind: type[Settings]) -> Settings:
    try:
        return document.into(kind)
    except Invalid as invalid:
        raise Invalid([_plain(problem) for problem in invalid.problems]) from None


def _plain(problem: Problem) -> Problem:
    """Say what a secret setting must look like, where only its pattern was said."""
    setting, _, fault = problem.reason.partition(": ")
    if "'^\\\\$\\\\{(env" not in fault:  # the pattern of `Secret`, as the message quotes it
        return problem
    reason = f"{setting}: write a secret as ${{env:NAME}}, ${{file:path}} or ${{data:path}}, never as itself"
    return Problem(problem.file, problem.line, reason)
