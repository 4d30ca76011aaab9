"""What allowances say of themselves, and which of them a usage may draw from."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.telco.charging.tariff.folders import FILES, written
from tests.telco.charging.tariff.usages import usage
from trunkline.telco.charging.tariff import Tariffs, check, load
from trunkline.telco.charging.tariff.terms import Allowance
from trunkline.telco.model import Service, Unit

PLAN, PACK = "plans/plain.yaml", "packs/trip.yaml"
ABROAD = {"service": Service.DATA, "downlink": 1, "visited": "310260"}


def given(tariffs: Tariffs, plan: str, time: str, **what: object) -> tuple[str, ...]:
    one = usage(started=datetime.fromisoformat(time).replace(tzinfo=UTC), **what)
    return tariffs.at(plan, one.started).terms(one).allowances


def test_an_allowance_is_told_with_all_that_accounts_need(tmp_path: Path) -> None:
    lines = """\
      - id: minutes
        name: 100 minutes
        services: [voice]
        in: [home]
        to: [national, world]
        amount: 100 min
        priority: 7
        rollover: {cycles: 2, most: 1 h}
        fair_use: {world: 30 min}
        thresholds: [90]
    rates:"""
    tariffs = load(written(tmp_path, {PLAN: ("    rates:", lines)}))
    now = datetime(2026, 6, 1, tzinfo=UTC)
    texts, minutes = tariffs.at("plain", now).allowances
    assert texts == Allowance("plain/texts", "Texts", Unit.MESSAGE, 10, 100, True)
    assert minutes == Allowance(
        "plain/minutes", "100 minutes", Unit.SECOND, 6000, 7, False,
        rollover=2, rollover_most=3600, fair_use=(("world", 1800),), thresholds=(90,),
    )  # fmt: skip
    assert tariffs.at("trip", now).allowances == (
        Allowance("trip/data", "Data", Unit.OCTET, 10**9, 50, False, days=7, first_use=True),
    )


def test_a_pack_gives_as_its_version_of_that_time_says_and_as_the_last_one_said_when_it_is_no_longer_sold(
    tmp_path: Path,
) -> None:
    two = """\
  - from: 2026-01-01
    until: 2026-03-01
    allowances:
      - {id: data, name: Data, services: [data], in: [home], amount: 1 GB, days: 7}
  - from: 2026-03-01
    until: 2026-05-01
"""
    folder = written(tmp_path, {PACK: ("  - from: 2026-01-01\n", two)})
    plan = folder / PLAN
    plan.write_text(plan.read_text().replace("from: 2026-01-01", "from: 2020-01-01"))
    tariffs = load(folder)
    assert given(tariffs, "plain", "2025-12-01", **ABROAD) == ()
    assert given(tariffs, "plain", "2026-02-01", **ABROAD) == ()
    assert given(tariffs, "plain", "2026-04-01", **ABROAD) == ("trip/data",)
    assert given(tariffs, "plain", "2027-01-01", **ABROAD) == ("trip/data",)


def test_a_plan_draws_only_from_the_allowance_that_it_names(tmp_path: Path) -> None:
    folder = written(tmp_path, {PLAN: ("    rates:", f"{_line('more')}\n    rates:")})
    drawing = FILES[PLAN].replace("    prices: list", "    prices: list\n    draws: [plain/more]")
    (folder / "plans/second.yaml").write_text(drawing)
    text = {"service": Service.MESSAGE, "items": 1, "other_party": "32470000000"}
    assert given(load(folder), "plain", "2026-06-01", **text) == ("plain/texts", "plain/more")
    assert given(load(folder), "second", "2026-06-01", **text) == ("second/texts", "plain/more")


@pytest.mark.parametrize("visited", ["310260", "20801"])
def test_plans_and_packs_of_different_zones_meet_by_where_the_usage_really_is(tmp_path: Path, visited: str) -> None:
    """The pack says abroad and means both; the plan's newer zones have France as a place of its own."""
    folder = written(tmp_path)
    zones = FILES["zones.yaml"].replace("  abroad:", "  france: {countries: [FR]}\n  abroad:")
    (folder / "zones-2027.yaml").write_text(zones)
    prices = FILES["prices/list.yaml"].replace("in: [abroad]", "in: [abroad, france]")
    (folder / "prices/list-2027.yaml").write_text(prices.replace("EUR\nrates", "EUR\nzones: zones-2027\nrates"))
    plan = FILES[PLAN].replace("prices: list", "prices: list-2027\n    zones: zones-2027")
    (folder / "plans/newer.yaml").write_text(plan)
    assert check(folder) == []
    assert given(load(folder), "newer", "2026-06-01", **{**ABROAD, "visited": visited}) == ("trip/data",)
    one = usage(**{**ABROAD, "visited": visited})
    assert load(folder).at("newer", one.started).terms(one).zone == {"310260": "abroad", "20801": "france"}[visited]


def test_a_plan_and_its_price_list_have_the_same_zones(tmp_path: Path) -> None:
    folder = written(tmp_path, {PLAN: ("prices: list", "prices: list\n    zones: zones-2027")})
    (folder / "zones-2027.yaml").write_text(FILES["zones.yaml"])
    assert "`zones`: must be `zones`, as in the price list `list`" in [problem.reason for problem in check(folder)]


def _line(id: str) -> str:
    return f"      - {{id: {id}, name: More, services: [message], amount: 5 messages, shared: true}}"
