"""Which part of a list is asked for, and how its answer says where the others are (TMF630, "Pagination").

`offset` and `limit` in both versions. v5 has cursors too: `after` and `before`, which a `Link` of an earlier answer
gives; they find their place at once, and miss nothing where documents come and go between two parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from trunkline.store import Found
from trunkline.tmf.declaration import V5, Version
from trunkline.tmf.errors import bad
from trunkline.tmf.serving.message import Request

LIMIT = 100
"""How many documents a part has where the request does not say."""
MOST = 1000
"""How many it has at most; a larger `limit` means these."""
MOST_OFFSET = 10_000_000
CURSORS = ("after", "before")

TOTAL = "X-Total-Count"
COUNT = "X-Result-Count"
INCOMPLETE = "X-Search-Complete"
"""`false` where no index answers the filter and only a bounded number of documents was looked at: the list may lack
some, and there are at least X-Total-Count. Absent otherwise."""


class Part(NamedTuple):
    """A part of a list."""

    offset: int
    limit: int
    after: str
    before: str
    by_cursor: bool
    """Whether its `Link`s have cursors: v5's do, unless the request counts by `offset`."""


def part(parameters: Mapping[str, list[str]], version: Version) -> Part:
    """The part that a request asks for. Raises `Refusal` (400)."""
    after, before = (_once(parameters, name) for name in CURSORS)
    if after and before:
        raise bad("badPaging", "after and before do not go together", "give one of them")
    if "offset" in parameters and (after or before):
        raise bad("badPaging", "offset does not go with a cursor", "give offset, or one of after and before")
    limit = _number(parameters, "limit", LIMIT, least=1, most=None)
    offset = _number(parameters, "offset", 0, least=0, most=MOST_OFFSET)
    by_cursor = version is V5 and "offset" not in parameters
    return Part(offset, min(limit, MOST), after, before, by_cursor)


def _number(parameters: Mapping[str, list[str]], name: str, default: int, *, least: int, most: int | None) -> int:
    text = _once(parameters, name)
    if not text:
        return default
    if not (text.isascii() and text.isdecimal()) or len(text) > 18 or int(text) < least:
        raise bad("badPaging", f"{name} is not a whole number from {least} on", repr(text[:100]))
    if most is not None and int(text) > most:
        raise bad("badPaging", f"{name} is larger than {most}", "narrow the list by a filter, or go on by cursors (v5)")
    return int(text)


def _once(parameters: Mapping[str, list[str]], name: str) -> str:
    values = parameters.get(name, [""])
    if len(values) > 1:
        raise bad("badPaging", f"{name} is given {len(values)} times", "give it once")
    return values[0]


def headers(request: Request, url: str, of: Part, found: Found) -> tuple[tuple[str, str], ...]:
    """What the answer's headers say of the list."""
    links = ", ".join(f'<{url}{query}>; rel="{relation}"' for relation, query in _links(request, of, found))
    counts = ((TOTAL, str(found.total)), (COUNT, str(len(found.records))), ("Link", links))
    return counts if found.complete else (*counts, (INCOMPLETE, "false"))


def _links(request: Request, of: Part, found: Found) -> list[tuple[str, str]]:
    kept = [(name, value) for name, value in request.query if name not in ("offset", *CURSORS)]

    def query(*place: tuple[str, str]) -> str:
        return f"?{urlencode([*kept, *place])}" if kept or place else ""

    full = len(found.records) == of.limit
    by_offset = not of.by_cursor
    links = [("self", f"?{urlencode(request.query)}" if request.query else "")]
    links.append(("first", query(("offset", "0")) if by_offset else query()))
    if by_offset:
        if of.offset > 0:
            links.append(("prev", query(("offset", str(max(0, min(of.offset, found.total) - of.limit))))))
        if of.offset + len(found.records) < found.total:
            links.append(("next", query(("offset", str(of.offset + of.limit)))))
    elif found.records:
        if of.after or (of.before and full):
            links.append(("prev", query(("before", found.first))))
        if of.before or (full and (of.after or found.total > len(found.records))):
            links.append(("next", query(("after", found.last))))
    if found.complete and found.total > 0:
        links.append(("last", query(("offset", str((found.total - 1) // of.limit * of.limit)))))
    return links
