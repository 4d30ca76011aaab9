"""Measurement files of 3GPP (TS 32.435 and its successor in TS 28.532): XML in, canonical measurements out.

`granPeriod` gives the end of the period. A result is paired with its counter by number (`measType@p`, `r@p`) or, in the
list form (`measTypes`, `measResults`), by its position. The measured object is `fileHeader@dnPrefix` and below it
`managedElement@localDn` (28.532: `measEntity`) and `measValue@measObjLdn`, without what one repeats of another.
Vendors that write this format with names of their own read it by a `Dialect`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from trunkline.quarantine import Rejected
from trunkline.systems.system import Origin
from trunkline.systems.threegpp import objects
from trunkline.systems.threegpp.values import Values, moment, seconds
from trunkline.systems.xml import DAMAGED, Element, Node, Open, Shape, Start, Walker, starts
from trunkline.telco.model import Dn, Measurement, Value

ROOTS = frozenset({"measCollecFile", "measDataFile"})
INFO = ("measInfo", "MeasInfo")
VALUE = ("measValue", "MeasValue")
SHAPE = Shape(
    boundaries={
        **dict.fromkeys(ROOTS, frozenset()),
        "measData": ROOTS,
        **dict.fromkeys(INFO, frozenset({"measData"})),
        **dict.fromkeys(("job", "granPeriod", "measType", "measTypes", *VALUE), frozenset(INFO)),
    },
    containers=frozenset({*ROOTS, "fileHeader", "fileFooter", "measData", *INFO}),
)
LONGEST_NAME = 1_000  # characters of a managed object's name; TS 32.300 allows 400


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a vendor does differently: how an object's name is put together, and what it is in canonical form.

    `vendor` is the canonical name; without it the file's `vendorName` is taken.
    """

    vendor: str
    native: Callable[[str, str, str, str], str]
    """Given `dnPrefix`, the managed element's `localDn` and `userLabel`, and `measObjLdn`."""
    canonical: Callable[[str], str]


@dataclass(slots=True)
class Place:
    """Where in a file the reader is: what was said above a measured object."""

    vendor: str = ""
    dn_prefix: str = ""
    element: str = ""
    """`localDn` of the managed element."""
    label: str = ""
    """`userLabel` of the managed element."""
    software: str = ""
    group: str = ""
    job: str = ""
    end_time: datetime | None = None
    granularity: int = 0
    trouble: str = ""
    """Why the measurements of this `measInfo` cannot be taken."""
    names: dict[str, str] = field(default_factory=dict)
    """Counters by their number `p`."""
    listed: list[str] = field(default_factory=list)
    """Counters by position."""
    begun: bool = False
    """A result was read, after which no counter can be named any more."""


def matches(head: bytes) -> bool:
    """Whether a file's first bytes are of this format."""
    return header(head) is not None


class Header(NamedTuple):
    """By what a vendor knows its own measurement files."""

    root: Start
    vendor_name: str


def header(head: bytes) -> Header | None:
    """The header in a file's first bytes, None where they are not of a measurement file."""
    elements = starts(head)
    root = next(elements, None)
    if root is None or root.name not in ROOTS:
        return None
    return Header(root, next((e.attributes.get("vendorName", "") for e in elements if e.name == "fileHeader"), ""))


def read(stream: BinaryIO, origin: Origin) -> Iterator[Measurement | Rejected]:
    """Yield one measurement per `measValue`, in the file's order; see `read_dialect`."""
    return read_dialect(stream, origin, THREEGPP)


def read_dialect(stream: BinaryIO, origin: Origin, dialect: Dialect) -> Iterator[Measurement | Rejected]:
    """Yield one measurement per `measValue`, in the file's order.

    A value that is no number, or has no counter's name, is yielded as `Rejected` and the rest of its object is taken;
    an object whose name or time is not known is rejected as a whole.
    """
    walker = Walker(stream, origin, SHAPE)
    place, values = Place(), Values()
    for event in walker:
        if type(event) is Element:
            if event.name in VALUE:
                place.begun = True
                result = _Result(event, place, origin, walker)
                measurement = result.measurement(dialect, values)
                if result.rejected:
                    yield from result.rejected
                if measurement is not None:
                    yield measurement
            else:
                _head(event, place)
        elif type(event) is Open:
            _open(event, place)
        elif type(event) is Rejected:
            yield event


