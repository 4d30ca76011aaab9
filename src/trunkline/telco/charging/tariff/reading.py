"""From the files of `tariffs/` to versions of tariffs that can be used, and everything that is wrong on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple

from trunkline.document import Document, Problem
from trunkline.faults import Fault, Place
from trunkline.telco.charging.tariff import allowance
from trunkline.telco.charging.tariff.allowance import Given
from trunkline.telco.charging.tariff.coverage import Coverage
from trunkline.telco.charging.tariff.grid import Cell, Grid
from trunkline.telco.charging.tariff.others import Other, Others
from trunkline.telco.charging.tariff.plan import (
    PackVersion,
    PlanVersion,
    WrittenDraft,
    WrittenPack,
    WrittenPlan,
    WrittenVersion,
)
from trunkline.telco.charging.tariff.pricelist import Listed, made, read_lists
from trunkline.telco.charging.tariff.rate import Rate
from trunkline.telco.charging.tariff.sources import Sources
from trunkline.telco.charging.tariff.terms import Allowance
from trunkline.telco.charging.tariff.validity import Validity, disorder, validity
from trunkline.telco.charging.tariff.version import Version

EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


def read(folder: Path, draft: Path | None = None) -> tuple[dict[str, list[Version]], list[Problem]]:
    """The versions of each tariff in the order of time, as far as they can be used, and what is wrong with them.

    A `draft` takes the place of the plan that it names, as if it had always been valid.
    """
    if not folder.is_dir():
        return {}, []
    reading = _Reading(Sources(folder))
    packs = {path.stem: reading.tariff(path, WrittenPack) for path in reading.sources.files("packs")}
    plans = {path.stem: reading.tariff(path, WrittenPlan) for path in reading.sources.files("plans")}
    if draft is not None:
        plans |= reading.draft(draft, plans)
    reading.meet(plans, packs)
    return packs | plans, sorted(set(reading.sources.problems))


class _Frame(NamedTuple):
    """A version as it is read: where it stands, and what all of its parts need."""

    document: Document
    place: Place
    id: str
    name: str
    currency: str
    validity: Validity
    grid: Grid
    draft: bool


class _Drawn(NamedTuple):
    """An allowance of another plan that a version draws from."""

    version: Version
    document: Document
    place: Place
    allowance: str


class _Reading:
    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self._lists = read_lists(sources)
        self._draws: list[_Drawn] = []

    def tariff(self, path: Path, kind: type[WrittenPlan] | type[WrittenPack]) -> list[Version]:
        """The versions in a file, in its order."""
        found = self.sources.document(path, kind)
        if found is None:
            return []
        return self._versions(*found, path.stem)

    def draft(self, path: Path, plans: Mapping[str, list[Version]]) -> dict[str, list[Version]]:
        """The draft in a file, by the id of the plan in whose place it is; {} where it cannot be used."""
        found = self.sources.document(path, WrittenDraft)
        if found is None:
            return {}
        document, written = found
        if written.replaces not in plans:
            reason = f"`replaces`: there is no plan `{written.replaces}`: there are {', '.join(plans)}"
            self.sources.problems.append(document.problem(("replaces",), reason))
            return {}
        versions = self._versions(document, written, written.replaces, draft=True)
        for version in versions:
            version.since, version.until = EVER, None
        return {written.replaces: versions} if versions else {}

    def _versions(
        self, document: Document, written: WrittenPlan | WrittenPack, id: str, *, draft: bool = False
    ) -> list[Version]:
        self.sources.found(document, ("versions",), disorder(written.versions))
        versions = []
        for index, version in enumerate(written.versions):
            place: Place = ("versions", index)
            grid = self.sources.grid(document, place, version.zones, version.calendar)
            if grid is None:
                continue
            valid, wrong = validity(version, grid.calendar.zone)
            self.sources.found(document, place, wrong)
            if valid is not None:
                frame = _Frame(document, place, id, written.name, written.currency, valid, grid, draft)
                versions.append(self._version(frame, version))
        return versions

    def _version(self, frame: _Frame, written: WrittenVersion) -> Version:
        if isinstance(written, PackVersion):
            return self._made(frame, "pack", written.allowances, list(frame.grid.cells()), {})
        if isinstance(written, PlanVersion):
            return self._plan(frame, written)
        raise TypeError(written)

    def _plan(self, frame: _Frame, written: PlanVersion) -> Version:
        document, place = frame.document, frame.place
        before = len(self.sources.problems)
        own = made(self.sources, document, (*place, "rates"), written.rates, frame.currency, frame.grid)
        listed = self._list(frame, written)
        cells = [cell for cell in frame.grid.cells() if cell.use.service in written.services]
        coverage = Coverage(cells, own, listed.rates if listed else ())
        if listed and not frame.draft:  # a rate that a draft alone reaches is still one that no usage reaches
            listed.used(coverage)
        sound = len(self.sources.problems) == before and (listed is None or listed.sound)
        if sound:  # else what is missing may only be what is wrong
            self._covered(frame, own, listed, coverage)
        version = self._made(frame, "plan", written.allowances, cells, coverage.rates)
        self._draws += [
            _Drawn(version, document, (*place, "draws", index), id) for index, id in enumerate(written.draws)
        ]
        return version

    def _list(self, frame: _Frame, written: PlanVersion) -> Listed | None:
        """The price list that a version stands on, where there is one that fits."""
        listed = self._lists.get(written.prices)
        if listed is None:
            if written.prices:
                known = ", ".join(self._lists) or "none that can be used"
                reason = f"there is no price list `{written.prices}`: there are {known}"
                self.sources.found(frame.document, frame.place, [Fault(("prices",), reason)])
            return None
        for key in ("zones", "calendar"):
            if (theirs := getattr(listed.written, key)) != getattr(written, key):
                reason = f"must be `{theirs}`, as in the price list `{written.prices}`"
                self.sources.found(frame.document, frame.place, [Fault((key,), reason)])
        if listed.written.currency != frame.currency:
            reason = f"is in {listed.written.currency}, and this tariff in {frame.currency}"
            self.sources.found(frame.document, frame.place, [Fault(("prices",), reason)])
        return listed

    def _covered(self, frame: _Frame, own: Sequence[Rate], listed: Listed | None, coverage: Coverage) -> None:
        """Gaps, overlaps, and own rates that no usage reaches."""
        of_own = {rate.id: index for index, rate in enumerate(own)}
        of_list = {rate.id: index for index, rate in enumerate(listed.rates)} if listed else {}
        place: Place = (*frame.place, "rates")
        self.sources.found(frame.document, frame.place, [Fault(("rates",), text) for text in coverage.gaps_said()])
        for first, second, cell, is_own in coverage.overlaps:
            reason = f"`{second}` and `{first}` both say what this costs: {cell}"
            if is_own:
                self.sources.found(frame.document, place, [Fault((of_own[second],), reason)])
            elif listed:
                self.sources.found(listed.document, ("rates",), [Fault((of_list[second],), reason)])
        for id, index in of_own.items():
            if id in of_list:
                reason = f"the price list has a rate `{id}` too: name this one otherwise"
                self.sources.found(frame.document, place, [Fault((index, "id"), reason)])
            elif id not in coverage.reached:
                reason = f"no usage ever reaches the rate `{id}`: others take all that it is for, or it is not sold"
                self.sources.found(frame.document, place, [Fault((index,), reason)])

    def _made(
        self,
        frame: _Frame,
        kind: Literal["plan", "pack"],
        written: Sequence[Given],
        cells: Sequence[Cell],
        rates: Mapping[Cell, Rate],
    ) -> Version:
        allowances: list[Allowance] = []
        gives: dict[Cell, tuple[str, ...]] = {}
        for index, one in enumerate(written):
            place: Place = (*frame.place, "allowances", index)
            given = [cell for cell in cells if one.selects(cell)]
            usable, faults = allowance.make(one, frame.id, given)
            faults += one.faults(frame.grid)
            if not given and not faults:
                faults.append(Fault((), f"no usage ever reaches the allowance `{one.id}`"))
            if any(other.id == f"{frame.id}/{one.id}" for other in allowances):
                faults.append(Fault(("id",), f"there are two allowances `{one.id}`"))
            self.sources.found(frame.document, place, faults)
            if usable is not None:
                allowances.append(usable)
                for cell in given:
                    gives[cell] = (*gives.get(cell, ()), usable.id)
        return Version(
            id=frame.id,
            name=frame.name,
            kind=kind,
            currency=frame.currency,
            since=frame.validity.since,
            until=frame.validity.until,
            grid=frame.grid,
            rates=rates,
            allowances=tuple(allowances),
            gives=gives,
        )

    def meet(self, plans: Mapping[str, list[Version]], packs: Mapping[str, list[Version]]) -> None:
        """Let usages of plans draw from packs and from other plans; and see what no plan needs."""
        for id in plans.keys() & packs.keys():
            path = str(self.sources.folder / "plans" / f"{id}.yaml")
            self.sources.problems.append(Problem(path, 1, f"a pack is called `{id}` too: their ids are of one kind"))
        drawn = [(draw.version, other) for draw in self._draws if (other := self._other(draw, plans))]
        given = [Other(versions) for versions in packs.values() if versions]
        for version in (version for versions in plans.values() for version in versions):
            others = [*given, *(other for drawing, other in drawn if drawing is version)]
            version.others = Others(others, version.grid)
        for listed in self._lists.values():
            for index in listed.never_reached():
                reason = "no usage ever reaches this rate: the rates of the plans themselves take all that it is for"
                self.sources.found(listed.document, ("rates", index), [Fault((), reason)])

    def _other(self, drawn: _Drawn, plans: Mapping[str, list[Version]]) -> Other | None:
        """The plan that a version draws from; None, and why, where it may not."""
        versions = plans.get(drawn.allowance.partition("/")[0], [])
        theirs = [one for version in versions for one in version.allowances if one.id == drawn.allowance]
        reason = ""
        if not theirs:
            reason = f"no plan has an allowance `{drawn.allowance}`: write it like mobile-20/data"
        elif drawn.version.id == versions[0].id:
            reason = "is its own: name those of other plans"
        elif not all(one.shared for one in theirs):
            reason = f"`{drawn.allowance}` is not shared: say `shared: true` there"
        if reason:
            self.sources.found(drawn.document, drawn.place[:-2], [Fault(drawn.place[-2:], reason)])
            return None
        return Other(versions, drawn.allowance)
