"""Formula tables: how the operator writes them, and what is said when they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from trunkline.document import Invalid
from trunkline.telco.network.performance import formulas

CELL = "ManagedElement=N1,ENBFunction=1,EUtranCellFDD=1"
TABLE = """\
vendor: Zelora Networks
technology: LTE
classes: [EUtranCellFDD]
version: "2.1"
kpis:
  - name: Accessibility
    spec: TS 32.450 6.1.1
    unit: "%"
    scale: 100
    ratios:
      - numerator: zRrcOk
        denominator: zRrcTried - zRrcAgain
      - numerator: zBearerOk
        denominator: zBearerTried
"""


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name.replace('_', '-')}.yaml").write_text(text)
    return tmp_path


def problems(folder: Path) -> list[tuple[str, int, str]]:
    return [(Path(problem.file).name, problem.line, problem.reason) for problem in formulas.check(folder)]


def test_another_vendor_is_one_more_file(tmp_path: Path) -> None:
    table = formulas.load(folder(tmp_path, zelora_lte=TABLE)).find("ZELORA AB", CELL)
    assert table is not None
    (accessibility,) = table.formulas
    counters = {"zRrcOk": 90, "zRrcTried": 110, "zRrcAgain": 10, "zBearerOk": 40, "zBearerTried": 50}
    value, ratios = accessibility.compute(counters, 900)
    assert value == pytest.approx(100 * (90 / 100) * (40 / 50))
    assert [(ratio.numerator, ratio.denominator) for ratio in ratios] == [(90, 100), (40, 50)]
    assert accessibility.full_name == "zelora-lte/Accessibility"
    assert accessibility.expression == "100 × (zRrcOk) / (zRrcTried - zRrcAgain) × (zBearerOk) / (zBearerTried)"


def test_a_zero_denominator_is_no_value_and_not_a_bad_one(tmp_path: Path) -> None:
    table = formulas.load(folder(tmp_path, zelora=TABLE)).find("Zelora", CELL)
    assert table is not None
    counters = {"zRrcOk": 0, "zRrcTried": 0, "zRrcAgain": 0, "zBearerOk": 4, "zBearerTried": 5}
    value, ratios = table.formulas[0].compute(counters, 900)
    assert value is None
    assert (ratios[1].numerator, ratios[1].denominator) == (4, 5)


def test_an_empty_counter_is_no_value(tmp_path: Path) -> None:
    table = formulas.load(folder(tmp_path, zelora=TABLE)).find("Zelora", CELL)
    assert table is not None
    counters = {"zRrcOk": None, "zRrcTried": 10, "zRrcAgain": 0, "zBearerOk": 4, "zBearerTried": 5}
    assert table.formulas[0].compute(counters, 900)[0] is None


def test_a_table_is_for_its_vendor_and_its_classes_alone(tmp_path: Path) -> None:
    tables = formulas.load(folder(tmp_path, zelora=TABLE))
    assert tables.find("Nokia", CELL) is None
    assert tables.find("Zelora", "ManagedElement=N1,GNBDUFunction=1,NRCellDU=1") is None


@pytest.mark.parametrize(
    ("wrong", "right", "line", "reason"),
    [
        ("numerator: zRrcOk %", "numerator: zRrcOk", 11, "is not an expression"),
        ("numerator: eval('1')", "numerator: zRrcOk", 11, "no function `eval`"),
        ("denominatr: zBearerTried", "denominator: zBearerTried", 14, "did you mean `denominator`?"),
        ("unit: [a]", 'unit: "%"', 8, "xpected `str`"),
        ("classes: EUtranCellFDD", "classes: [EUtranCellFDD]", 3, "xpected `array`"),
        ("catalogue: none.yaml\nversion: x", 'version: "2.1"', 4, "there is no catalogue `none.yaml`"),
    ],
)
def test_a_wrong_table_is_told_with_file_and_line(
    tmp_path: Path, wrong: str, right: str, line: int, reason: str
) -> None:
    assert right in TABLE
    found = problems(folder(tmp_path, zelora=TABLE.replace(right, wrong)))
    assert any(name == "zelora.yaml" and at == line and reason in text for name, at, text in found), found


def test_two_tables_for_the_same_objects_are_refused(tmp_path: Path) -> None:
    ((name, line, reason),) = problems(folder(tmp_path, a=TABLE, b=TABLE))
    assert (name, line) == ("b.yaml", 3)
    assert "`a.yaml` already has the formulas for Zelora's EUtranCellFDD" in reason


def test_a_kpi_that_stands_twice_or_counts_nothing_is_refused(tmp_path: Path) -> None:
    more = "  - {name: Accessibility, spec: x, unit: x, ratios: [{numerator: 1, denominator: period}]}\n"
    found = problems(folder(tmp_path, zelora=TABLE + more))
    assert [line for _, line, _ in found] == [15, 15]
    assert "stands twice" in found[0][2] + found[1][2]
    assert "uses no counter" in found[0][2] + found[1][2]


def test_numbered_counters_get_their_names_from_a_catalogue(tmp_path: Path) -> None:
    numbered = TABLE.replace("version:", "catalogue: names.yaml\nversion:")
    known = "{'1': zRrcOk, '2': zRrcTried, '3': zRrcAgain, '4': zBearerOk, '5': zBearerTried}"
    names = f"catalogue: Zelora\ncounters: {known}\n"
    table = formulas.load(folder(tmp_path, zelora=numbered, names=names)).find("Zelora", CELL)
    assert table is not None
    assert table.wanted["EUtranCellFDD"]["4"] == ("zBearerOk",)
    assert table.wanted["EUtranCellFDD"]["zBearerOk"] == ("zBearerOk",)


def test_a_name_that_the_catalogue_lacks_is_refused(tmp_path: Path) -> None:
    numbered = TABLE.replace("version:", "catalogue: names.yaml\nversion:")
    names = "catalogue: Zelora\ncounters: {'1': zRrcOk, '2': zRrcTried, '3': zRrcAgain, '4': zBearerOk}\n"
    ((name, line, reason),) = problems(folder(tmp_path, zelora=numbered, names=names))
    assert (name, line) == ("zelora.yaml", 15)
    assert "`zBearerTried` is not in the catalogue names.yaml" in reason


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    broken = folder(tmp_path, a="vendor: [", b=TABLE.replace("zRrcOk", "zRrcOk %").replace("zBearerOk", "1 +"))
    assert [(name, line) for name, line, _ in problems(broken)] == [("a.yaml", 2), ("b.yaml", 11), ("b.yaml", 13)]


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no formula table"):
        formulas.load(tmp_path)
