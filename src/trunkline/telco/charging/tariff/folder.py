"""The operator's folder `tariffs/`: loaded for charging, and checked, each problem with its file and line."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from trunkline.document import Invalid, Problem
from trunkline.streams import Rejection
from trunkline.telco.charging.tariff.reading import read
from trunkline.telco.charging.tariff.sources import Sources
from trunkline.telco.charging.tariff.version import Version

FOLDER: Final = "tariffs"
DRAFTS: Final = "drafts"


class Tariffs:
    """All tariffs of the operator, with all their versions."""

    def __init__(self, versions: Mapping[str, Sequence[Version]]) -> None:
        """`versions` of each tariff in the order of time."""
        self.versions = versions
        self._since = {id: [version.since for version in of] for id, of in versions.items()}

    def at(self, id: str, time: datetime) -> Version:
        """The version that was valid then. Raises `Rejection`: `tariff.unknown`, `tariff.not-valid`."""
        since = self._since.get(id)
        if since is None:
            raise Rejection("tariff.unknown", f"there is no tariff `{id}`: tariffs/plans and tariffs/packs have none")
        index = bisect_right(since, time) - 1
        version = self.versions[id][max(index, 0)]
        if index < 0 or (version.until is not None and time >= version.until):
            raise Rejection("tariff.not-valid", f"no version of the tariff `{id}` was valid at {time.isoformat()}")
        return version


def load(folder: Path) -> Tariffs:
    """The tariffs in the folder `tariffs/` of a project, without drafts; none where there is no such folder.

    Raises `Invalid`; a draft that is wrong keeps nobody from being charged.
    """
    versions, problems = read(folder)
    if problems:
        raise Invalid(problems)
    return Tariffs(versions)


def drafts(folder: Path) -> dict[str, Path]:
    """The files of draft tariffs in the folder, by name."""
    return {path.stem: path for path in Sources(folder).files(DRAFTS)}


def load_with(folder: Path, draft: Path) -> Tariffs:
    """The tariffs with a draft in the place of the plan that it replaces. Charging never has them. Raises `Invalid`."""
    versions, problems = read(folder, draft)
    if problems:
        raise Invalid(problems)
    return Tariffs(versions)


def check(folder: Path) -> list[Problem]:
    """Everything that is wrong with the tariffs: gaps, overlaps, what is never reached, unknown names; [] when fit.

    Each draft is checked as if it were in the place of its plan.
    """
    problems = set(read(folder)[1])
    sources = Sources(folder)
    for path in sources.files(DRAFTS):
        problems.update(read(folder, path)[1])
    return sorted(problems.union(sources.problems))
