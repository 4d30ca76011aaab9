"""Formula tables: how a vendor's counters become KPIs. They are the operator's data, `kpis/*.yaml`, one a vendor and
technology; another vendor is added by adding a file.

A KPI is `scale` × the product of its ratios. Numerator and denominator are kept apart, because sums of both over many
cells give the exact ratio of the whole, which a mean of percentages does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from trunkline.document import Document, Invalid, Problem
from trunkline.faults import Place
from trunkline.telco.model import Ratio
from trunkline.telco.network.performance.expressions import Counters, Expression
from trunkline.telco.network.vendors import vendor_name

NOTHING = Ratio(numerator=0.0, denominator=0.0)


class RatioText(msgspec.Struct, frozen=True):
    """One ratio as written. A number (`denominator: 1000`) is an expression too."""

    numerator: str | int | float
    denominator: str | int | float


class FormulaText(msgspec.Struct, frozen=True, kw_only=True):
    """One KPI as written."""

    name: str
    spec: str
    unit: str
    scale: float = 1.0
    ratios: list[RatioText]


class TableText(msgspec.Struct, frozen=True, kw_only=True):
    """A formula table as written: for the objects of `classes` (canonical, 3GPP) that equipment of `vendor` measures.

    `catalogue` is the file that names numbered counters, where the vendor numbers them.
    """

    vendor: str
    technology: str = ""
    classes: list[str]
    version: str
    catalogue: str = ""
    kpis: list[FormulaText]


class Catalogue(msgspec.Struct, frozen=True):
    """The names of a vendor's numbered counters."""

    catalogue: str
    counters: dict[str, str]


@dataclass(frozen=True, slots=True)
class Formula:
    """One KPI of one table, ready to compute. `counters` are the names that it needs, `spec` says what it is."""

    name: str
    spec: str
    unit: str
    scale: float
    table: str
    version: str
    expression: str
    ratios: tuple[tuple[Expression, Expression], ...]
    counters: frozenset[str]

    @property
    def full_name(self) -> str:
        """The table and the KPI: `ericsson-lte/Accessibility`."""
        return f"{self.table}/{self.name}"

    def compute(self, counters: Counters, period: int) -> tuple[float | None, tuple[Ratio, ...]]:
        """The value and the ratios it is made of.

        A ratio that does not exist (an empty counter, a division by zero within an expression) is 0/0. The value is
        None where a denominator is zero: nothing was asked of the object.
        """
        ratios = tuple(_ratio(numerator, denominator, counters, period) for numerator, denominator in self.ratios)
        return value_of(self.scale, ratios), ratios


def value_of(scale: float, ratios: Iterable[Ratio]) -> float | None:
    """`scale` times the product of the ratios; None where one of them has no denominator."""
    value = scale
    for ratio in ratios:
        if not ratio.denominator:
            return None
        value *= ratio.numerator / ratio.denominator
    return value


def _ratio(numerator: Expression, denominator: Expression, counters: Counters, period: int) -> Ratio:
    try:
        return Ratio(numerator=numerator(counters, period), denominator=denominator(counters, period))
    except ArithmeticError:
        return NOTHING


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The formulas for one vendor's objects of some classes.

    `wanted` says, for each class, under which names a formula may ask for a counter of a file: under its own; with
    the class before it (`NRCellDU.pmCellDowntimeAuto`), where two classes of a cell have a counter of the same name;
    and under its catalogue name.
    """

    name: str
    vendor: str
    technology: str
    classes: tuple[str, ...]
    formulas: tuple[Formula, ...]
    wanted: dict[str, dict[str, tuple[str, ...]]]


class Tables:
    """All formula tables of a project."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self._by_class = {(table.vendor, cls): table for table in tables for cls in table.classes}
        self._formulas = [formula for table in self.all for formula in table.formulas]

    @property
    def all(self) -> list[Table]:
        """Every table, in the order of their names."""
        return sorted(set(self._by_class.values()), key=lambda table: table.name)

    def find(self, vendor: str, dn: str) -> Table | None:
        """The table for the object `dn` (by its class) of `vendor`'s; None where there is none."""
        return self._by_class.get((vendor_name(vendor), class_of(dn)))

    @property
    def kpi_names(self) -> set[str]:
        return {formula.name for formula in self._formulas}

    @property
    def scales(self) -> dict[str, float]:
        """Each formula's scale, by its full name."""
        return {formula.full_name: formula.scale for formula in self._formulas}


def class_of(dn: str) -> str:
    """The class of the object that a DN names: that of its last step."""
    return dn[dn.rfind(",") + 1 :].partition("=")[0]


def load(folder: Path) -> Tables:
    """The tables in a project's folder `kpis`. Raises `Invalid` with everything that is wrong in them."""
    documents: list[Document] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        with _gathering(problems):
            documents.append(Document.load(path))
    if not documents and not problems:
        raise Invalid([Problem(str(folder), 1, "there is no formula table (*.yaml) here, so no KPI can be computed")])
    catalogues: dict[str, Catalogue] = {}
    for document in documents:
        if _is_catalogue(document):
            with _gathering(problems):
                catalogues[Path(document.path).name] = document.into(Catalogue)
    tables: list[Table] = []
    claimed: dict[tuple[str, str], str] = {}
    for document in documents:
        if not _is_catalogue(document):
            with _gathering(problems):
                tables.append(_table(document, catalogues, claimed))
    if problems:
        raise Invalid(sorted(problems))
    return Tables(tables)


