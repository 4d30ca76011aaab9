"""Measurement files of 3GPP (TS 32.435 and its successor in TS 28.532): XML in, canonical measurements out.

`granPeriod` gives the end of the period. A result is paired with its counter by number (`measType@p`, `r@p`) or, in the
list form (`measTypes`, `measResults`), by its position. The measured object is `fileHeader@dnPrefix` and below it
`managedElement@localDn` (28.532: `measEntity`) and `measValue@measObjLdn`, without what one repeats of another.
Vendors that write this format with names of their own read it by a `Dialect`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from trunkline.quarantine import Rejected
from trunkline.systems.system import Origin
from trunkline.systems.threegpp import objects
from trunkline.systems.threegpp.place import INFOS, LONGEST_NAME, ROOTS, Place
from trunkline.systems.threegpp.values import Values
from trunkline.systems.xml import DAMAGED, Element, Node, Open, Rejections, Shape, Start, Walker, starts
from trunkline.telco.model import Dn, Measurement, Value

SHAPE = Shape(
    boundaries={
        **dict.fromkeys(ROOTS, frozenset()),
        "measData": ROOTS,
        **dict.fromkeys(INFOS, frozenset({"measData"})),
        **dict.fromkeys(("job", "granPeriod", "measType", "measTypes", "measValue"), INFOS),
    },
    containers=frozenset({*ROOTS, *INFOS, "fileHeader", "fileFooter", "measData"}),
)


@dataclass(frozen=True, slots=True, eq=False)
class Dialect:
    """What a vendor does differently with the names of measured objects.

    `native` puts a name together from `dnPrefix`, the managed element's `localDn` and `userLabel`, and `measObjLdn`;
    `canonical` turns that into the canonical local DN. `vendor` is the vendor's canonical name; without it the file's
    `vendorName` is taken.
    """

    vendor: str
    native: Callable[[str, str, str, str], str]
    canonical: Callable[[str], str]


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


def matches(head: bytes) -> bool:
    """Whether a file's first bytes are of a measurement file, whoever's it is."""
    return header(head) is not None


def read(stream: BinaryIO, origin: Origin) -> Iterator[Measurement | Rejected]:
    """Yield one measurement per `measValue`, in the file's order; see `read_dialect`."""
    return read_dialect(stream, origin, DIALECT)


def read_dialect(stream: BinaryIO, origin: Origin, dialect: Dialect) -> Iterator[Measurement | Rejected]:
    """Yield one measurement per `measValue`, in the file's order.

    A value that is no number, or whose counter has no name, is yielded as `Rejected` and the rest of its object is
    taken; an object whose name or time is not known is rejected as a whole.
    """
    walker = Walker(stream, origin, SHAPE)
    place, values, rejections = Place(), Values(), Rejections(walker, origin, Measurement.topic)
    for event in walker:
        if type(event) is Element:
            if event.name == "measValue":
                place.results_begun = True
                rejections.element = event
                measurement = _measurement(event, place, values, dialect, origin, rejections)
                if rejections:
                    yield from rejections.take()
                if measurement is not None:
                    yield measurement
            else:
                place.take(event)
        elif type(event) is Open:
            place.enter(event)
        elif type(event) is Rejected:
            yield event


def _measurement(
    result: Element, place: Place, values: Values, dialect: Dialect, origin: Origin, rejections: Rejections
) -> Measurement | None:
    # An empty name is the managed element itself; what has none at all may be anyone's.
    ldn = result.attributes.get("measObjLdn", DAMAGED)
    native, dn = _names(dialect, place.dn_prefix, place.element or "", place.label, ldn[: LONGEST_NAME + 1])
    if place.end_time is None or place.trouble or not dn or (place.element is None and "ManagedElement=" not in dn):
        rejections.whole("measurement.unusable", f"The values of {ldn[:200]!r} cannot be taken: {_why(place, dn)}.")
        return None
    names, suspect = place.counters, False
    try:
        # The ordinary case: nothing but results, each of a counter of its own.
        counters = {
            names[attributes["p"]]: values[text] for name, attributes, text, _ in result.children if name == "r"
        }
        ordinary = len(counters) == len(result.children)
    except (KeyError, ValueError):
        ordinary = False
    if not ordinary:
        counters, suspect = _one_by_one(result, place, values, rejections)
    return Measurement(
        vendor=dialect.vendor or place.vendor,
        system=origin.system,
        dn=dn,
        native_dn=native,
        group=place.group,
        end_time=place.end_time,
        granularity=place.granularity,
        counters=counters,
        suspect=suspect,
        job=place.job,
        software=place.software,
        source=origin.source(result.offset, result.line),
    )


def _one_by_one(result: Element, place: Place, values: Values, rejections: Rejections) -> tuple[dict[str, Value], bool]:
    """The counters of a result that holds more than plain values, or something to reject; and whether it is suspect."""
    counters: dict[str, Value] = {}
    suspect = False
    names = place.counters
    for child in result.children:
        name, attributes, text, _ = child
        if name == "r":
            try:
                counter = names[attributes["p"]]
                value = values[text]
            except (KeyError, ValueError) as error:
                _reject(child, names, error, rejections)
                continue
            if counter in counters:
                _reject(child, names, None, rejections)
            else:
                counters[counter] = value
        elif name == "measResults":
            _take_list(child, place.listed or [], values, counters, rejections)
        elif name == "suspect":
            suspect = text.strip() in ("true", "1")
    return counters, suspect


def _take_list(
    results: Node, names: list[str], values: Values, counters: dict[str, Value], rejections: Rejections
) -> None:
    """The list form: each value belongs to the counter at its position."""
    texts = results[2].split()
    if len(names) != len(texts):
        message = f"{len(names)} counters have names, but there are {len(texts)} values: which is whose is not known."
        rejections.part(results, "counter.positions", message)
        return
    for name, text in zip(names, texts, strict=True):
        try:
            value = values[text]
        except ValueError as error:
            rejections.part(results, "counter.not-a-number", f"{name[:200]}: {error}.")
            continue
        if name in counters:
            rejections.part(results, "counter.repeated", f"{name[:200]} has a second value, {text[:40]!r}.")
        elif DAMAGED in name:
            rejections.part(results, "counter.unnamed", f"{text[:40]!r} has no readable counter name.")
        else:
            counters[name] = value


def _reject(r: Node, names: dict[str, str], error: Exception | None, rejections: Rejections) -> None:
    """Reject one `r`, for the `error` that it made, or because it is the second of its counter."""
    p, text = r[1].get("p", ""), r[2]
    if isinstance(error, KeyError):
        message = f'The value {text[:40]!r} has p="{p[:20]}", for which there is no readable measType.'
        rejections.part(r, "counter.unnamed", message)
    elif error is not None:
        rejections.part(r, "counter.not-a-number", f"{names[p]}: {error}.")
    else:
        rejections.part(r, "counter.repeated", f"{names[p]} has a second value, {text[:40]!r}.")


def _why(place: Place, dn: str) -> str:
    """Why the measurement of an object cannot be used."""
    if not dn:
        return "its name (measObjLdn) is missing, has damaged bytes or is too long"
    if place.trouble:
        return place.trouble
    if place.end_time is None:
        return "granPeriod is missing, or was lost, so that the period is not known"
    return "managedElement is missing, or was lost, so that the node is not known"


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


DIALECT = Dialect(vendor="", native=native_dn, canonical=objects.canonical)
