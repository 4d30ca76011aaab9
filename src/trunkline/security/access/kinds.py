"""The kinds of records that are asked for, and how each of their attributes is classified.

A kind is an API's (`alarm`, `accounts/balance`) or a topic's (`network.alarm`), whose events TMF688 tells of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from trunkline.contracts.contract import Contract
from trunkline.contracts.field import Classification, Field
from trunkline.security.access.declared import Declared, KindDeclared
from trunkline.security.audit.resource import DEPTHS, TMF, Place
from trunkline.store.query import Path
from trunkline.tmf.apis import APIS
from trunkline.tmf.apis.event import EVENT
from trunkline.tmf.declaration import V5, Resource, Version
from trunkline.tmf.shapes import shape, shape_of, special
from trunkline.tmf.versions import canonical_path

MOST_PATHS: Final = 4_096  # of a kind's attributes, whose class is remembered
UNCLASSIFIED: Final[Classification] = "sensitive"
EVENTS: Final = "topic/event"
"""TMF688's events, whose records are of the kind of their topic."""

RECORD: Final[Path] = ("event",)
"""Where these have the record."""
BASE: Final = 4
"""Steps in front of a kind in TM Forum's paths: `/tmf-api/alarmManagement/v4`."""
OWN_BASE: Final = 3
"""And in those of the platform's own APIs: `/network-health/v1`."""

Classes = dict[Path, Classification]


class Kind:
    """A kind of records. `of` is what TM Forum's versions call its attributes by; None where they have one name.
    `holder` is an attribute that holds a whole record, each of whose attributes is classified by itself or by nobody.
    """

    def __init__(
        self,
        name: str,
        area: str,
        classes: Classes,
        otherwise: Classification,
        declared: KindDeclared | None = None,
        of: Resource | None = None,
        holder: Path = (),
    ) -> None:
        self.name, self.area, self.of = name, area, of
        self.declared = declared or KindDeclared(area=area)
        self._classes, self._otherwise, self._holder = classes, otherwise, holder
        self.classes = frozenset(classes.values()) | {otherwise}
        """All classes that occur."""
        if holder:
            self.classes |= {UNCLASSIFIED}
        self._ends = frozenset(tuple(path.split(".")) for path in self.declared.ends)
        self._deeper = frozenset(path[:depth] for path in classes for depth in range(1, len(path)))
        self.find = lru_cache(MOST_PATHS)(self._find)

    def knows(self, path: Path) -> bool:
        """Whether an attribute is named: other parameters of an API are none."""
        return path in self._classes

    def has(self, path: Path) -> bool:
        """Whether records of this kind may have an attribute."""
        return self.knows(path) or (self.of is not None and is_attribute(self.of, path))

    def within(self, path: Path, version: Version | None = None) -> frozenset[Classification]:
        """The classes of what is classified by itself further in an attribute."""
        path = self._canonical(path, version)
        return frozenset(its for below, its in self._classes.items() if below[: len(path)] == path)

    def enveloped(self) -> Kind:
        """This kind of a topic, as TMF688 tells of its records: in events."""
        classes: Classes = {RECORD: "internal", ("eventId",): self._classes.get(("id",), "internal")}
        classes |= {(*RECORD, *path): its for path, its in self._classes.items()}
        return Kind(self.name, self.area, classes, "internal", self._where_in_events(), EVENT, RECORD)

    def _where_in_events(self) -> KindDeclared:
        """Where such an event says where its record lies."""
        its, (holder,) = self.declared, RECORD
        return KindDeclared(
            area=self.area,
            region={version: f"{holder}.{path}" for version, path in its.region.items()},
            object={version: f"{holder}.{path}" for version, path in its.object.items()},
            whole={f"{holder}.{path}": values for path, values in its.whole.items()},
        )

    def _find(self, path: Path, version: Version | None) -> tuple[Classification, bool, bool]:
        """Of an attribute, in the words of a version: its class, whether its ends may be told, and whether something
        further in it is classified by itself."""
        path = self._canonical(path, version)
        named = next((path[:n] for n in range(len(path), 0, -1) if path[:n] in self._classes), ())
        its = self._classes.get(named, self._otherwise)
        if named and named == self._holder and path != named:
            its = UNCLASSIFIED
        return its, path in self._ends, path in self._deeper

    def _canonical(self, path: Path, version: Version | None) -> Path:
        return canonical_path(path, self.of, version) if version is not None and self.of is not None else path


