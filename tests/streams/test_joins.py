"""Joins, beside what one joins by hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.streams.driver import Driver, any_way, record, thorough
from trunkline.log import Record
from trunkline.quarantine import Rejected
from trunkline.streams.handlers import Rejection
from trunkline.streams.joins import stream_join, table_join
from trunkline.streams.keyed import Keyed
from trunkline.streams.out import Out

SECOND = 1_000_000


class Usage(msgspec.Struct, frozen=True):
    octets: int
    tariff: str = ""


class Tariff(msgspec.Struct, frozen=True):
    price: int


class Free(msgspec.Struct, frozen=True, tag=True):
    days: int


class Paid(msgspec.Struct, frozen=True, tag=True):
    price: int


@table_join(stream="usage", table="tariff", writes=("rated",))
def rate(usage: Usage, tariff: Tariff, out: Out) -> None:
    out.send("rated", b"%d" % (usage.octets * tariff.price))


@table_join(stream="usage", table="tariff", writes=("rated",))
def rate_all(usage: Usage, tariff: Tariff | None, out: Out) -> None:
    out.send("rated", b"%d" % (usage.octets * tariff.price if tariff else -1))


@thorough
@given(
    st.lists(st.tuples(st.sampled_from(["usage", "tariff", "gone"]), st.sampled_from([b"a", b"b"]), st.integers(1, 9))),
    st.sampled_from([rate, rate_all]),
    st.randoms(use_true_random=False),
)
def test_an_event_meets_the_row_of_its_key_as_it_is_then(
    made: list[tuple[str, bytes, int]], join: Keyed, chance: random.Random
) -> None:
    records, table, expected = [], {}, []
    for offset, (kind, key, number) in enumerate(made):
        if kind == "usage":
            records.append(record("usage", offset, key, b'{"octets":%d}' % number))
            if key in table or join is rate_all:
                expected.append((key, b"%d" % (number * table[key] if key in table else -1)))
        elif kind == "tariff":
            records.append(record("tariff", offset, key, b'{"price":%d}' % number))
            table[key] = number
        else:
            records.append(record("tariff", offset, key, None))
            table.pop(key, None)
    driver = any_way(join, records, chance)
    assert driver.sent_to("rated") == expected
    assert driver.state() == {key: {"price": price} for key, price in table.items()}


def test_a_whole_processor_may_find_the_row_by_a_field_of_the_event() -> None:
    @table_join(stream="usage", table="tariff", key="tariff", whole=True, writes=("rated",))
    def rate(usage: Usage, tariff: Free | Paid | None, out: Out) -> None:
        out.send("rated", msgspec.json.encode(tariff), "x")

    driver = Driver(rate)
    driver.work(
        [
            record("tariff", 0, b"gold", b'{"type":"Paid","price":3}'),
            record("tariff", 1, b"new", b'{"type":"Free","days":30}'),
            record("usage", 0, None, b'{"octets":5,"tariff":"gold"}'),
            record("usage", 1, None, b'{"octets":5,"tariff":"new"}'),
            record("usage", 2, None, b'{"octets":5,"tariff":"none"}'),
        ]
    )
    assert driver.rejected == []
    assert [value for _, value in driver.sent_to("rated")] == [
        b'{"type":"Paid","price":3}',
        b'{"type":"Free","days":30}',
        b"null",
    ]


def pair(left: bytes | None, right: bytes | None, out: Out) -> None:
    out.send("pair", b"%s/%s" % (left or b"-", right or b"-"))


def joining(left: Any, right: Any, within: float, lateness: float, idle: float | None = None) -> Keyed:
    def join(left: Any, right: Any, out: Out) -> None:
        pair(left, right, out)

    join.__annotations__ |= {"left": left, "right": right}
    return stream_join(left="l", right="r", within=within, lateness=lateness, writes=("pair",), idle=idle)(join)


def by_hand(
    records: list[Record], within: int, lateness: int, alone: tuple[bool, bool]
) -> tuple[list[tuple[bytes, bytes]], list[tuple[bytes, bytes]], list[int]]:
    """The pairs in their order, the events that are told alone, and those that are late: nothing is ever let go."""
    taken: list[Record] = []
    pairs, late, now = [], [], -1
    met: set[int] = set()
    for each in records:
        now = max(now, each.time)
        if each.time + lateness * SECOND < now:
            late.append(each.offset)
            continue
        others = [
            other
            for other in taken
            if other.key == each.key and other.topic != each.topic and abs(other.time - each.time) <= within * SECOND
        ]
        for other in sorted(others, key=lambda other: (other.time, other.offset)):
            met |= {each.offset, other.offset}
            left, right = (each, other) if each.topic == "l" else (other, each)
            pairs.append((each.key or b"", b"%s/%s" % (left.value, right.value)))
        taken.append(each)
    lonely = [
        (each.key or b"", b"%s/-" % each.value if each.topic == "l" else b"-/%s" % each.value)
        for each in taken
        if each.offset not in met
        and each.time + (within + lateness) * SECOND < now
        and alone[0 if each.topic == "l" else 1]
    ]
    return pairs, sorted(lonely), late


@thorough
@given(
    st.lists(
        st.tuples(st.sampled_from("lr"), st.sampled_from([b"a", b"b"]), st.integers(0, 40)),
        max_size=40,
    ),
    st.integers(0, 8),
    st.integers(0, 12),
    st.sampled_from([(False, False), (True, False), (False, True), (True, True)]),
    st.randoms(use_true_random=False),
)
def test_each_pair_within_the_time_is_joined_once_and_who_met_none_is_told_when_it_is_over(
    made: list[tuple[str, bytes, int]], within: int, lateness: int, alone: tuple[bool, bool], chance: random.Random
) -> None:
    records = [record(topic, n, key, b"%d" % n, second * SECOND) for n, (topic, key, second) in enumerate(made)]
    right, left = (bytes | None if optional else bytes for optional in alone)
    driver = any_way(joining(left, right, within, lateness), records, chance)
    pairs, lonely, late = by_hand(records, within, lateness, alone)
    sent = [(key or b"", value or b"") for key, value in driver.sent_to("pair")]
    assert [its for its in sent if b"-" not in its[1]] == pairs
    assert sorted(its for its in sent if b"-" in its[1]) == lonely
    assert [(reason, offset) for reason, offset, _ in driver.rejected] == [("event.late", offset) for offset in late]


def test_what_nothing_can_meet_any_more_is_let_go() -> None:
    driver = Driver(joining(bytes, bytes, 5, 2))
    driver.work([record("l", 0, b"a", b"x", 0), record("r", 1, b"a", b"y", 3 * SECOND)])
    assert driver.state()[b"a"] == [[[0, True, b"x"]], [[3 * SECOND, True, b"y"]]]
    driver.work([record("l", 2, b"b", b"z", 7 * SECOND)])
    assert driver.state()[b"a"] == [[[0, True, b"x"]], [[3 * SECOND, True, b"y"]]]
    driver.work([record("l", 3, b"b", b"z", 7 * SECOND + 1)])
    assert driver.state()[b"a"] == [[], [[3 * SECOND, True, b"y"]]]
    driver.work([record("l", 4, b"c", b"z", 100 * SECOND)])
    assert set(driver.state()) == {b"c", "time", "timers"}


def test_lateness_is_the_same_after_a_restart_although_only_time_had_passed() -> None:
    driver = Driver(joining(bytes, bytes, 5, 2))
    driver.work([record("l", 0, b"a", b"x", 0)])
    driver.work([record("l", 1, b"a", b"y", 4 * SECOND)])
    driver.restart()
    driver.work([record("r", 2, b"a", b"z", 1 * SECOND)])
    assert [(reason, offset) for reason, offset, _ in driver.rejected] == [("event.late", 2)]


def test_what_waits_is_let_go_in_its_time_also_where_a_new_version_waits_longer() -> None:
    before, after = Driver(joining(bytes, bytes | None, 5, 2)), Driver(joining(bytes, bytes | None, 5, 10))
    before.work([record("l", 0, b"a", b"x", 0)])
    after.changelog = list(before.changelog)
    after.restart()
    after.work([record("l", 1, b"b", b"y", 15 * SECOND)])
    assert after.sent_to("pair") == []
    after.work([record("l", 2, b"b", b"y", 15 * SECOND + 1)])
    assert after.sent_to("pair") == [(b"a", b"x/-")]


def test_with_idle_who_met_none_is_told_by_the_clock() -> None:
    driver = Driver(joining(bytes, bytes | None, 5, 2, idle=30))
    driver.work([record("l", 0, b"a", b"x", 1000 * SECOND)])
    for second in range(1000, 1040):
        driver.tick(second * SECOND)
        assert len(driver.sent_to("pair")) == (second >= 1038)
    assert driver.sent_to("pair") == [(b"a", b"x/-")]


def test_a_join_that_fails_on_a_pair_refuses_the_event_that_came_last() -> None:
    def refuse(left: bytes, right: bytes | None, out: Out) -> None:
        out.send("pair", b"half")
        raise Rejection("pair.odd", "these do not belong together")

    driver = Driver(stream_join(left="l", right="r", within=5, lateness=0, writes=("pair",))(refuse))
    driver.work([record("l", 0, b"a", b"x", 0), record("r", 1, b"a", b"y", 1), record("l", 2, b"b", b"z", 60 * SECOND)])
    assert driver.rejected == [("pair.odd", 1, "these do not belong together")]
    assert driver.sent_to("pair") == []
    [(_, value)] = driver.sent_to(Rejected.topic)
    rejected = msgspec.json.decode(value or b"", type=Rejected)
    assert (rejected.reason, rejected.part) == ("pair.odd", b'"eA=="')
    assert "its event of 1970-01-01 00:00:00+00:00 that met none of the key b'a'" in rejected.message


def test_a_late_event_says_so() -> None:
    driver = Driver(joining(bytes, bytes, 60, 5))
    driver.work([record("l", 0, b"a", b"x", 20 * SECOND), record("r", 1, b"a", b"y", 14 * SECOND)])
    [(reason, offset, message)] = driver.rejected
    assert (reason, offset) == ("event.late", 1)
    assert "it tells of 1970-01-01 00:00:14+00:00 and came too late" in message


def mutable(event: bytes, row: dict[str, int], out: Out) -> None: ...


def records(event: bytes, row: Record, out: Out) -> None: ...


@pytest.mark.parametrize(("function", "message"), [(mutable, "a dict can be changed"), (records, "not as records")])
def test_what_is_kept_must_be_values_that_cannot_be_changed(function: Callable[..., None], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        table_join(stream="s", table="t", writes=())(function)
    with pytest.raises(TypeError, match=message):
        stream_join(left="s", right="t", within=1, lateness=1, writes=())(function)
