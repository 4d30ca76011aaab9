"""Draft tariffs lie beside the others: nobody is charged by them, and they are checked like all."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.telco.charging.shadow.shop import DRAFT, FOLDER, TODAY, with_draft
from tests.telco.charging.tariff.usages import usage
from trunkline.document import Invalid
from trunkline.telco.charging.tariff import check, drafts, load, load_with
from trunkline.telco.model import Service

NAME = "mobile-80-2027"
DATA = """\
      - id: data
        name: 60 GB
"""


def test_charging_does_not_know_drafts_and_the_shadow_has_one_in_the_place_of_its_plan_at_all_times() -> None:
    assert list(drafts(FOLDER)) == [NAME]
    for time in (datetime(2026, 3, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)):
        assert [given.name for given in TODAY.at("mobile-80", time).allowances] == ["80 GB"]
        assert [given.name for given in DRAFT.at("mobile-80", time).allowances] == ["60 GB"]
        assert TODAY.at("mobile-20", time).allowances == DRAFT.at("mobile-20", time).allowances


def test_other_plans_draw_from_the_draft_s_allowances(tmp_path: Path) -> None:
    file = with_draft(tmp_path, "in: [home, eu]\n        amount", "in: [home]\n        amount")
    file.write_text(file.read_text().replace("        fair_use: {eu: 41 GB}\n", ""))
    data = usage(service=Service.DATA, downlink=1, visited="20801")
    assert "mobile-80/data" in TODAY.at("data-sim-extra", data.started).terms(data).allowances
    assert "mobile-80/data" not in load_with(tmp_path, file).at("data-sim-extra", data.started).terms(data).allowances


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("replaces: mobile-80", "replaces: mobile-81", "drafts/mobile-80-2027.yaml:5: `replaces`: there is no plan"),
        ("in: [home], to: [belgium], price: free", "in: [hom], to: [belgium], price: free", "there is no place `hom`"),
        ("    prices: standard\n", "", "drafts/mobile-80-2027.yaml:18: `rates`: no rate says what this costs"),
        ("2 EUR per GB", "2 USD per GB", "is in USD, and the currency here is EUR"),
        (DATA, DATA.replace("id: data", "id: octets"), "no plan has an allowance `mobile-80/data`"),
    ],
)
def test_a_draft_that_is_wrong_is_found_by_the_check_and_keeps_nobody_from_being_charged(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    file = with_draft(tmp_path, before, after)
    assert any(said in str(problem) for problem in check(tmp_path))
    with pytest.raises(Invalid):
        load_with(tmp_path, file)
    assert load(tmp_path).versions.keys() == load(FOLDER).versions.keys()


def test_a_draft_s_name_is_held_to_the_same_form(tmp_path: Path) -> None:
    with_draft(tmp_path, "2 EUR", "2 EUR").rename(tmp_path / "drafts" / "Mobile 80.yaml")
    assert [problem.reason.partition(":")[0] for problem in check(tmp_path)] == ["the file's name is the id"]