class Asked(NamedTuple):
    """What a path leads to: the name of the kind and the kind, where anybody has declared it; the version of TM Forum's
    API in whose words it is told; and whether a POST there is an act upon a record, and makes no new one."""

    name: str
    kind: Kind | None
    version: Version | None = None
    act: bool = False


class Kinds:
    """All kinds of a project: those that `access/fields.yaml` declares, and one for each topic that has a contract."""

    def __init__(self, declared: Declared, contracts: Mapping[str, Contract]) -> None:
        self._served = served()
        self._versions = {api.path(version): version for api in APIS for version in api.versions}
        self._kinds = {topic: _of_topic(topic, contract) for topic, contract in contracts.items()}
        of = {resource.name: resource for _, resource in self._served.values()}
        for name, kind in declared.kinds.items():
            contract = contracts.get(kind.contract)
            self._kinds[name] = _declared(name, kind, contract, of.get(name))
        self._enveloped = {topic: self._kinds[topic].enveloped() for topic in contracts}
        self._acts = {act: name for name, kind in declared.kinds.items() for act in kind.acts}

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds.values())

    def get(self, name: str) -> Kind | None:
        """The kind of a name, None where nobody has declared it."""
        return self._kinds.get(name)

    def at(self, place: Place) -> Asked:
        """What a path leads to. One whose beginning is none of an API's (because a slash in it is encoded, say, which
        the API would read in another way) leads to nothing that anybody has declared."""
        steps = [step for step in place.template.split("/") if step != "{id}"]
        version: Version | None = None
        if steps[1] == TMF:
            words = "/".join(steps[BASE:])
            version = self._versions.get("/".join(steps[:BASE]))
            _, resource = self._served.get("/".join(steps), (None, None))
            if version is None:
                return Asked(words, None)
            if resource is not None:
                words = resource.name
        elif steps[1] in DEPTHS:
            words = "/".join(steps[OWN_BASE:])
        else:
            return Asked(place.kind, None)
        if words == EVENTS:
            return Asked(place.within, self._enveloped.get(place.within), version)
        act = words in self._acts
        name = self._acts.get(words, words)
        while name not in self._kinds and "/" in name:
            name = name.rpartition("/")[0]
        return Asked(name, self._kinds.get(name), version, act)


def served() -> dict[str, tuple[Version, Resource]]:
    """The resources and tasks of TM Forum's APIs, by their paths."""
    found: dict[str, tuple[Version, Resource]] = {}
    for api in APIS:
        for version in api.versions:
            for resource in api.resources:
                found[f"{api.path(version)}/{resource.called(version)}"] = (version, resource)
            for task in api.tasks:
                found[f"{api.path(version)}/{task.resource.called(version)}"] = (version, task.resource)
    return found


def is_attribute(of: Resource, path: Path) -> bool:
    """Whether there is an attribute at a path in the record of a resource, or in one that is more special."""
    shapes = [shape_of(of, V5, record) for record in special((of.record,))]
    for step in path:
        found = [each.attributes[step] for each in shapes if step in each.attributes]
        if not found:
            return False
        if any(each.scalar in (Any, dict) for each in found):
            return True
        shapes = [shape(record, V5) for each in found for record in special(each.records)]
    return True


def contract_classes(contract: Contract) -> Classes:
    """How the fields of a contract are classified, by their paths."""
    return dict(_below(contract.event, ()))


def _below(field: Field, path: Path) -> Iterator[tuple[Path, Classification]]:
    for further in field.fields:
        yield (*path, further.name), further.classification
        yield from _below(further, (*path, further.name))
    for arm in field.arms:
        yield from _below(arm, path)
    if field.type == "array" and field.items is not None:
        yield from _below(field.items, path)


def _of_topic(topic: str, contract: Contract) -> Kind:
    return Kind(topic, contract.odcs.domain, contract_classes(contract), UNCLASSIFIED)


def _declared(name: str, kind: KindDeclared, contract: Contract | None, of: Resource | None) -> Kind:
    classes: Classes = {}
    if contract is not None:
        if kind.otherwise is None:
            classes = contract_classes(contract)
        for path, field in kind.fields.items():
            classes[tuple(path.split("."))] = contract.classification(field)
    classes |= {tuple(path.split(".")): its for path, its in kind.classes.items()}
    return Kind(name, kind.area, classes, kind.otherwise or UNCLASSIFIED, kind, of)
