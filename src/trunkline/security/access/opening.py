"""A project's access: its rules and what it declares, opened to decide by, or checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from trunkline.contracts.contract import Contract
from trunkline.document import Document, Invalid, Problem
from trunkline.security.access import declared, rules
from trunkline.security.access.cases import Cases
from trunkline.security.access.decisions import ANONYMOUS, Decisions
from trunkline.security.access.kinds import Kinds, is_attribute, served
from trunkline.security.access.purpose import NONE
from trunkline.security.access.regions import UNKNOWN, RegionOf, nowhere
from trunkline.security.access.rules import Rules
from trunkline.security.identity.declared import read as people


def is_declared(folder: Path) -> bool:
    """Whether a project folder says who may do what."""
    return (folder / declared.FOLDER / rules.SCHEMA).exists()


def open_access(
    folder: Path, contracts: Mapping[str, Contract], region_of: RegionOf = nowhere
) -> tuple[Decisions, Kinds]:
    """The decisions and kinds of a project folder; `region_of` says where managed objects stand. Raises `Invalid` with
    everything that is wrong with them."""
    loaded, found = rules.load(folder), declared.read(folder)
    problems = [*_names(folder, loaded, found, contracts), *_fields(folder, found, contracts)]
    if problems:
        raise Invalid(problems)
    return Decisions(loaded, found, frozenset(people(folder).roles), region_of), Kinds(found, contracts)


def check(folder: Path, contracts: Mapping[str, Contract]) -> list[Problem]:
    """Everything that is wrong with a project folder's access; nothing where it declares none."""
    if not is_declared(folder):
        return []
    try:
        decisions, kinds = open_access(folder, contracts)
        Cases.load(folder, decisions, kinds)
    except Invalid as error:
        return error.problems
    return []


def _names(
    folder: Path, loaded: Rules, found: declared.Declared, contracts: Mapping[str, Contract]
) -> Iterator[Problem]:
    """What rules name, and nobody has declared: Cedar itself knows the schema's enumerations alone."""
    known = {
        "Role": {*people(folder).roles, ANONYMOUS},
        "Purpose": {*found.purposes.purposes, NONE},
        "Kind": {*found.kinds, *contracts},
        "Area": {kind.area for kind in found.kinds.values()} | {its.odcs.domain for its in contracts.values()},
    }
    for rule in loaded.by_id.values():
        for type, id in sorted(rule.entities):
            if type in known and id not in known[type]:
                yield Problem(rule.file, rule.line, f'{rule.id}: {type}::"{id}" is declared nowhere')
    regions = Document.load(folder / declared.REGIONS)
    for region, its_own in found.regions.items():
        if UNKNOWN in its_own:
            yield regions.problem((region,), f"{UNKNOWN} is what lies in no region that is known, and nobody's own")
    purposes = Document.load(folder / declared.PURPOSES)
    for client, its in found.purposes.clients.items():
        for place, purpose in enumerate(its.purposes):
            if purpose not in found.purposes.purposes:
                yield purposes.problem(("clients", client, "purposes", place), f"{purpose} is none of the purposes")
        for place, role in enumerate(its.roles):
            if role not in known["Role"]:
                yield purposes.problem(("clients", client, "roles", place), f"the role {role} is declared nowhere")


def _fields(folder: Path, found: declared.Declared, contracts: Mapping[str, Contract]) -> Iterator[Problem]:
    """Names in `fields.yaml` that no contract, no record and no API has."""
    document = Document.load(folder / declared.FIELDS)
    records = {resource.name: resource for _, resource in served().values()}
    for name, kind in found.kinds.items():
        contract = contracts.get(kind.contract)
        if kind.contract and contract is None:
            yield document.problem((name, "contract"), f"there is no contract {kind.contract}")
        for path, field in kind.fields.items():
            if contract is None or not _has(contract, field):
                yield document.problem((name, "fields", path), f"{kind.contract or 'no contract'} has no field {field}")
        for place, path in enumerate(kind.ends):
            if path not in kind.fields and path not in kind.classes:
                yield document.problem((name, "ends", place), f"{path} is not among `fields` or `classes`")
        for event, its in kind.events.items():
            if its not in found.kinds:
                yield document.problem((name, "events", event), f"there is no kind {its}")
        for part, paths in (("fields", kind.fields), ("classes", kind.classes)):
            for path in paths:
                steps = tuple(path.split("."))
                if name in records and steps[0] not in kind.extensions and not is_attribute(records[name], steps):
                    yield document.problem((name, part, path), f"{name} has no attribute {path}")
        if kind.lists and not kind.region:
            yield document.problem((name, "lists"), "`region` does not say where a record says its region")


def _has(contract: Contract, path: str) -> bool:
    try:
        contract.field(path)
    except KeyError:
        return False
    return True
