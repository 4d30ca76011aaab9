"""Whole columns get what each usage alone gets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.telco.charging.tariff.usages import usage
from trunkline.streams import Rejection
from trunkline.telco.charging.tariff import load
from trunkline.telco.charging.tariff.columns import Columns, Ranges, key
from trunkline.telco.charging.tariff.compiled import REFUSED, Compiled
from trunkline.telco.charging.tariff.localtime import LocalTime
from trunkline.telco.charging.tariff.prefixes import Prefixes
from trunkline.telco.charging.tariff.price import FINEST, Tier, TieredPrice
from trunkline.telco.charging.tariff.rate import Rate, WrittenRate
from trunkline.telco.charging.tariff.version import Version
from trunkline.telco.model import Direction, Service, Usage

REFERENCE = Path(__file__).parents[4] / "belgicom/tariffs"


@cache
def plans() -> list[Version]:
    tariffs = load(REFERENCE)
    return [version for of in tariffs.versions.values() for version in of if version.kind == "plan"]


@cache
def compiled() -> Compiled:
    return Compiled(plans())


digits = st.text("0123456789", max_size=16)


def near(prefixes: Sequence[str]) -> st.SearchStrategy[str]:
    """Texts that have a prefix, or nearly."""
    return st.builds(
        lambda prefix, rest, cut: (prefix + rest)[: cut or None], st.sampled_from(prefixes), digits, st.integers(0, 16)
    )


@cache
def usages() -> st.SearchStrategy[Usage]:
    zones = plans()[0].grid.zones
    networks = [prefix for prefix in zones.networks.values if prefix]
    return st.builds(
        usage,
        service=st.sampled_from(Service),
        direction=st.sampled_from(Direction),
        started=st.datetimes(datetime(2019, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC)),
        duration=st.integers(0, 100_000),
        uplink=st.integers(0, 10**12),
        downlink=st.integers(0, 10**12) | st.integers(0, 10),
        items=st.integers(0, 3),
        other_party=near([*zones.numbers.values, *zones.codes.values]) | st.text(max_size=12),
        visited=st.just("") | near(networks) | st.text(max_size=6),
        zone_offset=st.integers(-720, 840),
        price=st.none() | st.integers(-1, 10**6),
        currency=st.sampled_from(["EUR", "USD"]),
    )  # fmt: skip


@settings(deadline=None)
@given(st.data())
def test_columns_are_rated_as_usages_are(data: st.DataObject) -> None:
    batch = data.draw(st.lists(usages(), max_size=30))
    which = data.draw(st.lists(st.integers(0, len(plans()) - 1), min_size=len(batch), max_size=len(batch)))
    before = data.draw(st.lists(st.integers(0, 2 * 10**9), min_size=len(batch), max_size=len(batch)))
    shares = data.draw(st.lists(st.fractions(0, 1), min_size=len(batch), max_size=len(batch)))
    rated = compiled().rate(Columns.of(batch, "EUR"), np.array(which, dtype=np.int64))
    units = np.array([int(q * s) for q, s in zip(rated.quantity.tolist(), shares, strict=True)], dtype=np.int64)
    whole = compiled().cost(rated)
    part = compiled().cost(rated, units, np.array(before, dtype=np.int64))
    for row, (one, version) in enumerate(zip(batch, which, strict=True)):
        try:
            terms = plans()[version].terms(one)
        except Rejection:
            assert rated.rate[row] == REFUSED
            assert (whole[row], part[row]) == (0, 0)
            continue
        assert compiled().zones[rated.zone[row]] == terms.zone
        assert compiled().bands[rated.band[row]] == terms.band
        assert compiled().rates[rated.rate[row]].id == terms.price.id
        assert compiled().cells[rated.cell[row]] == plans()[version].grid.cell(one)
        assert rated.quantity[row] == terms.quantity
        assert whole[row] == terms.price.cost(terms.quantity, 0)
        assert part[row] == terms.price.cost(int(units[row]), before[row])


def one_rate(rate: Rate) -> Compiled:
    """A plan in which everything has this rate."""
    grid = plans()[0].grid
    return Compiled(
        [
            Version(
                id="one", name="", kind="plan", currency="EUR", since=datetime(2020, 1, 1, tzinfo=UTC), until=None,
                grid=grid, rates=dict.fromkeys(grid.cells(), rate), allowances=(), gives={},
            )
        ]
    )  # fmt: skip


def fine(each: Fraction) -> bool:
    return each.numerator * each.denominator < FINEST


eaches = st.builds(Fraction, st.integers(0, 10**9), st.sampled_from([1, 60, 10**4, 10**6, 10**9, 2**20, 7, 997]))


@st.composite
def prices(draw: st.DrawFn) -> TieredPrice:
    steps = draw(st.lists(st.tuples(st.integers(1, 10**10), eaches), max_size=4))
    ends, at = [], 0
    for step, _ in steps:
        ends.append(at := at + step)
    tiers = [Tier(end, each) for end, (_, each) in zip(ends, steps, strict=True)]
    try:
        return TieredPrice("p", "standard", [*tiers, Tier(None, draw(eaches))])
    except ValueError:
        return TieredPrice("p", "standard", [Tier(None, Fraction(1, 60))])


@settings(deadline=None)
@given(prices(), st.integers(0, 10**12), st.integers(0, 10**12))
def test_columns_compute_tiers_exactly(price: TieredPrice, used: int, before: int) -> None:
    assume(price.cost(used, before) < 10**18)  # columns of 64 bits promise no more digits
    table = one_rate(Rate(WrittenRate(id="p", services=[Service.DATA], price="free"), price, {}))
    rated = table.rate(Columns.of([usage(service=Service.DATA, downlink=used)], "EUR"), np.zeros(1, dtype=np.int64))
    cost = table.cost(rated, before=np.array([before], dtype=np.int64))
    assert cost.tolist() == [price.cost(used, before)]


@settings(deadline=None)
@given(st.sets(digits.map(lambda text: text[:15])), st.lists(digits))
@example({"30", ""}, ["3", "30", "300"])
def test_ranges_find_the_longest_prefix(prefixes: set[str], texts: list[str]) -> None:
    group = Prefixes({prefix: prefix for prefix in prefixes})
    names = sorted(prefixes)
    ranges = Ranges([group], {name: index for index, name in enumerate(names)})
    found = ranges.find(np.array([key(text) for text in texts], dtype=np.int64))
    assert [names[index] if index >= 0 else None for index in found.tolist()] == [group.find(text) for text in texts]


ZONES = [
    ZoneInfo(name) for name in ("Europe/Brussels", "Australia/Lord_Howe", "Africa/Casablanca", "UTC", "Pacific/Apia")
]
CHANGES = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
]
moments = st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC)) | st.builds(
    lambda change, seconds: change + timedelta(seconds=seconds), st.sampled_from(CHANGES), st.integers(-7200, 7200)
)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(ZONES) - 1), moments)))
def test_local_times_of_columns_are_those_of_the_zones(asked: list[tuple[int, datetime]]) -> None:
    local = LocalTime(ZONES)
    zone = np.array([place for place, _ in asked], dtype=np.int64)
    seconds = np.array([int(moment.timestamp()) for _, moment in asked], dtype=np.int64)
    expected = [moment.astimezone(ZONES[place]).utcoffset() for place, moment in asked]
    assert [timedelta(seconds=offset) for offset in local.offsets(zone, seconds).tolist()] == expected


def test_versions_of_several_grids_are_not_compiled_together() -> None:
    with pytest.raises(ValueError, match="zones and calendar"):
        Compiled([])
