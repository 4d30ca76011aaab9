"""Functions over whole batches, and their state in columns."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.streams.driver import Driver, MadeBatch, any_way, batches, record, thorough
from trunkline.log import LogError, Record
from trunkline.streams.columnar import Batch, columnar
from trunkline.streams.columns import Columns, Keyless, Packed
from trunkline.streams.instance import CHUNK, Definition, Poison
from trunkline.streams.outputs import Outputs

TYPES = {"events": np.int64, "octets": np.int64, "cost": np.float64}


class Usage(msgspec.Struct):
    octets: int
    cost: float = 0.1
    roaming: bool = False
    cell: str = ""


@columnar(reads=("usage", "usage.more"), event=Usage, state=TYPES, writes=("total",))
def totals(state: Columns, batch: Batch, out: Outputs) -> None:
    rows = state.rows(batch.keys)
    events = state.add("events", rows, 1)
    octets = state.add("octets", rows, batch["octets"])
    cost = state.add("cost", rows, batch["cost"])
    for index in np.flatnonzero(batch["octets"] == 13):
        batch.refuse(int(index), "usage.unlucky", "13 octets are not taken")
    values = zip(events.tolist(), octets.tolist(), cost.tolist(), strict=True)
    out.send_columns("total", batch.keys, [msgspec.json.encode(value) for value in values])


def kept(driver: Driver) -> dict[bytes, tuple[Any, ...]]:
    """The rows of the state by their keys."""
    found: dict[bytes, tuple[Any, ...]] = {}
    for chunk in driver.instance.chunks():
        found |= rows_of(chunk)
    return found


def rows_of(packed: bytes) -> dict[bytes, tuple[Any, ...]]:
    its = msgspec.msgpack.decode(packed, type=Packed)
    columns = [array.tolist() for array in its.arrays().values()]
    return dict(zip(its.keys, zip(*columns, strict=True), strict=True))


events = st.lists(
    st.tuples(
        st.sampled_from(["usage", "usage", "usage.more"]),
        st.sampled_from([b"a", b"b", b"c", b"", None]),
        st.one_of(st.none(), st.sampled_from(["x", 13]), st.integers(-5, 1000)),
        st.sampled_from([0.1, 0.2, 1e10, -1e-3]),
    ),
    max_size=50,
)


@thorough
@given(events, st.randoms(use_true_random=False))
def test_totals_are_the_same_however_the_events_are_cut_undone_and_restored(
    made: list[tuple[str, bytes | None, int | str | None, float]], chance: random.Random
) -> None:
    records, sent, refused = [], [], []
    state: dict[bytes, tuple[int, int, float]] = {}
    for offset, (topic, key, octets, cost) in enumerate(made):
        value = None if octets is None else msgspec.json.encode({"octets": octets, "cost": cost})
        records.append(record(topic, offset, key, value))
        if octets is None:
            continue
        if isinstance(octets, str):
            refused.append(("decode.schema", offset))
        elif key is None:
            refused.append(("event.key", offset))
        elif octets == 13:
            refused.append(("usage.unlucky", offset))
        else:
            before = state.get(key, (0, 0, 0.0))
            state[key] = (before[0] + 1, before[1] + octets, before[2] + cost)
            sent.append((key, msgspec.json.encode(state[key])))
    driver = any_way(totals, records, chance)
    assert driver.sent_to("total") == sent
    assert kept(driver) == state
    assert len(driver.instance) == len(state)
    assert sorted((reason, offset) for reason, offset, _ in driver.rejected) == sorted(refused)


class Model:
    """`Columns` beside a dict, through commits, failures, restarts and snapshots."""

    def __init__(self) -> None:
        self.columns, self.committed, self.now = Columns(TYPES), {}, {}  # type: ignore[var-annotated]
        self.changelog: list[bytes] = []
        self.chunks: list[bytes] = []
        self.snapshot: Iterator[bytes] | None = None
        self.snapshot_from = 0

    def add(self, keys: list[bytes], amounts: list[int]) -> None:
        running = self.columns.add("octets", self.columns.rows(keys), np.array(amounts, np.int64))
        expected = []
        for key, amount in zip(keys, amounts, strict=True):
            self.now[key] = self.now.get(key, 0) + amount
            expected.append(self.now[key])
        assert running.tolist() == expected

    def put(self, keys: list[bytes], amounts: list[int]) -> None:
        rows = self.columns.rows(keys)
        self.columns["octets"][rows] = amounts
        self.now |= dict(zip(keys, amounts, strict=True))

    def remove(self, keys: list[bytes], _: list[int]) -> None:
        self.columns.remove(keys)
        for key in keys:
            self.now.pop(key, None)

    def commit(self) -> None:
        changes = self.columns.changes()
        told = [msgspec.msgpack.decode(packed, type=Packed) for packed in changes]
        keys = [key for packed in told for key in [*packed.keys, *packed.removed]]
        assert len(keys) == len(set(keys)), "a commit tells of each key once"
        self.changelog += changes
        self.columns.done()
        self.committed = dict(self.now)
        if self.snapshot is not None:
            self.chunks += [chunk for chunk in [next(self.snapshot, None)] if chunk is not None]

    def undo(self) -> None:
        self.columns.undo()
        self.now = dict(self.committed)

    def begin_snapshot(self) -> None:
        self.commit()
        self.snapshot, self.chunks, self.snapshot_from = self.columns.chunks(), [], len(self.changelog)

    def restart(self) -> None:
        self.undo()
        if self.snapshot is not None:
            self.changelog = [*self.chunks, *self.snapshot, *self.changelog[self.snapshot_from :]]
            self.snapshot = None
        self.columns = Columns(TYPES)
        for packed in self.changelog:
            self.columns.load(packed)

    def check(self) -> None:
        assert len(self.columns) == len(self.now)
        if self.now == self.committed:
            found = [rows_of(chunk) for chunk in self.columns.chunks()]
            assert {key: octets for rows in found for key, (_, octets, _) in rows.items()} == self.now


pairs = st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c"]), st.integers(-9, 9)), min_size=1, max_size=4)
steps = st.one_of(
    st.tuples(st.sampled_from(["add", "put"]), pairs),
    st.tuples(st.just("remove"), pairs),
    st.tuples(st.sampled_from(["commit", "undo", "begin_snapshot", "restart"]), st.none()),
)


@thorough
@given(st.lists(steps, max_size=40))
def test_columns_are_a_dict_through_commits_failures_restarts_and_snapshots(
    made: list[tuple[str, list[tuple[bytes, int]] | None]],
) -> None:
    model = Model()
    for step, pairs in made:
        if pairs is None:
            getattr(model, step)()
        else:
            getattr(model, step)([key for key, _ in pairs], [amount for _, amount in pairs])
        model.check()
    model.commit()
    model.restart()
    model.check()


def test_a_snapshot_that_is_taken_slowly_and_what_changes_meanwhile_make_the_whole() -> None:
    columns, changelog = Columns({"octets": np.int64}), []
    keys = [b"%d" % number for number in range(20_000)]
    columns.add("octets", columns.rows(keys), 1)
    columns.done()
    snapshot = columns.chunks()
    chunks = [next(snapshot)]
    for first in (15_000, 10_000, 5_000, 0):
        columns.remove(keys[first : first + 100])
        columns.add("octets", columns.rows(keys[first + 50 : first + 150]), 1)
        columns.add("octets", columns.rows([b"new %d" % first]), 7)
        changelog += columns.changes()
        columns.done()
        chunks += [chunk for chunk in [next(snapshot, None)] if chunk is not None]
    assert len(chunks) > 2
    after = Columns({"octets": np.int64})
    for packed in [*chunks, *snapshot, *changelog]:
        after.load(packed)
    found, expected = (
        {key: row for chunk in its.chunks() for key, row in rows_of(chunk).items()} for its in (after, columns)
    )
    assert found == expected
    assert len(found) == 20_000 - 4 * 50 + 4


def test_what_was_touched_twice_since_the_commit_is_as_it_was_then() -> None:
    columns = Columns({"octets": np.int64})
    columns.add("octets", columns.rows([b"a"]), 1)
    columns.done()
    columns.add("octets", columns.rows([b"a", b"b"]), 1)
    columns.add("octets", columns.rows([b"b", b"a"]), 1)
    columns.undo()
    assert columns.add("octets", columns.rows([b"a", b"b"]), 0).tolist() == [1, 0]


def test_a_row_that_was_let_go_begins_with_zeros_for_its_next_key() -> None:
    columns = Columns({"octets": np.int64})
    columns.add("octets", columns.rows([b"a", b"b"]), 5)
    columns.done()
    columns.remove([b"a"])
    columns.done()
    assert columns.add("octets", columns.rows([b"c", b"c"]), 1).tolist() == [1, 2]
    assert columns.rows([b"c"]).tolist() == [0], "rows are used again"


def test_keys_that_came_before_a_missing_one_are_forgotten_again() -> None:
    columns = Columns({"octets": np.int64})
    keys: list[bytes | None] = [b"%d" % number for number in range(5_000)]
    with pytest.raises(Keyless) as raised:
        columns.rows([*keys, None, b"x"])
    assert raised.value.index == 5_000
    columns.undo()
    assert (len(columns), columns.changes()) == (0, [])
    assert columns.add("octets", columns.rows(keys), 1).tolist() == [1] * 5_000


@thorough
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(-(1 << 63), (1 << 63) - 1)), max_size=30),
)
def test_sums_are_exact_or_refused(made: list[tuple[int, int]]) -> None:
    columns = Columns({"octets": np.int64})
    expected, sums = [], [0] * 6
    for key, amount in made:
        sums[key] += amount
        expected.append(sums[key])
    rows = columns.rows([b"%d" % key for key, _ in made])
    amounts = np.array([amount for _, amount in made], np.int64)
    if all(-(1 << 63) <= total < 1 << 63 for total in expected):
        assert columns.add("octets", rows, amounts).tolist() == expected
    else:
        with pytest.raises(OverflowError, match="64 bits"):
            columns.add("octets", rows, amounts)


def test_the_definition_says_what_it_reads() -> None:
    assert isinstance(totals, Definition)
    assert (totals.name, totals.reads, totals.whole) == ("totals", ("usage", "usage.more"), False)


def test_fields_come_as_arrays_where_they_are_numbers() -> None:
    seen: list[Any] = []

    @columnar(reads="usage", event=Usage, state={})
    def look(state: Columns, batch: Batch, out: Outputs) -> None:
        seen.extend(batch[name] for name in ("octets", "cost", "roaming", "cell"))
        seen.extend([batch.keys, batch.values, batch.times, batch.events, batch.topic, len(batch)])

    good = b'{"octets":5,"cost":0.5,"roaming":true,"cell":"x"}'
    made = [record("usage", 0, b"a", good, 70), record("usage", 1, b"b", None, 80), record("usage", 2, None, good, 90)]
    # Two batches of one topic that follow each other are one.
    look.instance().work([MadeBatch(made[:2]), MadeBatch(made[2:])], Outputs("look"))
    octets, cost, roaming, cell, keys, values, times, decoded, topic, length = seen
    assert [array.dtype for array in (octets, cost, roaming, times)] == [np.int64, np.float64, np.bool_, np.int64]
    assert (octets.tolist(), cost.tolist(), roaming.tolist(), cell) == ([5, 5], [0.5, 0.5], [True, True], ["x", "x"])
    assert (keys, values, times.tolist()) == ([b"a", None], [good, good], [70, 90])
    assert (decoded, topic, length) == ([Usage(5, 0.5, True, "x")] * 2, "usage", 2)


def test_without_an_event_the_values_are_there_as_they_are() -> None:
    seen: list[Any] = []

    @columnar(reads="raw", state={})
    def look(state: Columns, batch: Batch, out: Outputs) -> None:
        seen.append((batch.keys, batch.values))

    look.instance().work([MadeBatch([record("raw", 0, b"a", b"\x00"), record("raw", 1, b"b", None)])], Outputs("look"))
    assert seen == [([b"a", b"b"], [b"\x00", None])]


def usage(offset: int, key: bytes | None, octets: object) -> Record:
    return record("usage", offset, key, msgspec.json.encode({"octets": octets}))


@pytest.mark.parametrize(
    ("bad", "stage", "reason", "clean"),
    [
        (record("usage", 3, b"a", b"{"), "decode", "decode.json", True),
        (usage(3, b"a", "many"), "decode", "decode.schema", True),
        (usage(3, None, 5), "processor", "event.key", False),
        (usage(3, b"a", 13), "processor", "usage.unlucky", False),
        (usage(3, b"a", 1 << 63), "processor", "event.range", False),
    ],
)
def test_the_event_to_blame_is_found_behind_tombstones_and_across_batches(
    bad: Record, stage: str, reason: str, clean: bool
) -> None:
    before = [record("usage.more", 0, b"a", b'{"octets":1}'), record("usage", 1, b"a", None), usage(2, b"a", 2)]
    first = MadeBatch([record("usage.more", 9, b"b", None)])
    made = [first, *batches(before), MadeBatch([record("usage", 2, b"b", None), bad, usage(4, b"a", 4)])]
    instance, out = totals.instance(), Outputs("totals")
    with pytest.raises(Poison) as raised:
        instance.work(made, out)
    poison = raised.value
    assert (poison.batch, poison.index, poison.stage, poison.reason) == (3, 1, stage, reason)
    assert poison.clean == clean
    if clean:
        assert len(out.topics["total"].keys) == 2
    driver = Driver(totals)
    driver.work([record for batch in made for record in batch.records()])
    assert kept(driver) == {b"a": (3, 7, 0.1 + 0.1 + 0.1)}
    assert [(its, offset) for its, offset, _ in driver.rejected] == [(reason, 3)]


def test_what_must_not_be_sent_stops_the_processor() -> None:
    @columnar(reads="usage", event=Usage, state={})
    def stray(state: Columns, batch: Batch, out: Outputs) -> None:
        out.send("nowhere", "k", b"v")

    @columnar(reads="usage", event=Usage, state={}, writes=("total",))
    def uneven(state: Columns, batch: Batch, out: Outputs) -> None:
        out.send_columns("total", batch.keys, [])

    with pytest.raises(LogError, match="stray sends to nowhere: add that to its writes"):
        Driver(stray).work([usage(0, b"a", 5)])
    with pytest.raises(LogError, match="uneven sends columns of different lengths to total"):
        Driver(uneven).work([usage(0, b"a", 5)])


def test_columns_may_be_added_taken_away_and_changed_between_versions() -> None:
    before = Columns({"octets": np.int32, "old": np.int64})
    before["octets"][before.rows([b"a", b"b"])] = [3, 4]
    after = Columns({"octets": np.int64, "new": np.float64})
    for packed in before.changes():
        after.load(packed)
    rows = after.rows([b"b", b"a"])
    assert (after["octets"][rows].tolist(), after["new"][rows].tolist()) == ([4, 3], [0.0, 0.0])


def test_state_larger_than_a_record_is_cut() -> None:
    columns = Columns(TYPES)
    keys = [b"32475%08d" % number for number in range(100_000)]
    columns.add("octets", columns.rows(keys), np.arange(len(keys)))
    changes = columns.changes()
    columns.done()
    chunks = list(columns.chunks())
    for packed in (changes, chunks):
        assert 2 < len(packed) < 12
        assert max(map(len, packed)) <= CHUNK
        after = Columns(TYPES)
        for each in packed:
            after.load(each)
        assert after["octets"][after.rows(keys)].tolist() == list(range(len(keys)))
    columns.remove(keys)
    gone = columns.changes()
    assert max(map(len, gone)) <= CHUNK
    for each in gone:
        after.load(each)
    assert len(after) == 0


def test_columns_that_cannot_be_kept_are_refused() -> None:
    with pytest.raises(TypeError, match="'cells' would hold objects"):
        columnar(reads="usage", state={"cells": object})
    columns = Columns({"small": np.int32})
    with pytest.raises(TypeError, match="'small' is int32: sums are kept in"):
        columns.add("small", columns.rows([b"a"]), 1)
    with pytest.raises(TypeError, match="must be bytes, and is 'a'"):
        columns.rows(["a"])  # type: ignore[list-item]