def _open(container: Open, place: Place) -> None:
    """Forget what was said inside the container before."""
    name = container.name
    attributes = {key: value.replace(DAMAGED, "\ufffd") for key, value in container.attributes.items()}
    if name in INFO:
        place.group, place.job, place.trouble = attributes.get("measInfoId", ""), "", ""
        place.end_time, place.names, place.listed, place.begun = None, {}, [], False
    elif name == "measData":
        place.element = place.label = place.software = ""
    elif name == "fileHeader":
        place.vendor, place.dn_prefix = attributes.get("vendorName", ""), container.attributes.get("dnPrefix", "")
    elif name in ROOTS:
        place.vendor = place.dn_prefix = ""


def _head(element: Element, place: Place) -> None:
    """Take what is said of all results that follow."""
    name, attributes = element.name, element.attributes
    if name in ("managedElement", "measEntity"):
        place.element, place.label = attributes.get("localDn", ""), attributes.get("userLabel", "")
        place.software = attributes.get("swVersion", "").replace(DAMAGED, "\ufffd")
    elif name in ("granPeriod", "measType", "measTypes") and place.begun:
        place.trouble = f"<{name}> stands behind a result: the end of the <measInfo> before it was lost"
    elif name == "measType":
        p, counter = attributes.get("p", ""), element.text.strip()
        if DAMAGED not in counter and place.names.setdefault(p, counter) != counter:
            place.trouble = f'measType p="{p}" stands twice, for {place.names[p]} and {counter}'
    elif name == "measTypes":
        if place.listed:
            place.trouble = "<measTypes> stands twice"
        place.listed = element.text.split()
    elif name == "granPeriod":
        if place.end_time is not None:
            place.trouble = "<granPeriod> stands twice"
        try:
            place.end_time = moment(attributes.get("endTime") or attributes.get("endtime", ""))
            place.granularity = seconds(attributes.get("duration", ""))
        except ValueError as error:
            place.trouble = f"granPeriod: {error}"
    elif name == "job":
        place.job = attributes.get("jobId", "").replace(DAMAGED, "\ufffd")


