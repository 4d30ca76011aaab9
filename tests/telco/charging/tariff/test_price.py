"""Money and units: nothing is lost, nothing is invented."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trunkline.telco.charging.tariff.measures import Cost, Quantity
from trunkline.telco.charging.tariff.price import SellersPrice, Tier, TieredPrice
from trunkline.telco.charging.tariff.rate import Rate, WrittenRate
from trunkline.telco.model import Service, Unit

eaches = st.builds(Fraction, st.integers(0, 5000), st.sampled_from([1, 3, 60, 100, 1000]))


@st.composite
def prices(draw: st.DrawFn) -> TieredPrice:
    """Up to four tiers, the borders of which lie close together."""
    lengths = draw(st.lists(st.integers(1, 40), max_size=3))
    borders = [sum(lengths[: index + 1]) for index in range(len(lengths))]
    tiers = [Tier(border, draw(eaches)) for border in borders]
    return TieredPrice("p", "standard", [*tiers, Tier(None, draw(eaches))])


def each_of(price: TieredPrice, unit: int) -> Fraction:
    """What the unit behind so many others costs."""
    return next(Fraction(each, price.denominator) for _, end, each in price.steps if end is None or unit < end)


units = st.integers(0, 150)


@settings(deadline=None)
@given(prices(), units, units)
def test_a_cost_is_the_sum_of_its_units_rounded_half_up_once(price: TieredPrice, amount: int, before: int) -> None:
    exact = sum((each_of(price, before + unit) for unit in range(amount)), Fraction(0))
    with localcontext(prec=100):
        whole = Decimal(exact.numerator) / Decimal(exact.denominator)
        assert price.cost(amount, before) == whole.quantize(Decimal(1), ROUND_HALF_UP)


@settings(deadline=None)
@given(prices(), units, units, units)
def test_more_never_costs_less(price: TieredPrice, less: int, more: int, before: int) -> None:
    assert price.cost(less, before) <= price.cost(less + more, before)


@settings(deadline=None)
@given(prices(), units, units, units)
def test_parts_cost_what_the_whole_costs_but_for_their_rounding(
    price: TieredPrice, first: int, second: int, before: int
) -> None:
    whole = price.cost(first + second, before)
    parts = price.cost(first, before) + price.cost(second, before + first)
    assert abs(parts - whole) <= 1


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 100)), max_size=3), st.integers(0, 100), units, units)
def test_parts_cut_at_the_borders_of_tiers_cost_exactly_the_whole_where_units_cost_whole_cents(
    tiers: list[tuple[int, int]], last: int, amount: int, before: int
) -> None:
    borders = [sum(length for length, _ in tiers[: index + 1]) for index in range(len(tiers))]
    steps = [Tier(border, Fraction(each)) for border, (_, each) in zip(borders, tiers, strict=True)]
    price = TieredPrice("p", "standard", [*steps, Tier(None, Fraction(last))])
    cuts = [before, *(border for border in borders if before < border < before + amount), before + amount]
    parts = sum(price.cost(end - begin, begin) for begin, end in pairwise(cuts))
    assert parts == price.cost(amount, before)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 1000), st.data())
def test_a_seller_s_price_is_that_of_all_pieces_together(amount: int, pieces: int, data: st.DataObject) -> None:
    price = SellersPrice("content", "standard", amount, pieces)
    some = data.draw(st.integers(0, pieces))
    assert price.cost(pieces, 0) == amount
    assert abs(price.cost(some, 0) + price.cost(pieces - some, some) - amount) <= 1


@settings(deadline=None)
@given(st.integers(0, 5000), st.integers(0, 100), st.integers(0, 200), st.integers(1, 100))
def test_a_quantity_is_what_was_used_rounded_up_as_the_rate_says(
    used: int, free: int, minimum: int, increment: int
) -> None:
    amounts = {"free": free, "minimum": minimum, "increment": increment}
    rate = Rate(WrittenRate(id="r", services=[Service.VOICE], price="free"), None, amounts)
    quantity = rate.quantity(used)
    if used <= free:
        assert quantity == 0
    else:
        least = max(used - free, minimum)
        assert least <= quantity < least + increment
        assert quantity % increment == 0
    assert quantity <= rate.quantity(used + 1)


@pytest.mark.parametrize(
    ("minimum", "increment", "used", "quantity"),
    [
        (60, 60, 1, 60), (60, 60, 60, 60), (60, 60, 61, 120),
        (60, 1, 1, 60), (60, 1, 61, 61),
        (0, 1, 1, 1), (0, 10_000, 1, 10_000), (0, 10_000, 0, 0),
    ],
)  # fmt: skip
def test_calls_are_counted_60_60_or_60_1_and_data_by_10_kb(
    minimum: int, increment: int, used: int, quantity: int
) -> None:
    rate = Rate(
        WrittenRate(id="r", services=[Service.VOICE], price="free"), None, {"minimum": minimum, "increment": increment}
    )
    assert rate.quantity(used) == quantity


@pytest.mark.parametrize(
    ("text", "each", "unit", "currency"),
    [
        ("free", Fraction(0), None, ""),
        ("0.25 EUR per 60 s", Fraction(25, 60), Unit.SECOND, "EUR"),
        ("0.2299 EUR per min", Fraction(2299, 6000), Unit.SECOND, "EUR"),
        ("5 EUR per GB", Fraction(500, 10**9), Unit.OCTET, "EUR"),
        ("1 EUR per 10 KiB", Fraction(100, 10240), Unit.OCTET, "EUR"),
        ("30 JPY per message", Fraction(30), Unit.MESSAGE, "JPY"),
        ("0.005 KWD per item", Fraction(5), Unit.ITEM, "KWD"),
    ],
)
def test_a_price_is_exact(text: str, each: Fraction, unit: Unit | None, currency: str) -> None:
    assert Cost.parse(text) == (each, unit, currency)


@pytest.mark.parametrize(
    "text",
    ["", "0.25", "0.25 EUR", "0,25 EUR per min", "-1 EUR per min", "1e3 EUR per min", "1 eur per min", "1 EUR per",
     "1 EUR per 0 s", "1 EUR per furlong", "0.1234567 EUR per min", "99999999999 EUR per min", "999999999 EUR per B"],
)  # fmt: skip
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"write|more|must be"):
        Cost.parse(text)


@settings(deadline=None)
@given(st.text(max_size=30))
@example("0 s")
@example("1000000000000000 TB")
def test_any_text_is_a_quantity_or_refused(text: str) -> None:
    try:
        quantity = Quantity.parse(text)
    except ValueError:
        return
    assert 0 < quantity.amount <= 10**15


def test_prices_too_fine_for_columns_are_refused() -> None:
    finest = Fraction(2**30 + 1, 2**30)
    assert TieredPrice("p", "standard", [Tier(None, finest)]).cost(2**30, 0) == 2**30 + 1
    with pytest.raises(ValueError, match="rounder"):
        TieredPrice("p", "standard", [Tier(1, finest), Tier(None, finest)])
    with pytest.raises(ValueError, match="rounder"):
        TieredPrice("p", "standard", [Tier(10, Fraction(1, 999_999_999_989)), Tier(None, Fraction(10**9, 999_999_937))])
