"""OMeS measurement files of NetAct: XML in, canonical measurements out.

`PMSetup/@startTime` is the start of the period and `@interval` its length in minutes; 3GPP files give the end, so the
end is computed here. A `PMMOResult` holds the measured object as one `MO` per dimension, each with a `DN` or (the older
form) a `baseId` and a `localMoid`, and then the counters by name in one element per group: `PMTarget`, or in the older
form `NE-<type>_<version>`, with the group in `@measurementType`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

from trunkline.quarantine import Rejected
from trunkline.systems.nokia.objects import canonical, dimension
from trunkline.systems.system import Origin
from trunkline.systems.threegpp.values import Values, moment
from trunkline.systems.xml import DAMAGED, Element, Node, Open, Shape, Walker, starts
from trunkline.telco.model import Measurement, Value

SHAPE = Shape(
    boundaries={
        "OMeS": frozenset(),
        "PMSetup": frozenset({"OMeS"}),
        "PMMOResult": frozenset({"PMSetup"}),
    },
    containers=frozenset({"OMeS", "PMSetup"}),
)
LONGEST_NAME = 1_000  # characters of an object's name
LONGEST_INTERVAL = 31 * 24 * 60  # minutes


def matches(head: bytes) -> bool:
    """Whether a file's first bytes are an OMeS file."""
    root = next(starts(head), None)
    return root is not None and root.name == "OMeS"


def read(stream: BinaryIO, origin: Origin) -> Iterator[Measurement | Rejected]:
    """Yield one measurement per measured object, group and period, in the file's order.

    A value that is no number is yielded as `Rejected` and the rest of its object is taken.
    """
    walker = Walker(stream, origin, SHAPE)
    values = Values()
    period: _Period | str = "the file does not say it before the first result"
    for event in walker:
        if type(event) is Element:
            if event.name == "PMMOResult":
                result = _Result(event, origin, walker)
                measurements = list(result.measurements(period, values))
                yield from result.rejected
                yield from measurements
        elif type(event) is Open:
            if event.name == "PMSetup":
                period = _period(event.attributes)
        elif type(event) is Rejected:
            yield event


@dataclass(frozen=True, slots=True)
class _Period:
    end_time: datetime
    granularity: int


def _period(setup: dict[str, str]) -> _Period | str:
    """The period of a `PMSetup`, or why it is not known."""
    try:
        start = moment(setup.get("startTime", ""))
        minutes = int(setup.get("interval", ""))
        if not 0 < minutes <= LONGEST_INTERVAL:
            raise ValueError(f"{minutes} is no interval")
        return _Period(start + timedelta(minutes=minutes), minutes * 60)
    except (ValueError, OverflowError) as error:
        return f"PMSetup: {error}"


class _Result:
    """One `PMMOResult`, and what of it had to be rejected."""

    def __init__(self, element: Element, origin: Origin, walker: Walker) -> None:
        self._element, self._origin, self._walker = element, origin, walker
        self.rejected: list[Rejected] = []

    def measurements(self, period: _Period | str, values: Values) -> Iterator[Measurement]:
        element = self._element
        dns = [name for child in element.children if child[0] == "MO" and (name := _native(child))]
        native = ";".join(dns)
        if isinstance(period, str):
            self._reject(element.name, "measurement.unusable", f"the period is not known: {period}")
        elif not dns or len(native) > LONGEST_NAME or DAMAGED in native:
            why = "is missing" if not dns else "has damaged bytes or is too long"
            self._reject(element.name, "measurement.unusable", f"the name of the measured object (MO) {why}")
        else:
            dn = ",".join([canonical(dns[0]), *(step for other in dns[1:] if (step := dimension(other)))])
            for name, attributes, _, children in element.children:
                if name != "MO":
                    yield Measurement(
                        vendor="Nokia",
                        system=self._origin.system,
                        dn=dn,
                        native_dn=native,
                        group=attributes.get("measurementType", "").replace(DAMAGED, "\ufffd"),
                        end_time=period.end_time,
                        granularity=period.granularity,
                        counters=self._counters(native, children, values),
                        source=self._origin.source(element.offset, element.line),
                    )

    def _counters(self, native: str, children: list[Node], values: Values) -> dict[str, Value]:
        """The counters of one group. One that stands several times is a vector: no value of it is lost."""
        counters: dict[str, Value] = {}
        vectors: dict[str, list[int | float | None]] = {}
        for name, _, text, _ in children:
            try:
                value = values[text]
            except ValueError as error:
                self._reject(name, "counter.not-a-number", f"{native}, {name}: {error}", text)
                continue
            if name not in counters:
                counters[name] = value
                continue
            vector = vectors.get(name)
            if vector is None:
                first = counters[name]
                counters[name] = vector = vectors[name] = list(first) if isinstance(first, list) else [first]
            vector += value if isinstance(value, list) else [value]
        return counters

    def _reject(self, name: str, reason: str, message: str, text: str = "") -> None:
        """Reject the element `name` that holds `text`, with its own place in the file."""
        raw = self._walker.raw(self._element)
        tag = re.search(rb"<(?:[\w.-]+:)?%s[^<>]*>\s*%s" % (re.escape(name.encode()), re.escape(text.encode())), raw)
        begin, part = (tag.start(), tag.group()) if tag and text else (0, raw)
        self.rejected.append(
            self._origin.rejected(
                reason,
                f"{message}.",
                offset=self._element.offset + begin,
                length=len(part),
                line=self._element.line + raw[:begin].count(b"\n"),
                part=part,
                target=Measurement.topic,
            )
        )


def _native(mo: Node) -> str:
    """The name of one dimension's object: its DN, or the older form's node and the object below it."""
    parts = {name: text.strip() for name, _, text, _ in mo[3]}
    return parts.get("DN") or "/".join(filter(None, (parts.get("baseId"), parts.get("localMoid"))))