class _Result:
    """One `measValue`, and what of it had to be rejected."""

    def __init__(self, element: Element, place: Place, origin: Origin, walker: Walker) -> None:
        self._element, self._place, self._origin, self._walker = element, place, origin, walker
        self.rejected: list[Rejected] = []

    def measurement(self, dialect: Dialect, values: Values) -> Measurement | None:
        element, place = self._element, self._place
        ldn = element.attributes.get("measObjLdn")
        native, dn = _names(dialect, place.dn_prefix, place.element, place.label, ldn or "")
        if ldn is None or not dn or place.end_time is None or place.trouble:
            self._unusable(ldn, dn)
            return None
        counters: dict[str, Value] = {}
        suspect = False
        names = place.names
        for child in element.children:
            name, attributes, text, _ = child
            if name == "r":
                try:
                    counter = names[attributes["p"]]
                    value = values[text]
                    if counter in counters:
                        raise ValueError(f"a second value, {text[:40]!r}")
                    counters[counter] = value
                except (KeyError, ValueError) as error:
                    self._refuse(child, error)
            elif name == "measResults":
                self._listed(child, values, counters)
            elif name == "suspect":
                suspect = text.strip() in ("true", "1")
        return Measurement(
            vendor=dialect.vendor or place.vendor,
            system=self._origin.system,
            dn=dn,
            native_dn=native,
            group=place.group,
            end_time=place.end_time,
            granularity=place.granularity,
            counters=counters,
            suspect=suspect,
            job=place.job,
            software=place.software,
            source=self._origin.source(element.offset, element.line),
        )

    def _listed(self, results: Node, values: Values, counters: dict[str, Value]) -> None:
        """The list form: each value belongs to the counter at its position, so both must have the same length."""
        names, texts = self._place.listed, results[2].split()
        if len(names) != len(texts):
            self._reject(results, "counter.positions", f"{len(names)} counters are named but {len(texts)} values given: "
                         "which value belongs to which counter is not known")  # fmt: skip
            return
        for name, text in zip(names, texts, strict=True):
            try:
                value = values[text]
            except ValueError as error:
                self._reject(results, "counter.not-a-number", f"{name}: {error}")
                continue
            if DAMAGED in name:
                self._reject(results, "counter.unnamed", f"the value {text[:40]!r} has no readable counter name")
            elif name in counters:
                self._reject(results, "counter.repeated", f"{name}: a second value, {text[:40]!r}")
            else:
                counters[name] = value

    # What is rejected

    def _unusable(self, ldn: str | None, dn: str) -> None:
        place = self._place
        if ldn is None:
            why = "measObjLdn is missing, so that whose values these are is not known"
        elif not dn:
            why = "the object's name has damaged bytes or is too long"
        else:
            why = place.trouble or "granPeriod is missing or was rejected, so that their time is not known"
        raw = self._walker.raw(self._element)
        self.rejected.append(
            self._rejection("measurement.unusable", f"measValue {(ldn or '')[:200]!r}: {why}.", 0, raw)
        )

    def _refuse(self, result: Node, error: KeyError | ValueError) -> None:
        """Reject one `r`, for what was wrong with it."""
        _, attributes, text, _ = result
        p = attributes.get("p", "")
        counter = self._place.names.get(p)
        if counter is None:
            message = f'the value {text[:40]!r} has p="{p[:40]}", for which there is no readable measType'
            self._reject(result, "counter.unnamed", message)
        else:
            reason = "counter.repeated" if "second" in str(error) else "counter.not-a-number"
            self._reject(result, reason, f"{counter}: {error}")

    def _reject(self, result: Node, reason: str, message: str) -> None:
        """Reject a value, with the place of its own tag in the file."""
        raw = self._walker.raw(self._element)
        same = [child for child in self._element.children if child[0] == result[0]]
        number = next(n for n, child in enumerate(same) if child is result)
        tags = re.finditer(rb"<(?:[\w.-]+:)?%s[\s/>]" % result[0].encode(), raw)
        begin = next((tag.start() for n, tag in enumerate(tags) if n == number), 0)
        end = raw.find(b"</", begin)
        end = raw.find(b">", end) + 1 if end >= 0 else len(raw)
        ldn = self._element.attributes.get("measObjLdn", "")
        self.rejected.append(self._rejection(reason, f"measValue {ldn[:200]!r}, {message}.", begin, raw[begin:end]))

    def _rejection(self, reason: str, message: str, begin: int, part: bytes) -> Rejected:
        before = self._walker.raw(self._element)[:begin]
        return self._origin.rejected(
            reason,
            message,
            offset=self._element.offset + begin,
            length=len(part),
            line=self._element.line + before.count(b"\n"),
            part=part,
            target=Measurement.topic,
        )


@lru_cache(maxsize=20_000)
def _names(dialect: Dialect, dn_prefix: str, element: str, label: str, ldn: str) -> tuple[str, str]:
    """The native and the canonical name of a measured object; the latter "" where the name cannot be used."""
    native = dialect.native(dn_prefix, element, label, ldn)
    if not native or len(native) > LONGEST_NAME or DAMAGED in native:
        return native, ""
    return native, dialect.canonical(native)


def native_dn(dn_prefix: str, element: str, label: str, ldn: str) -> str:
    """The DN as 3GPP puts it together. Some equipment gives the managed element as a bare id."""
    if element and "=" not in element:
        element = f"ManagedElement={element}"
    return Dn.join(dn_prefix, element, ldn)


THREEGPP = Dialect(vendor="", native=native_dn, canonical=objects.canonical)
