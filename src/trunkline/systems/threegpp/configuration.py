"""Bulk CM files (TS 32.616; generic NRM TS 28.623, E-UTRAN 28.659, NR and 5GC 28.541): XML in, network resources out.

Each managed object is an element named after its class, with its `id`, its `attributes` and the objects below it. Site,
region, vendor, coordinates and technology are inherited from the nearest object above that gives them. Objects of a
vendor's own stand in a `VsDataContainer`, whose `vsDataType` is their class where it names one (`vsDataSectorCarrier`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import BinaryIO

from trunkline.quarantine import Rejected
from trunkline.systems.system import Origin
from trunkline.systems.threegpp.objects import canonical
from trunkline.systems.threegpp.values import moment
from trunkline.systems.xml import DAMAGED, Close, Element, Node, Open, Shape, Walker, starts, uncompressed
from trunkline.telco.model import NetworkResource

SHAPE = Shape(
    boundaries={
        "bulkCmConfigDataFile": frozenset(),
        "configData": frozenset({"bulkCmConfigDataFile"}),
        "SubNetwork": frozenset({"configData"}),
        "MeContext": frozenset({"SubNetwork"}),
        "ManagedElement": frozenset({"SubNetwork", "MeContext", "configData"}),
    },
    wholes=frozenset({"attributes"}),
)
MOST_ATTRIBUTES = 1_000  # of one object
LONGEST_VALUE = 4_096  # characters of one attribute
LONGEST_NAME = 1_000  # characters of an object's name
_FOOTER = 4_096  # bytes at the file's end in which the footer is looked for
UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)
TECHNOLOGIES = (("EUtran", "LTE"), ("ENB", "LTE"), ("NRCell", "NR"), ("GNB", "NR"))


def matches(head: bytes) -> bool:
    """Whether a file's first bytes are of a bulk CM file."""
    root = next(starts(head), None)
    return root is not None and root.name == "bulkCmConfigDataFile"


def read(stream: BinaryIO, origin: Origin) -> Iterator[NetworkResource | Rejected]:
    """Yield one resource per managed object, those above before those below.

    Their time is `fileFooter@dateTime`, which stands at the file's end: `stream` must be seekable for it to be known,
    and it is 1970 where the file does not tell it.
    """
    time = _date_time(stream, origin)
    walker = Walker(stream, origin, SHAPE)
    prefix, vendor = "", ""
    above: list[_Object | None] = []  # what is open, None for what is no managed object
    for event in walker:
        if type(event) is Open:
            parent = next((one for one in reversed(above) if one is not None), None)
            if parent is not None and not parent.told:
                yield parent.tell(origin, time)
            if event.name == "fileHeader":
                vendor = event.attributes.get("vendorName", "")[:LONGEST_VALUE]
            elif event.name == "configData":
                prefix = event.attributes.get("dnPrefix", "")
            above.append(_begin(event, parent, prefix, vendor) if "id" in event.attributes else None)
        elif type(event) is Element:
            one = above[-1] if above else None
            if event.name == "attributes" and one is not None and not one.told:
                yield from one.describe(event, origin, walker)
                yield one.tell(origin, time)
        elif type(event) is Close:
            one = above.pop() if above else None
            if one is not None and not one.told:
                yield one.tell(origin, time)
        elif type(event) is Rejected:
            yield event


