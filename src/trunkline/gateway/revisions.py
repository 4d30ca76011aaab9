"""Which rules held for each API lately, and where they were written then."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

from trunkline.gateway.envoy import files
from trunkline.gateway.places import Places
from trunkline.gateway.plan import Route, Rule

KEPT: Final = 50
"""How many revisions of an API are remembered."""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as it was: what it said, and where."""

    kind: str
    level: str
    file: str
    line: int
    says: dict[str, Any]
    shadow: bool = False


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of an API by the routes that they held for."""

    routes: dict[str, list[Written]]

    @property
    def name(self) -> str:
        """What it is called in the access log: the same rules in the same lines are the same revision."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:12]


def of(routes: Iterable[Route], project: Path) -> Revision:
    """The rules of an API's routes."""
    written: dict[int, Written] = {}  # a rule of many routes is put into words once
    found: dict[str, list[Written]] = {}
    for route in routes:
        for rule in route.rules:
            if id(rule) not in written:
                written[id(rule)] = _written(rule, project)
        found[route.name] = [written[id(rule)] for rule in route.rules]
    return Revision(routes=found)


def save(revision: Revision, api: str, places: Places) -> None:
    """Remember the rules of an API; forget its oldest."""
    file = _file(places, api, revision.name)
    if file.exists():
        file.touch()
        return
    for folder in (places.revisions, file.parent):
        folder.mkdir(mode=0o700, exist_ok=True)
    files.replace(file, msgspec.json.encode(revision), durable=False)
    by_age = sorted(file.parent.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    for old in by_age[:-KEPT]:
        old.unlink()


def load(api: str, name: str, places: Places) -> Revision | None:
    """The rules of an API that were saved under `name`; None where they are forgotten."""
    try:
        return msgspec.json.decode(_file(places, api, name).read_bytes(), type=Revision)
    except FileNotFoundError:
        return None


def _file(places: Places, api: str, name: str) -> Path:
    return places.revisions / api / f"{name}.json"


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
