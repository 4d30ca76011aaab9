"""The network's topics, followed into the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.telco.network.outputs import NOON, at
from tests.telco.network.records.lives import CELL, alarm
from tests.telco.network.records.test_performance import TABLES, kpi
from tests.telco.network.records.test_resources import resource
from tests.telco.network_health.conftest import opened
from trunkline.log.envelope import cloud_event, micros
from trunkline.log.port import Record
from trunkline.store import Query, Store, open_store
from trunkline.store.follower import Follower
from trunkline.store.query import And, Compare, Element, Operator
from trunkline.telco.model import Alarm, Kpi, NetworkResource
from trunkline.telco.network.records import following, indicators
from trunkline.telco.network.records.following import TOPICS, Change, take
from trunkline.telco.network.records.kinds import ALARM, GROUP, KINDS, MEASUREMENT, RESOURCE, SPECIFICATION


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    store.declare(KINDS)
    yield store
    store.close()


def record(item: Any) -> Record:
    return Record(item.topic, 0, 0, msgspec.json.encode(item), item.key.encode(), (), micros(NOON))


def tombstone(topic: str, key: str) -> Record:
    return Record(topic, 0, 0, None, key.encode(), (), micros(NOON))


def follow(store: Store, *records: Record) -> list[str]:
    """What is told to subscribers by these records."""
    before = len(store.outbox())
    for one in records:
        with store.unit() as unit:
            take(unit, one)
    return [msgspec.json.decode(out.event.value or b"")["eventType"] for out in store.outbox()[before:]]


def test_a_record_says_all_of_its_document_and_a_tombstone_that_it_is_gone() -> None:
    told = TOPICS[Alarm.topic].change(record(alarm("a1")))
    assert told.id == "a1"
    assert told.told is not None
    assert TOPICS[Alarm.topic].change(tombstone(Alarm.topic, "a1")) == Change("a1", None)


def test_what_is_said_again_is_told_to_nobody(store: Store) -> None:
    assert follow(store, record(alarm())) == ["AlarmCreateEvent"]
    assert follow(store, record(alarm())) == []
    stored = store.get(ALARM.name, "a1")
    assert stored is not None
    assert stored.version == 1
    assert follow(store, record(alarm(text="worse"))) == ["AlarmAttributeValueChangeEvent"]
    assert follow(store, tombstone(Alarm.topic, "a1"), tombstone(Alarm.topic, "a1")) == ["AlarmDeleteEvent"]
    assert store.get(ALARM.name, "a1") is None


def test_a_resource_is_found_by_its_place_its_attributes_and_what_it_lies_in(store: Store) -> None:
    node = resource("ManagedElement=ANT_01,ENBFunction=1")
    cell = resource(site="ANT_HAVEN_01", region="Antwerpen", attributes={"pci": "17"})
    assert follow(store, record(node), record(cell)) == ["ResourceCreateEvent"] * 2
    eq = Operator.EQ
    for where in (
        Compare(("place", "place", "id"), eq, "Antwerpen"),
        Compare(("resourceRelationship", "resource", "id"), eq, node.dn),
        Element(("resourceCharacteristic",), And((Compare(("name",), eq, "pci"), Compare(("value",), eq, "17")))),
    ):
        found = store.find(Query(RESOURCE.name, where))
        assert [stored.id for stored in found.records] == [CELL]
        assert found.complete
    assert follow(store, record(msgspec.structs.replace(cell, time=at(900)))) == []
    assert follow(store, tombstone(NetworkResource.topic, CELL)) == ["ResourceDeleteEvent"]


def test_the_last_value_of_each_indicator_at_each_object_is_kept(store: Store) -> None:
    follow(store, record(kpi(1.0)), record(kpi(3.0, period=2)), record(kpi(2.0, period=1)), record(kpi(name="Other")))
    found = store.find(Query(MEASUREMENT.name, Compare(("tag", "dn"), Operator.EQ, kpi().dn)))
    values = [msgspec.json.decode(stored.document)["performanceIndicatorValue"][0] for stored in found.records]
    assert [value["observedValue"] for value in values] == ["3.0", "99.5"]
    assert found.complete


def test_a_character_that_no_database_keeps_stops_nothing(store: Store) -> None:
    follow(store, record(alarm(text="a\0b\\u0000")))
    stored = store.get(ALARM.name, "a1")
    assert stored is not None
    assert msgspec.json.decode(stored.document)["alarmDetails"] == "a\ufffdb\\u0000"


def test_the_store_has_the_indicators_that_the_tables_declare(store: Store) -> None:
    indicators.declare(store, TABLES.all)
    count = len([formula for table in TABLES.all for formula in table.formulas])
    assert store.find(Query(SPECIFICATION.name)).total == count > 0
    assert store.find(Query(GROUP.name)).total == len(TABLES.all)
    indicators.declare(store, TABLES.all[:1])
    assert store.find(Query(SPECIFICATION.name)).total == len(TABLES.all[0].formulas)
    stored = store.get(GROUP.name, TABLES.all[0].name)
    assert stored is not None
    assert stored.version == 1, "what is the same was not written again"


def test_kpis_are_followed_from_the_tail_of_a_long_log(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "TAIL", 2)
    with opened(tmp_path) as log:
        for period in range(5):
            said = kpi(float(period), period=period)
            log.append(said.topic, [cloud_event(type=said.topic, source="/test", id=str(period),
                                                value=msgspec.json.encode(said), key=said.key)])  # fmt: skip
        following.begin(log, store)
        taken: list[Record] = []
        with closing(
            Follower(log, store, Kpi.topic, [Kpi.topic], lambda unit, records: taken.extend(records))
        ) as follower:
            while follower.run_once(0.1) or not follower.caught_up():
                pass
            assert [msgspec.json.decode(record.value or b"")["value"] for record in taken] == [3.0, 4.0]
        following.begin(log, store)
        with store.unit() as unit:
            assert max(unit.positions(Kpi.topic).values()) == 5, "it goes on where it was"
