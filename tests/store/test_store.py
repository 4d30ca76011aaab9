"""The store, by example: what every adapter of `store.port` promises."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.store import stores
from trunkline.log import Event
from trunkline.log.port import TopicPartition
from trunkline.store import Attribute, Conflict, Kind, Query, Store, Stored, StoreError, open_store, reach
from trunkline.store.query import And, Compare, Element, Not, Operator, Or, Present, Sort

ALARM = Kind(
    "alarm",
    attributes=(
        Attribute(("state",)),
        Attribute(("raised",), "time"),
        Attribute(("count",), "number"),
        Attribute(("party", "id")),
    ),
    elements=((("characteristic",), (("name",), ("value",))),),
)


@pytest.fixture(params=stores.NAMES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with stores.url(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with closing(open_store(url)) as store:
        store.declare([ALARM, Kind("note")])
        yield store


def add(store: Store, *documents: bytes) -> None:
    """Alarms a0, a1, …"""
    with store.unit() as unit:
        for number, document in enumerate(documents):
            unit.add("alarm", f"a{number}", document)


def found(store: Store, query: Query) -> list[str]:
    return [record.id for record in store.find(query).records]


def equal(path: str, value: str | int | bool) -> Compare:
    return Compare(tuple(path.split(".")), Operator.EQ, value)


# Documents


def test_a_document_comes_back_byte_by_byte(store: Store) -> None:
    document = '{"b":1.0, "a":[null,"é😀"],"é":{}}'.encode()
    with store.unit() as unit:
        assert unit.add("note", "n/1 é", document) == Stored("n/1 é", 1, document)
    assert store.get("note", "n/1 é") == Stored("n/1 é", 1, document)
    assert store.get("alarm", "n/1 é") is None


def test_each_change_counts_the_version_up(store: Store) -> None:
    with store.unit() as unit:
        unit.add("note", "n", b"{}")
        unit.replace("note", "n", b'{"a":1}', 1)
    with store.unit() as unit:
        assert unit.put("note", "n", b'{"a":2}') == Stored("n", 3, b'{"a":2}')
        assert unit.put("note", "new", b"{}").version == 1
    assert store.get("note", "n") == Stored("n", 3, b'{"a":2}')


def test_what_is_not_as_the_unit_believes_is_a_conflict_and_the_unit_may_go_on(store: Store) -> None:
    with store.unit() as unit:
        unit.add("note", "n", b"{}")
        for wrong in (
            lambda: unit.add("note", "n", b"{}"),
            lambda: unit.replace("note", "n", b"{}", 2),
            lambda: unit.remove("note", "n", 2),
            lambda: unit.replace("note", "other", b"{}"),
            lambda: unit.remove("note", "other"),
        ):
            with pytest.raises(Conflict):
                wrong()
        unit.add("note", "m", b"{}")
    assert found(store, Query("note")) == ["n", "m"]


def test_many_documents_are_written_and_read_at_once(store: Store) -> None:
    add(store, b'{"state":"old"}', b'{"state":"old"}')
    with store.unit() as unit:
        assert unit.get_many("alarm", ["a1", "none"]) == {"a1": Stored("a1", 1, b'{"state":"old"}')}
        unit.put_many("alarm", {"a1": b'{"state":"new"}', "a2": b'{"state":"new","x":"\xc3\xa9\\""}'})
        unit.put_many("alarm", {"a2": b'{"state":"newer"}', "a3": b'{"count":1.5}'})
        unit.replace("alarm", "a1", b'{"state":"newest"}', 2)
        assert {
            id: (each.version, each.document) for id, each in unit.get_many("alarm", ["a1", "a2", "a3"]).items()
        } == {
            "a1": (3, b'{"state":"newest"}'),
            "a2": (2, b'{"state":"newer"}'),
            "a3": (1, b'{"count":1.5}'),
        }
    for state, ids in (("old", ["a0"]), ("new", []), ("newer", ["a2"]), ("newest", ["a1"])):
        assert found(store, Query("alarm", equal("state", state))) == ids
    assert found(store, Query("alarm", Compare(("count",), Operator.GT, 1))) == ["a3"]
    assert store.find(Query("alarm", limit=1)).total == 4


def test_of_many_that_are_refused_none_is_written_and_the_unit_may_go_on(store: Store) -> None:
    with store.unit() as unit:
        with pytest.raises(StoreError):
            unit.put_many("alarm", {"a0": b'{"state":"new"}', "a1": b"no JSON"})
        unit.put_many("alarm", {})
        unit.add("note", "n", b"{}")
    assert store.find(Query("alarm", limit=1)).total == 0
    assert store.get("note", "n") is not None


def test_a_unit_that_raises_leaves_nothing(store: Store) -> None:
    add(store, b'{"state":"raised"}')

    def fails() -> None:
        with store.unit() as unit:
            unit.put("alarm", "a0", b'{"state":"cleared"}')
            unit.add("alarm", "a1", b'{"state":"raised"}')
            unit.send("told", Event(b"1"))
            unit.set_positions("reader", {TopicPartition("t", 0): 7})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert found(store, Query("alarm", equal("state", "raised"))) == ["a0"]
    assert store.find(Query("alarm")).total == 1
    assert store.outbox() == []
    with store.unit() as unit:
        assert unit.positions("reader") == {}


def test_a_unit_sees_its_own_changes_and_others_do_not(store: Store) -> None:
    with store.unit() as unit:
        unit.add("note", "n", b"{}")
        assert unit.get("note", "n") is not None
        assert store.get("note", "n") is None
        assert store.find(Query("note")).total == 0
    assert store.get("note", "n") is not None


def test_a_removed_document_is_found_no_more_and_may_come_again(store: Store) -> None:
    add(store, b'{"state":"raised","count":1}')
    with store.unit() as unit:
        unit.remove("alarm", "a0", 1)
    assert found(store, Query("alarm", equal("state", "raised"), (Sort(("count",)),))) == []
    add(store, b'{"state":"raised","count":2}')
    answer = store.find(Query("alarm", equal("count", 2)))
    assert (answer.total, answer.records[0].version) == (1, 1)


@pytest.mark.parametrize("document", [b"", b"[]", b'"a"', b"{", b'{"a":"\\u0000"}', b'{"a\\u0000":1}', b'{"a":"\xff"}'])
def test_what_is_no_json_object_that_both_can_keep_is_refused(store: Store, document: bytes) -> None:
    with store.unit() as unit:
        with pytest.raises(StoreError):
            unit.add("note", "n", document)
        unit.add("note", "n", b'{"a":"\\\\u0000"}')


def test_what_indexes_cannot_hold_is_refused(store: Store) -> None:
    parties = b",".join(b'{"id":"%d"}' % number for number in range(10_001))
    with store.unit() as unit, pytest.raises(StoreError, match="10,000"):
        unit.add("alarm", "a", b'{"party":[%s]}' % parties)


def test_a_kind_that_is_not_declared_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="declare"):
        store.find(Query("unknown"))
    with pytest.raises(StoreError, match="declare"), store.unit() as unit:
        unit.add("unknown", "n", b"{}")


# Units beside each other


def test_of_two_units_that_change_one_document_none_is_lost(store: Store) -> None:
    with store.unit() as unit:
        unit.add("note", "n", b'{"count":0}')

    def count(_: int) -> None:
        for _ in range(10):
            with store.unit() as unit:
                there = unit.get("note", "n")
                assert there is not None
                number = int(there.document.partition(b":")[2].rstrip(b"}"))
                unit.replace("note", "n", b'{"count":%d}' % (number + 1), there.version)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(count, range(4)))
    assert store.get("note", "n") == Stored("n", 41, b'{"count":40}')


def test_units_that_change_two_documents_crosswise_all_end(store: Store) -> None:
    with store.unit() as unit:
        unit.add("note", "a", b"{}")
        unit.add("note", "b", b"{}")

    def change(order: tuple[str, str]) -> int:
        done = 0
        while done < 10:
            try:
                with store.unit() as unit:
                    for id in order:
                        unit.put("note", id, b"{}")
                        time.sleep(0.001)
                done += 1
            except Conflict:
                continue
        return done

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(change, [("a", "b"), ("b", "a")])) == [10, 10]
    assert [record.version for record in store.find(Query("note")).records] == [21, 21]


def test_one_of_two_that_add_the_same_document_has_a_conflict(store: Store) -> None:
    begun = threading.Barrier(2)

    def adds(_: int) -> bool:
        begun.wait()
        try:
            with store.unit() as unit:
                unit.add("note", "n", b"{}")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(adds, range(2))) == [False, True]
    assert store.find(Query("note")).total == 1


# Finding


def test_the_commonest_questions(store: Store) -> None:
    add(
        store,
        b'{"state":"raised","raised":"2026-03-01T12:00:00Z","count":1,"party":[{"id":"p"},{"id":"q"}]}',
        b'{"state":"cleared","raised":"2026-03-01T12:30:00+01:00","count":10,"party":{"id":"q"}}',
        b'{"state":"raised","raised":"2026-03-02T00:00:00Z","count":2,"other":{"a":[{"b":true}]}}',
        b'{"characteristic":[{"name":"band","value":700},{"name":"power","value":40}]}',
        b'{"characteristic":[{"name":"band","value":40},{"name":"power","value":700}]}',
    )
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    band = Element(("characteristic",), And((equal("name", "band"), equal("value", 700))))
    for where, expected in (
        (equal("state", "raised"), ["a0", "a2"]),
        (Compare(("count",), Operator.GT, 1), ["a1", "a2"]),
        (And((equal("state", "raised"), Compare(("count",), Operator.LTE, 1.0))), ["a0"]),
        (Compare(("raised",), Operator.LT, noon), ["a1"]),
        (Compare(("raised",), Operator.GTE, noon), ["a0", "a2"]),
        (equal("party.id", "q"), ["a0", "a1"]),
        (equal("other.a.b", True), ["a2"]),
        (band, ["a3"]),
        (Element(("characteristic",), equal("name", "power")), ["a3", "a4"]),
        (Or((equal("party.id", "p"), band)), ["a0", "a3"]),
        (Not(Present(("state",))), ["a3", "a4"]),
        (Compare(("state",), Operator.REGEX, "^c.*d$"), ["a1"]),
    ):
        answer = store.find(Query("alarm", where))
        assert [record.id for record in answer.records] == expected, where
        assert (answer.total, answer.complete) == (len(expected), True), where


def test_the_order_and_its_pages(store: Store) -> None:
    add(store, b'{"count":2}', b'{"count":1}', b"{}", b'{"count":2}', b'{"count":1.5}')
    by_count = (Sort(("count",)),)
    assert found(store, Query("alarm")) == ["a0", "a1", "a2", "a3", "a4"]
    assert found(store, Query("alarm", sort=by_count)) == ["a2", "a1", "a4", "a0", "a3"]
    assert found(store, Query("alarm", sort=(Sort(("count",), True),))) == ["a3", "a0", "a4", "a1", "a2"]
    assert found(store, Query("alarm", sort=by_count, offset=1, limit=2)) == ["a1", "a4"]
    assert found(store, Query("alarm", sort=by_count, limit=0)) == []
    page = store.find(Query("alarm", sort=by_count, limit=2))
    assert found(store, Query("alarm", sort=by_count, limit=2, after=page.last)) == ["a4", "a0"]
    assert (page.total, page.complete) == (5, True)
    with store.unit() as unit:  # what comes before the cursor moves nothing behind it
        unit.put("alarm", "a1", b'{"count":0}')
        unit.remove("alarm", "a2")
    following = store.find(Query("alarm", sort=by_count, limit=2, after=page.last))
    assert [record.id for record in following.records] == ["a4", "a0"]
    assert found(store, Query("alarm", sort=by_count, limit=9, before=following.first)) == ["a1"]


def test_what_cannot_be_answered_is_refused(store: Store) -> None:
    add(store, b"{}", b"{}")
    cursor = store.find(Query("alarm", limit=1)).last
    for query in (
        Query("alarm", sort=(Sort(("unknown",)),)),
        Query("alarm", sort=(Sort(("count",)),), after=cursor),
        Query("alarm", equal("state", "raised"), after=cursor),
        Query("alarm", after="nonsense"),
        Query("alarm", after=cursor, before=cursor),
        Query("alarm", offset=-1),
        Query("alarm", Compare(("state",), Operator.REGEX, "(")),
        Query("alarm", Or((equal("state", "a"),) * 501)),
    ):
        with pytest.raises(StoreError):
            store.find(query)


def test_what_no_index_answers_is_bounded_and_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_look", 100)
    with store.unit() as unit:
        for number in range(300):
            unit.add("alarm", str(number), b'{"n":%d,"state":"%s"}' % (number, b"ab"[number % 2 : number % 2 + 1]))
    few = store.find(Query("alarm", Compare(("n",), Operator.LT, 5)))
    assert (len(few.records), few.complete) == (5, False)
    far = store.find(Query("alarm", Compare(("n",), Operator.GTE, 295)))
    assert (far.records, far.total, far.complete) == ([], 0, False)
    # Behind an index it is asked of what that gives.
    indexed = store.find(Query("alarm", And((equal("state", "a"), Compare(("n",), Operator.GTE, 290)))))
    assert (len(indexed.records), indexed.total, indexed.complete) == (5, 5, True)


# Indexes


def test_indexes_are_built_for_documents_that_are_there_and_dropped_again(store: Store) -> None:
    add(store, b'{"name":"b"}', b'{"name":"a"}', b"{}")
    by_name = Query("alarm", sort=(Sort(("name",)),))
    with pytest.raises(StoreError):
        store.find(by_name)
    store.declare([Kind("alarm", (*ALARM.attributes, Attribute(("name",))))])
    assert found(store, by_name) == ["a2", "a1", "a0"]
    store.declare([ALARM])
    with pytest.raises(StoreError):
        store.find(by_name)
    with store.unit() as unit:
        unit.put("alarm", "a2", b'{"name":"0"}')
    store.declare([Kind("alarm", (*ALARM.attributes, Attribute(("name",))))])
    assert found(store, by_name) == ["a2", "a1", "a0"]


def test_what_another_process_declares_holds_at_once(store: Store, url: str) -> None:
    with closing(open_store(url)) as other:
        other.declare([Kind("alarm", (Attribute(("name",)),))])
        add(store, b'{"name":"b"}', b'{"name":"a"}')
        assert found(store, Query("alarm", sort=(Sort(("name",)),))) == ["a1", "a0"]
        assert found(other, Query("alarm", equal("name", "a"))) == ["a1"]


# The outbox, positions


def test_what_was_sent_waits_in_order_until_it_is_in_the_log(store: Store) -> None:
    for number in range(3):
        with store.unit() as unit:
            unit.send("told", Event(b"%d" % number, b"k", (("h", b"v"),), 5))
            unit.send("told", Event(None))
    waiting = store.outbox()
    assert [each.event.value for each in waiting] == [b"0", None, b"1", None, b"2", None]
    assert waiting[0].event == Event(b"0", b"k", (("h", b"v"),), 5)
    assert [each.id for each in store.outbox(2)] == [each.id for each in waiting[:2]]
    store.sent(waiting[3].id)
    assert store.outbox() == waiting[4:]
    store.sent(waiting[-1].id)
    with store.unit() as unit:
        unit.send("told", Event(b"3"))
    assert store.outbox()[0].id > waiting[-1].id


def test_no_event_appears_before_one_that_has_gone(store: Store) -> None:
    """Ids rise in the order of commits, so nothing is behind what was sent already."""
    done = threading.Event()

    def sends(number: int) -> None:
        for at in range(20):
            with store.unit() as unit:
                unit.send("told", Event(b"%d-%d" % (number, at)))
                time.sleep(random.uniform(0, 0.002))

    def relays() -> list[bytes | None]:
        told: list[bytes | None] = []
        while not done.is_set() or store.outbox():
            batch = store.outbox()
            if batch:
                told += [each.event.value for each in batch]
                store.sent(batch[-1].id)
        return told

    with ThreadPoolExecutor(5) as threads:
        told = threads.submit(relays)
        list(threads.map(sends, range(4)))
        done.set()
        assert sorted(told.result()) == sorted(b"%d-%d" % (number, at) for number in range(4) for at in range(20))


def test_positions_are_each_readers_own(store: Store) -> None:
    one, other = TopicPartition("t", 0), TopicPartition("t", 1)
    with store.unit() as unit:
        unit.set_positions("reader", {one: 5, other: 6})
        unit.set_positions("reader", {one: 7})
        assert unit.positions("reader") == {one: 7, other: 6}
        assert unit.positions("another") == {}


# Opening, and dying


def test_several_processes_may_open_a_new_store_at_once(url: str) -> None:
    opening = [sys.executable, "-c", "import sys; from trunkline.store import open_store; open_store(sys.argv[1])", url]
    processes = [subprocess.Popen(opening, stderr=subprocess.PIPE) for _ in range(4)]
    assert [(process.wait(60), process.stderr and process.stderr.read()) for process in processes] == [(0, b"")] * 4


def test_a_store_is_there_again_when_it_is_opened_again(url: str) -> None:
    with closing(open_store(url)) as store:
        store.declare([ALARM])
        add(store, b'{"state":"raised"}')
    reach(url)
    with closing(open_store(url)) as store:
        assert found(store, Query("alarm", equal("state", "raised"))) == ["a0"]


@pytest.mark.parametrize(
    "wrong", ["mysql://host/db", "nonsense", "sqlite://", "postgresql://a:secret@127.0.0.1:1/none", "postgresql://host"]
)
def test_what_is_no_store_is_refused_without_its_password(wrong: str) -> None:
    with pytest.raises(StoreError) as refused:
        open_store(wrong)
    assert "secret" not in str(refused.value)


def test_a_process_that_is_killed_in_a_unit_loses_and_invents_nothing(url: str) -> None:
    with closing(open_store(url)) as store:
        store.declare([ALARM])
        for _ in range(3):
            writer = subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE)
            assert writer.stdout is not None
            told = [int(writer.stdout.readline()) for _ in range(5)]
            time.sleep(random.uniform(0, 0.05))
            writer.send_signal(signal.SIGKILL)
            told += [int(line) for line in writer.stdout.read().splitlines() if line.isdigit()]
            writer.wait()
            # All that was committed is there, with all that belongs to it; of the unit that was cut short all or none.
            answer = store.find(Query("alarm", limit=100_000))
            units = len(answer.records) // 3
            assert told[-1] <= units <= told[-1] + 1
            assert len(answer.records) == units * 3 == answer.total == len(store.outbox(100_000)) * 3
            with store.unit() as unit:
                assert unit.positions("writer") == {TopicPartition("t", 0): units}
            for state in "abc":
                assert store.find(Query("alarm", equal("state", state), limit=0)).total == units


WRITER = """
import sys
from trunkline.log import Event
from trunkline.log.port import TopicPartition
from trunkline.store import open_store

store = open_store(sys.argv[1])
with store.unit() as unit:
    done = unit.positions("writer").get(TopicPartition("t", 0), 0)
while True:
    done += 1
    with store.unit() as unit:
        for state in "abc":
            unit.add("alarm", f"{done}{state}", b'{"state":"%s"}' % state.encode())
        unit.send("told", Event(b"%d" % done))
        unit.set_positions("writer", {TopicPartition("t", 0): done})
    print(done, flush=True)
"""


def test_the_migrations_make_the_tables_that_the_code_uses(url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine

    from trunkline.store.sql.migrating import STEPS
    from trunkline.store.sql.tables import metadata

    open_store(url).close()
    address = url.replace("postgresql:", "postgresql+psycopg:").replace("sqlite:///", "sqlite:////")
    engine = create_engine(address)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert [each for each in differences if "alembic_version" not in str(each)] == []
    assert max((STEPS.folder / "versions").glob("v*.py")).name.startswith(f"v{STEPS.newest}")
