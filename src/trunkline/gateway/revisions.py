"""Which rules held in each plan that was in force lately, and where they were written then."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from trunkline.gateway.envoy import files
from trunkline.gateway.places import Places
from trunkline.gateway.plan import Plan, Rule

KEPT: Final = 50


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as it was: what it said, and where."""

    kind: str
    level: str
    file: str
    line: int
    says: dict[str, Any]
    shadow: bool = False


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """The rules by the routes that they held for."""

    routes: dict[str, list[Written]]


def of(plan: Plan, project: Path) -> Revision:
    """The plan's rules."""
    return Revision(routes={route.name: [_written(rule, project) for rule in route.rules] for route in plan.routes})


def save(revision: Revision, name: str, places: Places) -> None:
    """Remember the rules under `name`; forget the oldest."""
    places.revisions.mkdir(mode=0o700, exist_ok=True)
    files.replace(_file(places, name), msgspec.json.encode(revision))
    by_age = sorted(places.revisions.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    for old in by_age[:-KEPT]:
        old.unlink()


def load(name: str, places: Places) -> Revision | None:
    """The rules that were saved under `name`; None where they are forgotten."""
    try:
        return msgspec.json.decode(_file(places, name).read_bytes(), type=Revision)
    except FileNotFoundError:
        return None


def _file(places: Places, name: str) -> Path:
    return places.revisions / f"{name}.json"


def _written(rule: Rule, project: Path) -> Written:
    file = Path(rule.document.path)
    says = msgspec.to_builtins(rule.policy)
    return Written(
        kind=rule.policy.kind(),
        level=rule.level,
        file=str(file.relative_to(project) if file.is_relative_to(project) else file),
        line=rule.line,
        says={
            key: value for key, value in says.items() if key not in ("kind", "replaces", "final", "shadow") and value
        },
        shadow=rule.policy.shadow,
    )
