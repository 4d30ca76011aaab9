"""Aggregates over windows of event time, beside what one counts by hand."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.streams.driver import Driver, any_way, record, thorough
from trunkline.log import Record
from trunkline.quarantine import Rejected
from trunkline.streams.out import Out
from trunkline.streams.windowed import Windowed, windowed
from trunkline.streams.windows import Session, Sliding, Tumbling, Window

SECOND = 1_000_000


class Usage(msgspec.Struct, frozen=True):
    octets: int


class Total(msgspec.Struct, frozen=True):
    events: int = 0
    octets: int = 0


class Moved(msgspec.Struct, frozen=True):
    seconds: int


def joined(earlier: tuple[int, ...], later: tuple[int, ...]) -> tuple[int, ...]:
    return earlier + later


def collecting(
    window: Tumbling | Sliding | Session, lateness: float, emit: Literal["final", "each"] = "final"
) -> Windowed:
    """Collects the numbers that are a window's events, in the order in which they came."""

    @windowed(reads="usage", window=window, lateness=lateness, emit=emit, state=tuple[int, ...], writes=["result"])
    def collect(numbers: tuple[int, ...], event: Usage, out: Out) -> tuple[int, ...]:
        return (*numbers, event.octets)

    @collect.result
    def send(key: bytes, window: Window, numbers: tuple[int, ...], out: Out) -> None:
        out.send("result", [window.start // SECOND, window.end // SECOND, numbers])

    return collect


Closed = tuple[bytes, int, int, list[int]]
"""(key, start, end, numbers) of a result."""


def results(driver: Driver) -> list[Closed]:
    return [(key or b"", *msgspec.json.decode(value or b"")) for key, value in driver.sent_to("result")]


def usage(offset: int, key: bytes, second: int) -> Record:
    return record("usage", offset, key, b'{"octets":%d}' % offset, second * SECOND)


def aligned(records: list[Record], size: int, advance: int, lateness: int) -> tuple[list[Closed], list[int]]:
    """The windows that are closed at the end, and which events were late, by going through all windows there can be."""
    counted: dict[tuple[bytes, int, int], list[int]] = defaultdict(list)
    late, now = [], -1
    for each in records:
        second = each.time // SECOND
        now = max(now, second)
        mine = [
            (each.key or b"", start, start + size)
            for start in range(-size * 2, 200)
            if start % advance == 0 and start <= second < start + size and start + size + lateness > now
        ]
        for window in mine:
            counted[window].append(each.offset)
        if not mine:
            late.append(each.offset)
    closed = [(*window, numbers) for window, numbers in counted.items() if window[2] + lateness <= now]
    return sorted(closed, key=lambda window: (window[2], window[0])), late


def sessions(records: list[Record], gap: int, lateness: int) -> tuple[list[Closed], list[int]]:
    """The same for sessions: groups of events whose neighbours are no further apart than the gap."""
    open: list[tuple[bytes, list[tuple[int, int]]]] = []
    closed: list[Closed] = []
    late, now = [], -1

    def close() -> None:
        for key, events in list(open):
            end = max(second for second, _ in events) + gap
            if end + lateness <= now:
                open.remove((key, events))
                closed.append((key, min(events)[0], end, [offset for _, offset in events]))

    for each in records:
        second, key = each.time // SECOND, each.key or b""
        now = max(now, second)
        close()
        near = [its for its in open if its[0] == key and any(abs(other - second) <= gap for other, _ in its[1])]
        if not near and second + gap + lateness <= now:
            late.append(each.offset)
            continue
        for its in near:
            open.remove(its)
        near.sort(key=lambda its: min(its[1]))
        open.append((key, [event for its in near for event in its[1]] + [(second, each.offset)]))
        close()
    return sorted(closed, key=lambda window: (window[2], window[0])), late


seconds = st.lists(st.tuples(st.sampled_from([b"a", b"b"]), st.integers(0, 60)), max_size=50)


@thorough
@given(seconds, st.sampled_from([(10, 10), (10, 3), (7, 7), (6, 2)]), st.integers(0, 20), st.randoms())
def test_every_event_counts_in_every_open_window_and_no_other(
    made: list[tuple[bytes, int]], kind: tuple[int, int], lateness: int, chance: random.Random
) -> None:
    records = [usage(offset, *event) for offset, event in enumerate(made)]
    size, advance = kind
    window = Tumbling(size) if size == advance else Sliding(size, advance)
    driver = any_way(collecting(window, lateness), records, chance)
    closed, late = aligned(records, size, advance, lateness)
    assert results(driver) == closed
    assert [(reason, offset) for reason, offset, _ in driver.rejected] == [("event.late", offset) for offset in late]


@thorough
@given(seconds, st.integers(1, 12), st.integers(0, 20), st.randoms())
def test_a_session_is_what_lies_no_further_apart_than_the_gap(
    made: list[tuple[bytes, int]], gap: int, lateness: int, chance: random.Random
) -> None:
    records = [usage(offset, *event) for offset, event in enumerate(made)]
    driver = any_way(collecting(Session(gap, joined), lateness), records, chance)
    closed, late = sessions(records, gap, lateness)
    assert results(driver) == closed
    assert [(reason, offset) for reason, offset, _ in driver.rejected] == [("event.late", offset) for offset in late]


@thorough
@given(seconds, st.sampled_from([Tumbling(10), Sliding(10, 5), Session(4, joined)]), st.integers(0, 15), st.randoms())
def test_events_that_come_out_of_order_within_the_lateness_make_the_same_results(
    made: list[tuple[bytes, int]], window: Tumbling | Sliding | Session, disorder: int, chance: random.Random
) -> None:
    ordered = sorted(made, key=lambda event: event[1])
    shuffled = sorted(ordered, key=lambda event: event[1] + chance.uniform(0, disorder))
    assert all(b >= max(a for _, a in shuffled[: n + 1]) - disorder for n, (_, b) in enumerate(shuffled))
    found = []
    for events in (ordered, shuffled):
        driver = Driver(collecting(window, disorder))
        driver.work([usage(offset, *event) for offset, event in enumerate([*events, (b"end", 1000)])])
        assert driver.rejected == []
        found.append([(key, start, end, len(numbers)) for key, start, end, numbers in results(driver)])
    assert found[0] == found[1]


@thorough
@given(seconds, st.sampled_from([Tumbling(10), Sliding(10, 5), Session(4, joined)]), st.randoms())
def test_the_last_of_each_result_is_the_final_one(
    made: list[tuple[bytes, int]], window: Tumbling | Sliding | Session, chance: random.Random
) -> None:
    records = [usage(offset, *event) for offset, event in enumerate([*made, (b"end", 1000), (b"end", 2000)])]
    final, each = (Driver(collecting(window, 3, emit)) for emit in ("final", "each"))  # type: ignore[arg-type]
    final.work(records)
    each.work(records)
    last: dict[tuple[bytes, int], Closed] = {}
    for result in results(each):
        key, start, end, _ = result
        # A session takes in those that lie in it.
        last = {its: old for its, old in last.items() if not (its[0] == key and start <= old[1] and old[2] <= end)}
        last[key, start] = result
    if not isinstance(window, Session):
        assert sorted(result for result in last.values() if result[2] < 2000) == sorted(results(final))
    assert {tuple(result[3]) for result in results(final)} <= {tuple(result[3]) for result in results(each)}


def test_the_usual_result_has_key_bounds_and_the_fields_of_the_state() -> None:
    @windowed(reads="usage", window=Tumbling(900), state=Total, writes=("usage.quarter",))
    def quarter(total: Total, usage: Usage, out: Out) -> Total:
        return Total(total.events + 1, total.octets + usage.octets)

    driver = Driver(quarter)
    start = 1_773_068_400
    driver.work([usage(3, b"32475", start), usage(4, b"32475", start + 899), usage(5, b"\xff", start + 900)])
    [(key, value)] = driver.sent_to("usage.quarter")
    assert key == b"32475"
    assert msgspec.json.decode(value or b"") == {
        "key": "32475",
        "start": "2026-03-09T15:00:00Z",
        "end": "2026-03-09T15:15:00Z",
        "events": 2,
        "octets": 7,
    }


def test_a_state_without_fields_is_the_value_of_the_result() -> None:
    @windowed(reads="usage", window=Tumbling(10), state=int, writes=("sum",), emit="each")
    def sum_up(total: int, usage: Usage, out: Out) -> int:
        return total + usage.octets

    driver = Driver(sum_up)
    driver.work([usage(5, b"\xff", 0)])
    assert [value for _, value in driver.sent_to("sum")] == [
        b'{"value":5,"key":"\\\\xff","start":"1970-01-01T00:00:00Z","end":"1970-01-01T00:00:10Z"}'
    ]


def test_several_topics_make_one_window() -> None:
    summed = collecting(Tumbling(10), 0)

    @summed.on("moved", time=lambda event: event.seconds * SECOND)
    def moved(numbers: tuple[int, ...], event: Moved, out: Out) -> tuple[int, ...]:
        return (*numbers, -event.seconds)

    driver = Driver(summed)
    driver.work(
        [usage(0, b"a", 1), record("moved", 0, b"a", b'{"seconds":5}'), record("moved", 1, b"b", b'{"seconds":15}')]
    )
    assert results(driver) == [(b"a", 0, 10, [0, -5])]


def test_a_late_event_is_told_how_late_it_was() -> None:
    driver = Driver(collecting(Tumbling(10), 2))
    driver.work([usage(0, b"a", 1), usage(1, b"a", 12), usage(2, b"a", 9)])
    [(reason, offset, message)] = driver.rejected
    assert (reason, offset) == ("event.late", 2)
    assert message.startswith("it tells of 1970-01-01 00:00:09+00:00 and came too late: it was waited for until stream")


def test_a_window_may_be_dropped() -> None:
    @windowed(reads="usage", window=Tumbling(10), state=int, writes=("sum",))
    def sum_up(total: int, usage: Usage, out: Out) -> int | None:
        return total + 1 if usage.octets else None

    driver = Driver(sum_up)
    driver.work([usage(1, b"a", 0), usage(0, b"a", 0)])
    assert driver.state() == {"time": 0, "closed": -1}
    driver.work([usage(1, b"a", 50), usage(0, b"a", 50), usage(1, b"b", 70)])
    assert driver.sent_to("sum") == []


def test_state_of_another_type_is_refused() -> None:
    @windowed(reads="usage", window=Tumbling(10), state=int, writes=("sum",))
    def sum_up(total: int, usage: Usage, out: Out) -> int:
        return str(total)  # type: ignore[return-value]

    driver = Driver(sum_up)
    driver.work([usage(1, b"a", 0)])
    assert driver.rejected == [("processor.TypeError", 1, "TypeError: it returned '0', which is no int")]


def test_a_result_that_cannot_be_told_goes_to_the_quarantine_with_the_window_s_state() -> None:
    collect = collecting(Tumbling(10), 0)

    @collect.result
    def send(key: bytes, window: Window, numbers: tuple[int, ...], out: Out) -> None:
        out.send("result", [0, 0, []])
        if key == b"a":
            raise ValueError("not this one")

    driver = Driver(collect)
    driver.work([usage(0, b"a", 1), usage(1, b"b", 2), usage(2, b"b", 10)])
    [(_, value)] = driver.sent_to(Rejected.topic)
    rejected = msgspec.json.decode(value or b"", type=Rejected)
    assert (rejected.reason, rejected.part) == ("timer.ValueError", b"[0]")
    assert "the result of its window from 1970-01-01 00:00:00+00:00 to 1970-01-01 00:00:10+00:00" in rejected.message
    assert [key for key, _ in driver.sent_to("result")] == [b"b"]
    assert set(driver.state()) == {b"b", "time", "closed"}


def test_a_window_that_was_closed_is_no_more_after_a_restart() -> None:
    driver = Driver(collecting(Tumbling(10), 0))
    driver.work([usage(0, b"a", 5)])
    driver.work([usage(1, b"b", 12)])
    driver.restart()
    assert set(driver.state()) == {b"b", "time", "closed"}
    driver.work([usage(2, b"c", 40)])
    assert results(driver) == [(b"a", 0, 10, [0]), (b"b", 10, 20, [1])]


def test_no_result_is_told_twice_although_a_new_version_waits_longer() -> None:
    made: dict[float, Windowed] = {}
    for lateness in (0, 8, 2):

        @windowed(reads="usage", window=Tumbling(10), lateness=lateness, state=int, writes=("sum",))
        def count(total: int, usage: Usage, out: Out) -> int:
            return total + 1

        made[lateness] = count
    driver = Driver(made[0])
    driver.work([usage(0, b"a", 5), usage(1, b"a", 12)])
    assert len(driver.sent_to("sum")) == 1
    for lateness, late in ((8, 2), (2, 4)):
        after = Driver(made[lateness])
        after.changelog = list(driver.changelog)
        after.restart()
        after.work([usage(late, b"a", 9), usage(late + 1, b"a", 13)])
        assert after.sent_to("sum") == []
        assert [(reason, offset) for reason, offset, _ in after.rejected] == [("event.late", late)]
        after.work([usage(9, b"b", 30)])
        assert [key for key, _ in after.sent_to("sum")] == [b"a"]


def test_with_idle_the_last_windows_close_by_the_clock() -> None:
    @windowed(reads="usage", window=Tumbling(10), state=int, writes=("sum",), idle=30)
    def sum_up(total: int, usage: Usage, out: Out) -> int:
        return total + usage.octets

    driver = Driver(sum_up)
    driver.work([usage(5, b"a", 1000)])
    for second in range(1000, 1045):
        driver.tick(second * SECOND)
        assert len(driver.sent_to("sum")) == (second >= 1040)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Tumbling(0), "a microsecond at least"),
        (lambda: Sliding(10, 0), "a microsecond at least"),
        (lambda: Sliding(10, 11), "events would be lost"),
        (lambda: Sliding(86_400, 1), "more than 1,000 windows"),
        (lambda: Session(-1, joined), "a microsecond at least"),
    ],
)
def test_windows_that_cannot_be_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_the_results_must_go_somewhere() -> None:
    with pytest.raises(TypeError, match="the topic of the results"):
        windowed(reads="usage", window=Tumbling(10), state=int, writes=())
