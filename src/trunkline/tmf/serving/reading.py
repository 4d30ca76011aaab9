"""Documents told: one by its id, and lists of them."""

from __future__ import annotations

from trunkline.store import Query, StoreError, Unavailable
from trunkline.store.query import And, Compare, Operator
from trunkline.tmf.declaration import V5
from trunkline.tmf.errors import bad
from trunkline.tmf.filtering import condition, sort
from trunkline.tmf.selection import selection
from trunkline.tmf.serving import paging
from trunkline.tmf.serving.message import Answer, Request
from trunkline.tmf.serving.served import Served, etag, named


def got(served: Served, request: Request) -> Answer:
    """A document: 200, or 304 where `If-None-Match` names it as it is. Raises `Refusal` (404)."""
    selected = selection(request.only("fields").get("fields", ()))
    stored = served.found(served.store, request)
    tag = ("ETag", etag(stored))
    known = request.headers.get("if-none-match")
    if known is not None and named(stored, known, weak=True):
        return Answer(304, b"", (tag,))
    return Answer(200, served.told(request.base, selected)(stored), (tag,))


def listed(served: Served, request: Request) -> Answer:
    """A part of the list: 200 where it is all of it, 206 otherwise. Raises `Refusal`: 400 on what cannot be asked for,
    404 where there is nothing that these documents could stand within."""
    own = {"fields", "sort", "offset", "limit", *(paging.CURSORS if served.version is V5 else ())}
    parameters: dict[str, list[str]] = {}
    filters: list[tuple[str, str]] = []
    for name, value in request.query:
        if name in own:
            parameters.setdefault(name, []).append(value)
        else:
            filters.append((name, value))
    selected = selection(parameters.get("fields", ()))
    part = paging.part(parameters, served.version)
    where = condition(filters, served.of, served.version) if filters else None
    if served.of.parent:
        served.check_parent(served.store, request)
        of_parent = Compare((served.of.parent,), Operator.EQ, request.within)
        where = of_parent if where is None else And((of_parent, where))
    order = sort(",".join(parameters["sort"]), served.of, served.version) if "sort" in parameters else ()
    query = Query(served.of.name, where, order, part.offset, part.limit, part.after, part.before)
    try:
        found = served.store.find(query)
    except Unavailable:
        raise
    except StoreError as error:
        raise bad("badQuery", "the list cannot be given so", str(error)) from None
    body = b"[" + b",".join(map(served.told(request.base, selected), found.records)) + b"]"
    whole = found.complete and len(found.records) == found.total
    headers = paging.headers(request, f"{request.base}/{served.name}", part, found)
    return Answer(200 if whole else 206, body, headers)
