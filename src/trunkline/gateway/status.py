"""How the gateway is: which plan is in force, what is wrong with a newer one, and what Envoy itself has refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec

from trunkline.gateway.envoy import files
from trunkline.gateway.envoy.admin import Admin, Unreachable
from trunkline.gateway.places import Places

_FILES: Final = {
    r"listener_manager\.lds": "listener",
    r"http\.gateway\.scoped_rds\.apis": "routes",
    r"cluster_manager\.cds": "clusters",
    r"extension_config_discovery\.http_filter\.jwt$": "keys of issuers",
    r"extension_config_discovery\.http_filter\.api-key": "keys of applications",
    r"extension_config_discovery\.http_filter\.jwt-revoked": "revoked tokens",
    r"sds\.listener-certificate": "certificate",
    r"sds\.client-authority": "authority of clients",
}
"""Envoy's names of what it reads from files, as regular expressions."""
_COUNTERS: Final = re.compile(r"(.+)\.update_(success|rejected|failure)")


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """The plan that holds, since when, when the operator's files were last taken up, and what is wrong in them."""

    revision: str
    since: datetime
    looked: datetime
    problems: list[str] = []


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """How often Envoy has taken a file, and has not, since it was started."""

    file: str
    taken: int
    rejected: int
    failed: int


class Standing(InForce, frozen=True, kw_only=True):
    """What is in force, and what a running Envoy says of its files; without `runs`, it does not answer."""

    runs: bool
    files: list[Taken] = []


def standing(places: Places) -> Standing | None:
    """How the gateway is; None where none has ever run."""
    said = in_force(places)
    if said is None:
        return None
    try:
        files = list(taken(Admin(places.admin)))
    except Unreachable:
        return Standing(**msgspec.structs.asdict(said), runs=False)
    return Standing(**msgspec.structs.asdict(said), runs=True, files=files)


def in_force(places: Places) -> InForce | None:
    """What the control plane said last; None where none has ever run."""
    try:
        return msgspec.json.decode(places.status.read_bytes(), type=InForce)
    except FileNotFoundError:
        return None


def tell(places: Places, revision: str, looked: datetime) -> None:
    """Say that the plan `revision` of the files as they were at `looked` is in force."""
    before = in_force(places)
    since = before.since if before and before.revision == revision else datetime.now(UTC)
    files.replace(places.status, msgspec.json.encode(InForce(revision=revision, since=since, looked=looked)))


def tell_problems(places: Places, problems: list[str], looked: datetime) -> None:
    """Say what is wrong with the operator's files; what was in force stays so."""
    if before := in_force(places):
        said = msgspec.structs.replace(before, looked=looked, problems=problems)
        files.replace(places.status, msgspec.json.encode(said))


def taken(admin: Admin) -> Iterator[Taken]:
    """Envoy's own counters, file by file. Raises `Unreachable`."""
    counted: dict[str, dict[str, int]] = {}
    for name, value in admin.stats(r"\.update_(success|rejected|failure)$").items():
        if found := _COUNTERS.fullmatch(name):
            counted.setdefault(found[1], {})[found[2]] = value
    for pattern, file in _FILES.items():
        for name, counters in counted.items():
            if re.search(pattern, name):
                yield Taken(
                    file=file, taken=counters["success"], rejected=counters["rejected"], failed=counters["failure"]
                )
