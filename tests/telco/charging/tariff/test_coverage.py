"""Whatever rates an operator writes: what `check` lets pass has a price for every usage, and it misses nothing."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.telco.charging.tariff.folders import FILES, written
from tests.telco.charging.tariff.usages import usage
from trunkline.streams import Rejection
from trunkline.telco.charging.tariff import check, load
from trunkline.telco.model import Service, Usage

PLACES = {"home": "20601", "abroad": "310260"}
PARTIES = {"national": "32470000000", "world": "12125550100", "codes": "112"}
TIMES = {"day": 12, "night": 22}
CELLS = list(product(PLACES, PARTIES, TIMES))
REST = [line for line in FILES["prices/list.yaml"].splitlines() if "id: call" not in line]


def some(names: dict[str, Any]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(sorted(names)), min_size=1, unique=True)


calls = st.lists(st.tuples(some(PLACES), some(PARTIES), some(TIMES)), min_size=1, max_size=6) | st.permutations(
    CELLS
).map(lambda cells: [([place], [to], [band]) for place, to, band in cells])


def folder_with(path: Path, rates: list[tuple[list[str], list[str], list[str]]]) -> Path:
    folder = written(path)
    lines = [
        "  - "
        + json.dumps(
            {"id": f"r{n}", "services": ["voice"], "in": place, "to": to, "bands": band, "price": f"{n} EUR per s"}
        )
        for n, (place, to, band) in enumerate(rates)
    ]
    (folder / "prices/list.yaml").write_text("\n".join([*REST[:2], *lines, *REST[2:]]) + "\n")
    plan = FILES["plans/plain.yaml"]
    (folder / "plans/plain.yaml").write_text(plan[: plan.index("    rates:")])
    return folder


def call(place: str, to: str, band: str) -> Usage:
    """One of a cell, in local time of Brussels; abroad the record says that it is one hour ahead."""
    moment = usage().started.replace(hour=TIMES[band] - 1)
    return usage(visited=PLACES[place], other_party=PARTIES[to], started=moment, zone_offset=60, duration=1)


@settings(deadline=None)
@given(calls)
def test_check_finds_each_gap_and_each_overlap_and_else_every_usage_has_terms(
    rates: list[tuple[list[str], list[str], list[str]]],
) -> None:
    claims = {
        cell: [n for n, rate in enumerate(rates) if all(name in of for name, of in zip(cell, rate, strict=True))]
        for cell in CELLS
    }
    with TemporaryDirectory() as path:
        folder = folder_with(Path(path), rates)
        reasons = [problem.reason for problem in check(folder)]
        gaps = [cell for cell, of in claims.items() if not of]
        assert any("no rate says" in reason for reason in reasons) == bool(gaps)
        assert any("both say" in reason for reason in reasons) == any(len(of) > 1 for of in claims.values())
        if not reasons:
            plan = load(folder).at("plain", usage().started)
            for cell, (only,) in claims.items():
                terms = plan.terms(call(*cell))
                assert terms.price.id == f"r{only}"
                assert terms.price.cost(terms.quantity, 0) == 100 * only


def test_a_usage_in_a_gap_is_rejected_with_its_cell(tmp_path: Path) -> None:
    """A plan may say that it does not sell something: then `check` asks for no rate."""
    folder = written(tmp_path, {"prices/list.yaml": ("  - {id: data, services: [data], price: 0.01 EUR per MB}\n", "")})
    plan = folder / "plans/plain.yaml"
    plan.write_text(plan.read_text().replace("prices: list", "prices: list\n    services: [voice, message, content]"))
    assert check(folder) == []
    one = usage(service=Service.DATA, downlink=1, visited="20601")
    with pytest.raises(Rejection, match="plain: nothing says what this costs: data in `home` in the band `day`"):
        load(folder).at("plain", one.started).terms(one)
