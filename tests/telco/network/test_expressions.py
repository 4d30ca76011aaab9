"""Expressions over counters: what they mean, and that nothing but arithmetic gets in."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.telco.model import Value
from trunkline.telco.network.performance.expressions import MAX_LENGTH, Expression

COUNTERS: dict[str, Value] = {
    "a": 6, "b": 3, "zero": 0, "half": 0.5, "nil": None, "list": [1, None, 2], "L.RRC.Att": 100, "L.E-RAB.Succ": 40,
    "pairs": [2, 5, 10, 9, 20], "none": [0], "odd": [2, 5, 10], "5QI1": 7,
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a + b * 2", 12.0),
        ("(a + b) * 2", 18.0),
        ("a - b - b", 0.0),
        ("a / b / 2", 1.0),
        ("-a + 10", 4.0),
        ("period - a", 894.0),
        ("L.RRC.Att", 100.0),
        ('"L.E-RAB.Succ" / L.RRC.Att', 0.4),
        ("'5QI1' + 1", 8.0),
        ("min(a, b, 4)", 3.0),
        ("max(a, half)", 6.0),
        ("sum(list)", 3.0),
        ("sum(a)", 6.0),
        ("pairs(pairs)", 30.0),
        ("pairs(none)", 0.0),
        ("pairs(a)", 6.0),
        ("1000", 1000.0),
        ("1e3 + .5", 1000.5),
    ],
)
def test_an_expression_is_arithmetic_over_counters(text: str, value: float) -> None:
    assert Expression.parse(text)(COUNTERS, 900) == value


def test_an_expression_names_the_counters_it_needs() -> None:
    expression = Expression.parse('a + sum(list) - "L.E-RAB.Succ" / period + a')
    assert expression.counters == ("a", "list", "L.E-RAB.Succ")


@pytest.mark.parametrize(
    "text", ["a / zero", "nil + 1", "list + 1", "sum(nil)", "pairs(odd)", " * ".join(["1e18"] * 20)]
)
def test_what_has_no_value_is_an_arithmetic_error(text: str) -> None:
    with pytest.raises(ArithmeticError):
        Expression.parse(text)(COUNTERS, 900)


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "a +", "a b", "a ** b", "a // b", "a % b", "a if b else c", "lambda: a", "a == b", "a and b",
        "__import__('os').system('true')", "().__class__", "'x'.__class__", "a.__class__()", "a[0]", "[a]", "{a}",
        "f'{a}'", "True", "None", "1j", "a; b", "a := b", "open('x')", "sum()", "sum(a, b)", "sum(a + b)", "min(a)",
        "min(*a)", "max(a, key=b)", "sqrt(a)", "print(a)", "''", "' '", "b'a'", "1e999", "1" * 400, "~a", "+a", "a @ b",
        "not a", "0in a",
        "1if a else b", "a" * (MAX_LENGTH + 1), "(" * 300 + "a" + ")" * 300, "-" * 1500 + "a", "a\x00b",
    ],
)  # fmt: skip
def test_what_is_not_arithmetic_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Expression.parse(text)


def test_a_refusal_says_what_is_not_taken() -> None:
    with pytest.raises(ValueError, match=r"`a % b` is not taken"):
        Expression.parse("1 + a % b")
    with pytest.raises(ValueError, match="no function `sqrt`"):
        Expression.parse("sqrt(a)")


PIECES = st.sampled_from(
    ["a", "b", "zero", "nil", "list", "period", "L.RRC.Att", "'L.E-RAB.Succ'", "sum(", "pairs(", "min(", "max(", "(",
     ")", "+", "-", "*", "/", ",", "2", "0", "1e308", " ", ".", "__class__", "[", "lambda", "if", "\n", "#", "'", "\\"]
)  # fmt: skip


def check_any_text(text: str) -> None:
    """Any text is either refused, or has a finite value or none."""
    try:
        expression = Expression.parse(text)
        value = expression({name: COUNTERS.get(name) for name in expression.counters}, 900)
    except (ValueError, ArithmeticError):
        return
    assert math.isfinite(value)


@given(st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(max_size=60)))
def test_any_text_is_refused_or_has_a_finite_value_or_none(text: str) -> None:
    check_any_text(text)


@pytest.mark.prove
def test_a_hundred_thousand_texts_are_refused_or_have_a_finite_value_or_none() -> None:
    import random

    dice = random.Random(1)
    pieces = PIECES.elements  # type: ignore[attr-defined]
    for _ in range(100_000):
        check_any_text("".join(dice.choices(pieces, k=dice.randint(1, 25))))