def check(folder: Path) -> list[Problem]:
    """Everything that is wrong with the tables in `folder`; [] when all is well."""
    try:
        load(folder)
    except Invalid as error:
        return error.problems
    return []


@contextmanager
def _gathering(problems: list[Problem]) -> Iterator[None]:
    """Put what is wrong in the block beside the other problems, and go on."""
    try:
        yield
    except Invalid as error:
        problems += error.problems


def _is_catalogue(document: Document) -> bool:
    return isinstance(document.data, dict) and "counters" in document.data


def _table(document: Document, catalogues: dict[str, Catalogue], claimed: dict[tuple[str, str], str]) -> Table:
    text = document.into(TableText)
    name = Path(document.path).stem
    vendor = vendor_name(text.vendor)
    problems = list(_misfits(document, text, vendor, catalogues, claimed))
    numbers: defaultdict[str, list[str]] = defaultdict(list)
    if text.catalogue in catalogues:
        for number, counter in catalogues[text.catalogue].counters.items():
            numbers[counter].append(number)
    formulas: list[Formula] = []
    for index, kpi in enumerate(text.kpis):
        with _gathering(problems):
            formulas.append(_formula(document, ("kpis", index), kpi, name, text, numbers))
    if problems:
        raise Invalid(problems)
    for cls in text.classes:
        claimed[vendor, cls] = name
    return Table(
        name=name,
        vendor=vendor,
        technology=text.technology,
        classes=tuple(text.classes),
        formulas=tuple(formulas),
        wanted={cls: _wanted(cls, text.classes, formulas, numbers) for cls in text.classes},
    )


def _misfits(
    document: Document,
    text: TableText,
    vendor: str,
    catalogues: dict[str, Catalogue],
    claimed: dict[tuple[str, str], str],
) -> Iterator[Problem]:
    if not vendor:
        yield document.problem(("vendor",), "`vendor` is empty")
    if text.catalogue and text.catalogue not in catalogues:
        yield document.problem(("catalogue",), f"there is no catalogue `{text.catalogue}` in this folder")
    for index, cls in enumerate(text.classes):
        if (vendor, cls) in claimed:
            other = claimed[vendor, cls]
            yield document.problem(("classes", index), f"`{other}.yaml` already has the formulas for {vendor}'s {cls}")
    seen: set[str] = set()
    for index, kpi in enumerate(text.kpis):
        if kpi.name in seen:
            yield document.problem(("kpis", index, "name"), f"the KPI `{kpi.name}` stands twice in this table")
        seen.add(kpi.name)


def _formula(
    document: Document, place: Place, kpi: FormulaText, table: str, text: TableText, numbers: dict[str, list[str]]
) -> Formula:
    problems: list[Problem] = []
    ratios: list[tuple[Expression, Expression]] = []
    for index, ratio in enumerate(kpi.ratios):
        parts: list[Expression] = []
        for side, written in (("numerator", ratio.numerator), ("denominator", ratio.denominator)):
            at: Place = (*place, "ratios", index, side)
            try:
                parts.append(Expression.parse(str(written)))
            except ValueError as error:
                problems.append(document.problem(at, str(error)))
                continue
            for counter in parts[-1].counters if text.catalogue else ():
                if _unqualified(counter, text.classes) not in numbers:
                    problems.append(document.problem(at, f"`{counter}` is not in the catalogue {text.catalogue}"))
        if len(parts) == 2:
            ratios.append((parts[0], parts[1]))
    counters = frozenset(name for ratio in ratios for side in ratio for name in side.counters)
    if not problems and not counters:
        problems.append(document.problem((*place, "ratios"), "the formula uses no counter, so it never has a value"))
    if problems:
        raise Invalid(problems)
    return Formula(
        name=kpi.name,
        spec=kpi.spec,
        unit=kpi.unit,
        scale=kpi.scale,
        table=table,
        version=text.version,
        expression=_written(kpi.scale, ratios),
        ratios=tuple(ratios),
        counters=counters,
    )


def _written(scale: float, ratios: list[tuple[Expression, Expression]]) -> str:
    """The whole formula in one line, as a passport shows it: `100 × (a + b) / (c)`."""
    product = " × ".join(f"({numerator.text}) / ({denominator.text})" for numerator, denominator in ratios)
    return f"{scale:g} × {product}"


def _unqualified(counter: str, classes: list[str]) -> str:
    first, dot, rest = counter.partition(".")
    return rest if dot and first in classes else counter


def _wanted(
    cls: str, classes: list[str], formulas: list[Formula], numbers: dict[str, list[str]]
) -> dict[str, tuple[str, ...]]:
    wanted: defaultdict[str, list[str]] = defaultdict(list)
    for asked in sorted({name for formula in formulas for name in formula.counters}):
        counter = _unqualified(asked, classes)
        if counter != asked and not asked.startswith(f"{cls}."):
            continue
        for name in (counter, *numbers.get(counter, ())):
            wanted[name].append(asked)
    return {name: tuple(asked) for name, asked in wanted.items()}
