"""The operator's connections, in and out: one file `systems/<name>.yaml` each, checked before anything runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from trunkline import contracts
from trunkline.document import Document, Invalid, Problem
from trunkline.protection import Exceptions, refused
from trunkline.systems import System, installed_systems
from trunkline.systems.reach import Reach, Settings
from trunkline.systems.registry import installed_reaches, installed_sinks
from trunkline.systems.sink import Sink, SinkSettings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Connection:
    """A declared way in: its settings, the way to the system, and the vendor's folder if it names one."""

    settings: Settings
    reach: Reach
    system: System | None
    document: Document

    @property
    def name(self) -> str:
        return self.settings.name


@dataclass(frozen=True, slots=True)
class Outlet:
    """A declared way out: its settings and the sink."""

    settings: SinkSettings
    sink: Sink
    document: Document

    @property
    def name(self) -> str:
        return self.settings.name


def load(project: Path, exceptions: Exceptions = MappingProxyType({})) -> list[Connection | Outlet]:
    """Every connection of an operator's folder, by name; `exceptions` are the machines that may be reached without
    protection. Raises `Invalid` with every error of every file."""
    found: dict[str, Connection | Outlet] = {}
    problems: list[Problem] = []
    for path in sorted((project / "systems").glob("*.yaml")):
        try:
            document = Document.load(path)
            connection = _read(document, project)
            if connection.name in found:
                raise Invalid([document.problem(("name",), f"another connection is named `{connection.name}`")])
            problems += refused(document, connection.settings.unprotected(), exceptions)
            found[connection.name] = connection
        except Invalid as invalid:
            problems += invalid.problems
    if problems:
        raise Invalid(problems)
    return sorted(found.values(), key=lambda connection: connection.name)


def check(project: Path, exceptions: Exceptions = MappingProxyType({})) -> list[Problem]:
    """Everything that is wrong with the connections of an operator's folder; [] when they are fit to run."""
    try:
        load(project, exceptions)
    except Invalid as invalid:
        return invalid.problems
    return []


def _read(document: Document, project: Path) -> Connection | Outlet:
    data: dict[str, Any] = document.data if isinstance(document.data, dict) else {}
    if "sink" in data:
        return _outlet(document, _chosen(document, data, "sink", installed_sinks(project)), project)
    reach = _chosen(document, data, "reach", installed_reaches(project))
    settings, systems = _settings(document, reach.settings), installed_systems(project)
    if settings.system and settings.system not in systems:
        raise Invalid([document.problem(("system",), f"`system` must be one of: {', '.join(sorted(systems))}")])
    return Connection(settings, reach, _configured(document, data, systems.get(settings.system)), document)


def _configured(document: Document, data: Mapping[str, Any], system: System | None) -> System | None:
    """The system with the options that the declaration gives it."""
    if "options" not in data:
        if system is not None and system.options is not None and not system.formats:
            reason = f"`options` is missing: `{system.name}` cannot read a file without them"
            raise Invalid([document.problem(("system",), reason)])
        return system
    if system is None or system.options is None:
        reason = "are those of a system: name it" if system is None else f"are not known to `{system.name}`"
        raise Invalid([document.problem(("options",), f"`options` {reason}")])
    try:
        return system.with_options(document.into(system.options, ("options",)))
    except ValueError as fault:
        raise Invalid([document.problem(("options",), f"`options`: {fault}")]) from None


def _outlet(document: Document, sink: Sink, project: Path) -> Outlet:
    settings = _settings(document, sink.settings)
    known = _topics(project)
    problems = [
        document.problem(("topics", index), f"`topics` must be of: {', '.join(sorted(known))}")
        for index, topic in enumerate(settings.topics)
        if known and topic not in known
    ]
    if problems:
        raise Invalid(problems)
    return Outlet(settings, sink, document)


def _topics(project: Path) -> Collection[str]:
    """The topics that have a contract; none where the contracts cannot be read, which is told elsewhere."""
    try:
        return contracts.load(project / "contracts").keys()
    except Invalid:
        return ()


def _chosen(document: Document, data: Mapping[str, Any], what: str, offered: Mapping[str, T]) -> T:
    """What the declaration names among those that are installed."""
    name = str(data.get(what))
    if name not in offered:
        raise Invalid([document.problem((what,), f"`{what}` must be one of: {', '.join(sorted(offered))}")])
    return offered[name]


def _settings(document: Document, kind: type[T]) -> T:
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
