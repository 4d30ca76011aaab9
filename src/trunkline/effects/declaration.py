"""The operator's effectors: one file `effects/<name>.yaml` each, checked before anything runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from trunkline.document import Document, Invalid, Problem
from trunkline.effects.effector import Context, Effector, Kind, Settings
from trunkline.effects.registry import installed_kinds
from trunkline.protection import Exceptions, refused

FOLDER = "effects"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class Declared:
    """A declared effector; its name is that of its file."""

    name: str
    settings: Settings
    kind: Kind
    document: Document

    def open(self, project: Path, secret: Callable[[str], str]) -> Effector:
        """Raises `Invalid` where something that it names, a secret say, is not there."""
        try:
            return self.kind.open(self.settings, Context(self.name, project, secret))
        except ValueError as error:
            raise Invalid([self.document.problem((), str(error))]) from None


def load(project: Path, exceptions: Exceptions = MappingProxyType({})) -> list[Declared]:
    """Every effector of an operator's folder, by name; `exceptions` are the machines that may be reached without
    protection. Raises `Invalid` with every error of every file."""
    found: list[Declared] = []
    problems: list[Problem] = []
    for path in sorted((project / FOLDER).glob("*.yaml")):
        try:
            declared = _read(path, installed_kinds(project))
            problems += refused(declared.document, declared.settings.unprotected(), exceptions)
            found.append(declared)
        except Invalid as invalid:
            problems += invalid.problems
    if problems:
        raise Invalid(problems)
    return found


def check(project: Path, exceptions: Exceptions = MappingProxyType({})) -> list[Problem]:
    """Everything that is wrong with the effectors of an operator's folder; [] when they are fit to run."""
    try:
        load(project, exceptions)
    except Invalid as invalid:
        return invalid.problems
    return []


def _read(path: Path, kinds: Mapping[str, Kind]) -> Declared:
    document = Document.load(path)
    if not _NAME.fullmatch(path.stem):
        reason = "the file's name is the effector's: lower-case letters, digits and hyphens"
        raise Invalid([document.problem((), reason)])
    data = document.data if isinstance(document.data, dict) else {}
    kind = kinds.get(str(data.get("kind")))
    if kind is None:
        raise Invalid([document.problem(("kind",), f"`kind` must be one of: {', '.join(sorted(kinds))}")])
    try:
        return Declared(path.stem, document.into(kind.settings), kind, document)
    except Invalid as invalid:
        raise Invalid([_plain(problem) for problem in invalid.problems]) from None


def _plain(problem: Problem) -> Problem:
    """Say what a secret setting must look like, where only its pattern was said."""
    setting, _, fault = problem.reason.partition(": ")
    if "'^\\\\$\\\\{(env" not in fault:  # the pattern of `Secret`, as the message quotes it
        return problem
    reason = f"{setting}: write a secret as ${{env:NAME}}, ${{file:path}} or ${{data:path}}, never as itself"
    return Problem(problem.file, problem.line, reason)
