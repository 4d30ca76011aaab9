"""Plans as whole batches are rated by them: compiled to tables once, with what each line of the tables comes to."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

import msgspec
import numpy as np

from trunkline.telco.charging.tariff.columns import Columns
from trunkline.telco.charging.tariff.compiled import REFUSED, Compiled
from trunkline.telco.charging.tariff.folder import Tariffs
from trunkline.telco.charging.tariff.grid import Cell, Grid
from trunkline.telco.charging.tariff.measures import UNIT_OF
from trunkline.telco.charging.tariff.price import TieredPrice
from trunkline.telco.charging.tariff.version import Version
from trunkline.telco.model import Unit, Usage

FEWEST: Final = 16
"""Usages for which columns are worth making."""
FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
LAST: Final = datetime(9999, 12, 31, tzinfo=UTC)

_json = msgspec.json.Encoder().encode


class Way(msgspec.Struct, frozen=True, eq=False):
    """How usages are paid, which is the same for many cells. There is one of each in an edition."""

    tariff: str
    rate: str
    zone: str
    unit: Unit
    allowances: frozenset[str]
    price: TieredPrice | None
    """None where its seller says it."""


class Line(NamedTuple):
    """What a version says of all usages of a cell, as `Terms` does of one."""

    way: Way
    told: bytes
    """Its fields of a `RatedUsage` as JSON, without braces."""


class Edition:
    """A version in a span of time in which neither it nor what others give to its usages changes."""

    def __init__(self, version: Version, since: datetime, until: datetime, table: Table, place: int) -> None:
        self.version, self.since, self.until = version, since, until
        self.table, self.place = table, place
        self.lines: dict[int, Line] = {}
        """Those that were asked for, by their cells' numbers in the table."""
        self._by_cell: dict[Cell, Line] = {}
        self._ways: dict[tuple[str, str, Unit, frozenset[str]], Way] = {}

    def numbered(self, number: int, usage: Usage) -> Line:
        """The line of a cell by its number, into which the usage falls."""
        cell = self.table.compiled.cells[number]
        if cell is None:
            raise LookupError(f"no usage falls into the cell {number}")
        return self.lines.setdefault(number, self._line(cell, usage))

    def rate(self, usage: Usage) -> Counted | None:
        """How a usage counts, without columns; None where it is to be looked at alone."""
        cell = self.version.grid.cell(usage)
        rate = self.version.rates.get(cell)
        if rate is None:
            return None
        quantity = rate.quantity(usage.quantity)
        if rate.price is not None:
            cost = rate.price.cost(quantity, 0)
        elif usage.price is None or usage.price < 0 or usage.currency != self.version.currency:
            return None
        else:
            cost = usage.price if quantity else 0
        return self._line(cell, usage), quantity, cost

    def _line(self, cell: Cell, usage: Usage) -> Line:
        """That of a cell, into which the usage falls."""
        found = self._by_cell.get(cell)
        if found is None:
            found = self._by_cell[cell] = self._made(cell, usage)
        return found

    def _made(self, cell: Cell, usage: Usage) -> Line:
        version, unit = self.version, UNIT_OF[cell.use.service]
        rate = version.rates[cell]
        told = {
            "tariff": version.id,
            "rate": rate.id,
            "zone": cell.zone,
            "band": cell.band,
            "unit": unit,
            "currency": version.currency,
            "tax": rate.tax,
        }
        allowances = frozenset(version.gives.get(cell, ()) + version.others.give(usage, cell))
        way = Way(version.id, rate.id, cell.zone, unit, allowances, rate.price)
        way = self._ways.setdefault((rate.id, cell.zone, unit, allowances), way)
        return Line(way, _json(told)[1:-1])


Counted = tuple[Line, int, int]
"""How a usage counts: its line, its quantity, and what the whole of that costs, as the first of its cycle."""


class Table(NamedTuple):
    """Versions that are rated together: of one grid and one currency."""

    compiled: Compiled
    currency: str

    def rate(self, columns: Columns, usages: Sequence[Usage], editions: Sequence[Edition]) -> list[Counted | None]:
        """How each usage counts by its edition, which is of this table; None where it is to be looked at alone."""
        rated = self.compiled.rate(columns, np.array([edition.place for edition in editions], dtype=np.int64))
        refused = (rated.rate == REFUSED) | ~self.compiled.exact(rated)
        return [
            None if out else (edition.lines.get(cell) or edition.numbered(cell, usage), quantity, cost)
            for usage, edition, cell, out, quantity, cost in zip(
                usages,
                editions,
                rated.cell.tolist(),
                refused.tolist(),
                rated.quantity.tolist(),
                self.compiled.cost(rated).tolist(),
                strict=True,
            )
        ]


class Editions:
    """All plans of the operator, in all editions."""

    def __init__(self, tariffs: Tariffs) -> None:
        self._of: dict[str, list[Edition]] = {}
        self._since: dict[str, list[datetime]] = {}
        together: dict[tuple[Grid, str], list[Version]] = {}
        for versions in tariffs.versions.values():
            for version in versions:
                if version.kind == "plan":
                    together.setdefault((version.grid, version.currency), []).append(version)
        for (_, currency), versions in together.items():
            table = Table(Compiled(versions), currency)
            for place, version in enumerate(versions):
                self._add(version, table, place)

    def at(self, tariff: str, time: datetime) -> Edition | None:
        """The edition of a plan then; None where there is none."""
        index = bisect_right(self._since.get(tariff, ()), time) - 1
        if index < 0:
            return None
        found = self._of[tariff][index]
        return found if time < found.until else None

    def rate(self, usages: Sequence[Usage], editions: Sequence[Edition | None]) -> list[Counted | None]:
        """How each usage counts by its edition; None where it has none, or is to be looked at alone."""
        if len(usages) < FEWEST:
            each = zip(usages, editions, strict=True)
            return [None if edition is None else edition.rate(usage) for usage, edition in each]
        rows: dict[int, list[int]] = {}
        for row, edition in enumerate(editions):
            if edition is not None:
                rows.setdefault(id(edition.table), []).append(row)
        counted: list[Counted | None] = [None] * len(usages)
        for places in rows.values():
            its = [edition for place in places if (edition := editions[place]) is not None]
            theirs = usages if len(places) == len(usages) else [usages[place] for place in places]
            table = its[0].table
            try:
                columns = Columns.of(theirs, table.currency)
            except OverflowError:  # of a quantity that no column holds
                continue
            for place, result in zip(places, table.rate(columns, theirs, its), strict=True):
                counted[place] = result
        return counted

    def _add(self, version: Version, table: Table, place: int) -> None:
        """Cut a version where what others give to its usages changes."""
        until = version.until or LAST
        changes = version.others.changes
        if changes is None:
            return  # whether others give is told by cells of their own: each usage is looked at alone
        starts = [version.since, *(change for change in changes if version.since < change < until)]
        for since, end in zip(starts, [*starts[1:], until], strict=True):
            self._of.setdefault(version.id, []).append(Edition(version, since, end, table, place))
            self._since.setdefault(version.id, []).append(since)
