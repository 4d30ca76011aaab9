"""BelgiCom's own tariffs."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.telco.charging.tariff.usages import MIDDAY, usage
from trunkline.streams import Rejection
from trunkline.telco.charging.tariff import Tariffs, check, load
from trunkline.telco.charging.tariff import terms as contract
from trunkline.telco.charging.tariff.countries import Country
from trunkline.telco.charging.tariff.measures import Quantity
from trunkline.telco.model import Service, Unit

REFERENCE = Path(__file__).parents[4] / "belgicom"
EEA = set(re.findall("..", "ATBEBGCYCZDEDKEEESFIFRGRHRHUIEISITLILTLULVMTNLNOPLPTROSESISK"))


@pytest.fixture(scope="module")
def tariffs() -> Tariffs:
    loaded: contract.Tariffs = load(REFERENCE / "tariffs")
    assert isinstance(loaded, Tariffs)
    return loaded


def cost(tariffs: Tariffs, tariff: str, before: int = 0, **what: Any) -> int:
    """What a usage costs that no allowance gives."""
    one = usage(**what)
    terms = tariffs.at(tariff, one.started).terms(one)
    return terms.price.cost(terms.quantity, before)


def test_nothing_is_wrong_with_them() -> None:
    assert check(REFERENCE / "tariffs") == []


def test_each_subscription_line_and_roaming_pack_of_the_catalogue_has_its_tariff(tariffs: Tariffs) -> None:
    for file, kind in (("mobile", "plan"), ("fibre", "plan"), ("roaming", "pack")):
        offerings = yaml.safe_load((REFERENCE / f"catalogue/{file}.yaml").read_text())["offerings"]
        for id, offering in offerings.items():
            if offering.get("specification", "wifi-booster") != "wifi-booster":
                tariff = tariffs.at(id, datetime(2026, 6, 1, tzinfo=UTC))
                assert tariff.kind == kind, id


def test_the_catalogue_and_the_tariffs_say_the_same(tariffs: Tariffs) -> None:
    where = {"roaming-sea-and-air": "90112"}
    for file in ("mobile", "roaming"):
        offerings = yaml.safe_load((REFERENCE / f"catalogue/{file}.yaml").read_text())["offerings"]
        for id, offering in offerings.items():
            said = offering.get("characteristics", {})
            given = {a.name: a for a in tariffs.at(id, MIDDAY).allowances} if said else {}
            assert [a.amount for a in given.values()] == ([said["dataVolume"] * 10**9] if said else []), id
            assert [a.days for a in given.values()] == ([said.get("validity", 0)] if said else []), id
            if extra := offering["prices"].get("extra"):
                volume = Quantity.parse(extra["per"]).amount
                plan = id if file == "mobile" else "mobile-20"
                cents = cost(tariffs, plan, service=Service.DATA, downlink=volume, visited=where.get(id, ""))
                assert cents == round(extra["price"]["value"] * 100), id


@pytest.mark.parametrize(
    ("tariff", "expected", "what"),
    [
        ("mobile-20", 0, {"duration": 3600, "other_party": "32475000000"}),
        ("mobile-20", 0, {"duration": 3600, "other_party": "32475000000", "visited": "20801"}),
        ("mobile-20", 0, {"duration": 3600, "other_party": "4930123456", "visited": "20801"}),
        ("mobile-20", 23, {"duration": 60, "other_party": "4930123456"}),
        ("mobile-20", 11, {"duration": 3, "other_party": "4930123456"}),
        ("mobile-20", 120, {"duration": 61, "other_party": "12125550100"}),
        ("mobile-20", 120, {"duration": 61, "other_party": "12125550100", "visited": "20801"}),
        ("mobile-20", 498, {"duration": 61, "other_party": "32475000000", "visited": "310260"}),
        ("mobile-20", 0, {"duration": 600, "other_party": "112", "visited": "310260"}),
        ("mobile-20", 0, {"service": Service.MESSAGE, "items": 1, "other_party": "32475000000"}),
        ("mobile-20", 7, {"service": Service.MESSAGE, "items": 1, "other_party": "33612345678"}),
        ("mobile-20", 500, {"service": Service.DATA, "downlink": 10**9}),
        ("mobile-80", 133, {"service": Service.DATA, "downlink": 10**9, "visited": "26201"}),
        ("mobile-300", 0, {"service": Service.DATA, "downlink": 10**9}),
        ("mobile-80", 5, {"service": Service.DATA, "downlink": 1, "visited": "310260"}),
        ("mobile-80", 12, {"service": Service.DATA, "downlink": 10**6, "visited": "90112"}),
        ("mobile-80", 399, {"service": Service.CONTENT, "items": 1, "price": 399, "currency": "EUR"}),
        ("prepaid", 25, {"duration": 1, "other_party": "32475000000"}),
        ("prepaid", 500 + 900 + 300, {"service": Service.DATA, "downlink": 2 * 10**9}),
    ],
)
def test_a_usage_costs_what_the_price_list_says(
    tariffs: Tariffs, tariff: str, expected: int, what: dict[str, Any]
) -> None:
    assert cost(tariffs, tariff, **what) == expected


def test_the_band_is_that_of_the_place_s_clocks(tariffs: Tariffs) -> None:
    plan = tariffs.at("prepaid", datetime(2026, 3, 1, tzinfo=UTC))

    def band(time: str, **what: Any) -> str:
        return plan.terms(usage(started=datetime.fromisoformat(time), other_party="32475000000", **what)).band

    assert band("2026-03-27T06:59Z") == "off-peak"
    assert band("2026-03-27T07:00Z") == "peak"
    assert band("2026-03-30T06:00Z") == "peak"  # the clocks have gone forward
    assert band("2026-03-28T12:00Z") == "weekend"
    assert band("2026-05-25T12:00Z") == "weekend"  # Whit Monday
    assert band("2026-11-24T12:00Z", visited="44010") == "off-peak"  # 21:00 in Tokyo
    assert band("2026-11-24T12:00Z", visited="310260", zone_offset=-300) == "off-peak"  # 07:00, the record says
    assert band("2026-11-24T12:00Z", visited="310260", zone_offset=-240) == "peak"


def test_a_plan_s_terms_name_its_own_allowances_those_of_packs_and_those_that_it_draws_from(tariffs: Tariffs) -> None:
    def allowances(tariff: str, visited: str) -> set[str]:
        one = usage(service=Service.DATA, downlink=1, visited=visited)
        return set(tariffs.at(tariff, one.started).terms(one).allowances)

    assert allowances("mobile-20", "20610") == {"mobile-20/data"}
    assert allowances("mobile-20", "310260") == {"roaming-america/data", "roaming-world-day/data"}
    assert allowances("mobile-family-member", "20801") == {"mobile-family/data"}
    assert allowances("data-sim-extra", "20801") == {
        "mobile-20/data", "mobile-80/data", "mobile-300/data", "mobile-family/data"
    }  # fmt: skip


def test_a_version_gives_way_to_the_next_at_midnight_in_brussels(tariffs: Tariffs) -> None:
    before = tariffs.at("mobile-20", datetime(2026, 2, 28, 22, 59, 59, tzinfo=UTC))
    after = tariffs.at("mobile-20", datetime(2026, 2, 28, 23, tzinfo=UTC))
    assert [allowance.amount for allowance in (*before.allowances, *after.allowances)] == [15 * 10**9, 20 * 10**9]
    assert after.allowances[0].unit is Unit.OCTET


def test_what_no_tariff_says_is_rejected_with_its_reason(tariffs: Tariffs) -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    content = usage(service=Service.CONTENT, items=1, price=100, currency="USD")
    for reason, attempt in (
        ("tariff.unknown", lambda: tariffs.at("mobile-21", now)),
        ("tariff.not-valid", lambda: tariffs.at("mobile-20", datetime(2020, 1, 1, tzinfo=UTC))),
        ("tariff.no-rate", lambda: tariffs.at("data-sim-extra", now).terms(usage(duration=1))),
        ("tariff.no-rate", lambda: tariffs.at("roaming-asia", now).terms(usage(duration=1))),
        ("tariff.no-price", lambda: tariffs.at("mobile-20", now).terms(usage(service=Service.CONTENT, items=1))),
        ("tariff.currency", lambda: tariffs.at("mobile-20", now).terms(content)),
    ):
        with pytest.raises(Rejection) as rejected:
            attempt()
        assert rejected.value.reason == reason


def test_the_eu_zone_holds_all_of_the_european_economic_area() -> None:
    zones = yaml.safe_load((REFERENCE / "tariffs/zones.yaml").read_text())
    for zone in (zones["places"]["eu"], zones["destinations"]["europe"]):
        assert set(zone["countries"]) >= EEA - {"BE"}


def test_every_country_has_numbers() -> None:
    countries: dict[str, dict[str, object]] = yaml.safe_load((REFERENCE / "tariffs/countries.yaml").read_text())
    assert len(countries) > 200
    assert all(country["prefixes"] for country in countries.values())
    assert set(Country.__struct_fields__) >= {key for country in countries.values() for key in country}