@dataclass(slots=True)
class _Object:
    """A managed object that is being read, with what it inherits."""

    cls: str
    id: str
    parent: str
    """The native DN of the object above."""
    offset: int
    line: int
    vendor: str = ""
    site: str = ""
    region: str = ""
    technology: str = ""
    latitude: float | None = None
    longitude: float | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    told: bool = False

    @property
    def native_dn(self) -> str:
        step = f"{self.cls}={self.id.replace(',', chr(92) + ',')}"
        return f"{self.parent},{step}" if self.parent else step

    def describe(self, element: Element, origin: Origin, walker: Walker) -> Iterator[Rejected]:
        """Take the object's attributes, and from them what the objects below inherit."""
        dropped: list[str] = []
        _flatten(element.children, "", self.attributes, dropped)
        if dropped:
            raw = walker.raw(element)
            message = (
                f"{self.native_dn[:200]}: {', '.join(dropped[:10])} is longer than {LONGEST_VALUE} characters, or "
            )
            message += f"there are more than {MOST_ATTRIBUTES} attributes: {len(dropped)} were left out."
            yield origin.rejected(
                "attribute.too-long",
                message,
                offset=element.offset,
                length=len(raw),
                line=element.line,
                part=raw,
                target=NetworkResource.topic,
            )
        given = self.attributes
        kind = given.get("vsDataType", "")
        if self.cls == "VsDataContainer" and kind.startswith("vsData") and kind.isalnum():
            self.cls = kind.removeprefix("vsData") or self.cls
        last = {name.rpartition(".")[2]: value for name, value in given.items()}
        self.vendor = given.get("vendorName") or self.vendor
        self.site = last.get("siteIdentification") or given.get("locationName") or self.site
        if self.cls == "SubNetwork":
            self.region = given.get("userLabel") or self.region
        latitude, longitude = _degrees(last.get("siteLatitude"), 90), _degrees(last.get("siteLongitude"), 180)
        if latitude is not None and longitude is not None:
            self.latitude, self.longitude = latitude, longitude

    def tell(self, origin: Origin, time: datetime) -> NetworkResource | Rejected:
        self.told = True
        native = self.native_dn
        if DAMAGED in native or len(native) > LONGEST_NAME:
            message = f"The name {native[:200]!r} has damaged bytes or is too long."
            return origin.rejected("resource.name", message, offset=self.offset, line=self.line,
                                   target=NetworkResource.topic)  # fmt: skip
        return NetworkResource(
            dn=canonical(native),
            native_dn=native,
            cls=self.cls,
            vendor=self.vendor,
            system=origin.system,
            user_label=self.attributes.get("userLabel", ""),
            site=self.site,
            region=self.region,
            technology=self.technology,
            latitude=self.latitude,
            longitude=self.longitude,
            attributes=self.attributes,
            time=time,
            source=origin.source(self.offset, self.line),
        )


def _begin(event: Open, parent: _Object | None, prefix: str, vendor: str) -> _Object:
    """An object as far as its tag and the objects above it tell."""
    name, identity = event.name, event.attributes["id"][: LONGEST_NAME + 1]
    technology = next((technology for start, technology in TECHNOLOGIES if name.startswith(start)), "")
    if parent is None:
        one = _Object(
            name, identity, prefix[:LONGEST_NAME], event.offset, event.line, vendor=vendor, technology=technology
        )
    else:
        one = replace(
            parent,
            cls=name,
            id=identity,
            parent=parent.native_dn[: LONGEST_NAME + 1],
            offset=event.offset,
            line=event.line,
            technology=technology or parent.technology,
            attributes={},
            told=False,
        )
    if name == "SubNetwork":
        one.region = identity
    return one


def _flatten(nodes: Sequence[Node], above: str, attributes: dict[str, str], dropped: list[str]) -> None:
    """Attributes by their path, `peeParametersList.siteLatitude`; one that is repeated as a list with commas."""
    for name, _, text, children in nodes:
        path = f"{above}.{name}" if above else name
        if children:
            _flatten(children, path, attributes, dropped)
            continue
        value = text.strip().replace(DAMAGED, "\ufffd")
        if path in attributes:
            value = f"{attributes[path]},{value}"
        if len(value) > LONGEST_VALUE or (len(attributes) >= MOST_ATTRIBUTES and path not in attributes):
            dropped.append(path)
        else:
            attributes[path] = value


def _degrees(text: str | None, largest: int) -> float | None:
    try:
        degrees = float(text or "")
    except ValueError:
        return None
    return degrees if abs(degrees) <= largest else None


def _date_time(stream: BinaryIO, origin: Origin) -> datetime:
    """`fileFooter@dateTime`, read from the stream's end before anything else; the stream is where it was afterwards."""
    if not stream.seekable():
        return UNKNOWN_TIME
    begin = stream.tell()
    end = b""
    for chunk in uncompressed(stream, origin):
        if isinstance(chunk, bytes):
            end = (end + chunk)[-_FOOTER:]
    stream.seek(begin)
    # Without its zeros UTF-16 is as good as ASCII here.
    found = re.search(rb"""fileFooter\s[^>]*dateTime\s*=\s*["']([^"'<>]{,40})""", end.replace(b"\0", b""))
    try:
        return moment(found[1].decode("ascii")) if found else UNKNOWN_TIME
    except ValueError:
        return UNKNOWN_TIME
