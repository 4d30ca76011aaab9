"""Reading the catalogue's folder; every problem is named with its file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from trunkline.document import Document, Invalid, Problem
from trunkline.faults import Place
from trunkline.tmf.apis.product_catalog import LIFECYCLE
from trunkline.tmf.catalogue.family import Characteristic, Family, Offering, Price, Specification, Whole

FOLDER = "catalogue"
WHOLE = "catalogue.yaml"

MOST_FILES = 1000

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_NO_ID = "is no id: write up to 100 letters, digits, dots and dashes, the first a letter or a digit"
_AMOUNT = re.compile(r"[0-9]{1,9} [A-Za-z/]{1,20}")
_COUNT = re.compile(r"[0-9]{1,4}(\.\.[0-9]{1,4})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the files say, each with the file it is of, so that what is found later has its place, too."""

    whole: Whole
    file: Document
    families: tuple[tuple[Family, Document], ...]

    @property
    def specifications(self) -> Mapping[str, Specification]:
        return {id: found for family, _ in self.families for id, found in family.specifications.items()}

    @property
    def offerings(self) -> Mapping[str, Offering]:
        return {id: found for family, _ in self.families for id, found in family.offerings.items()}


def read(folder: Path) -> Catalogue:
    """The catalogue in a folder. Raises `Invalid` with everything that is wrong in it."""
    problems: list[Problem] = []
    read: list[tuple[Family, Document]] = []
    whole: tuple[Whole, Document] | None = None
    files = sorted(path for path in folder.glob("*.yaml") if path.name != WHOLE)
    if len(files) > MOST_FILES:
        raise Invalid([Problem(str(folder), 1, f"has {len(files)} files: at most {MOST_FILES} are read")])
    try:
        file = Document.load(folder / WHOLE)
        whole = file.into(Whole), file
    except Invalid as error:
        problems += error.problems
    for path in files:
        try:
            file = Document.load(path)
            read.append((file.into(Family), file))
        except Invalid as error:
            problems += error.problems
    if whole is None or problems:
        raise Invalid(problems)
    catalogue = Catalogue(*whole, tuple(read))
    if problems := sorted({*_ids(catalogue), *_problems(catalogue)}):
        raise Invalid(problems)
    return catalogue


def check(folder: Path) -> list[Problem]:
    """Everything that is wrong with the catalogue in a folder; [] where there is none."""
    if not folder.is_dir():
        return []
    try:
        read(folder)
    except Invalid as error:
        return error.problems
    return []


def _ids(catalogue: Catalogue) -> Iterator[Problem]:
    """Ids that are none, and what is called the same in two files: an id is one over the whole catalogue."""
    if not _ID.fullmatch(catalogue.whole.id):
        yield catalogue.file.problem(("id",), _NO_ID)
    seen: dict[tuple[str, str], str] = {}
    for family, file in catalogue.families:
        for kind, id, place in _named(family):
            if not _ID.fullmatch(id):
                yield file.problem(place, _NO_ID)
            if (kind, id) in seen:
                yield file.problem(place, f"there is a {kind} `{id}` in {Path(seen[kind, id]).name} already")
            seen.setdefault((kind, id), file.path)


def _named(family: Family) -> Iterator[tuple[str, str, Place]]:
    yield "family", family.id, ("id",)
    for id in family.specifications:
        yield "specification", id, ("specifications", id)
    for id, offering in family.offerings.items():
        yield "offering", id, ("offerings", id)
        for price in offering.prices:
            yield "price", f"{id}-{price}", ("offerings", id, "prices", price)


def _problems(catalogue: Catalogue) -> Iterator[Problem]:
    specifications, offerings = catalogue.specifications, catalogue.offerings
    yield from _status(catalogue.whole.lifecycle_status, catalogue.file, ())
    for family, file in catalogue.families:
        yield from _status(family.lifecycle_status, file, ())
        for id, specification in family.specifications.items():
            place: Place = ("specifications", id)
            yield from _status(specification.lifecycle_status, file, place)
            for name, characteristic in specification.characteristics.items():
                at = (*place, "characteristics", name)
                yield from (file.problem(at, reason) for reason in _of_characteristic(characteristic))
        for id, offering in family.offerings.items():
            place = ("offerings", id)
            yield from _status(offering.lifecycle_status, file, place)
            found = _of_offering(id, offering, specifications, offerings)
            yield from (file.problem((*place, *at), reason) for at, reason in found)
            for name, price in offering.prices.items():
                yield from (file.problem((*place, "prices", name), reason) for reason in _of_price(price))


def _status(status: str, file: Document, place: Place) -> Iterator[Problem]:
    if status not in LIFECYCLE.states:
        states = ", ".join(sorted(LIFECYCLE.states))
        yield file.problem((*place, "lifecycleStatus"), f"`lifecycleStatus` is none of {states}")


def _of_characteristic(characteristic: Characteristic) -> Iterator[str]:
    if not characteristic.value_type:
        yield "its values are not of one type: quote those that are text"
    if characteristic.default is not None and not characteristic.has(characteristic.default):
        yield "its default is none of its values"


def _of_offering(
    id: str, offering: Offering, specifications: Mapping[str, Specification], offerings: Mapping[str, Offering]
) -> Iterator[tuple[Place, str]]:
    if bool(offering.specification) == bool(offering.bundle):
        yield (), "an offering has a `specification` or a `bundle`, one of them"
    specification = specifications.get(offering.specification)
    if offering.specification and specification is None:
        yield ("specification",), f"there is no specification `{offering.specification}` in any file of the catalogue"
    known = specification.characteristics if specification else {}
    for name, value in offering.characteristics.items():
        if specification is None or name not in known:
            yield ("characteristics", name), f"`{offering.specification}` has no characteristic `{name}`"
        elif not known[name].has(value):
            values = ", ".join(map(str, known[name].values))
            yield ("characteristics", name), f"`{name}` is none of the values of `{offering.specification}`: {values}"
    for part, count in offering.bundle.items():
        if part == id or part not in offerings:
            yield ("bundle", part), f"there is no other offering `{part}` in any file of the catalogue"
        if not _is_count(str(count)):
            yield ("bundle", part), f"`{part}`: {count} does not say how many: write 1, or 0..4"
    for name, length in offering.terms.items():
        if not _AMOUNT.fullmatch(length):
            yield ("terms", name), f"`{name}` is no length of time: write a number and its unit, 12 month"


def _is_count(text: str) -> bool:
    return bool(_COUNT.fullmatch(text)) and 0 <= limits(text)[0] <= limits(text)[1] > 0


def _of_price(price: Price) -> Iterator[str]:
    if (price.price is None) == (price.percentage is None):
        yield "a price has a `price` or, as a discount, a `percentage`"
    if price.price is not None and not _CURRENCY.fullmatch(price.price.unit):
        yield "`unit` is the three letters of a currency (ISO 4217): EUR"
    if price.percentage is not None and price.price_type != "discount":
        yield "only a discount has a `percentage`"
    if bool(price.every) != (price.price_type == "recurring"):
        yield "a recurring price says by `every` when it is due again, another does not"
    if bool(price.per) != (price.price_type == "usage"):
        yield "a price of usage says by `per` for how much of it, another does not"
    if price.per and not _AMOUNT.fullmatch(price.per):
        yield "`per` is a number and its unit: 1 GB"


def limits(count: str | int) -> tuple[int, int]:
    """At least and at most how many a bundle has: `1`, `0..4`."""
    least, _, most = str(count).partition("..")
    return int(least), int(most or least)
