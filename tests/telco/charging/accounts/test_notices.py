"""What subscribers are told: each thing once for its cycle, whatever is rated again."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from tests.telco.charging.accounts.desk import ACCOUNT, ANN, BOB, Desk, command, day, used
from trunkline.telco.model import Notice

MARCH = f"2026-03-01/talk/data/{ANN}"


def test_thresholds_of_an_allowance_are_told_when_they_are_crossed() -> None:
    desk = Desk(ACCOUNT, used("a", day(1.5), octets=740))
    assert desk.notices() == []
    desk.take(used("b", day(1.6), octets=10), used("c", day(1.7), octets=10))
    assert desk.notices() == [f"{MARCH}/50"]
    desk.take(used("d", day(1.8), octets=900))
    assert desk.notices() == [f"{MARCH}/50", f"{MARCH}/80", f"{MARCH}/100"]
    notice = desk.told(Notice)[1]
    assert (notice.kind, notice.subscription, notice.language, notice.cause) == ("threshold", ANN, "en", "d")
    assert notice.values["percent"] == "80"
    assert (notice.values["name"], notice.values["unit"], notice.values["left"]) == ("Data", "octet", "0")


def test_what_was_told_is_not_told_again_when_it_is_crossed_again() -> None:
    desk = Desk(ACCOUNT, used("a", day(2), octets=800))
    desk.take(used("b", day(2), octets=10, corrects="a"), used("c", day(2.1), octets=800)).driver.restart()
    desk.take(used("d", day(1.9), octets=1))
    assert desk.notices().count(f"{MARCH}/50") == 1


def test_each_cycle_tells_anew() -> None:
    desk = Desk(ACCOUNT, used("a", day(1.5), octets=750), used("b", day(32.5), octets=1_250))
    desk.clock = day(64)
    desk.take(used("c", day(64), octets=800))
    assert [id for id in desk.notices() if id.endswith("/50")] == [
        f"{MARCH}/50",
        f"2026-04-01/talk/data/{ANN}/50",
        f"2026-05-01/talk/data/{ANN}/50",
    ]


def test_a_shared_allowance_tells_whoever_crosses_the_threshold() -> None:
    dutch = replace(ACCOUNT.members[1], language="nl")
    desk = Desk(replace(ACCOUNT, members=(ACCOUNT.members[0], dutch)), used("a", day(2), seconds=40))
    desk.take(used("b", day(2.1), seconds=10, by=BOB))
    [notice] = [each for each in desk.told(Notice) if each.kind == "threshold"]
    assert (notice.id, notice.subscription, notice.language) == ("A/2026-03-01/talk/voice/50", BOB, "nl")


def test_a_pack_is_told_of_for_itself_even_when_a_cycle_has_begun_in_between() -> None:
    desk = Desk(ACCOUNT, command("p", "pack", offering="boost", subscription=ANN, time=day(28)))
    desk.take(used("a", day(31), octets=200), used("b", day(32.5), octets=199), used("c", day(33), octets=1))
    told = [each.id for each in desk.told(Notice) if each.kind == "threshold"]
    assert told == [f"A/boost/data/p/{percent}" for percent in (50, 80, 100)]


def test_it_is_forecast_when_an_allowance_ends_that_will_not_last() -> None:
    desk = Desk(ACCOUNT, used("a", day(4), octets=374))
    assert desk.notices() == []
    desk.take(used("b", day(5), octets=201), used("c", day(6), octets=1))
    assert desk.notices() == [f"{MARCH}/forecast"]
    values = desk.told(Notice)[0].values
    assert values["forecast"] == (day(1) + timedelta(days=4) * 1_500 / 575).replace(microsecond=0).isoformat()
    assert values["end"] == (day(32) - timedelta(hours=1)).isoformat()
    slow = Desk(ACCOUNT, used("a", day(20), octets=900))
    assert slow.notices() == [f"{MARCH}/50"]


def test_the_limit_is_told_of_as_it_is_approached_and_reached() -> None:
    desk = Desk(replace(ACCOUNT, limit=20))
    for number in range(6):
        desk.take(used(f"u{number}", day(2 + number), messages=1))
    assert desk.notices() == [f"2026-03-01/limit/20/{percent}" for percent in (50, 80, 100)]
    assert [each.kind for each in desk.told(Notice)] == ["threshold", "threshold", "limit"]
    assert desk.told(Notice)[1].values["spent"] == "20"  # 80 % and 100 % by the same usage


def test_another_limit_has_thresholds_of_its_own() -> None:
    desk = Desk(replace(ACCOUNT, limit=10), used("a", day(2), messages=2), replace(ACCOUNT, limit=12))
    assert desk.notices() == [
        *(f"2026-03-01/limit/10/{percent}" for percent in (50, 80, 100)),
        *(f"2026-03-01/limit/12/{percent}" for percent in (50, 80)),
    ]


def test_fair_use_is_told_of_when_it_keeps_something_back() -> None:
    desk = Desk(ACCOUNT, used("a", day(2), octets=300, visited="20801"), used("b", day(2.1), octets=9, visited="20801"))
    assert [id for id in desk.notices() if "fair" in id] == [f"{MARCH}/fair-use/eu"]
    [notice] = [each for each in desk.told(Notice) if each.kind == "fair-use"]
    assert (notice.values["zone"], notice.values["most"], notice.cause) == ("eu", "300", "b")


def test_a_foreign_country_is_welcomed_in_once_for_each_number_and_cycle() -> None:
    desk = Desk(ACCOUNT, used("a", day(2), messages=1, visited="20801"), used("b", day(3), messages=1, visited="20810"))
    desk.take(used("c", day(1.5), messages=1, visited="20801"), used("d", day(4), messages=1, visited="20801", by=BOB))
    desk.take(used("e", day(5), messages=1, visited="20601"), used("f", day(33), messages=1, visited="20801"))
    assert desk.notices() == [
        f"2026-03-01/roaming/{ANN}/208",
        f"2026-03-01/roaming/{BOB}/208",
        f"2026-04-01/roaming/{ANN}/208",
    ]
    assert desk.told(Notice)[0].values == {"network": "20801", "country": "208"}
