"""How every object stands, and what that makes of the scopes above: sites, regions, vendors and the network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from heapq import nsmallest
from typing import Final, NamedTuple

from trunkline.telco.model import Health, HealthStatus, Reason
from trunkline.telco.network.health.judgement import BEST, MOST_REASONS, RANK, Judgement, worst, worst_first
from trunkline.telco.network.health.rollup import RollUp, Share
from trunkline.telco.network.health.rules import HealthRules
from trunkline.telco.network.topology import UNKNOWN, Place, object_name

Scope = tuple[str, str]
"""A scope's kind and id: `("region", "Antwerpen")`."""
NETWORK: Final[Scope] = ("network", "network")
UNWELL: Final = (HealthStatus.CRITICAL, HealthStatus.DEGRADED)
SCORE_DIGITS: Final = 1


class Standing(NamedTuple):
    """Where an object stands, how it is judged, and what it gives to its scopes. `kpis` are a cell's own values."""

    place: Place
    judgement: Judgement
    share: Share
    kpis: Mapping[str, float | None]

    @property
    def is_cell(self) -> bool:
        return self.share.status is not None

    @property
    def above(self) -> frozenset[Scope]:
        """The scopes above its site."""
        return scopes_above(self.place)

    @property
    def scopes(self) -> set[Scope]:
        """Its site and the scopes above."""
        return {("site", self.place.site), *self.above}


@cache
def scopes_above(place: Place) -> frozenset[Scope]:
    """The region, the vendor and the network of a place."""
    vendor: set[Scope] = {("vendor", place.vendor)} if place.vendor else set()
    return frozenset(vendor | {("region", place.region), NETWORK})


class Standings:
    """The standing of each cell and node, and the sums of each scope. `scales` are those of the KPI formulas."""

    def __init__(self, rules: HealthRules, scales: Mapping[str, float]) -> None:
        self._rules, self._scales = rules, scales
        self._standings: dict[str, Standing] = {}
        self._objects: defaultdict[str, dict[str, None]] = defaultdict(dict)  # of each site
        self._roll_ups: defaultdict[Scope, RollUp] = defaultdict(RollUp)
        self._above: dict[str, frozenset[Scope]] = {}  # each site's scopes above
        self._unwell: defaultdict[Scope, dict[str, Health]] = defaultdict(dict)  # the sites of each scope above

    def put(self, name: str, standing: Standing) -> set[Scope]:
        """Let an object stand as it does now; return the scopes above it that this touches, before and after."""
        before = self._standings.get(name)
        left = before.scopes if before else set()
        for scope in left | standing.scopes:
            self._roll_ups[scope].replace(
                before.share if before and scope in left else None, standing.share if scope in standing.scopes else None
            )
        if before is not None:
            del self._objects[before.place.site][name]
        self._standings[name] = standing
        self._objects[standing.place.site][name] = None
        return left | standing.scopes

    def cell(self, name: str, time: datetime) -> Health:
        """The health of a cell as of `time`."""
        standing = self._standings[name]
        place, judgement = standing.place, standing.judgement
        return Health(
            scope="cell",
            id=name,
            status=judgement.status,
            score=round(judgement.score, SCORE_DIGITS),
            time=time,
            vendor=place.vendor,
            region=place.region,
            site=place.site,
            technology=place.technology,
            alarms=dict(standing.share.alarms),
            kpis=dict(standing.kpis),
            reasons=judgement.reasons,
        )

    def site(self, site: str, time: datetime) -> Health:
        """The health of a site: its cells together, and the alarms on its nodes.

        To be asked for before the scopes above it, whose reasons are those of their worst sites.
        """
        members = [self._standings[name] for name in self._objects[site]]
        nodes = [member for member in members if not member.is_cell]
        roll_up = self._roll_ups["site", site]
        status = worst((roll_up.status(self._rules.shares("site")), *(node.judgement.status for node in nodes)))
        score = (roll_up.score if roll_up.known else BEST) - sum(BEST - node.judgement.score for node in nodes)
        health = Health(
            scope="site",
            id=site,
            status=status,
            score=0.0 if status is HealthStatus.UNKNOWN else round(max(0.0, score), SCORE_DIGITS),
            time=time,
            vendor=_only({member.place.vendor for member in members} - {""}),
            region=_only({member.place.region for member in members} - {UNKNOWN}) or UNKNOWN,
            technology=_only({member.place.technology for member in members if member.is_cell}),
            cells=roll_up.cells,
            alarms=roll_up.alarms,
            kpis=roll_up.kpis(self._scales),
            reasons=worst_first(reason for member in members for reason in member.judgement.reasons),
        )
        above = frozenset(scope for member in members for scope in member.above)
        for scope in self._above.get(site, frozenset()) | above:
            if scope in above and status in UNWELL:
                self._unwell[scope][site] = health
            else:
                self._unwell[scope].pop(site, None)
        self._above[site] = above
        return health

    def whole(self, scope: Scope, time: datetime) -> Health:
        """The health of a region, a vendor or the network."""
        kind, id = scope
        roll_up = self._roll_ups[scope]
        return Health(
            scope=kind,
            id=id,
            status=roll_up.status(self._rules.shares(kind)),
            score=round(roll_up.score, SCORE_DIGITS),
            time=time,
            vendor=id if kind == "vendor" else "",
            region=id if kind == "region" else "",
            cells=roll_up.cells,
            alarms=roll_up.alarms,
            kpis=roll_up.kpis(self._scales),
            reasons=self._reasons(scope),
        )

    def health(self, scope: Scope, time: datetime) -> Health:
        """The health of any scope as of `time`."""
        kind, id = scope
        if kind == "cell":
            return self.cell(id, time)
        return self.site(id, time) if kind == "site" else self.whole(scope, time)

    def _reasons(self, scope: Scope) -> tuple[Reason, ...]:
        """The first reason of each of the worst sites; of a vendor only what is about the vendor's own objects."""
        unwell = self._unwell[scope].values()
        sites = nsmallest(MOST_REASONS, unwell, key=lambda site: (RANK[site.status], site.score, site.id))
        firsts = (next((reason for reason in site.reasons if self._is_in(reason, scope)), None) for site in sites)
        return tuple(reason for reason in firsts if reason is not None)

    def _is_in(self, reason: Reason, scope: Scope) -> bool:
        if scope[0] != "vendor":
            return True
        standing = self._standings.get(object_name(reason.dn))
        return standing is not None and standing.place.vendor == scope[1]


def _only(values: set[str]) -> str:
    """The one value that there is; "" where there is none, or more than one."""
    return next(iter(values)) if len(values) == 1 else ""
