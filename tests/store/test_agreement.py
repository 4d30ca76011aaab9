"""Both stores find what `matching` says, for any conditions on any documents, in the order that is asked for."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from functools import cmp_to_key
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store import documents, stores
from trunkline.store import Query, Store, open_store
from trunkline.store.matching import matches, values
from trunkline.store.query import Condition, Sort
from trunkline.store.sql import finding
from trunkline.store.times import read_time

FEW = {"candidates": finding.FEW, "walks": 0, "bounded walks": 0}


@pytest.fixture(scope="module", params=stores.NAMES)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    with (
        tempfile.TemporaryDirectory() as folder,
        stores.url(request.param, Path(folder)) as url,
        closing(open_store(url)) as store,
    ):
        store.declare([documents.THING])
        yield store


@pytest.fixture(params=FEW)
def _way(request: pytest.FixtureRequest, store: Store) -> Iterator[None]:
    """The same by each of the ways in which an answer is found."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finding, "FEW", FEW[request.param])
        if request.param == "bounded walks":
            patch.setattr(store, "_look", 2)
        yield


def keep(store: Store, things: list[dict[str, Any]]) -> None:
    """These are the things that the store has, in this order."""
    there = store.find(Query("thing", limit=1000)).records
    with store.unit() as unit:
        for record in there:
            unit.remove("thing", record.id)
        for number, thing in enumerate(things):
            # First otherwise, so that entries are also changed.
            unit.add("thing", str(number), b'{"name": "before", "size": 7}')
            unit.replace("thing", str(number), msgspec.json.encode(thing))


def key(thing: Any, sort: Sort) -> Any:
    """The first value of the sort's type at its path."""
    kind = next(each.type for each in documents.THING.attributes if each.path == sort.path)
    for value in values(thing, sort.path):
        match kind:
            case "time" if isinstance(value, str) and (moment := read_time(value)):
                return moment
            case "text" if isinstance(value, str):
                return value[:200]
            case "boolean" if isinstance(value, bool):
                return value
            case "number" if isinstance(value, int | float) and not isinstance(value, bool):
                return value
    return None


def in_order(things: list[dict[str, Any]], numbers: list[int], sorts: tuple[Sort, ...]) -> list[int]:
    def compare(one: int, other: int) -> int:
        for sort in sorts:
            first, second = key(things[one], sort), key(things[other], sort)
            if first != second:
                before = second is not None and (first is None or first < second)
                return -1 if before is not sort.descending else 1
        return (one - other) * (-1 if sorts and sorts[-1].descending else 1)

    return sorted(numbers, key=cmp_to_key(compare))


def store_is_bounded(store: Store) -> bool:
    return getattr(store, "_look", 0) < 1_000


def agree(store: Store, things: list[dict[str, Any]], where: Condition, sorts: tuple[Sort, ...]) -> None:
    meets = [number for number, thing in enumerate(things) if matches(where, thing, documents.TIMES)]
    expected = [str(number) for number in in_order(things, meets, sorts)]
    found = store.find(Query("thing", where, sorts))
    if found.complete:
        assert ([record.id for record in found.records], found.total) == (expected, len(expected))
    else:
        assert [id for id in expected if id in {record.id for record in found.records}] == [r.id for r in found.records]
        assert len(found.records) <= found.total <= len(expected)
    assert found.complete or store_is_bounded(store)


batches = st.lists(documents.things, max_size=8)
asked = st.lists(st.tuples(documents.conditions, documents.sorts), min_size=1, max_size=20)


@pytest.mark.usefixtures("_way")
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(batches, asked)
def test_any_condition_finds_what_it_says_in_order(store: Store, things: list[Any], asked: list[Any]) -> None:
    keep(store, things)
    for where, sorts in asked:
        agree(store, things, where, sorts)


@pytest.mark.prove
@pytest.mark.usefixtures("_way")
@settings(max_examples=1_500, deadline=None, suppress_health_check=list(HealthCheck))
@given(batches, st.lists(st.tuples(documents.conditions, documents.sorts), min_size=30, max_size=60))
def test_a_hundred_thousand_conditions_find_what_they_say(store: Store, things: list[Any], asked: list[Any]) -> None:
    keep(store, things)
    for where, sorts in asked:
        agree(store, things, where, sorts)


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("_way", ["candidates", "walks"], indirect=True)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(batches, documents.conditions, documents.sorts, st.integers(1, 3))
def test_pages_forwards_and_backwards_are_the_whole_answer(
    store: Store, things: list[Any], where: Condition, sorts: tuple[Sort, ...], limit: int
) -> None:
    keep(store, things)
    query = Query("thing", where, sorts)
    whole = store.find(query).records
    by_offset = [
        record
        for offset in range(0, len(things) + 1, limit)
        for record in store.find(query._replace(offset=offset, limit=limit)).records
    ]
    assert by_offset == whole
    forwards = []
    page = store.find(query._replace(limit=limit))
    while page.records:
        forwards += page.records
        last, page = page, store.find(query._replace(limit=limit, after=page.last))
    assert forwards == whole
    if not whole:
        return
    backwards = []
    page = last
    while page.records:
        backwards = page.records + backwards
        page = store.find(query._replace(limit=limit, before=page.first))
    assert backwards == whole
