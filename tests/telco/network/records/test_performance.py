"""KPIs as TMF628 tells of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.telco.network.outputs import at
from trunkline.telco.model import Kpi, Passport
from trunkline.telco.network.performance import formulas
from trunkline.telco.network.records.indicators import SCHEMA, group, specification
from trunkline.telco.network.records.measurements import latest
from trunkline.telco.network.records.measurements import measurement as document

TABLES = formulas.load(Path(__file__).parents[4] / "belgicom" / "kpis")
CELL = "ManagedElement=N1,LTECell=7"


def kpi(value: float | None = 99.5, period: int = 0, **fields: Any) -> Kpi:
    passport = Passport(formula="ericsson-lte/Accessibility", version="1.0", expression="x", counters={}, sources=())
    told = {"name": "Accessibility", "dn": CELL, "vendor": "Ericsson", "technology": "LTE", "unit": "%"}
    return Kpi(
        **{**told, **fields}, end_time=at(900 * period), granularity=900, value=value, ratios=(), passport=passport
    )


def test_a_formula_is_an_indicator_with_its_unit_and_how_it_comes_to_be() -> None:
    table = next(table for table in TABLES.all if table.name == "ericsson-lte")
    formula = next(formula for formula in table.formulas if formula.name == "Accessibility")
    assert specification(formula, table) == {
        "id": "ericsson-lte.Accessibility",
        "@type": "PerformanceIndicatorSpecification",
        "@schemaLocation": SCHEMA,
        "name": "Accessibility",
        "description": "TS 32.450 6.1.1 (E-RAB accessibility)",
        "indicatorCategory": "LTE",
        "indicatorType": "double",
        "indicatorUnit": "%",
        "derivationAlgorithm": formula.expression,
        "version": "1.0",
        "vendor": "Ericsson",
    }


def test_a_group_has_every_indicator_of_its_table_and_no_two_have_one_id() -> None:
    ids: list[str] = []
    for table in TABLES.all:
        told = [specification(formula, table)["id"] for formula in table.formulas]
        assert [one["id"] for one in group(table)["performanceIndicatorSpecification"]] == told
        ids += told
    assert len(ids) == len(set(ids)) > 0


def test_a_kpi_value_is_the_measurement_of_its_indicator_in_its_period() -> None:
    told = document(kpi(period=1, suspect=True))
    (value,) = told["performanceIndicatorValue"]
    assert value["observedValue"] == "99.5"
    assert value["performanceIndicatorSpecification"]["id"] == "ericsson-lte.Accessibility"
    assert told["validFor"] == {"startDateTime": "2026-11-23T12:00:00Z", "endDateTime": "2026-11-23T12:15:00Z"}
    assert told["tag"] == {"dn": CELL, "vendor": "Ericsson", "technology": "LTE", "suspect": True}


def test_where_nothing_was_asked_of_the_cell_there_is_no_value() -> None:
    (value,) = document(kpi(None))["performanceIndicatorValue"]
    assert "observedValue" not in value


def test_the_last_period_of_an_indicator_at_an_object_is_kept() -> None:
    first, second = document(kpi(1.0)), document(kpi(2.0, period=1))
    corrected = document(kpi(3.0, period=1))
    assert first["id"] == second["id"] != document(kpi(name="Retainability"))["id"]
    assert latest(first, second) == second
    assert latest(second, first) == second
    assert latest(second, corrected) == corrected
