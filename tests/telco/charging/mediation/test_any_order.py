"""What a session used is charged once, in whatever order its records come, how often, and whatever dies meanwhile."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.streams.driver import any_way
from tests.telco.charging.corrections import counting
from tests.telco.charging.mediation.records import SETTINGS, Mediating, at, octets, part
from trunkline.quarantine import Rejected
from trunkline.telco.charging.mediation.mediate import Mediation
from trunkline.telco.model import Usage, UsageReport

often = settings(max_examples=80, deadline=None)


@st.composite
def sessions(draw: st.DrawFn) -> list[UsageReport]:
    """All records of a session: of some several reports, some with octets enough for a part of their own."""
    count = draw(st.integers(1, 7))
    reports: list[UsageReport] = []
    for number in range(1, count + 1):
        groups = draw(st.sampled_from([(100,), (100,), (100, 200)]))
        for group in groups:
            fields: dict[str, Any] = {
                "id": f"pgw/1/{number}/{group}",
                "rating_group": group,
                "visited": draw(st.sampled_from(["20699", "20801"])),
                "uplink": draw(st.integers(0, 9) | st.just(1_000_000)),
                "downlink": draw(st.integers(0, 9)),
                "started": at(40 * number),
            }
            reports.append(part(number, final=number == count and group == groups[-1], **fields))
    return reports


def total(reports: list[UsageReport]) -> tuple[int, int, int]:
    """(uplink, downlink, records) of each record once."""
    once = {report.id: report for report in reports}.values()
    return sum(report.uplink for report in once), sum(report.downlink for report in once), len(once)


@often
@given(sessions(), st.data())
def test_any_order_and_any_duplication_come_to_the_same(reports: list[UsageReport], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(reports), max_size=5))
    mediating = Mediating()
    for report in data.draw(st.permutations([*reports, *again])):
        mediating.take(report)
        if data.draw(st.booleans()):
            mediating.wait(minutes=40)
    mediating.wait(minutes=61)
    assert octets(mediating.usages()) == total(reports)
    assert mediating.wait(days=3) == []
    assert mediating.refused() == []


@often
@given(sessions(), st.data())
def test_records_that_are_missing_are_told_and_all_others_charged(
    reports: list[UsageReport], data: st.DataObject
) -> None:
    numbers = {report.partial for report in reports}
    lost = data.draw(st.sets(st.sampled_from(sorted(numbers)), max_size=len(numbers) - 1))
    come = [report for report in reports if report.partial not in lost]
    late = [report for report in reports if report.partial in lost]
    mediating = Mediating()
    mediating.take(*data.draw(st.permutations(come)))
    mediating.wait(hours=50)
    assert octets(mediating.usages()) == total(come)
    assert len(mediating.gaps()) == bool(lost)
    made = mediating.take(*data.draw(st.permutations(late)))
    assert len(made) == len(late), "what comes late is charged at once"
    assert octets(mediating.usages()) == total(reports)


@often
@given(sessions(), st.data())
def test_corrections_in_any_order_leave_what_the_last_word_was(reports: list[UsageReport], data: st.DataObject) -> None:
    first, *others = reports
    corrections: list[UsageReport] = []
    for number in range(data.draw(st.integers(0, 6)) if others else 0):
        wrong = data.draw(st.sampled_from([*others[:2], *corrections]))
        right = msgspec.structs.replace(
            wrong,
            id=f"c/{number}",
            corrects=data.draw(st.sampled_from([wrong.id] * 6 + ["never"])),
            final=False,
            started=wrong.started + timedelta(seconds=data.draw(st.integers(0, 2))),
            uplink=data.draw(st.integers(0, 9)),
            visited=data.draw(st.sampled_from(["20699", "20801"])),
        )
        corrections.append(right)
    mediating = Mediating()
    mediating.take(first)
    for report in data.draw(st.permutations([*others, *corrections])):
        mediating.take(report)
        if data.draw(st.booleans()):
            mediating.wait(minutes=40)
    mediating.wait(minutes=61)
    every = [*reports, *corrections]
    counts = counting(every)
    assert octets(mediating.usages())[:2] == total([each for each in every if each.id in counts])[:2]
    assert mediating.refused() == []


@often
@given(st.data())
def test_counters_since_the_beginning_come_to_the_highest(data: st.DataObject) -> None:
    seconds = data.draw(st.lists(st.integers(0, 5_000), unique=True, min_size=1, max_size=6).map(sorted))
    reports = []
    uplink = 0
    for second in seconds:
        uplink += data.draw(st.integers(0, 600_000))
        last = second == seconds[-1]
        its: dict[str, Any] = {"started": at(0), "duration": second, "uplink": uplink, "downlink": 0}
        reports.append(part(second + 1 + last, cumulative=True, final=last, **its))
    again = data.draw(st.lists(st.sampled_from(reports), max_size=3))
    mediating = Mediating()
    for report in data.draw(st.permutations([*reports, *again])):
        mediating.take(report)
        if data.draw(st.booleans()):
            mediating.wait(hours=data.draw(st.sampled_from([1, 47])))
    mediating.wait(minutes=61)
    made = mediating.usages()
    assert sum(usage.uplink for usage in made if usage.system == "pgw") == uplink
    assert sum(usage.duration for usage in made if usage.system == "pgw") == seconds[-1]
    assert mediating.wait(days=3) == []


@often
@given(st.lists(sessions(), min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_commits_that_fail_and_workers_that_die_change_nothing(
    several: list[list[UsageReport]], chance: random.Random
) -> None:
    reports = [
        msgspec.structs.replace(report, session=f"s{number}", id=f"{number}/{report.id}")
        for number, session in enumerate(several)
        for report in session
    ]
    reports += chance.sample(reports, len(reports) // 2)
    chance.shuffle(reports)
    calm = Mediating()
    records = []
    for report in reports:
        calm.now += chance.choice([at(0) - at(0), at(30) - at(0), at(3_000) - at(0)])
        records.append(calm.record(report))
    calm.driver.work(records)
    stormy = any_way(Mediation(SETTINGS), records, chance)
    for topic in (Usage.mediated, Rejected.topic):
        assert stormy.sent_to(topic) == calm.driver.sent_to(topic)
    assert stormy.rejected == calm.driver.rejected
    assert content(stormy.state()) == content(calm.driver.state())


def content(state: dict[str | bytes, Any]) -> Any:
    """The state, with the ids of an hour in an order of their own."""
    return state | {
        "seen": {
            hour: sorted(ids[first : first + 8] for first in range(0, len(ids), 8))
            for hour, ids in state["seen"].items()
        }
    }
