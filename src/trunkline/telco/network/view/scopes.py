"""The health of every scope (network, vendor, region, site, cell): now, and over its last records."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from trunkline.telco.model import Health, HealthStatus

# Records of history kept of each scope. Cells are many and change every period, the whole network is one and changes
# with every cell; at these depths 4,200 cells on 600 sites take about 200 MB at most.
KEPT = {"network": 2_000, "vendor": 2_000, "region": 1_000, "site": 96, "cell": 48}


class Scope(StrEnum):
    """What a health is about, from the whole to the part."""

    NETWORK = "network"
    VENDOR = "vendor"
    REGION = "region"
    SITE = "site"
    CELL = "cell"


class HealthSort(StrEnum):
    """An order of scopes; with `-` in front it runs backwards."""

    ID = "id"
    SCORE = "score"
    """The worst first."""

    @property
    def cursor(self) -> Any:
        """The type of a place in this order: what the order goes by, then the scope's id."""
        return tuple[float, str] if self is HealthSort.SCORE else tuple[str, str]


class HealthFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which scopes: every field given must match, by any of its values."""

    statuses: tuple[HealthStatus, ...] = ()
    vendors: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    technologies: tuple[str, ...] = ()

    def matches(self, health: Health) -> bool:
        return (
            (not self.statuses or health.status in self.statuses)
            and (not self.vendors or vendor_of(health) in self.vendors)
            and (not self.regions or region_of(health) in self.regions)
            and (not self.sites or site_of(health) in self.sites)
            and (not self.technologies or health.technology in self.technologies)
        )


Cursor = tuple[float | str, str]


class HealthPage(NamedTuple):
    """Some scopes in order, how many match in all, and the cursor of the next page (None: this is the last)."""

    scopes: list[Health]
    total: int
    next: Cursor | None


class Scopes:
    """Health by scope and id. Not thread-safe: `NetworkView` guards it."""

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(Health)
        self._current: dict[Scope, dict[str, Health]] = {scope: {} for scope in Scope}
        self._history: dict[str, deque[bytes]] = {}  # encoded: a third of the memory, and rarely read

    def put(self, records: Iterable[tuple[str, bytes]]) -> list[Health]:
        """Take records, each with its key, in order; return the last of each key, decoded."""
        last: dict[str, bytes] = {}
        for key, value in records:
            history = self._history.get(key)
            if history is None:
                history = self._history[key] = deque(maxlen=KEPT[key.partition(":")[0]])
            history.append(value)
            last[key] = value
        return [self._set(value) for value in last.values()]

    def begin(self, records: Iterable[bytes]) -> None:
        """Take records as what is in force, before any history."""
        for value in records:
            self._set(value)

    def _set(self, value: bytes) -> Health:
        health = self._decoder.decode(value)
        if _is_empty(health):
            self._current[Scope(health.scope)].pop(health.id, None)
        else:
            self._current[Scope(health.scope)][health.id] = health
        return health

    def get(self, scope: Scope, id: str) -> Health | None:
        return self._current[scope].get(id)

    def all(self, scope: Scope) -> list[Health]:
        return sorted(self._current[scope].values(), key=lambda health: health.id)

    def history(self, scope: Scope, id: str, since: datetime | None, until: datetime | None) -> list[Health]:
        """The records at or after `since` and before `until`, oldest first, led by the one in force at `since`."""
        found: list[Health] = []
        for value in reversed(self._history.get(f"{scope}:{id}", ())):
            health = self._decoder.decode(value)
            if until is not None and health.time >= until:
                continue
            found.append(health)
            if since is not None and health.time <= since:
                break
        return found[::-1]

    def page(
        self,
        scope: Scope,
        wanted: HealthFilter,
        sort: HealthSort,
        *,
        descending: bool,
        limit: int,
        after: Cursor | None = None,
    ) -> HealthPage:
        matching = [health for health in self._current[scope].values() if wanted.matches(health)]
        matching.sort(key=lambda health: _place(health, sort), reverse=descending)
        total = len(matching)
        if after is not None:
            sign = -1 if descending else 1
            matching = [h for h in matching if (_place(h, sort) > after) - (_place(h, sort) < after) == sign]
        more = len(matching) > limit
        page = matching[:limit]
        return HealthPage(page, total, _place(page[-1], sort) if more else None)


def vendor_of(health: Health) -> str:
    return health.id if health.scope == Scope.VENDOR else health.vendor


def region_of(health: Health) -> str:
    return health.id if health.scope == Scope.REGION else health.region


def site_of(health: Health) -> str:
    return health.id if health.scope == Scope.SITE else health.site


def _place(health: Health, sort: HealthSort) -> Cursor:
    return (health.score if sort is HealthSort.SCORE else health.id), health.id


def _is_empty(health: Health) -> bool:
    """A scope that has nothing in it any more: its cells turned out to stand elsewhere when the topology came."""
    parts = health.scope in (Scope.SITE, Scope.REGION, Scope.VENDOR)
    return parts and health.status is HealthStatus.UNKNOWN and not health.cells and not health.alarms
