"""The operator's KPI formulas as TMF628 v5 tells of indicators.

A formula is a performanceIndicatorSpecification, a formula table a performanceIndicatorGroupSpecification. They are the
project's data (`kpis/*.yaml`), so the store has what the files say, and they say so by their `@schemaLocation`; with it
go the attributes `version` and `vendor`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from trunkline.store import Query, Store
from trunkline.telco.network.performance.formulas import Formula, Table
from trunkline.tmf.declaration import Document

SPECIFICATION: Final = "performanceIndicatorSpecification"
GROUP: Final = "performanceIndicatorGroupSpecification"
SCHEMA: Final = "urn:trunkline:schema:kpi-formula"


def declare(store: Store, tables: Iterable[Table]) -> None:
    """Bring what the tables say into the store, and take away what no table says any more."""
    wanted: dict[str, dict[str, Document]] = {SPECIFICATION: {}, GROUP: {}}
    for table in tables:
        wanted[GROUP][table.name] = group(table)
        for formula in table.formulas:
            wanted[SPECIFICATION][id_of(formula.full_name)] = specification(formula, table)
    for kind, documents in wanted.items():
        there = {id: document for id, document in _all(store, kind) if is_declared(document)}
        with store.unit() as unit:
            for id, document in documents.items():
                if there.get(id) != document:
                    unit.put(kind, id, msgspec.json.encode(document))
            for id in there.keys() - documents.keys():
                unit.remove(kind, id)


def is_declared(document: Document) -> bool:
    """Whether a formula table says it, and not a client of the API."""
    return document.get("@schemaLocation") == SCHEMA


def specification(formula: Formula, table: Table) -> Document:
    """What a KPI is: its unit, and the formula by which it comes of the vendor's counters."""
    return {
        "id": id_of(formula.full_name),
        "@type": "PerformanceIndicatorSpecification",
        "@schemaLocation": SCHEMA,
        "name": formula.name,
        "description": formula.spec,
        **({"indicatorCategory": table.technology} if table.technology else {}),
        "indicatorType": "double",
        "indicatorUnit": formula.unit,
        "derivationAlgorithm": formula.expression,
        "version": formula.version,
        "vendor": table.vendor,
    }


def group(table: Table) -> Document:
    """The indicators of one vendor's equipment of one technology."""
    return {
        "id": table.name,
        "@type": "PerformanceIndicatorGroupSpecification",
        "@schemaLocation": SCHEMA,
        "name": table.name,
        **({"groupCategory": table.technology} if table.technology else {}),
        SPECIFICATION: [reference(one.full_name, one.name, one.version) for one in table.formulas],
    }


def reference(full_name: str, name: str, version: str) -> Document:
    """What refers to an indicator; `full_name` names its table and itself."""
    return {
        "id": id_of(full_name),
        "@type": "PerformanceIndicatorSpecificationRef",
        "@referredType": "PerformanceIndicatorSpecification",
        "name": name,
        "version": version,
    }


def id_of(full_name: str) -> str:
    """`ericsson-lte/Accessibility` as it can stand in a path."""
    return full_name.replace("/", ".")


def _all(store: Store, kind: str) -> Iterator[tuple[str, Document]]:
    after = ""
    while (found := store.find(Query(kind, after=after))).records:
        for stored in found.records:
            yield stored.id, msgspec.json.decode(stored.document)
        after = found.last
