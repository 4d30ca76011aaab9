"""From a KPI value to the raw lines: formula and version, counters, files, and the elements that they stood in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from trunkline.connect.archive import Archive, NotArchived
from trunkline.telco.model import Kpi, Source

MOST_LINES = 200  # of one element; the rest is named, not shown


class RawLine(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """One line of the file: its number (from 1), the byte at which it begins, its text."""

    number: int
    offset: int
    text: str


class Evidence(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """One place that counters came from, and its raw lines; `note` says why there are none, or not all."""

    source: Source
    lines: tuple[RawLine, ...] = ()
    note: str = ""


class Explanation(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """How a KPI value came to be: the value with its passport, and the raw lines behind each of its sources."""

    id: str
    kpi: Kpi
    evidence: tuple[Evidence, ...]


def explain(id: str, kpi: Kpi, archive: Archive) -> Explanation:
    """Walk from a KPI value to the raw lines in the archive."""
    return Explanation(id=id, kpi=kpi, evidence=tuple(_evidence(source, archive) for source in kpi.passport.sources))


def _evidence(source: Source, archive: Archive) -> Evidence:
    if not source.archive:
        return Evidence(source=source, note="it came in by itself, not in a file")
    try:
        lines = archive.lines(source.archive, offset=source.offset, count=MOST_LINES)
    except NotArchived:
        return Evidence(source=source, note="the file is not in the archive any more")
    shown = tuple(RawLine(number=line.number, offset=line.offset, text=line.text) for line in lines)
    element = _element(shown, source.offset)
    whole = len(element) < len(shown) or len(shown) < MOST_LINES
    return Evidence(source=source, lines=element, note="" if whole else f"only the first {MOST_LINES} lines are shown")


def _element(lines: tuple[RawLine, ...], offset: int) -> tuple[RawLine, ...]:
    """The lines of the XML element that begins at `offset`; all of them where no element begins there."""
    if not lines:
        return ()
    first = lines[0].text.encode("utf-8", "backslashreplace")[offset - lines[0].offset :].decode("utf-8", "replace")
    tag = re.match(r"<([^\s/>]+)", first)
    if tag is None:
        return lines
    end = f"</{tag[1]}>"
    for count, line in enumerate(lines):
        text = line.text if count else first
        if end in text or (not count and re.match(r"<[^>]*/>", text)):
            return lines[: count + 1]
    return lines


def as_text(explanation: Explanation) -> Iterator[str]:
    """The explanation as lines for a terminal."""
    kpi, passport = explanation.kpi, explanation.kpi.passport
    value = "no value (nothing was asked of the cell)" if kpi.value is None else f"{kpi.value:.6g} {kpi.unit}"
    yield f"{kpi.name} of {kpi.dn}"
    yield f"  {value} in the {kpi.granularity} s to {kpi.end_time.isoformat()}"
    if kpi.suspect:
        yield "  suspect: the equipment itself doubts these counters"
    yield f"formula {passport.formula}, version {passport.version}"
    yield f"  {passport.expression}"
    yield "counters"
    for name, counted in passport.counters.items():
        yield f"  {name} = {counted}"
    for evidence in explanation.evidence:
        yield f"source {evidence.source.uri}, line {evidence.source.line}, byte {evidence.source.offset}"
        for line in evidence.lines:
            yield f"  {line.number:>7} | {line.text}"
        if evidence.note:
            yield f"  ({evidence.note})"
