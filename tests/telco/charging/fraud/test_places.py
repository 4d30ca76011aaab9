"""Places: cloned SIMs, impossible travel, and sudden roaming."""

from __future__ import annotations

import pytest

from tests.telco.charging.fraud.watching import (
    AIRCRAFT,
    AMERICA,
    BELGIUM,
    KNOWN,
    NETHERLANDS,
    SPAIN,
    SWITZERLAND,
    TURKEY,
    Watching,
    usage,
)
from trunkline.telco.charging.fraud.geography import distance
from trunkline.telco.model import Direction, Service


def told(watching: Watching) -> list[str]:
    return [id.removeprefix("32470000001/").removesuffix("/2026-11-23") for id in watching.ids()]


def test_a_use_abroad_during_one_at_home_is_of_a_cloned_sim() -> None:
    watching = Watching()
    [found] = watching.take(usage("home", 0, duration=600), usage("away", 5, visited=NETHERLANDS))
    assert (found.kind, found.rule, found.severity) == ("cloned-sim", "BE-NL", "high")
    assert (found.counted, found.limit, found.unit, found.usages) == (300, 60, "second", ("home", "away"))


def test_it_is_found_also_where_the_partner_s_record_comes_first_or_both_are_abroad() -> None:
    watching = Watching()
    watching.take(usage("away", 5, visited=NETHERLANDS), usage("home", 0, duration=600))
    assert told(watching) == ["cloned-sim/BE-NL"]
    watching = Watching()
    watching.take(usage("a", 0, visited=SPAIN, duration=600), usage("b", 5, Service.DATA, visited=NETHERLANDS))
    assert told(watching) == ["cloned-sim/ES-NL"]


def test_clocks_of_two_networks_may_differ_by_a_minute() -> None:
    watching = Watching()
    assert watching.take(usage("home", 0, duration=600), usage("away", 9, visited=NETHERLANDS)) == []


def test_turkey_half_an_hour_after_belgium_is_impossible_and_after_five_hours_it_is_not() -> None:
    watching = Watching()
    [found] = watching.take(usage("home", 0), usage("away", 31, visited=TURKEY))
    assert (found.kind, found.rule, found.severity, found.unit) == ("impossible-travel", "BE-TR", "medium", "km")
    assert found.limit == 500
    assert found.counted == pytest.approx(1800, abs=150)
    assert Watching().take(usage("home", 0), usage("away", 301, visited=TURKEY)) == []


def test_over_a_border_nobody_travels_too_fast() -> None:
    watching = Watching()
    moves = [usage(str(n), 2 * n, visited=(BELGIUM, NETHERLANDS)[n % 2]) for n in range(30)]
    assert watching.take(*moves) == []
    assert 0 < KNOWN.geography.apart("BE", "CH") < KNOWN.rules.travel.distance
    assert Watching().take(usage("home", 0), usage("near", 1, visited=SWITZERLAND)) == []


def test_what_tells_no_place_for_sure_is_no_evidence() -> None:
    """A message centre at home records messages to who is abroad; of several records together nobody knows the end."""
    watching = Watching()
    watching.take(usage("away", 0, visited=AMERICA, duration=3600))
    assert watching.take(usage("message", 10, Service.MESSAGE)) == []
    assert watching.take(usage("called", 20, direction=Direction.TERMINATING)) == []
    assert watching.take(usage("fibre", 30, Service.DATA, imsi="")) == []
    assert watching.take(usage("on board", 40, visited=AIRCRAFT)) == []
    watching = Watching()
    parts = usage("parts", 0, Service.DATA, duration=900, records=3)
    assert watching.take(parts, usage("away", 10, visited=NETHERLANDS)) == []


def test_a_correction_is_where_that_was_which_it_corrects() -> None:
    watching = Watching()
    watching.take(usage("away", 0, visited=AMERICA))
    assert watching.take(usage("right", 0, corrects="away", duration=30), usage("again", 5, visited=AMERICA)) == []


def test_five_gigabytes_in_the_first_hour_abroad_are_told() -> None:
    watching = Watching()
    watching.take(*(usage(f"h{n}", n, Service.DATA, downlink=1_000_000_000) for n in range(10)))
    abroad = [usage(str(n), 400 + n, Service.DATA, visited=SPAIN, downlink=10**9) for n in range(6)]
    assert watching.take(*abroad[:5]) == []
    [found] = watching.take(abroad[5])
    assert found.id == "32470000001/sudden-roaming/data/2026-11-23"
    assert (found.counted, found.limit, found.unit) == (6 * 10**9, 5 * 10**9, "octet")
    assert found.usages == tuple(map(str, range(6)))


def test_who_has_been_abroad_for_hours_may_use_as_much_as_at_home() -> None:
    watching = Watching()
    watching.take(usage("home", 0), usage("arrived", 400, visited=SPAIN))
    day = [usage(str(n), 461 + n, Service.DATA, visited=SPAIN, downlink=2 * 10**9) for n in range(10)]
    later = [usage(f"l{n}", 2000 + n, Service.DATA, visited=SPAIN, downlink=2 * 10**9) for n in range(10)]
    assert watching.take(*day) == []
    watching.driver.restart()
    assert watching.take(*later) == []  # also when the arrival is not remembered any more


def test_who_goes_home_arrives_anew() -> None:
    watching = Watching()
    watching.take(usage("arrived", 0, visited=SPAIN), usage("home", 1000), usage("again", 2000, visited=SPAIN))
    calls = [usage(str(n), 2001 + n, visited=SPAIN) for n in range(30)]
    assert [found.rule for found in watching.take(*calls)] == ["calls"]


def test_countries_are_as_far_apart_as_the_map_says_or_nearer() -> None:
    """Distances between towns near the countries' ends, by their coordinates: what a subscriber may truly travel."""
    brussels, barcelona, new_york, istanbul = (50.85, 4.35), (41.39, 2.17), (40.71, -74.01), (41.01, 28.98)
    assert distance(brussels, new_york) == pytest.approx(5890, abs=30)
    for code, town in {"ES": barcelona, "US": new_york, "TR": istanbul}.items():
        assert 300 < KNOWN.geography.apart("BE", code) <= distance(brussels, town)
    for neighbour in ("NL", "FR", "DE", "LU"):
        assert KNOWN.geography.apart("BE", neighbour) < KNOWN.rules.travel.distance / 10
    assert KNOWN.geography.apart("BE", "nowhere") == 0
