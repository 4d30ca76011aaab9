"""Measurements become KPIs, each with its passport."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.telco.network.outputs import NOON, Running, at
from trunkline.telco.model import Kpi, Measurement, Source
from trunkline.telco.network.performance import formulas
from trunkline.telco.network.performance.kpis import PERIODS, KpiProcessor

TABLE = """\
vendor: Zelora
technology: NR
classes: [NRCellCU, NRCellDU]
version: "1.0"
kpis:
  - name: Accessibility
    spec: x
    unit: "%"
    scale: 100
    ratios: [{numerator: ok, denominator: tried}]
  - name: CellAvailability
    spec: x
    unit: "%"
    scale: 100
    ratios: [{numerator: period - NRCellDU.down, denominator: period}]
  - name: LoadPerUser
    spec: x
    unit: "1"
    ratios: [{numerator: load, denominator: users}]
"""
NODE = "ManagedElement=N1"
CU, DU = f"{NODE},GNBCUCPFunction=1,NRCellCU=7", f"{NODE},GNBDUFunction=1,NRCellDU=7"
CELL = f"{NODE},NRCell=7"


@pytest.fixture
def kpis(tmp_path: Path) -> Running:
    (tmp_path / "zelora.yaml").write_text(TABLE)
    tables = formulas.load(tmp_path)
    return Running(lambda: KpiProcessor(tables))


def measurement(dn: str = DU, period: int = 0, line: int = 1, **fields: Any) -> Measurement:
    counters = {name: fields.pop(name) for name in list(fields) if name not in ("suspect", "vendor", "granularity")}
    return Measurement(**{
        "vendor": "Zelora AB", "system": "nms", "dn": dn, "native_dn": dn, "group": "g", "end_time": at(900 * period),
        "granularity": 900, "counters": counters,
        "source": Source(uri="sftp://nms/a.xml", offset=100 * line, line=line), **fields,
    })  # fmt: skip


def values(sent: Any) -> dict[str, float | None]:
    return {kpi.name: kpi.value for kpi in sent.of(Kpi)}


def test_a_kpi_is_what_its_formula_says_of_the_counters(kpis: Running) -> None:
    (kpi,) = kpis.take(measurement(ok=45, tried=50)).of(Kpi)
    assert (kpi.name, kpi.dn, kpi.value, kpi.unit) == ("Accessibility", CELL, 90.0, "%")
    assert (kpi.vendor, kpi.technology, kpi.end_time, kpi.granularity) == ("Zelora", "NR", NOON, 900)
    assert [(ratio.numerator, ratio.denominator) for ratio in kpi.ratios] == [(45, 50)]


def test_a_passport_says_how_the_value_came_to_be(kpis: Running) -> None:
    kpis.take(measurement(ok=45, line=12))
    (kpi,) = kpis.take(measurement(tried=50, line=30)).of(Kpi)
    passport = kpi.passport
    assert (passport.formula, passport.version) == ("zelora/Accessibility", "1.0")
    assert passport.expression == "100 × (ok) / (tried)"
    assert passport.counters == {"ok": 45, "tried": 50}
    assert {(source.uri, source.offset, source.line) for source in passport.sources} == {
        ("sftp://nms/a.xml", 1200, 12), ("sftp://nms/a.xml", 3000, 30),
    }  # fmt: skip


def test_counters_of_several_measurements_are_joined_once_all_are_there(kpis: Running) -> None:
    assert not kpis.take(measurement(ok=45)).events
    assert values(kpis.take(measurement(tried=50))) == {"Accessibility": 90.0}


def test_the_cu_and_the_du_part_of_a_cell_are_one_cell(kpis: Running) -> None:
    assert measurement(CU).key == measurement(DU).key == CELL
    kpis.take(measurement(CU, users=4))
    assert values(kpis.take(measurement(DU, load=10))) == {"LoadPerUser": 2.5}


def test_a_counter_that_both_parts_have_is_taken_from_the_one_that_the_formula_names(kpis: Running) -> None:
    assert values(kpis.take(measurement(CU, down=900), measurement(DU, down=90))) == {"CellAvailability": 90.0}


def test_counters_of_different_periods_or_cells_are_not_mixed(kpis: Running) -> None:
    other = DU.replace("=7", "=8")
    sent = kpis.take(measurement(ok=1), measurement(period=1, tried=2), measurement(other, tried=2))
    assert not sent.events


def test_what_comes_again_changes_nothing(kpis: Running) -> None:
    kpis.take(measurement(ok=45, tried=50))
    before = dict(kpis.kept)
    assert not kpis.take(measurement(ok=45, tried=50, line=99)).events
    assert kpis.kept == before


def test_a_corrected_counter_gives_the_kpi_again(kpis: Running) -> None:
    first = kpis.take(measurement(ok=45, tried=50), measurement(down=0))
    again = kpis.take(measurement(ok=50, tried=50, line=99))
    assert values(again) == {"Accessibility": 100.0}
    assert {source.line for source in again.of(Kpi)[0].passport.sources} == {1, 99}
    assert not set(first.ids) & set(again.ids)


def test_corrections_without_end_take_no_more_room(kpis: Running) -> None:
    sizes = set()
    for attempt in range(10, 60):
        kpis.take(measurement(ok=attempt, tried=90, line=attempt))
        sizes.add(len(next(iter(kpis.kept.values()))))
    assert max(sizes) < 2 * min(sizes)


def test_a_late_measurement_completes_its_own_period(kpis: Running) -> None:
    kpis.take(measurement(ok=45))
    kpis.take(measurement(period=1, ok=1, tried=1))
    (late,) = kpis.take(measurement(tried=50)).of(Kpi)
    assert (late.value, late.end_time) == (90.0, NOON)


def test_what_the_equipment_doubts_is_doubtful(kpis: Running) -> None:
    sent = kpis.take(measurement(ok=45, suspect=True), measurement(tried=50, down=0))
    assert {kpi.name: kpi.suspect for kpi in sent.of(Kpi)} == {"Accessibility": True, "CellAvailability": False}
    assert [kpi.suspect for kpi in kpis.take(measurement(ok=45)).of(Kpi)] == [False]


def test_nothing_was_asked_of_the_cell_is_no_value(kpis: Running) -> None:
    assert values(kpis.take(measurement(ok=0, tried=0))) == {"Accessibility": None}
    assert values(kpis.take(measurement(period=1, ok=None, tried=5))) == {"Accessibility": None}


def test_counters_that_no_formula_asks_for_leave_nothing_behind(kpis: Running) -> None:
    assert not kpis.take(
        measurement(other=1), measurement("a name", ok=1, tried=1), measurement(vendor="?", ok=1)
    ).events
    assert not kpis.kept


def test_only_the_last_periods_are_kept(kpis: Running) -> None:
    for period in range(PERIODS + 5):
        kpis.take(measurement(period=period, ok=1))
    assert len(kpis.kept) == PERIODS
    assert not kpis.take(measurement(period=0, tried=1)).of(Kpi), "the first period's other counter is gone"
    assert len(kpis.kept) == PERIODS


def test_after_a_restart_it_goes_on_where_it_was(kpis: Running) -> None:
    kpis.take(measurement(ok=45, line=12))
    kpis.restart()
    (kpi,) = kpis.take(measurement(tried=50)).of(Kpi)
    assert kpi.value == 90.0
    assert 12 in {source.line for source in kpi.passport.sources}


PART = st.tuples(
    st.sampled_from([CU, DU]),
    st.integers(0, 2),
    st.dictionaries(st.sampled_from(["ok", "tried", "down", "load", "users"]), st.integers(0, 3), min_size=1),
    st.booleans(),
)


@given(st.lists(PART, max_size=12), st.randoms(use_true_random=False))
def test_the_last_words_make_the_kpis_however_they_are_batched_and_restarted(parts: list[Any], dice: Any) -> None:
    folder = Path(__file__).parent
    tables = formulas.Tables([_table(folder)])
    kpis = Running(lambda: KpiProcessor(tables))
    expected: dict[tuple[int, str], int] = {}
    told: dict[tuple[int, str], float | None] = {}
    batch: list[Measurement] = []
    for dn, period, counters, suspect in parts:
        batch.append(measurement(dn, period, suspect=suspect, **counters))
        for name, value in counters.items():
            if name != "down" or dn == DU:
                expected[period, name] = value
        if dice.random() < 0.5:
            told |= {(kpi.end_time.minute // 15, kpi.name): kpi.value for kpi in kpis.take(*batch).of(Kpi)}
            batch = []
        if dice.random() < 0.3:
            kpis.restart()
    told |= {(kpi.end_time.minute // 15, kpi.name): kpi.value for kpi in kpis.take(*batch).of(Kpi)}
    wanted: dict[tuple[int, str], float | None] = {}
    for period in range(3):
        known = {name: value for (when, name), value in expected.items() if when == period}
        if "ok" in known and "tried" in known:
            wanted[period, "Accessibility"] = 100 * known["ok"] / known["tried"] if known["tried"] else None
        if "down" in known:
            wanted[period, "CellAvailability"] = 100 * ((900 - known["down"]) / 900)
        if "load" in known and "users" in known:
            wanted[period, "LoadPerUser"] = known["load"] / known["users"] if known["users"] else None
    assert told.keys() == wanted.keys()
    for key, value in wanted.items():
        assert told[key] == (None if value is None else pytest.approx(value))


def _table(folder: Path) -> formulas.Table:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "zelora.yaml").write_text(TABLE)
        table = formulas.load(Path(name)).find("Zelora", DU)
    assert table is not None
    return table
