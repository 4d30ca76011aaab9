"""From a KPI value to the raw lines: formula and version, counters, files, and the elements that they stood in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from trunkline.connect.archive import LONGEST, Archive, NotArchived
from trunkline.telco.model import Kpi, Source
from trunkline.telco.model.dn import CELL_CLASSES

MOST_LINES = 200  # of one element; the rest is named, not shown
GROUP = b"<measInfo"  # begins a group of counters (3GPP TS 32.435), and with it a new numbering


class RawLine(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """One line of the file: its number (from 1), the byte at which it begins, its text."""

    number: int
    offset: int
    text: str


class Evidence(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """One place that counters came from, and its raw lines; `note` says why there are none, or not all.

    `lines` are the element that holds the values. Where it numbers them, `names` are the lines before it that say
    which counter has which number: `<measType p="2">pmRrcConnEstabSucc</measType>`.
    """

    source: Source
    names: tuple[RawLine, ...] = ()
    lines: tuple[RawLine, ...] = ()
    note: str = ""


class Explanation(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """How a KPI value came to be: the value with its passport, and the raw lines behind each of its sources."""

    id: str
    kpi: Kpi
    evidence: tuple[Evidence, ...]


def explain(id: str, kpi: Kpi, archive: Archive) -> Explanation:
    """Walk from a KPI value to the raw lines in the archive."""
    counters = [_name_in_file(counter) for counter in kpi.passport.counters]
    evidence = tuple(_evidence(source, counters, archive) for source in kpi.passport.sources)
    return Explanation(id=id, kpi=kpi, evidence=evidence)


def _name_in_file(counter: str) -> str:
    """Formulas write `NRCellDU.pmX` where both parts of a cell count `pmX`."""
    cls, _, name = counter.partition(".")
    return name if cls in CELL_CLASSES else counter


def _evidence(source: Source, counters: list[str], archive: Archive) -> Evidence:
    if not source.archive:
        return Evidence(source=source, note="it came in by itself, not in a file")
    try:
        names = tuple(_names(source, counters, archive))
        lines = archive.lines(source.archive, offset=source.offset, count=MOST_LINES)
    except NotArchived:
        return Evidence(source=source, note="the file is not in the archive any more")
    shown = tuple(RawLine(number=line.number, offset=line.offset, text=line.text) for line in lines)
    element = _element(shown, source.offset)
    whole = len(element) < len(shown) or len(shown) < MOST_LINES
    note = "" if whole else f"only the first {MOST_LINES} lines are shown"
    return Evidence(source=source, names=names, lines=element, note=note)


def _names(source: Source, counters: list[str], archive: Archive) -> list[RawLine]:
    """The lines of the element's group before it that name one of `counters`."""
    named = re.compile(rb"(?<![\w.-])(?:%s)(?![\w.-])" % b"|".join(re.escape(name.encode()) for name in counters))
    found: list[RawLine] = []
    number, offset = 1, 0
    with archive.open(source.archive) as content:
        while offset < source.offset and (line := content.readline(LONGEST)):
            if GROUP in line:
                found.clear()
            if offset + len(line) <= source.offset and named.search(line):
                found.append(
                    RawLine(number=number, offset=offset, text=line.rstrip(b"\r\n").decode("utf-8", "replace"))
                )
            number += line.endswith(b"\n")
            offset += len(line)
    return found


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
        for line in (*evidence.names, *evidence.lines):
            yield f"  {line.number:>7} | {line.text}"
        if evidence.note:
            yield f"  ({evidence.note})"
