"""The network as a table: vendor by region, each with its cells, its score, and its worst sites and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

import msgspec

from trunkline.telco.model import Health, HealthStatus, Reason

WORST = 3  # sites named in each row


class OverviewRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One vendor in one region. `score` is the mean over its cells; `worst` are the sites that fall short."""

    vendor: str
    region: str
    sites: int
    cells: dict[str, int]
    score: float | None
    worst: tuple[Health, ...]


def overview(sites: Iterable[Health]) -> list[OverviewRow]:
    """Rows for the sites' health, ordered by vendor and region."""
    groups: defaultdict[tuple[str, str], list[Health]] = defaultdict(list)
    for site in sites:
        groups[site.vendor, site.region].append(site)
    return [_row(vendor, region, groups[vendor, region]) for vendor, region in sorted(groups)]


def why(site: Health) -> str:
    """A site's gravest reason in a few words, `Accessibility 81.2 % < 95`."""
    return _text(site.reasons[0]) if site.reasons else site.status


def _row(vendor: str, region: str, sites: list[Health]) -> OverviewRow:
    cells: Counter[str] = Counter()
    weighted = weight = 0.0
    for site in sites:
        cells.update(site.cells)
        judged = sum(count for status, count in site.cells.items() if status != HealthStatus.UNKNOWN)
        weighted += site.score * judged
        weight += judged
    ill = [site for site in sites if site.status in (HealthStatus.CRITICAL, HealthStatus.DEGRADED)]
    return OverviewRow(
        vendor=vendor,
        region=region,
        sites=len(sites),
        cells=dict(cells),
        score=weighted / weight if weight else None,
        worst=tuple(sorted(ill, key=lambda site: (site.score, site.id))[:WORST]),
    )


def _text(reason: Reason) -> str:
    if reason.kind != "kpi" or reason.value is None or reason.threshold is None:
        return f"{reason.severity} {reason.name}".strip()
    sign = "<" if reason.value < reason.threshold else ">"
    return f"{reason.name} {reason.value:.1f} {reason.unit} {sign} {reason.threshold:g}"
