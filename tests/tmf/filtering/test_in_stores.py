"""Filters made by chance: what they are printed as is read again, and every store answers them as `matches` does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import HealthCheck, example, given, settings

from tests.store.stores import NAMES, url
from tests.tmf.filtering.expressions import CONDITIONS, FILTERS, documents, jsonpath
from tests.tmf.filtering.things import THING
from trunkline.store import Query, Store
from trunkline.store.matching import matches
from trunkline.store.opening import open_store
from trunkline.store.query import Condition
from trunkline.tmf.declaration import V5
from trunkline.tmf.filtering import condition

THINGS = documents(80)
TIMES = frozenset(attribute.path for attribute in THING.attributes if attribute.type == "time")


def meeting(where: Condition) -> list[str]:
    return [thing["id"] for thing in THINGS if matches(where, thing, TIMES)]


@given(CONDITIONS)
def test_a_condition_that_is_printed_is_read_as_one_that_says_the_same(where: Condition) -> None:
    found = condition([("filter", jsonpath(where))], THING, V5)
    assert found is not None
    assert meeting(found) == meeting(where)
    assert condition([("filter", jsonpath(found))], THING, V5) == found


@pytest.fixture(scope="module", params=NAMES)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with url(request.param, tmp_path_factory.mktemp("store")) as address, closing(open_store(address)) as opened:
        opened.declare([THING.kind])
        with opened.unit() as unit:
            for thing in THINGS:
                unit.add(THING.name, thing["id"], json.dumps(thing).encode())
        yield opened


def check(store: Store, parameters: list[tuple[str, str]]) -> None:
    where = condition(parameters, THING, V5)
    assert where is not None
    found = store.find(Query(THING.name, where, limit=len(THINGS)))
    assert [record.id for record in found.records] == meeting(where)
    assert found.total == len(found.records)
    assert found.complete


@given(FILTERS)
@example([("count", str(2**53 + 1))])  # no float
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_store_answers_as_the_slow_reference_does(store: Store, parameters: list[tuple[str, str]]) -> None:
    check(store, parameters)


@pytest.mark.prove
@pytest.mark.parametrize("_round", range(50))  # hypothesis remembers all examples of a test: more take ever longer
@given(FILTERS)
@settings(max_examples=2_000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_a_store_answers_100_000_filters_as_the_slow_reference_does(
    store: Store, _round: int, parameters: list[tuple[str, str]]
) -> None:
    check(store, parameters)
