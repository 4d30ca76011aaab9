"""Records by where they lie: lists are kept to the regions of the caller, and what lies elsewhere is not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from trunkline.security.access.kinds import Asked, Kind
from trunkline.store.query import Path
from trunkline.tmf.declaration import Version

NOWHERE: Final = "-"
"""No region: so that a list asked for other regions than the caller's is empty."""
OWN: Final = "v1"
"""The version of the APIs that are not TM Forum's."""


def region_of(record: Any, kind: Kind, version: Version | None, known: frozenset[str]) -> str:
    """The region in which a record says that it lies; "" where it says none."""
    path = kind.declared.region.get(version.value if version else OWN)
    return next((value for value in _values(record, tuple(path.split("."))) if value in known), "") if path else ""


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
    kept = sorted(asked_for - elsewhere) or [NOWHERE]
    others = [(name, value) for name, value in pairs if name != parameter]
    return urlencode([*others, *((parameter, region) for region in kept)]).encode()


def _values(record: Any, path: Path) -> Iterator[str]:
    if isinstance(record, list):
        for each in record:
            yield from _values(each, path)
    elif path and isinstance(record, dict):
        yield from _values(record.get(path[0]), path[1:])
    elif isinstance(record, str):
        yield record
