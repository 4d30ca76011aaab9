"""OMeS measurement files of NetAct: XML in, canonical measurements out.

`PMSetup/@startTime` is the start of the period and `@interval` its length in minutes; 3GPP files give the end, so the
end is computed here. A `PMMOResult` holds the measured object as one `MO` per dimension, each with a `DN` or (the older
form) a `baseId` and a `localMoid`, and then the counters by name in one element per group: `PMTarget`, or in the older
form `NE-<type>_<version>`, with the group in `@measurementType`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

from trunkline.quarantine import Rejected
from trunkline.systems.nokia.objects import canonical, dimension
from trunkline.systems.system import Origin
from trunkline.systems.threegpp.values import Values, moment
from trunkline.systems.xml import DAMAGED, Element, Node, Open, Rejections, Shape, Walker, starts
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
LONGEST_GROUP = 200
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
    values, rejections = Values(), Rejections(walker, origin, Measurement.topic)
    period: _Period | str = "no PMSetup was read that says their period"
    for event in walker:
        if type(event) is Element:
            if event.name == "PMMOResult":
                rejections.element = event
                yield from _measurements(event, period, values, origin, rejections)
                yield from rejections.take()
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
        minutes = int(setup.get("interval", "")[:10])
        if not 0 < minutes <= LONGEST_INTERVAL:
            raise ValueError(f"{minutes} is no interval")
        return _Period(start + timedelta(minutes=minutes), minutes * 60)
    except (ValueError, OverflowError) as error:
        return f"PMSetup: {error}"


def _measurements(
    result: Element, period: _Period | str, values: Values, origin: Origin, rejections: Rejections
) -> Iterator[Measurement]:
    """The measurements of one `PMMOResult`: one per group of counters."""
    objects = [name for child in result.children if child[0] == "MO" and (name := _native(child))]
    native = ";".join(objects)
    if isinstance(period, str):
        rejections.whole("measurement.unusable", f"The values of {native[:200]!r} cannot be taken: {period}.")
        return
    if not native or len(native) > LONGEST_NAME or DAMAGED in native:
        message = f"The name of the measured object (MO), {native[:200]!r}, is missing, damaged or too long."
        rejections.whole("measurement.unusable", message)
        return
    dn = ",".join([canonical(objects[0]), *filter(None, map(dimension, objects[1:]))])
    for target in result.children:
        name, attributes, _, children = target
        if name == "MO":
            continue
        if "measurementType" not in attributes:
            message = f"<{name[:80]}> is no measured object (MO) and has no measurementType."
            rejections.part(target, "measurement.unusable", message)
            continue
        yield Measurement(
            vendor="Nokia",
            system=origin.system,
            dn=dn,
            native_dn=native,
            group=attributes["measurementType"].replace(DAMAGED, "\ufffd")[:LONGEST_GROUP],
            end_time=period.end_time,
            granularity=period.granularity,
            counters=_counters(children, values, rejections),
            source=origin.source(result.offset, result.line),
        )


def _counters(children: Sequence[Node], values: Values, rejections: Rejections) -> dict[str, Value]:
    """The counters of one group. One that stands several times is a vector: no value of it is lost."""
    counters: dict[str, Value] = {}
    repeated: dict[str, list[int | float | None]] = {}
    for child in children:
        name, _, text, _ = child
        try:
            value = values[text]
        except ValueError as error:
            rejections.part(child, "counter.not-a-number", f"{name[:200]}: {error}.")
            continue
        if name not in counters:
            counters[name] = value
            continue
        if name not in repeated:
            counters[name] = repeated[name] = _vector(counters[name])
        repeated[name] += _vector(value)
    return counters


def _vector(value: Value) -> list[int | float | None]:
    return list(value) if isinstance(value, list) else [value]


def _native(mo: Node) -> str:
    """The name of one dimension's object: its DN, or the older form's node and the object below it."""
    parts = {name: text.strip() for name, _, text, _ in mo[3]}
    return parts.get("DN") or "/".join(filter(None, (parts.get("baseId"), parts.get("localMoid"))))
