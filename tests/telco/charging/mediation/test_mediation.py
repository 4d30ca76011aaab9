"""Records as they come, usage as it is charged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.telco.charging.mediation.records import SETTINGS, Mediating, at, call, octets, part
from trunkline.telco.model import Source, UsageReport


def test_a_whole_record_is_charged_at_once_with_all_that_it_says() -> None:
    [usage] = Mediating().take(
        UsageReport(
            system="msc", id="msc/1", session="msc/1", service="voice", direction="terminating", msisdn="32470000001",
            imsi="206990000000001", imei="35", started=at(0), duration=61, items=1, other_party="0470000002",
            apn="ims", rating_group=7, visited="20801", zone_offset=60, cell="1-2", price=5, currency="EUR",
            source=Source(uri="file:///cdr", offset=8),
        )
    )  # fmt: skip
    assert (usage.id, usage.subscription, usage.account, usage.records) == ("msc/1", "32470000001", "", 1)
    assert (usage.service, usage.direction, usage.started, usage.duration) == ("voice", "terminating", at(0), 61)
    assert (usage.items, usage.other_party, usage.apn, usage.rating_group) == (1, "32470000002", "ims", 7)
    assert (usage.visited, usage.zone_offset, usage.cell, usage.price, usage.currency) == ("20801", 60, "1-2", 5, "EUR")
    assert (usage.imsi, usage.system, usage.source) == ("206990000000001", "msc", Source(uri="file:///cdr", offset=8))


def test_a_record_that_comes_again_is_not_charged_again() -> None:
    mediating = Mediating()
    assert len(mediating.take(call("a"), call("a"), call("b"))) == 2
    mediating.driver.restart()
    assert mediating.take(call("a"), call("b")) == []
    assert mediating.refused() == []


def test_a_record_is_known_again_until_it_is_too_old_to_be_taken_at_all() -> None:
    mediating = Mediating()
    assert len(mediating.take(call("a"), call("b"))) == 2
    assert mediating.wait(days=60) == []
    assert mediating.take(call("a")) == []
    assert mediating.refused() == []
    mediating.wait(days=2)
    assert mediating.take(call("a"), call("c")) == []
    assert mediating.refused() == ["usage.too-old", "usage.too-old"]


def test_what_is_kept_of_the_ids_does_not_grow_beyond_the_horizon() -> None:
    mediating = Mediating()
    for day in range(200):
        mediating.take(*(call(f"{day}/{number}", started=mediating.now) for number in range(5)))
        mediating.now += timedelta(days=1)
    assert 60 * 5 <= len(mediating.driver.instance) <= 64 * 5
    mediating.driver.restart()
    mediating.take(call("now", started=mediating.now))
    assert len(mediating.driver.instance) <= 64 * 5


def test_a_record_of_the_future_is_refused() -> None:
    mediating = Mediating()
    assert mediating.take(call("a", started=mediating.now + timedelta(days=3)), call("b", duration=10**9)) == []
    assert mediating.refused() == ["usage.in-future", "usage.in-future"]


def test_a_line_that_is_up_for_longer_than_the_horizon_is_charged_all_the_same() -> None:
    mediating = Mediating()
    up = mediating.now - timedelta(days=100)
    [usage] = mediating.take(part(8_640_000, cumulative=True, final=True, started=up, duration=8_640_000))
    assert usage.duration == 8_640_000


def test_a_record_of_nobody_is_refused_and_charged_when_it_was_repaired() -> None:
    mediating = Mediating()
    assert mediating.take(call("a", msisdn=""), part(1, msisdn="")) == []
    assert mediating.refused() == ["subscription.missing", "subscription.missing"]
    assert [usage.id for usage in mediating.take(call("a"))] == ["a"]


def test_who_has_no_number_is_asked_for_by_sim_or_name() -> None:
    made = Mediating().take(
        call("a", msisdn="", imsi="206990000000001"), call("b", msisdn="", user="fibre-1@belgicom.be")
    )
    assert [usage.subscription for usage in made] == ["imsi:206990000000001", "user:fibre-1@belgicom.be"]


def test_the_parts_of_a_session_are_charged_as_one_when_the_last_has_come() -> None:
    mediating = Mediating()
    assert mediating.take(part(1, cell="one"), part(2, cell="two")) == []
    [usage] = mediating.take(part(3, final=True, cell="three"))
    assert (usage.id, usage.started, usage.duration, usage.records) == ("pgw/1/3", at(1), 180, 3)
    assert (usage.uplink, usage.downlink, usage.cell, usage.source.offset) == (6, 60, "one", 3)
    assert mediating.wait(days=30) == []
    assert mediating.refused() == []


def test_the_final_record_waits_for_those_before_it() -> None:
    mediating = Mediating()
    assert mediating.take(part(3, final=True), part(1)) == []
    [usage] = mediating.take(part(2))
    assert (usage.id, usage.records) == ("pgw/1/3", 3)


def test_what_rating_tells_apart_is_charged_apart() -> None:
    made = Mediating().take(
        part(1), part(2, rating_group=200), part(3, visited="20801"), part(4), part(5, visited="20801", final=True)
    )
    assert [(usage.rating_group, usage.visited, usage.uplink, usage.id) for usage in made] == [
        (100, "20699", 5, "pgw/1/4"),
        (200, "20699", 2, "pgw/1/2"),
        (100, "20801", 8, "pgw/1/5"),
    ]


def test_a_record_with_several_rating_groups_is_whole_only_with_all_its_reports() -> None:
    mediating = Mediating()
    assert mediating.take(part(1), part(2, id="pgw/1/2/100"), part(2, id="pgw/1/2/200", rating_group=200)) == []
    made = mediating.take(part(3, id="pgw/1/3/100"), part(3, id="pgw/1/3/200", rating_group=200, final=True))
    assert [(usage.rating_group, usage.uplink) for usage in made] == [(100, 6), (200, 5)]


def test_a_report_of_the_last_record_that_comes_after_the_final_one_is_charged_at_once() -> None:
    mediating = Mediating()
    mediating.take(part(1), part(2, id="pgw/1/2/100", final=True))
    [usage] = mediating.take(part(2, id="pgw/1/2/200", rating_group=200))
    assert (usage.rating_group, usage.uplink) == (200, 2)


def test_nothing_crosses_midnight_of_the_operators_zone() -> None:
    midnight = datetime(2026, 11, 23, 23, tzinfo=UTC)
    before = part(1, started=midnight - timedelta(seconds=1))
    made = Mediating().take(before, part(2, started=midnight, final=True))
    assert [usage.started for usage in made] == [before.started, midnight]


def test_a_long_session_is_charged_while_it_lasts_when_the_time_of_a_part_has_passed() -> None:
    mediating = Mediating()
    assert mediating.take(part(1), part(2)) == []
    assert mediating.wait(minutes=59) == []
    [first] = mediating.wait(minutes=2)
    assert (first.id, first.uplink) == ("pgw/1/2", 3)
    assert mediating.take(part(61)) == []
    mediating.driver.restart()
    [second] = mediating.wait(hours=2)
    assert (second.id, second.uplink) == ("pgw/1/61", 61)


def test_a_part_is_charged_when_it_has_so_many_octets() -> None:
    mediating = Mediating()
    assert mediating.take(part(1, uplink=400_000)) == []
    [usage] = mediating.take(part(2, uplink=600_000, downlink=0))
    assert usage.uplink == 1_000_000
    assert mediating.wait(hours=2) == []


def test_a_session_with_a_hole_is_charged_in_time_and_the_hole_is_told() -> None:
    mediating = Mediating()
    mediating.take(part(1), part(3), part(5), part(8, final=True))
    assert octets(mediating.wait(minutes=61)) == (17, 170, 4)
    assert mediating.gaps() == []
    mediating.wait(hours=48)
    [gap] = mediating.gaps()
    assert (gap.reason, gap.uri) == ("usage.gap", "timer://mediate/pgw%2F9")
    assert "its records 2, 4, 6-7 have not come within 48 hours" in gap.message
    assert "lies in file:///cdr" in gap.message
    assert mediating.wait(days=60) == []
    assert len(mediating.gaps()) == 1


def test_a_session_without_a_final_record_is_told_too() -> None:
    mediating = Mediating()
    mediating.take(part(1))
    mediating.wait(hours=49)
    assert ["its final record has not come" in gap.message for gap in mediating.gaps()] == [True]


def test_what_fills_a_hole_later_is_charged_at_once_and_told_no_more() -> None:
    mediating = Mediating()
    mediating.take(part(1), part(3, final=True))
    mediating.wait(hours=49)
    mediating.driver.restart()
    [usage] = mediating.take(part(2), part(2), part(1))
    assert (usage.id, usage.uplink) == ("pgw/1/2", 2)
    mediating.wait(days=61)
    assert len(mediating.gaps()) == 1
    assert len(mediating.driver.instance) < 6, "the session is forgotten"


def test_counters_from_the_beginning_of_a_session_are_charged_once() -> None:
    mediating = Mediating()
    start = part(1, cumulative=True, started=at(0), duration=0, uplink=0, downlink=0)
    first = part(601, cumulative=True, started=at(0), duration=600, uplink=100, downlink=1_000)
    second = part(1_201, cumulative=True, started=at(0), duration=1_200, uplink=300, downlink=1_000)
    stop = part(5_402, cumulative=True, started=at(0), duration=5_400, uplink=300, downlink=5_000, final=True)
    assert mediating.take(start, second, first) == []
    made = mediating.take(stop)
    assert [(usage.uplink, usage.downlink, usage.duration) for usage in made] == [(300, 5_000, 5_400)]
    mediating.wait(hours=49)
    assert mediating.take(part(3, cumulative=True, started=at(0), duration=2, uplink=1, downlink=1)) == []
    assert mediating.refused() == []


def test_what_was_counted_since_falls_into_its_own_time_of_the_day() -> None:
    mediating = Mediating()
    made = mediating.take(
        part(601, cumulative=True, started=at(55), duration=600, uplink=100, downlink=0),
        part(1_201, cumulative=True, started=at(55), duration=1_200, uplink=300, downlink=0, final=True),
    )
    assert [(usage.started, usage.uplink) for usage in made] == [(at(55), 100), (at(65), 200)]


def test_counters_that_go_back_are_refused() -> None:
    mediating = Mediating()
    mediating.take(part(601, cumulative=True, started=at(0), duration=600, uplink=100))
    mediating.take(part(701, cumulative=True, started=at(0), duration=700, uplink=99))
    mediating.take(part(801, cumulative=True, started=at(0), duration=800, uplink=200, corrects="pgw/1/601"))
    assert mediating.refused() == ["usage.counts-back", "correction.cumulative"]


def test_the_correction_of_a_whole_record_is_passed_on() -> None:
    mediating = Mediating()
    [usage] = mediating.take(call("correction/a", corrects="a", duration=60))
    assert (usage.id, usage.corrects, usage.duration) == ("correction/a", "a", 60)


def test_the_correction_of_a_part_that_waits_changes_it() -> None:
    mediating = Mediating()
    mediating.take(part(1), part(2), part(1, id="c", corrects="pgw/1/1", uplink=50))
    [usage] = mediating.take(part(3, final=True))
    assert (usage.uplink, usage.records, usage.corrects) == (55, 3, "")


def test_the_correction_of_a_part_that_was_charged_replaces_what_was_charged() -> None:
    mediating = Mediating()
    mediating.take(part(1), part(2), part(3, final=True))
    [usage] = mediating.take(part(1, id="c", corrects="pgw/1/1", uplink=50))
    assert (usage.id, usage.corrects, usage.uplink, usage.records) == ("c", "pgw/1/3", 55, 3)
    [again] = mediating.take(part(1, id="d", corrects="c", uplink=0))
    assert (again.id, again.corrects, again.uplink) == ("d", "c", 5)
    assert octets(mediating.usages()) == (5, 60, 3)


def test_a_correction_that_moves_a_record_leaves_the_rest_where_it_was() -> None:
    mediating = Mediating()
    mediating.take(part(1), part(2, final=True))
    made = mediating.take(part(2, id="c", corrects="pgw/1/2", visited="20801"))
    assert [(usage.id, usage.corrects, usage.visited, usage.uplink) for usage in made] == [
        ("c/rest", "pgw/1/2", "20699", 1),
        ("c", "", "20801", 2),
    ]
    assert octets(mediating.usages()) == (3, 30, 2)


def test_a_correction_may_come_before_what_it_corrects() -> None:
    mediating = Mediating()
    mediating.take(part(1), part(2, id="c", corrects="pgw/1/2", uplink=50), part(3, final=True))
    assert mediating.take(part(2)) == []
    assert octets(mediating.usages()) == (54, 60, 3)


def test_a_correction_of_a_part_that_nobody_knows_any_more_is_refused() -> None:
    mediating = Mediating()
    mediating.take(part(1), part(2, final=True))
    mediating.wait(hours=49)
    assert mediating.take(part(2, id="c", corrects="pgw/1/2", uplink=50)) == []
    assert mediating.refused() == ["correction.unknown"]


def test_of_a_session_that_lasts_for_long_what_was_charged_is_let_go_little_by_little() -> None:
    mediating = Mediating()
    for number in range(1, 200):
        mediating.take(part(number, started=at(60 * number), uplink=1_000_000))
        mediating.now += timedelta(hours=1)
    chunks = b"".join(mediating.driver.instance.chunks())
    assert chunks.count(b"pgw/1/") < 200
    mediating.take(part(1, id="c", corrects="pgw/1/1"))
    assert mediating.refused() == ["correction.unknown"]
    assert sum(usage.records for usage in mediating.usages()) == 199


def test_the_price_of_pieces_of_content_is_their_sum() -> None:
    [usage] = Mediating().take(part(1, price=5, items=1), part(2, price=7, items=1), part(3, final=True))
    assert (usage.price, usage.items) == (12, 2)


@pytest.mark.parametrize(("hours", "parts"), [(1, 3), (24, 1)])
def test_a_part_of_the_day_is_as_long_as_the_settings_say(hours: int, parts: int) -> None:
    rules = msgspec.structs.replace(SETTINGS.mediation, part_minutes=60 * hours)
    mediating = Mediating(msgspec.structs.replace(SETTINGS, mediation=rules))
    made = mediating.take(*(part(number, started=at(60 * number), final=number == 3) for number in (1, 2, 3)))
    assert len(made) == parts
