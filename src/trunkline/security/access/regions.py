"""Records by where they lie: lists are kept to the regions of the caller, and what lies elsewhere is not there.

A record says its region itself, or names the managed object that it is about, which the network's topology has a region
of. What says neither, or stands nowhere that is known, lies in the region `unknown`, which is nobody's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from trunkline.security.access.declared import KindDeclared
from trunkline.security.access.kinds import Asked, Kind
from trunkline.store.query import Path
from trunkline.tmf.declaration import Version

NOWHERE: Final = "-"
"""No region: so that a list asked for other regions than the caller's is empty."""
UNKNOWN: Final = "unknown"
"""The region of what lies in none that is known."""
OWN: Final = "v1"
"""The version of the APIs that are not TM Forum's."""

RegionOf = Callable[[str], str]
"""The region in which a managed object stands, by its DN; "" where that is not known."""


def nowhere(dn: str) -> str:
    """Of a network that nobody has told of."""
    return ""


def has_regions(declared: KindDeclared) -> bool:
    """Whether records of a kind lie in regions."""
    return bool(declared.region or declared.object)


class Whereabouts:
    """Where records lie. `known` are the operator's regions."""

    def __init__(self, known: frozenset[str], region_of: RegionOf = nowhere) -> None:
        self.known, self._region_of = known, region_of

    def region(self, record: Any, kind: Kind, version: Version | None) -> str:
        """The region of a record; "" where records of the kind lie in none, or it tells of the whole network."""
        declared = kind.declared
        if not has_regions(declared) or any(
            value in values for path, values in declared.whole.items() for value in _values(record, _steps(path))
        ):
            return ""
        said = next((value for value in _at(record, declared.region, version) if value in self.known), "")
        if not said:
            said = self._region_of(next(_at(record, declared.object, version), ""))
        return said if said in self.known else UNKNOWN


def narrowed(query: bytes, asked: Asked, elsewhere: frozenset[str], known: frozenset[str]) -> bytes:
    """The query of a list, with a condition that keeps out the regions `elsewhere`."""
    kind = asked.kind
    if kind is None or not elsewhere or not kind.declared.lists:
        return query
    parameter = kind.declared.region[asked.version.value if asked.version else OWN]
    if kind.declared.lists == "leaveOut":
        values = ",".join('"{}"'.format(region.replace('"', '""')) for region in sorted(elsewhere))
        return b"&".join(filter(None, (query, f"{parameter}.ne={quote(values)}".encode())))
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=200)
    asked_for = {value for name, value in pairs if name == parameter} or known
    kept = sorted(asked_for & known - elsewhere) or [NOWHERE]
    others = [(name, value) for name, value in pairs if name != parameter]
    return urlencode([*others, *((parameter, region) for region in kept)]).encode()


def _at(record: Any, paths: dict[Any, str], version: Version | None) -> Iterator[str]:
    """What stands at the path of a version; a topic's records are told of in one way, by every API."""
    path = paths.get(version.value if version else OWN) or paths.get(OWN, "")
    return _values(record, _steps(path)) if path else iter(())


def _steps(path: str) -> Path:
    return tuple(path.split("."))


def _values(record: Any, path: Path) -> Iterator[str]:
    if isinstance(record, list):
        for each in record:
            yield from _values(each, path)
    elif path and isinstance(record, dict):
        yield from _values(record.get(path[0]), path[1:])
    elif isinstance(record, str):
        yield record
