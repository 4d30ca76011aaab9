"""Timers of keys, on event time."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.streams.driver import Driver, any_way, batches, record, thorough
from trunkline.log import LogError, Record
from trunkline.quarantine import Rejected
from trunkline.streams.handlers import Rejection
from trunkline.streams.instance import Poison
from trunkline.streams.keyed import Timed, processor
from trunkline.streams.out import Out
from trunkline.streams.outputs import Outputs
from trunkline.streams.timers import Timer

SECOND = 1_000_000


class Ask(msgspec.Struct, frozen=True):
    """What an event of a test makes its key do: `at` sets timers by tag, `stop` cancels some."""

    at: dict[str, int] = {}  # msgspec copies it
    stop: list[str] = []
    fail: bool = False


class Seen(msgspec.Struct, frozen=True, array_like=True):
    events: int = 0
    fired: int = 0


@processor(reads="ask", state=Seen, writes=("said",))
def asking(seen: Seen, ask: Ask, out: Out) -> Seen:
    for tag, time in ask.at.items():
        out.at(time, tag)
    for tag in ask.stop:
        out.cancel(tag)
    out.send("said", b"event %d" % out.time)
    if ask.fail:
        raise Rejection("ask.fails", "it was told to fail")
    return Seen(seen.events + 1, seen.fired)


@asking.on_timer
def ring(seen: Seen, timer: Timer, out: Out) -> Seen | None:
    out.send("said", b"%s at %d after %d" % (timer.tag.encode(), timer.time, seen.events))
    if timer.tag == "again" and timer.time < 40:
        out.at(timer.time + 7, "again")
    if timer.tag == "end":
        return None
    if timer.tag == "fails":
        raise ValueError("this one cannot ring")
    return Seen(seen.events, seen.fired + 1)


def slowly(records: list[Record]) -> tuple[list[tuple[bytes, bytes]], list[int], list[int]]:
    """What is said, which events are refused, and at which times timers failed, in the plainest way."""
    said: list[tuple[bytes, bytes]] = []
    refused, failed = [], []
    seen: dict[bytes, int] = {}
    timers: dict[tuple[bytes, str], int] = {}
    now = -1

    def fire(until: int) -> None:
        while due := sorted((time, key, tag) for (key, tag), time in timers.items() if time <= until):
            time, key, tag = due[0]
            del timers[key, tag]
            if tag == "fails":
                failed.append(time)
                continue
            said.append((key, b"%s at %d after %d" % (tag.encode(), time, seen.get(key, 0))))
            if tag == "again" and time < 40:
                timers[key, tag] = time + 7
            if tag == "end":
                seen.pop(key, None)

    for each in records:
        assert each.key is not None
        ask = msgspec.json.decode(each.value or b"", type=Ask)
        if ask.fail:
            refused.append(each.offset)
            continue
        fire(each.time)
        now = max(now, each.time)
        said.append((each.key, b"event %d" % each.time))
        seen[each.key] = seen.get(each.key, 0) + 1
        timers.update({(each.key, tag): time for tag, time in ask.at.items()})
        for tag in ask.stop:
            timers.pop((each.key, tag), None)
        fire(now)
    return said, refused, failed


tags = st.sampled_from(["again", "end", "fails", "other"])
asks = st.builds(Ask, st.dictionaries(tags, st.integers(0, 60), max_size=2), st.lists(tags, max_size=1), st.booleans())


@thorough
@given(
    st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c"]), st.integers(0, 60), asks), max_size=40),
    st.randoms(use_true_random=False),
)
def test_each_timer_fires_once_in_the_order_of_time_whatever_happens_in_between(
    made: list[tuple[bytes, int, Ask]], chance: random.Random
) -> None:
    records = [record("ask", n, key, msgspec.json.encode(ask), time) for n, (key, time, ask) in enumerate(made)]
    said, refused, failed = slowly(records)
    driver = any_way(asking, records, chance)
    assert driver.sent_to("said") == said
    assert [offset for _, offset, _ in driver.rejected] == refused
    rejected = [msgspec.json.decode(value or b"", type=Rejected) for _, value in driver.sent_to(Rejected.topic)]
    assert [int(its.time.timestamp() * SECOND) for its in rejected if its.time] == failed


def inactive(idle: float | None = None) -> Timed:
    """Says when a key has been silent for ten seconds."""

    @processor(reads="ping", state=int, writes=("silent",), idle=idle)
    def watch(count: int, event: bytes, out: Out) -> int:
        out.at(out.time + 10 * SECOND)
        return count + 1

    @watch.on_timer
    def silent(count: int, timer: Timer, out: Out) -> int | None:
        out.send("silent", str(count).encode())
        return None

    return watch


def ping(offset: int, key: str, seconds: float) -> Record:
    return record("ping", offset, key.encode(), b"", int(seconds * SECOND))


def test_a_timer_fires_before_the_event_that_carries_time_there() -> None:
    driver = Driver(inactive())
    driver.work([ping(0, "a", 0), ping(1, "a", 9), ping(2, "b", 9.5), ping(3, "a", 19), ping(4, "b", 25)])
    assert driver.sent_to("silent") == [(b"a", b"2"), (b"b", b"1")]
    assert driver.state() == {
        b"a": 1,
        b"b": 1,
        "time": 25 * SECOND,
        "timers": {b"a": {"": 29 * SECOND}, b"b": {"": 35 * SECOND}},
    }


def test_a_timer_that_moves_with_every_event_takes_no_memory_for_each() -> None:
    driver = Driver(inactive())
    driver.work([ping(n, "a", n) for n in range(1000)])
    assert driver.sent_to("silent") == []
    assert len(driver.instance._timers._entries) == 1


def test_nothing_fires_by_the_clock_unless_it_is_asked_for() -> None:
    driver = Driver(inactive())
    driver.work([ping(0, "a", 0)])
    for second in range(1000, 1100):
        driver.tick(second * SECOND)
    assert driver.sent == []


def test_with_idle_stream_time_follows_the_clock_when_nothing_comes() -> None:
    driver = Driver(inactive(idle=60))
    driver.work([ping(0, "a", 0)])
    for second in range(1000, 1060):
        driver.tick(second * SECOND)
    assert driver.sent == []
    driver.work([ping(1, "b", 985)])
    assert driver.sent == [("silent", b"a", b"1")]
    for second in range(1060, 1120):
        driver.tick(second * SECOND)
    assert len(driver.sent) == 1
    commits = len(driver.changelog)
    for second in range(1120, 1200):
        driver.tick(second * SECOND)
    assert driver.sent[1:] == [("silent", b"b", b"1")]
    assert len(driver.changelog) == commits + 2, "a tick in which nothing is due changes nothing"
    driver.restart()
    driver.work([ping(2, "a", 1050)])
    assert driver.state()["time"] == (1120 - 60) * SECOND, "time does not fall back"


def when(event: dict[str, int | str]) -> object:
    """A time as JSON has it: microseconds, or text of a moment."""
    found = event["at"]
    return datetime.fromisoformat(found) if isinstance(found, str) else found


def test_the_time_may_be_a_field_of_the_event() -> None:
    values = [b"5000000", b'"2026-03-09T15:00:00Z"', b"-1", b"1e400", b'"2026-03-09T15:00:00"', b"99999999999999999999"]

    @processor(reads="report", state=int, time=when)
    def now(state: int, event: dict[str, int | str], out: Out) -> int:
        return out.now

    driver = Driver(now)
    driver.work([record("report", n, b"%d" % n, b'{"at":%s}' % value) for n, value in enumerate(values)])
    assert driver.state() == {b"0": 5_000_000, b"1": 1_773_068_400_000_000, "time": 1_773_068_400_000_000, "timers": {}}
    assert {reason for reason, _, _ in driver.rejected} <= {"event.time", "decode.json", "decode.schema"}
    assert [offset for _, offset, _ in driver.rejected] == [2, 3, 4, 5]


def test_an_event_that_fails_after_it_made_a_timer_fire_leaves_neither() -> None:
    driver = Driver(asking)
    driver.work([record("ask", 0, b"a", b'{"at":{"other":5}}', 1)])
    with pytest.raises(Poison) as raised:
        driver.instance.work(batches([record("ask", 1, b"a", b'{"fail":true}', 9)]), Outputs("asking"))
    assert not raised.value.clean
    driver.instance.undo()
    driver.work([record("ask", 1, b"a", b'{"fail":true}', 9)])
    assert driver.sent_to("said") == [(b"a", b"event 1")]
    assert driver.state()["time"] == 1


def test_a_timer_that_fails_goes_to_the_quarantine_with_its_state() -> None:
    driver = Driver(asking)
    driver.work([record("ask", 0, b"k/1", b'{"at":{"fails":5}}', 1), record("ask", 1, b"b", b"{}", 9)])
    [(_, value)] = driver.sent_to(Rejected.topic)
    rejected = msgspec.json.decode(value or b"", type=Rejected)
    assert (rejected.stage, rejected.reason, rejected.system) == ("processor", "timer.ValueError", "asking")
    assert rejected.uri == "timer://asking/k%2F1"
    assert rejected.part == b"[1,0]"
    assert rejected.message == "asking failed on its timer 'fails' of the key b'k/1': ValueError: this one cannot ring"
    assert "test_timers.py" in rejected.stack
    assert driver.sent_to("said")[-1] == (b"b", b"event 9"), "what it had sent before it failed is taken back"
    assert driver.state()[b"k/1"] == [1, 0]


@pytest.mark.parametrize("late", [lambda timer: timer.time, lambda timer: timer.time - 1, lambda timer: -1])
def test_a_timer_cannot_set_one_that_would_fire_for_ever(late: Callable[[Timer], int]) -> None:
    @processor(reads="ping", state=int)
    def start(count: int, event: bytes, out: Out) -> int:
        out.at(out.time + 1)
        return count

    @start.on_timer
    def again(count: int, timer: Timer, out: Out) -> int:
        out.at(late(timer))
        return count

    driver = Driver(start)
    driver.work([ping(0, "a", 0), ping(1, "b", 5)])
    [(_, value)] = driver.sent_to(Rejected.topic)
    assert b"timer.ValueError" in (value or b"")


def test_a_former_version_s_timer_is_not_lost_in_silence() -> None:
    driver = Driver(inactive())
    driver.work([ping(0, "a", 0)])

    @processor(reads="ping", state=int, time=lambda event: 60 * SECOND)
    def watch(count: int, event: bytes, out: Out) -> int:
        return count

    after = Driver(watch)
    after.changelog = list(driver.changelog)
    after.restart()
    with pytest.raises(LogError, match="watch has a timer '', but none of its functions is its on_timer"):
        after.work([ping(1, "a", 1)])
