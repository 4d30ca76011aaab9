"""A whole log moved to another: to each kind from each, nothing is worked on twice or lost."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.contract.test_log import ADAPTERS
from tests.streams.counting import Count
from trunkline.log import Event, Log, LogError, Topic, TopicPartition, open_log
from trunkline.streams import Worker
from trunkline.streams.moving import Copied, Move
from trunkline.streams.quarantine import Quarantine


@pytest.fixture
def source(url: str) -> Iterator[Log]:
    with closing(open_log(url)) as log:
        log.create(Topic(name="calls", partitions=4))
        log.create(Topic(name="counts", retention=3600.0))
        log.create(Topic(name="latest", compacted=True))
        yield log


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: f"to {adapter.__name__}")
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    adapter: Callable[[Path], str] = request.param
    folder = tmp_path / "target"
    folder.mkdir()
    with closing(open_log(adapter(folder))) as log:
        yield log


def work(log: Log) -> None:
    with closing(Worker(log, [Count])) as worker:
        while not worker.caught_up():
            worker.run_once()


def calls(count: int, keys: int = 5) -> list[Event]:
    return [Event(b"call", b"%d" % (number % keys)) for number in range(count)]


def counts(log: Log) -> dict[bytes | None, list[int]]:
    found: dict[bytes | None, list[int]] = {}
    for record in log.read("counts", 0, 0):
        found.setdefault(record.key, []).append(int(record.value or b""))
    return found


def test_a_processor_goes_on_in_the_new_log_where_it_stopped_in_the_old_one(source: Log, target: Log) -> None:
    source.append("calls", calls(50))
    work(source)
    source.append("calls", calls(25))  # not worked on before the move
    told: list[Copied] = []
    Move(source, target).run(told.append)
    assert {copied.topic: copied.events for copied in told}["calls"] == 75
    target.append("calls", calls(25))
    work(target)
    assert counts(target) == {b"%d" % key: list(range(1, 21)) for key in range(5)}


def test_events_arrive_as_they_were_and_topics_as_they_were_declared(source: Log, target: Log) -> None:
    event = Event(b"\x00value", b"key", (("ce_id", b"1"),), 1_700_000_000_000_000)
    source.append("latest", [event, Event(None, b"gone")])
    Move(source, target).run()
    first, tombstone = target.read("latest", 0, 0)
    assert (first.value, first.key, first.headers, first.time) == (event.value, event.key, event.headers, event.time)
    assert (tombstone.value, tombstone.key) == (None, b"gone")
    assert Topic(name="counts", retention=3600.0) in target.topics()


def test_a_refused_event_is_found_in_the_new_log_and_can_be_put_back_there(source: Log, target: Log) -> None:
    source.append("calls", [Event(b"old", b"k")] * 3, partition=1)
    source.trim("calls", 1, 3)
    source.append("calls", [Event(b"call", b"k"), Event(b"poison", b"k"), Event(b"call", b"k")], partition=1)
    work(source)
    Move(source, target).run()
    quarantine = Quarantine(target)
    [item] = quarantine.items()
    assert quarantine.value(item) == b"poison"
    quarantine.repair(item.id, b"call", by="ann")
    quarantine.replay([item.id], by="ann")
    work(target)
    assert counts(target) == {b"k": [1, 2, 3]}


def test_a_log_that_has_events_already_is_refused(source: Log, target: Log) -> None:
    source.append("calls", calls(1), partition=2)
    target.create(Topic(name="calls", partitions=4))
    target.append("calls", calls(1), partition=2)
    with pytest.raises(LogError, match="calls/2 already"):
        Move(source, target).run()


def test_what_waits_to_be_worked_on_again_must_be_worked_on_first(source: Log, target: Log) -> None:
    source.append("calls", [Event(b"poison", b"k")])
    work(source)
    quarantine = Quarantine(source)
    quarantine.replay([item.id for item in quarantine.items()], by="ann")
    with pytest.raises(LogError, match=r"retry.count has events that wait"):
        Move(source, target).run()
    assert TopicPartition("calls", 0) not in target.committed("count")
