"""Paging: offset and limit, the counts, the links; every record is visited once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

from trunkline.tmf.conformance.check import FILE, GUIDE_1, Failed, NotOffered, check, expect
from trunkline.tmf.conformance.client import Answer
from trunkline.tmf.conformance.subject import Subject
from trunkline.tmf.declaration import Operation

PAGES: Final = 20
"""So many pages are read, at most."""
AGAIN: Final = 3
"""A list that others change at the time may shift between two pages: it is read so many times before it is blamed."""


@dataclass(frozen=True)
class Walk:
    """Pages one after the other. `ended`: the last one is the list's last."""

    pages: list[Answer]
    limit: int
    ended: bool

    @property
    def ids(self) -> list[str]:
        return [str(record.get("id")) for page in self.pages for record in page.records]


@check("paging.limit", "limit= bounds the number of records in an answer", FILE, Operation.LIST)
def limit(subject: Subject) -> None:
    walk = _walk(subject)
    for page in walk.pages:
        expect(len(page.records) <= walk.limit, page, f"{walk.limit} records at most", f"{len(page.records)} records")


@check("paging.whole", "offset= and limit= visit every record of a list once", GUIDE_1, Operation.LIST)
def whole(subject: Subject) -> None:
    _visits(subject, _walk)


@check("paging.total", "X-Total-Count is the number of records that match in all, on each page", FILE, Operation.LIST)
def total(subject: Subject) -> None:
    walk = _walk(subject)
    for page in walk.pages:
        told = page.headers.get("x-total-count", "")
        expect(told.strip().isdecimal(), page, "a header X-Total-Count with a number", told or "none")
        if subject.scope and walk.ended:
            number = len(set(walk.ids))
            expect(int(told) == number, page, f"X-Total-Count: {number}, as many as the pages have in all", told)
        expect(int(told) >= len(page.records), page, "at least as many as the page has", told)


@check("paging.result", "X-Result-Count is the number of records in the answer", FILE, Operation.LIST)
def result(subject: Subject) -> None:
    for page in _walk(subject).pages:
        told = page.headers.get("x-result-count", "")
        expect(told.strip() == str(len(page.records)), page, f"X-Result-Count: {len(page.records)}", told or "none")


@check(
    "paging.link",
    "Link rel=next leads from page to page, and visits every record of a list once",
    "RFC 8288; " + GUIDE_1,
    Operation.LIST,
)
def link(subject: Subject) -> None:
    first = _walk(subject).pages[0]
    if "link" not in first.headers:
        raise NotOffered("the first of several pages has no Link header")
    _visits(subject, _by_links)


@check(
    "paging.malformed", "A limit or an offset that is no number is refused with 400 Bad Request", FILE, Operation.LIST
)
def malformed(subject: Subject) -> None:
    for query in ("limit=many", "offset=-1"):
        answer = subject.find(query)
        expect(answer.status == 400, answer, f"400, for {query} says nothing")


CHECKS = (limit, whole, total, result, link, malformed)


def _visits(subject: Subject, walk: Callable[[Subject], Walk]) -> None:
    for attempt in range(AGAIN):
        try:
            _visits_once(subject, walk(subject))
            return
        except Failed:
            if subject.scope or attempt == AGAIN - 1:
                raise


def _visits_once(subject: Subject, walk: Walk) -> None:
    seen: set[str] = set()
    for page in walk.pages:
        for record in page.records:
            id = str(record.get("id"))
            expect(id not in seen, page, "records that no page before had", f"{id} a second time")
            seen.add(id)
    if walk.ended:
        missing = [str(own["id"]) for own in subject.own if str(own["id"]) not in seen]
        expect(not missing, walk.pages[-1], f"{missing[0] if missing else ''} on one of the pages", "no page has it")


def _walk(subject: Subject) -> Walk:
    """Read a list by offset and limit, until a page brings nothing that is new."""
    limit = _limit(subject)
    pages: list[Answer] = []
    seen: set[str] = set()
    offset = 0
    while len(pages) < PAGES:
        query = [*subject.scope, ("offset", str(offset)), ("limit", str(limit))]
        page = subject.find(query)
        expect(page.status in (200, 206), page, "200, or 206 for a part")
        ids = {str(record.get("id")) for record in page.records}
        pages.append(page)
        if not ids or ids <= seen:
            return Walk(pages, limit, True)
        seen |= ids
        offset += len(page.records)
    return Walk(pages, limit, False)


def _by_links(subject: Subject) -> Walk:
    """Read a list by its links. A link to another host is read from the server under test all the same, by its path:
    it may stand behind a proxy, and no credentials go elsewhere."""
    limit = _limit(subject)
    page = subject.find([*subject.scope, ("limit", str(limit))])
    pages = [page]
    while len(pages) < PAGES:
        target = _next(page)
        if not target:
            return Walk(pages, limit, True)
        try:
            at = urlsplit(urljoin(page.request.url, target))
        except ValueError:
            raise Failed(page, "a Link whose target is a URL", target) from None
        page = subject.client.ask("GET", at.path, at.query)
        expect(page.status in (200, 206), page, "200 or 206, for a page's Link leads here")
        pages.append(page)
    return Walk(pages, limit, False)


def _limit(subject: Subject) -> int:
    """So many records on a page that several pages are needed."""
    if len(subject.known) < 2:
        raise NotOffered("the server has one record only, which needs no pages")
    if subject.own and subject.scope:
        return 2
    return 2 if len(subject.find([("limit", "100")]).records) < 2 * PAGES else 50


def _next(page: Answer) -> str:
    """The target of `rel=next` in a Link header (RFC 8288, clause 3); empty where there is none."""
    for part in page.headers.get("link", "").split("<")[1:]:
        target, closed, parameters = part.partition(">")
        for parameter in parameters.split(";"):
            name, _, value = parameter.strip().partition("=")
            relations = value.strip().rstrip(",").strip().strip('"').lower().split()
            if closed and name.strip().lower() == "rel" and "next" in relations:
                return target.strip()
    return ""
