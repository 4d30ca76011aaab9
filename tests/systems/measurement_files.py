"""Measurement files made for tests, in each vendor's format, and what a reader must make of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from trunkline.quarantine import Rejected
from trunkline.systems import Origin
from trunkline.telco.model import Measurement

ORIGIN = Origin(system="lab", uri="file:///lab/pm.xml", archive="ab12")
END = datetime(2026, 3, 9, 14, 15, tzinfo=UTC)
Value = int | float | list[int | float | None] | None
Reader = Callable[[Any, Origin], Iterable[Any]]


@dataclass(frozen=True)
class Object:
    """One measured object: its native name, its values in the order of the group's counters."""

    name: str
    values: tuple[Value, ...]
    suspect: bool = False


@dataclass(frozen=True)
class Group:
    id: str
    counters: tuple[str, ...]
    objects: tuple[Object, ...]
    listed: bool = False


@dataclass(frozen=True)
class Node:
    local_dn: str
    groups: tuple[Group, ...]


def written(value: Value, nothing: str = "") -> str:
    if isinstance(value, list):
        return ",".join(written(item, nothing) for item in value)
    return nothing if value is None else repr(value)


def ts_32435(
    nodes: Iterable[Node],
    *,
    root: str = "measCollecFile",
    namespace: str = "http://www.3gpp.org/ftp/specs/archive/32_series/32.435#measCollec",
    vendor: str = "Testcom",
    dn_prefix: str = "DC=lab,SubNetwork=1",
    element: str = '<managedElement localDn={name} swVersion="R1"/>',
    end: str = "2026-03-09T15:15:00+01:00",
    before: str = '<?xml version="1.0" encoding="UTF-8"?>',
    nothing: str = "",
    space: str = "\n",
) -> str:
    """A file of TS 32.435, of 28.532 with another root and element, or of Huawei's with another namespace."""
    parts = [
        before,
        f"<{root} xmlns={quoteattr(namespace)}>",
        f'<fileHeader fileFormatVersion="32.435 V10.0" vendorName={quoteattr(vendor)} dnPrefix={quoteattr(dn_prefix)}>',
        '<fileSender localDn="x"/><measCollec beginTime="2026-03-09T15:00:00+01:00"/></fileHeader>',
    ]
    for node in nodes:
        parts += ["<measData>", element.format(name=quoteattr(node.local_dn))]
        for group in node.groups:
            parts += _info(group, end, nothing)
        parts.append("</measData>")
    parts.append(f'<fileFooter><measCollec endTime="2026-03-09T15:15:00+01:00"/></fileFooter></{root}>')
    return space.join(parts)


def _info(group: Group, end: str, nothing: str) -> list[str]:
    parts = [
        f'<measInfo measInfoId={quoteattr(group.id)}><job jobId="j1"/>',
        f'<granPeriod duration="PT900S" endTime="{end}"/><repPeriod duration="PT900S"/>',
    ]
    if group.listed:
        parts.append(f"<measTypes>{escape(' '.join(group.counters))}</measTypes>")
    else:
        parts += [f'<measType p="{p}">{escape(name)}</measType>' for p, name in enumerate(group.counters, 1)]
    for one in group.objects:
        texts = [written(value, nothing or ("NIL" if group.listed else "")) for value in one.values]
        results = (
            f"<measResults>{' '.join(texts)}</measResults>"
            if group.listed
            else "".join(f'<r p="{p}">{text}</r>' for p, text in enumerate(texts, 1))
        )
        suspect = "<suspect>true</suspect>" if one.suspect else ""
        parts.append(f"<measValue measObjLdn={quoteattr(one.name)}>{results}{suspect}</measValue>")
    return [*parts, "</measInfo>"]


def omes(groups: Iterable[Group], *, older: bool = False, start: str = "2026-03-09T15:00:00.000+01:00:00") -> str:
    """An OMeS file; in the `older` form with `baseId` and `localMoid`, and the target named after the element."""
    target = "NE-WBTS_1.0" if older else "PMTarget"
    parts = ['<?xml version="1.0"?>\n<OMeS version="2.3">', f'<PMSetup startTime="{start}" interval="15">']
    for group in groups:
        for one in group.objects:
            counters = "".join(f"<{n}>{written(v)}</{n}>" for n, v in zip(group.counters, one.values, strict=True))
            node, _, below = one.name.removeprefix("PLMN-PLMN/").partition("/")
            name = (
                f"<baseId>NE-{node}</baseId><localMoid>DN:NE-{below}</localMoid>"
                if older
                else f"<DN>{escape(one.name)}</DN>"
            )
            parts.append(
                f'<PMMOResult><MO dimension="network_element">{name}</MO>'
                f"<{target} measurementType={quoteattr(group.id)}>{counters}</{target}></PMMOResult>"
            )
    return "\n".join([*parts, "</PMSetup></OMeS>"])


def read_all(reader: Reader, content: str | bytes) -> tuple[list[Measurement], list[Rejected]]:
    """What a reader makes of a file: the measurements, and what it rejects."""
    data = content.encode() if isinstance(content, str) else content
    measurements: list[Measurement] = []
    rejected: list[Rejected] = []
    for record in reader(BytesIO(data), ORIGIN):
        (rejected if isinstance(record, Rejected) else measurements).append(record)
    return measurements, rejected


def told(measurements: Iterable[Measurement]) -> list[tuple[Any, ...]]:
    """What measurements say, without where they stood."""
    return [(m.dn, m.group, m.end_time, m.granularity, m.counters, m.suspect) for m in measurements]


def expected(nodes: Iterable[Node], dn: Callable[[Node, Object], str], end: datetime = END) -> list[tuple[Any, ...]]:
    return [
        (dn(node, one), group.id, end, 900, dict(zip(group.counters, one.values, strict=True)), one.suspect)
        for node in nodes
        for group in node.groups
        for one in group.objects
    ]


def later(minutes: int) -> datetime:
    return END + timedelta(minutes=minutes)
