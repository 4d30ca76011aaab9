"""Each language writes amounts, moments, places and money in its own way."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.telco.charging.notices.operator import APRIL, DATA, NOON, Desk
from trunkline.telco.charging.notices.occasions import OCCASIONS

VALUES = {
    **DATA, "forecast": NOON.isoformat(), "zone": "eu", "network": "20801", "country": "208", "limit": "5000",
    "spent": "1234567", "currency": "EUR", "lost": "1012345678",
}  # fmt: skip
LANGUAGES = ["nl", "fr", "de", "en"]
desk = Desk()


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("nl", "Uw verbruik kostte 12.345,67 EUR: 80% van uw limiet van 50,00 EUR."
         " De nieuwe periode begint 1 april 2026,"),
        ("fr", "Votre consommation a coûté 12 345,67 EUR: 80% de votre limite de 50,00 EUR."
         " Nouvelle période: 1 avril 2026,"),
        ("de", "Ihr Verbrauch kostete 12.345,67 EUR: 80% Ihres Limits von 50,00 EUR."
         " Neuer Zeitraum ab 1. April 2026,"),
        ("en", "Your usage has cost 12,345.67 EUR: 80% of your limit of 50.00 EUR."
         " The next period begins 1 April 2026,"),
    ],
)  # fmt: skip
def test_money_and_dates_are_written_as_the_language_does(language: str, text: str) -> None:
    limit = {name: VALUES[name] for name in ("percent", "limit", "spent", "currency", "end")}
    assert desk.text(language, **limit) == f"{text} 00:00."


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", OCCASIONS, ids=lambda occasion: occasion.name)
def test_every_occasion_has_words_of_its_own_in_every_language(language: str, occasion: object) -> None:
    about = next(each for each in OCCASIONS if each is occasion)
    text = desk.text(language, about.kind, **{name: VALUES[name] for name in about.needs})
    assert not set("{}") & set(text)
    others = {
        desk.text(language, each.kind, **{name: VALUES[name] for name in each.needs})
        for each in OCCASIONS
        if each is not about
    }
    assert text not in others


@pytest.mark.parametrize(
    ("language", "country"), [("nl", "Frankrijk"), ("fr", "France"), ("de", "Frankreich"), ("en", "France")]
)
def test_the_country_is_named_in_the_subscribers_language(language: str, country: str) -> None:
    assert country in desk.text(language, "roaming", network="20801", country="208")


def test_a_country_without_a_name_in_the_language_has_that_of_the_tariffs() -> None:
    assert "Andorra" in desk.text("de", "roaming", network="21303", country="213")
    assert "987" in desk.text("de", "roaming", network="98701", country="987")


def test_a_zone_is_named_in_the_subscribers_language() -> None:
    assert "in de EU is bereikt" in desk.text("nl", "fair-use", name="Go", zone="eu", most="4")


@pytest.mark.parametrize(
    ("unit", "left", "text"),
    [
        ("octet", "4012345678", "4 GB"),
        ("octet", "1999999999", "1.9 GB"),
        ("octet", "999999999", "999.9 MB"),
        ("octet", "51200", "51.2 kB"),
        ("octet", "0", "0 kB"),
        ("second", "7199", "119 minutes"),
        ("message", "1234", "1,234 messages"),
        ("item", "3", "3 items"),
    ],
)
def test_what_is_left_is_written_in_a_unit_that_people_know(unit: str, left: str, text: str) -> None:
    assert f". {text} are left until" in desk.text(**DATA | {"unit": unit, "left": left})


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [("-120", "EUR", "-1.20 EUR"), ("5", "EUR", "0.05 EUR"), ("-1500", "JPY", "-1,500 JPY"), ("1", "KWD", "0.001 KWD")],
)
def test_money_has_the_minor_units_of_its_currency(minor: str, currency: str, text: str) -> None:
    assert desk.text("en", "limit", left=minor, currency=currency).endswith(f"your balance is {text}. Please top up.")


@given(st.integers(0, 10**15))
@settings(max_examples=300, deadline=None)
def test_never_more_is_said_to_be_left_than_there_is(left: int) -> None:
    said = desk.text(**DATA | {"left": str(left)}).split(". ", 1)[1].split(" are left")[0]
    number, unit = said.replace(",", "").split()
    size = {"kB": 10**3, "MB": 10**6, "GB": 10**9}[unit]
    assert 0 <= left - Decimal(number) * size < size / 10


def test_what_a_value_says_is_taken_as_it_is() -> None:
    assert "80% of {left} \\1." in desk.text(**DATA | {"name": "{left} \\1"})
    assert APRIL.year == 2026
