"""Cases: what somebody may, and sees, as the operator means it; `access/cases.yaml`, held against the rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from trunkline.document import Document, Invalid, Problem
from trunkline.security.access.decisions import Action, Decisions, Who
from trunkline.security.access.declared import FOLDER
from trunkline.security.access.kinds import Kind, Kinds
from trunkline.security.access.purpose import NONE
from trunkline.security.access.regions import UNKNOWN

FILE: Final = f"{FOLDER}/cases.yaml"


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody of a `role` asks to do `action` to records of `kind`, to those that lie `at` a region where one is said;
    `by` is the rule that decides. `sees`, `ends` and `hidden` name attributes."""

    name: str
    role: str
    region: str = ""
    client: str = ""
    purpose: str = NONE
    action: Action = "read"
    kind: str
    at: str = ""
    allowed: bool
    by: str = ""
    sees: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """A case, and what is otherwise than it says; nothing where all is."""

    case: Case
    rules: tuple[str, ...]
    wrong: tuple[str, ...]


class Cases:
    """The cases of a project, each with the kind that it is about."""

    def __init__(self, cases: Sequence[tuple[Case, Kind]], decisions: Decisions) -> None:
        self._cases, self._decisions = cases, decisions

    @classmethod
    def load(cls, folder: Path, decisions: Decisions, kinds: Kinds) -> Cases:
        """Those of a project folder; none where it has no such file. Raises `Invalid`, also where a case is about
        something that nobody has declared."""
        if not (folder / FILE).exists():
            return cls((), decisions)
        document = Document.load(folder / FILE)
        cases = document.into(tuple[Case, ...])
        purposes = {*decisions.purposes.purposes, NONE}
        problems: list[Problem] = []
        about: list[tuple[Case, Kind]] = []
        for place, case in enumerate(cases):
            for field, value, known in (
                ("role", case.role, decisions.roles),
                ("region", case.region, {"", *decisions.regions}),
                ("purpose", case.purpose, purposes),
                ("at", case.at, {"", UNKNOWN, *decisions.every_region}),
                ("by", case.by, {"", *decisions.rules.by_id}),
            ):
                if value not in known:
                    problems.append(document.problem((place, field), f"the {field} {value} is declared nowhere"))
            if (kind := kinds.get(case.kind)) is not None:
                about.append((case, kind))
                for part, paths in (("sees", case.sees), ("ends", case.ends), ("hidden", case.hidden)):
                    unknown = next((path for path in paths if not kind.has(tuple(path.split(".")))), "")
                    if unknown:
                        problems.append(document.problem((place, part), f"{case.kind} has no attribute {unknown}"))
            else:
                problems.append(document.problem((place, "kind"), f"the kind {case.kind} is declared nowhere"))
        if problems:
            raise Invalid(problems)
        return cls(about, decisions)

    def run(self) -> Iterator[Outcome]:
        """Hold each against the rules."""
        for case, kind in self._cases:
            yield self._outcome(case, kind)

    def _outcome(self, case: Case, kind: Kind) -> Outcome:
        one = Who("case", case.client, frozenset({case.role}), case.region)
        decision = self._decisions.decide(one, case.action, kind, case.purpose, case.at)
        wrong: list[str] = []
        if decision.allowed != case.allowed:
            wrong.append(f"it is {'allowed' if decision.allowed else 'refused'}")
        if case.by and case.by not in decision.rules:
            wrong.append(f"{' '.join(decision.rules)} decides, not {case.by}")
        mask = self._decisions.mask(one, kind, case.purpose)
        for meant, paths in (("seen", case.sees), ("told by its ends", case.ends), ("hidden", case.hidden)):
            wrong += [f"{path} is {found}" for path in paths if (found := mask.shows(path)) != meant]
        return Outcome(case, decision.rules, tuple(wrong))
