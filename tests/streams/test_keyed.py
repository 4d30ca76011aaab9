"""Functions over one key's state."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.streams.driver import Driver, MadeBatch, any_way, record, thorough
from trunkline.log import LogError, Record
from trunkline.streams.handlers import Rejection
from trunkline.streams.instance import CHUNK, Definition, Poison
from trunkline.streams.keyed import processor
from trunkline.streams.out import Out
from trunkline.streams.outputs import Outputs


class Usage(msgspec.Struct, frozen=True):
    octets: int
    subscriber: str = ""


class Total(msgspec.Struct, frozen=True, gc=False):
    events: int = 0
    octets: int = 0


class Void(msgspec.Struct, frozen=True):
    octets: int


@processor(reads="usage", state=Total, writes=("usage.total",))
def total(total: Total, usage: Usage, out: Out) -> Total | None:
    """Sums; 13 octets are refused after something was sent, 0 octets end the key, -1 changes nothing."""
    if usage.octets == 0:
        return None
    if usage.octets == -1:
        return total
    after = Total(total.events + 1, total.octets + usage.octets)
    out.send("usage.total", after, id=f"{total.events}" if usage.octets == 13 else "")
    if usage.octets == 13:
        raise Rejection("usage.unlucky", "13 octets are not taken")
    return after


@total.on("usage.void")
def void(total: Total, event: Void | None, out: Out) -> Total:
    if event is None:
        return Total()
    return Total(total.events, total.octets - 100 // event.octets)


def usage(offset: int, key: str | None, octets: object) -> Record:
    value = msgspec.json.encode({"octets": octets})
    return record("usage", offset, None if key is None else key.encode(), value, offset)


def slowly(records: list[Record]) -> tuple[dict[bytes, Total], list[tuple[bytes, Total]], list[tuple[str, int]]]:
    """What `total` and `void` come to, in the plainest way."""
    state: dict[bytes, Total] = {}
    sent, refused = [], []
    for each in records:
        key = each.key
        if key is None:
            if each.value is not None and b'"x"' in each.value:
                refused.append(("decode.schema", each.offset))
            elif each.value is not None or each.topic == "usage.void":
                refused.append(("event.key", each.offset))
            continue
        if each.value is None:
            if each.topic == "usage.void":
                state[key] = Total()
            continue
        octets = msgspec.json.decode(each.value)["octets"]
        before = state.get(key, Total())
        if not isinstance(octets, int):
            refused.append(("decode.schema", each.offset))
        elif each.topic == "usage.void" and octets == 0:
            refused.append(("processor.ZeroDivisionError", each.offset))
        elif each.topic == "usage.void":
            state[key] = Total(before.events, before.octets - 100 // octets)
        elif octets == 0:
            state.pop(key, None)
        elif octets == 13:
            refused.append(("usage.unlucky", each.offset))
        elif octets != -1:
            state[key] = Total(before.events + 1, before.octets + octets)
            sent.append((key, state[key]))
    return state, sent, refused


events = st.lists(
    st.tuples(
        st.sampled_from(["usage", "usage", "usage.void"]),
        st.sampled_from([b"a", b"b", b"c", b"", None]),
        st.one_of(st.none(), st.sampled_from([-1, 0, 1, 2, 13, "x"])),
    ),
    max_size=60,
)


@thorough
@given(events, st.randoms(use_true_random=False))
def test_state_and_outputs_are_the_same_however_the_events_are_cut_undone_and_restored(
    made: list[tuple[str, bytes | None, int | str | None]], chance: random.Random
) -> None:
    records = [
        record(topic, offset, key, None if octets is None else msgspec.json.encode({"octets": octets}))
        for offset, (topic, key, octets) in enumerate(made)
    ]
    state, sent, refused = slowly(records)
    driver = any_way(total, records, chance)
    # A state that is as a new key's need not be kept.
    found = msgspec.convert(driver.state(), dict[bytes, Total])
    assert {key: its for key, its in found.items() if its != Total()} == {
        key: its for key, its in state.items() if its != Total()
    }
    assert driver.sent_to("usage.total") == [(key, msgspec.json.encode(its)) for key, its in sent]
    assert [(reason, offset) for reason, offset, _ in driver.rejected] == refused


def test_a_function_can_be_called_as_it_was_written() -> None:
    out = Out(["usage.total"])
    assert total(Total(1, 10), Usage(5), out) == Total(2, 15)
    assert out.outputs.topics["usage.total"].values == [b'{"events":2,"octets":15}']


def test_the_definition_says_what_it_reads() -> None:
    assert isinstance(total, Definition)
    assert (total.name, total.reads, total.whole) == ("total", ("usage", "usage.void"), False)


def test_a_refused_event_leaves_nothing_and_the_work_goes_on_right_behind_it() -> None:
    instance, out = total.instance(), Outputs("total")
    with pytest.raises(Poison, match="13 octets are not taken") as raised:
        instance.work([MadeBatch([usage(0, "a", 1)]), MadeBatch([usage(1, "a", 2), usage(2, "a", 13)])], out)
    poison = raised.value
    assert (poison.batch, poison.index, poison.clean) == (1, 1, True)
    assert (poison.stage, poison.reason) == ("processor", "usage.unlucky")
    assert out.topics["usage.total"].values == [b'{"events":1,"octets":1}', b'{"events":2,"octets":3}']
    instance.work([MadeBatch([usage(3, "a", 1)])], out)
    assert out.topics["usage.total"].values[-1] == b'{"events":3,"octets":4}'
    assert out.topics["usage.total"].marked == {}, "the id was the refused event's"


@pytest.mark.parametrize(
    ("value", "stage", "reason", "message"),
    [
        (b'{"octets":', "decode", "decode.json", "truncated"),
        (b'{"octets":"many"}', "decode", "decode.schema", r"`int`.*\$\.octets"),
        (b"\xff", "decode", "decode.json", "invalid"),
        (b'{"octets":13}', "processor", "usage.unlucky", "13 octets"),
    ],
)
def test_what_is_wrong_with_an_event_is_said(value: bytes, stage: str, reason: str, message: str) -> None:
    with pytest.raises(Poison, match=message) as raised:
        total.instance().work([MadeBatch([record("usage", 0, b"a", value)])], Outputs("total"))
    assert (raised.value.stage, raised.value.reason) == (stage, reason)


def test_events_are_taken_as_the_annotation_says() -> None:
    taken: list[object] = []

    def take(state: int, event: Any, out: Out) -> int:
        taken.append(event)
        return state + 1

    for annotation in (bytes, Record, dict[str, int], Usage, Usage | None, bytes | None):
        take.__annotations__["event"] = annotation
        driver = Driver(processor(reads="usage", state=int)(take))
        driver.work([usage(0, "a", 5), record("usage", 1, b"a", None)])
    first, tombstone = usage(0, "a", 5), record("usage", 1, b"a", None)
    assert taken == [
        first.value,
        *(first, tombstone),
        {"octets": 5},
        Usage(5),
        *(Usage(5), None),
        *(first.value, None),
    ]


def test_the_state_may_be_found_by_a_field_of_the_event() -> None:
    @processor(reads="usage", state=int, key="subscriber", whole=True, writes=("count",))
    def count(count: int, event: Usage, out: Out) -> int:
        out.send("count", str(count + 1).encode())
        return count + 1

    driver = Driver(count)
    driver.work(
        [record("usage", n, None, b'{"octets":1,"subscriber":"%s"}' % name) for n, name in enumerate(b"x y x".split())]
    )
    assert driver.sent_to("count") == [(b"x", b"1"), (b"y", b"1"), (b"x", b"2")]
    assert driver.state() == {b"x": 2, b"y": 1}


def test_what_is_sent_has_the_key_of_the_state_or_its_own() -> None:
    @processor(reads="usage", state=int, writes=("all",))
    def send(state: int, event: Usage, out: Out) -> int:
        out.send("all", event)
        out.send("all", b"raw", "other", id="7", time=9)
        out.send("all", None, b"bytes")
        return state

    outputs = Outputs("send")
    send.instance().work([MadeBatch([usage(0, "a", 5)])], outputs)
    sent = outputs.topics["all"]
    assert sent.keys == [b"a", b"other", b"bytes"]
    assert sent.values == [b'{"octets":5,"subscriber":""}', b"raw", None]
    assert sent.marked == {1: ("7", 9)}


def test_a_topic_that_is_not_declared_stops_the_processor() -> None:
    @processor(reads="usage", state=int)
    def stray(state: int, event: Usage, out: Out) -> int:
        out.send("nowhere", event)
        return state

    with pytest.raises(LogError, match="nowhere, which it does not declare"):
        Driver(stray).work([usage(0, "a", 5)])


def test_the_time_of_the_event_is_at_hand() -> None:
    @processor(reads="usage", state=int)
    def latest(state: int, event: Usage, out: Out) -> int:
        return max(state, out.time)

    driver = Driver(latest)
    driver.work([record("usage", 0, b"a", b'{"octets":1}', 70), record("usage", 1, b"a", b'{"octets":1}', 60)])
    assert driver.state() == {b"a": 70}


def test_state_larger_than_a_record_is_cut() -> None:
    @processor(reads="blob", state=bytes)
    def last(state: bytes, event: bytes, out: Out) -> bytes:
        return event

    driver = Driver(last)
    sizes = [10] * 1000 + [CHUNK // 3] * 20 + [3 * CHUNK] + [10] * 3000
    driver.work([record("blob", n, b"%d" % n, b"x" * size) for n, size in enumerate(sizes)])
    assert len(driver.changelog) > 7
    for packed in (driver.changelog, list(driver.instance.chunks())):
        assert max(map(len, packed)) < 3 * CHUNK + 100
        assert sum(map(len, packed)) < sum(sizes) + 20 * len(sizes)
        assert sorted(map(len, packed))[-2] <= CHUNK
    before = driver.state()
    driver.restart()
    assert driver.state() == before
    assert len(driver.instance) == len(sizes)


def test_a_snapshot_that_is_taken_slowly_and_what_changes_meanwhile_make_the_whole() -> None:
    driver = Driver(total)
    keys = [str(number) for number in range(20_000)]
    driver.work([usage(0, key, 1) for key in keys])
    driver.begin_snapshot()
    for first in (15_000, 10_000, 5_000, 0):
        driver.work([usage(0, key, 0) for key in keys[first : first + 100]])
        driver.work([usage(0, key, 2) for key in [*keys[first + 50 : first + 150], f"new {first}"]])
    before = driver.state()
    driver.restart()
    assert driver.state() == before
    assert len(driver.instance) == 20_000 - 4 * 50 + 4


class Changeable(msgspec.Struct):
    events: int = 0


class HoldsList(msgspec.Struct, frozen=True):
    parts: tuple[list[int], ...] = ()


class Recursive(msgspec.Struct, frozen=True):
    parts: tuple[Recursive, ...] = ()


class NeedsMore(msgspec.Struct, frozen=True):
    events: int


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (dict, "a dict can be changed"),
        (list[int], "a list can be changed"),
        (Changeable, "Changeable is a Struct without frozen=True"),
        (HoldsList, "HoldsList.parts: a list can be changed"),
        (tuple, "does not say of what type its parts are"),
        (tuple[int, dict[str, int]], "a dict can be changed"),
        (NeedsMore, "give each field a default"),
        (tuple[int, int], "give each field a default"),
    ],
)
def test_state_that_could_be_changed_in_place_or_not_be_made_is_refused(state: Any, message: str) -> None:
    def keep(state: Any, event: bytes, out: Out) -> Any:
        return state

    with pytest.raises(TypeError, match=message):
        processor(reads="usage", state=state)(keep)


@pytest.mark.parametrize("state", [int, float, str, bytes, bool, Total, Recursive, tuple[int, ...], tuple[Total, ...]])
def test_state_that_cannot_be_changed_is_taken_and_restored(state: Any) -> None:
    def keep(state: Any, event: bytes, out: Out) -> Any:
        return msgspec.json.decode(event, type=type_of)

    type_of = keep.__annotations__["state"] = keep.__annotations__["return"] = state
    driver = Driver(processor(reads="usage", state=state)(keep))
    values = {int: b"5", float: b"0.5", str: b'"x"', bytes: b'"AAEC"', bool: b"true", Total: b'{"events":3}'}
    driver.work(
        [record("usage", 0, b"a", values.get(state, b"[]")), record("usage", 1, b"b", values.get(state, b"[]"))]
    )
    before = driver.state()
    driver.restart()
    assert driver.state() == before


def no_return(state: int, event: bytes, out: Out):  # type: ignore[no-untyped-def]
    return 1


def returns_nothing(state: int, event: bytes, out: Out) -> None: ...


def other_state(state: str, event: bytes, out: Out) -> str:
    return state


def without_out(state: int, event: bytes) -> int:
    return state


def unknown_type(state: int, event: Nowhere, out: Out) -> int:  # type: ignore[name-defined]  # noqa: F821
    return state


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (no_return, "a type annotation on return"),
        (returns_nothing, "must take and return the state"),
        (other_state, "must take and return the state"),
        (without_out, "takes 2 parameters"),
        (unknown_type, "names of its module"),
    ],
)
def test_a_function_that_cannot_be_a_processor_is_refused(function: Callable[..., Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        processor(reads="usage", state=int)(function)


def test_a_function_that_returns_anything_else_is_to_blame() -> None:
    @processor(reads="usage", state=int)
    def wrong(state: int, event: bytes, out: Out) -> int:
        return "many"  # type: ignore[return-value]

    driver = Driver(wrong)
    driver.work([usage(0, "a", 5)])
    assert driver.rejected == [("processor.TypeError", 0, "TypeError: it returned 'many', which is no int")]


def test_two_functions_for_one_topic_are_refused() -> None:
    with pytest.raises(ValueError, match="total has a function for usage already"):
        total.on("usage")(void)


def test_a_timer_without_a_function_for_it_stops_the_processor() -> None:
    @processor(reads="usage", state=int)
    def sets(state: int, event: bytes, out: Out) -> int:
        out.at(5)
        return state

    with pytest.raises(LogError, match="none of its functions is its on_timer"):
        Driver(sets).work([usage(0, "a", 5)])
