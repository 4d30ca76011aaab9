"""What every event log does: the documentation of the port `trunkline.log.port`, run once per adapter.

Read it from top to bottom. An adapter joins by one line in `ADAPTERS`: a function that takes an empty folder and gives
the URL of an empty log, in which a process that is paused loses its leases within a few seconds. The tests always call
their topics, groups and producers by the same names; so each URL that the function gives must be of a log of its own: a
file, a broker, or a part of a broker that nobody else sees (a prefix in the URL, or one that has just been emptied).
Where the product is missing, the function skips the test (`tests.components.need`).

What no test may take for granted, because adapters differ in it: that offsets follow on each other without gaps, that
members of a group settle at once, that a transaction shows in the moment in which it ends (`Log.settled` waits for it),
and that retention and compaction come at once.
"""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.servers.kafka import shared_kafka
from trunkline.log import (
    Consumer,
    ContractViolation,
    Event,
    EventTooLarge,
    Fenced,
    Log,
    LogError,
    Member,
    Reader,
    Record,
    RecordBatch,
    Topic,
    TopicPartition,
    UnknownTopic,
    open_log,
)
from trunkline.log.envelope import attributes, cloud_event

Open = Callable[[], Log]


def embedded(folder: Path) -> str:
    return f"sqlite://{folder}/log.db?lease=2.5"


def kafka(_: Path) -> str:
    return f"{shared_kafka().url(prefix=f'{uuid.uuid4().hex}.')}&lease=2.5&segment=0.5"


ADAPTERS: list[Callable[[Path], str]] = [embedded, kafka]


class OnlyNumbers:
    """A contract as the log sees it: a value is a decimal number."""

    def failures(self, events: Sequence[Event]) -> list[tuple[int, str, str]]:
        return [
            (index, "$", f"{event.value!r} is not a number")
            for index, event in enumerate(events)
            if event.value is not None and not event.value.isdigit()
        ]


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.__name__)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the test's log is."""
    where: str = request.param(tmp_path)
    return where


@pytest.fixture
def open_again(url: str) -> Iterator[Open]:
    """Opens the test's log once more, as another process would."""
    opened: list[Log] = []

    def another() -> Log:
        opened.append(open_log(url, {"counts": OnlyNumbers()}))
        return opened[-1]

    yield another
    for log in opened:
        log.close()


@pytest.fixture
def log(open_again: Open) -> Log:
    """A log with the topics of these tests."""
    log = open_again()
    log.create(Topic(name="calls", partitions=4))
    log.create(Topic(name="notes"))
    log.create(Topic(name="counts"))
    return log


def events(*values: str, key: str | None = None) -> list[Event]:
    return [Event(value.encode(), key.encode() if key is not None else None) for value in values]


def values(records: Sequence[Record]) -> list[str]:
    return [record.value.decode() if record.value is not None else "(gone)" for record in records]


def eventually(done: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """An adapter may take its time over some things, and may be asked again and again meanwhile."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"{what} did not come about"
        time.sleep(0.02)


def maintain_until(log: Log, done: Callable[[], bool]) -> None:
    def maintained() -> bool:
        log.maintain()
        return done()

    eventually(maintained, "retention", seconds=60)


def compact_until(log: Log, topic: str, done: Callable[[], bool]) -> None:
    """An adapter may leave the newest events alone until others follow: those of the key `later`."""

    def maintained() -> bool:
        log.maintain()
        return done() or not log.append(topic, events("x", key="later"))

    eventually(maintained, "compaction", seconds=60)


def all_of(log: Log, topic: str, partition: int = 0) -> list[Record]:
    """Every record of a partition, of all transactions that have been begun."""
    log.settled(topic, partition)
    found: list[Record] = []
    while records := log.read(topic, partition, found[-1].offset + 1 if found else 0):
        found += records
    return found


def without_later(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record.key != b"later"]


# Topics


def test_a_topic_is_kept_as_it_was_declared(log: Log, open_again: Open) -> None:
    declared = Topic(name="alarms", partitions=3, retention=3600.0, compacted=True, tombstones=60.0)
    log.create(declared)
    assert declared in log.topics()
    assert declared in open_again().topics()


def test_creating_a_topic_again_brings_its_retention_up_to_date_and_keeps_its_events(log: Log) -> None:
    log.append("notes", events("a"))
    log.create(Topic(name="notes", retention=60.0))
    assert next(topic for topic in log.topics() if topic.name == "notes").retention == 60.0
    assert values(log.read("notes", 0, 0)) == ["a"]


def test_partitions_may_grow_but_never_shrink(log: Log) -> None:
    log.create(Topic(name="calls", partitions=6))
    log.append("calls", events("a"), partition=5)
    assert values(log.read("calls", 5, 0)) == ["a"]
    with pytest.raises(ValueError, match="6 partitions"):
        log.create(Topic(name="calls", partitions=4))


def test_a_topic_that_another_process_made_or_changed_is_soon_known(log: Log, open_again: Open) -> None:
    other = open_again()
    other.append("calls", events("before"))
    log.create(Topic(name="fresh"))
    log.create(Topic(name="calls", partitions=8))
    other.append("fresh", events("a"))
    keyed = [Event(b"x", b"%d" % key) for key in range(200)]
    eventually(lambda: {number for number, _ in other.append("calls", keyed)} == set(range(8)), "the news")


def test_an_unknown_topic_or_partition_is_refused_by_name(log: Log) -> None:
    for attempt in (
        lambda: log.append("cals", events("a")),
        lambda: log.append("cals", []),
        lambda: log.read("cals", 0, 0),
        lambda: log.end("cals", 0),
        lambda: log.wait({TopicPartition("cals", 0): 0}, 0),
        lambda: log.consumer("group", ["cals"]).poll(timeout=0),
        lambda: log.member("group", "cals"),
        lambda: log.reader().assign({TopicPartition("cals", 0): 0}),
        lambda: log.settled("cals", 0),
        lambda: log.trim("cals", 0, 1),
        lambda: log.commit("group", {TopicPartition("cals", 0): 1}),
    ):
        with pytest.raises(UnknownTopic, match="cals"):
            attempt()
    with pytest.raises(LogError, match=r"calls.*7"):
        log.append("calls", events("a"), partition=7)


# Appending and reading


def test_events_of_a_partition_are_read_in_the_order_of_their_offsets(log: Log) -> None:
    assert log.start("notes", 0) == log.end("notes", 0)
    places = log.append("notes", events("a", "b")) + log.append("notes", events("c"))
    records = log.read("notes", 0, 0)
    assert values(records) == ["a", "b", "c"]
    assert [(record.partition, record.offset) for record in records] == places == sorted(places)
    assert log.start("notes", 0) <= records[0].offset
    assert log.end("notes", 0) > records[-1].offset


def test_an_event_comes_back_as_it_was_written(log: Log) -> None:
    event = Event(
        b"\x00\xff", "clé".encode(), (("ce_id", b"1"), ("ce_id", b"again"), ("empty", b"")), 1_700_000_000_000_000
    )
    log.append("notes", [event, Event(b""), Event(None, b"k")])
    first, empty, tombstone = log.read("notes", 0, 0)
    assert (first.value, first.key, first.headers, first.time) == (event.value, event.key, event.headers, event.time)
    assert (first.topic, first.partition, first.offset) == ("notes", 0, 0)
    assert (empty.value, empty.key, empty.headers) == (b"", None, ())
    assert tombstone.value is None


def test_an_event_without_time_gets_the_clock_of_the_append(log: Log) -> None:
    before = time.time_ns() // 1000
    log.append("notes", [Event(b"dated", time=5), Event(b"undated")])
    dated, undated = log.read("notes", 0, 0)
    assert dated.time == 5
    assert before - 1000 <= undated.time <= time.time_ns() // 1000 + 1000


def test_a_cloud_event_keeps_its_attributes(log: Log) -> None:
    log.append("notes", [cloud_event(type="notes", source="trunkline://test", id="7", value=b"{}", key="k")])
    [record] = log.read("notes", 0, 0)
    found = attributes(record)
    assert (found["type"], found["source"], found["id"]) == ("notes", "trunkline://test", "7")
    assert record.key == b"k"


def test_a_key_always_goes_to_the_same_partition(log: Log, open_again: Open) -> None:
    keys = [b"cell-%d" % number for number in range(100)]
    first = [number for number, _ in log.append("calls", [Event(b"1", key) for key in keys])]
    other = open_again()
    again = [number for key in keys for number, _ in other.append("calls", [Event(b"2", key)])]
    assert first == again
    assert set(first) == {0, 1, 2, 3}


def test_events_without_key_are_spread_over_the_partitions(log: Log) -> None:
    used = {number for _ in range(100) for number, _ in log.append("calls", events("x"))}
    assert used == {0, 1, 2, 3}


def test_the_offsets_returned_are_those_of_the_events(log: Log) -> None:
    written = [Event(b"%d" % number, b"key-%d" % (number % 7)) for number in range(50)]
    for event, (number, offset) in zip(written, log.append("calls", written), strict=True):
        assert log.read("calls", number, offset, limit=1)[0].value == event.value


def test_a_read_gives_at_most_its_limit_and_goes_on_where_it_stopped(log: Log) -> None:
    log.append("notes", events(*map(str, range(25_000))))
    log.append("notes", events("25000"))
    found: list[Record] = []
    while records := log.read("notes", 0, found[-1].offset + 1 if found else 0, limit=7_001):
        assert len(records) <= 7_001
        found += records
    assert values(found) == [str(number) for number in range(25_001)]


def test_a_read_at_the_end_or_beyond_gives_nothing(log: Log) -> None:
    log.append("notes", events("a"))
    end = log.end("notes", 0)
    assert log.read("notes", 0, end) == []
    assert log.read("notes", 0, end + 100) == []


def test_what_one_process_appends_another_reads(log: Log, open_again: Open) -> None:
    log.append("notes", events("a"))
    assert values(open_again().read("notes", 0, 0)) == ["a"]


def test_many_writers_at_once_lose_nothing_and_keep_each_ones_order(log: Log, open_again: Open) -> None:
    def write(name: str, through: Log) -> None:
        for number in range(40):
            through.append("notes", events(f"{name}:{number}"))

    other = open_again()
    writers = [threading.Thread(target=write, args=(str(n), log if n % 2 else other)) for n in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    written = [value.split(":") for value in values(all_of(log, "notes"))]
    assert len(written) == 240
    for name in map(str, range(6)):
        assert [int(number) for who, number in written if who == name] == list(range(40))


def test_an_event_beyond_the_size_limit_is_refused_and_the_batch_with_it(log: Log) -> None:
    with pytest.raises(EventTooLarge, match=r"notes.*big"):
        log.append("notes", [Event(b"small"), Event(bytes(9 << 20), b"big")])
    assert log.read("notes", 0, 0) == []
    log.append("notes", [Event(bytes(7 << 20)), Event(bytes(7 << 20))])
    assert [len(record.value or b"") for record in all_of(log, "notes")] == [7 << 20] * 2


# Time


def test_the_offset_at_a_time_is_that_of_the_first_event_at_or_after_it(log: Log) -> None:
    first = log.append("notes", [Event(b"a", time=100_000), Event(b"b", time=300_000)])
    then = log.append("notes", [Event(b"late", time=200_000), Event(b"c", time=400_000)])
    (a, b, _, c), end = (offset for _, offset in first + then), log.end("notes", 0)
    moments = (0, 100_000, 101_000, 300_000, 301_000, 400_000, 401_000)
    assert [log.offset_at("notes", 0, moment) for moment in moments] == [a, a, b, b, c, c, end]


def test_the_offset_at_a_time_in_an_empty_partition_is_its_end(log: Log) -> None:
    assert log.offset_at("notes", 0, 0) == log.end("notes", 0)


# Waiting


def test_a_wait_ends_at_once_when_there_is_something(log: Log) -> None:
    log.append("notes", events("a"))
    assert log.wait({TopicPartition("calls", 0): 0, TopicPartition("notes", 0): 0}, timeout=30)


def test_a_wait_ends_without_news_after_its_timeout(log: Log) -> None:
    log.append("notes", events("a"))
    assert not log.wait({TopicPartition("notes", 0): log.end("notes", 0)}, timeout=0.05)
    assert not log.wait({}, timeout=0.05)


@pytest.mark.parametrize("by", ["the same process", "another process"])
def test_a_wait_ends_when_an_event_is_appended(log: Log, open_again: Open, by: str) -> None:
    writer = log if by == "the same process" else open_again()
    timer = threading.Timer(0.1, lambda: writer.append("notes", events("a")))
    timer.start()
    assert log.wait({TopicPartition("notes", 0): 0}, timeout=30)
    assert values(log.read("notes", 0, 0)) == ["a"]
    timer.join()


# Contracts


def test_every_event_that_breaks_its_contract_is_named_and_nothing_of_the_batch_is_kept(log: Log) -> None:
    with pytest.raises(ContractViolation) as refused:
        log.append("counts", events("1", "two", "3", "four"))
    assert refused.value.topic == "counts"
    assert [(index, path) for index, path, _ in refused.value.failures] == [(1, "$"), (3, "$")]
    assert "'two' is not a number" in str(refused.value)
    assert log.read("counts", 0, 0) == []


def test_a_transaction_is_held_to_contracts_too(log: Log) -> None:
    producer = log.transactional("counter")
    with pytest.raises(ContractViolation), producer.transaction() as transaction:  # noqa: PT012
        transaction.append("counts", events("1"))
        transaction.append("counts", events("two"))
    assert log.read("counts", 0, 0) == []


def test_an_event_without_key_is_refused_by_a_compacted_topic(log: Log) -> None:
    log.create(Topic(name="latest", compacted=True))
    with pytest.raises(ContractViolation, match="key"):
        log.append("latest", [Event(b"1", b"k"), Event(b"2")])


# Columns


def columns(
    log: Log, topic: str, keys: Sequence[bytes | None], values: Sequence[bytes | None], partition: int | None = None
) -> None:
    with log.transactional("columns").transaction() as transaction:
        transaction.append_columns(topic, keys, values, partition=partition)


def test_events_may_be_written_as_columns(log: Log) -> None:
    shared = (("ce_type", b"notes"), ("ce_source", b"//test"))
    with log.transactional("columns").transaction() as transaction:
        transaction.append("notes", events("first"))
        transaction.append_columns(
            "notes", [b"k", None, b"gone"], [b"a", b"b", None], headers=shared, times=[7_000, 8_000, 9_000]
        )
        transaction.append("notes", events("last"))
    records = all_of(log, "notes")
    assert values(records) == ["first", "a", "b", "(gone)", "last"]
    assert [record.key for record in records[1:4]] == [b"k", None, b"gone"]
    assert [record.headers for record in records] == [(), shared, shared, shared, ()]
    assert [record.time for record in records[1:4]] == [7_000, 8_000, 9_000]


def test_columns_without_times_get_the_clock_of_the_append(log: Log) -> None:
    before = time.time_ns() // 1000
    columns(log, "notes", [b"k"], [b"a"])
    [record] = all_of(log, "notes")
    assert before - 1000 <= record.time <= time.time_ns() // 1000 + 1000


def test_columns_go_where_their_keys_take_them_or_where_they_are_told(log: Log) -> None:
    keys = [b"cell-%d" % number for number in range(100)]
    chosen = [number for number, _ in log.append("calls", [Event(b"event", key) for key in keys])]
    columns(log, "calls", keys, [b"%d" % number for number in range(100)])
    columns(log, "calls", [b"cell-0"] * 3, [b"told"] * 3, partition=2)
    for partition in range(4):
        mine = [key for key, number in zip(keys, chosen, strict=True) if number == partition]
        written = [record for record in all_of(log, "calls", partition) if record.value not in (b"event", b"told")]
        assert [record.key for record in written] == mine
        assert [record.value for record in written] == [b"%d" % keys.index(key) for key in mine]
    assert [record.value for record in all_of(log, "calls", 2)].count(b"told") == 3


def test_columns_without_keys_are_spread_over_the_partitions(log: Log) -> None:
    columns(log, "calls", [None] * 400, [b"x"] * 400)
    assert all(all_of(log, "calls", partition) for partition in range(4))


def test_columns_are_held_to_contracts_too(log: Log) -> None:
    with pytest.raises(ContractViolation) as refused:
        columns(log, "counts", [None, None, None], [b"1", b"two", b"three"])
    assert [index for index, _, _ in refused.value.failures] == [1, 2]
    log.create(Topic(name="latest", compacted=True))
    with pytest.raises(ContractViolation, match="key"):
        columns(log, "latest", [b"k", None], [b"1", b"2"])
    assert log.read("counts", 0, 0) == log.read("latest", 0, 0) == []


def test_columns_of_different_lengths_are_refused(log: Log) -> None:
    with pytest.raises(ValueError, match="length"):
        columns(log, "notes", [b"k"], [b"1", b"2"])
    assert log.read("notes", 0, 0) == []


def test_columns_may_be_many_and_none(log: Log) -> None:
    columns(log, "notes", [], [])
    assert all_of(log, "notes") == []
    many = [b"%d" % number for number in range(25_000)]
    columns(log, "notes", many, many)
    assert [record.value for record in all_of(log, "notes")] == many


# Readers


def reading(log: Log, *places: tuple[str, int]) -> Reader:
    """A reader of these partitions from their start."""
    reader = log.reader()
    reader.assign({TopicPartition(*place): 0 for place in places})
    return reader


def take_all(reader: Reader, limit: int = 10_000) -> list[RecordBatch]:
    """What a reader gives until nothing is left."""
    found: list[RecordBatch] = []
    deadline = time.monotonic() + 30
    while not reader.at_end():
        assert time.monotonic() < deadline, "the reader does not come to the end"
        batches = reader.take(limit, timeout=0.2)
        assert sum(map(len, batches)) <= limit
        found += batches
    return found


def taken(batches: Sequence[RecordBatch]) -> list[Record]:
    return [record for batch in batches for record in batch.records()]


def test_a_reader_gives_what_was_written_in_columns_that_are_the_records(log: Log) -> None:
    log.append("notes", [Event(b"a", b"k", (("h", b"1"),), 5_000), Event(None, b"k"), Event(b"c")])
    columns(log, "notes", [b"k"] * 2_000, [b"%d" % number for number in range(2_000)])
    batches = take_all(reading(log, ("notes", 0)))
    assert taken(batches) == all_of(log, "notes")
    for batch in batches:
        assert (batch.topic, batch.partition, batch.failures) == ("notes", 0, ())
        rows = zip(batch.offsets, batch.values, batch.keys, batch.headers, batch.times, strict=True)
        assert [Record("notes", 0, *row) for row in rows] == batch.records()
        assert len(batch) == len(batch.keys)


def test_a_part_of_a_batch_is_a_batch_of_those_records(log: Log) -> None:
    log.append("notes", [Event(b"%d" % number, b"k", (("n", b"%d" % number),), 1_000 + number) for number in range(50)])
    for batch in take_all(reading(log, ("notes", 0))):
        whole = batch.records()
        for first, last in ((0, len(batch)), (0, 1), (len(batch) // 3, len(batch) // 2 + 1)):
            part = batch.part(first, last)
            assert part.records() == whole[first:last]
            assert list(part.offsets) == list(batch.offsets[first:last])
            assert part.part(0, 1).records() == whole[first : first + 1]


def test_a_reader_gives_at_most_its_limit_and_goes_on_where_it_stopped(log: Log) -> None:
    written = [b"%d" % number for number in range(25_000)]
    columns(log, "notes", written, written)
    assert [record.value for record in taken(take_all(reading(log, ("notes", 0)), limit=701))] == written


def test_no_partition_of_a_reader_starves(log: Log) -> None:
    for partition in range(4):
        columns(log, "calls", [None] * 5_000, [b"x"] * 5_000, partition=partition)
    reader = reading(log, *(("calls", partition) for partition in range(4)))
    time.sleep(0.3)  # so that it has fetched of all
    counts = dict.fromkeys(range(4), 0)
    while min(counts.values()) == 0:
        for batch in reader.take(100, timeout=1.0):
            counts[batch.partition] += len(batch)
        assert max(counts.values()) < 5_000, f"one partition was read to its end while another waited: {counts}"


def test_a_reader_begins_at_the_offset_that_it_is_given_and_leaves_what_it_had(log: Log) -> None:
    (_, second), *_ = log.append("notes", events("a", "b", "c"))[1:]
    log.append("calls", events("x"), partition=1)
    reader = reading(log, ("notes", 0))
    assert values(taken(take_all(reader))) == ["a", "b", "c"]
    reader.assign({TopicPartition("notes", 0): second, TopicPartition("calls", 1): 0})
    assert sorted(values(taken(take_all(reader)))) == ["b", "c", "x"]
    reader.assign({TopicPartition("calls", 1): 0})
    log.append("notes", events("d"))
    assert values(taken(take_all(reader))) == ["x"]
    reader.assign({})
    assert reader.take() == []
    assert reader.at_end()


def test_a_reader_waits_for_events_and_gives_none_after_its_timeout(log: Log) -> None:
    reader = reading(log, ("notes", 0), ("calls", 3))
    assert reader.take(timeout=0.05) == []
    eventually(reader.at_end, "the end")


@pytest.mark.parametrize("by", ["the same process", "another process"])
def test_a_reader_is_awakened_by_an_append(log: Log, open_again: Open, by: str) -> None:
    writer = log if by == "the same process" else open_again()
    reader = reading(log, ("notes", 0), ("calls", 3))
    assert reader.take() == []
    timer = threading.Timer(0.1, lambda: writer.append("calls", events("a"), partition=3))
    timer.start()
    assert values(taken(reader.take(timeout=30))) == ["a"]
    timer.join()


def test_a_reader_knows_when_it_has_taken_everything(log: Log) -> None:
    reader = reading(log, ("notes", 0))
    log.append("notes", events("a", "b"))
    eventually(lambda: not reader.at_end(), "the news")
    take_all(reader)
    assert reader.at_end()
    log.append("notes", events("c"))
    eventually(lambda: not reader.at_end(), "the news")


def test_a_reader_sees_committed_transactions_only(log: Log) -> None:
    reader, producer = reading(log, ("notes", 0)), log.transactional("rating")
    with pytest.raises(ZeroDivisionError), producer.transaction() as transaction:  # noqa: PT012
        transaction.append("notes", events("aborted"))
        assert reader.take() == []
        raise ZeroDivisionError
    with producer.transaction() as transaction:
        transaction.append("notes", events("committed"))
    assert values(taken(reader.take(timeout=30))) == ["committed"]


# Consumer groups


def polled(consumer: Consumer) -> list[str]:
    """The values that come next; joining a group may take some seconds."""
    return values(consumer.poll(timeout=30))


def test_a_group_goes_on_where_it_committed(log: Log, open_again: Open) -> None:
    [_, (_, last)] = log.append("notes", events("a", "b"))
    first = log.consumer("billing", ["notes"])
    assert polled(first) == ["a", "b"]
    first.commit()
    [(_, then)] = log.append("notes", events("c"))
    assert polled(first) == ["c"]  # but not committed
    first.close()
    second = open_again().consumer("billing", ["notes"])
    assert polled(second) == ["c"]
    assert last < log.committed("billing")[TopicPartition("notes", 0)] <= then
    assert "billing" in log.groups()


def test_each_group_reads_for_itself(log: Log) -> None:
    log.append("notes", events("a"))
    for group in ("billing", "fraud"):
        assert polled(log.consumer(group, ["notes"])) == ["a"]


def test_a_group_that_never_committed_has_no_offsets(log: Log) -> None:
    assert log.committed("nobody") == {}
    assert "nobody" not in log.groups()


def test_a_poll_waits_for_events_and_gives_none_after_its_timeout(log: Log) -> None:
    consumer = log.consumer("billing", ["notes"])
    assert consumer.poll(timeout=0.05) == []
    timer = threading.Timer(0.1, lambda: log.append("notes", events("a")))
    timer.start()
    assert polled(consumer) == ["a"]
    timer.join()


def test_a_poll_gives_at_most_its_limit_and_no_partition_starves(log: Log) -> None:
    for number in range(4):
        columns(log, "calls", [None] * 5_000, [b"x"] * 5_000, partition=number)
    consumer = log.consumer("billing", ["calls"])
    assert len(consumer.poll(limit=1, timeout=30)) == 1
    time.sleep(0.3)  # so that it has fetched of all
    counts = dict.fromkeys(range(4), 0)
    while min(counts.values()) == 0:
        records = consumer.poll(limit=10, timeout=30)
        assert 0 < len(records) <= 10
        for record in records:
            counts[record.partition] += 1
        assert max(counts.values()) < 5_000, f"one partition was read to its end while another waited: {counts}"


def poll_until(consumers: Sequence[Consumer], done: Callable[[list[Record]], bool]) -> list[Record]:
    """Poll and commit in turn, as members of a group do, until what was read satisfies or the group has settled."""
    found: list[Record] = []
    deadline = time.monotonic() + 30
    while not done(found):
        assert time.monotonic() < deadline, "the group did not settle"
        for consumer in consumers:
            found += consumer.poll(timeout=0.05)
            consumer.commit()
    return found


def share_evenly(first: Consumer, second: Consumer) -> None:
    poll_until([first, second], lambda _: len(first.assignment()) == len(second.assignment()) == 2)
    assert not first.assignment() & second.assignment()


def test_the_members_of_a_group_share_its_partitions_and_together_read_everything_once(
    log: Log, open_again: Open
) -> None:
    first, second = log.consumer("billing", ["calls"]), open_again().consumer("billing", ["calls"])
    share_evenly(first, second)
    log.append("calls", [Event(b"%d" % number, b"%d" % number) for number in range(100)])
    found = poll_until([first, second], lambda found: len(found) >= 100)
    found += poll_until([first, second], lambda _: len(log.committed("billing")) == 4)
    assert sorted(values(found), key=int) == [str(number) for number in range(100)]


def test_a_consumer_that_leaves_hands_its_partitions_over(log: Log, open_again: Open) -> None:
    first, second = log.consumer("billing", ["calls"]), open_again().consumer("billing", ["calls"])
    share_evenly(first, second)
    first.close()
    poll_until([second], lambda _: len(second.assignment()) == 4)


def test_a_newcomer_gets_partitions_without_anything_being_read_twice(log: Log, open_again: Open) -> None:
    log.append("calls", [Event(b"%d" % number, b"%d" % number) for number in range(100)])
    first = log.consumer("billing", ["calls"])
    found = first.poll(limit=30, timeout=30)
    first.commit()
    second = open_again().consumer("billing", ["calls"])
    found += poll_until([first, second], lambda _: bool(second.assignment()))
    if len(found) < 100:
        found += poll_until([first, second], lambda more: len(found) + len(more) >= 100)
    assert sorted(values(found), key=int) == [str(number) for number in range(100)]


# Members


def settle(*members: Member) -> list[frozenset[int]]:
    """What members of the topic `calls` hold once they have shared it out evenly and completely."""
    shares: list[frozenset[int]] = []

    def even() -> bool:
        shares[:] = [member.assignment() for member in members]
        sizes = [len(share) for share in shares]
        return sorted(number for share in shares for number in share) == [0, 1, 2, 3] and max(sizes) - min(sizes) <= 1

    eventually(even, "an even share")
    return shares


def test_a_member_alone_holds_all_partitions(log: Log) -> None:
    member = log.member("billing", "calls")
    assert settle(member) == [{0, 1, 2, 3}]
    assert member.group == "billing"
    assert "billing" in log.groups()


def test_the_members_of_a_group_share_the_partitions_of_its_topic(log: Log, open_again: Open) -> None:
    first, second, third = log.member("billing", "calls"), open_again().member("billing", "calls"), None
    settle(first, second)
    third = open_again().member("billing", "calls")
    settle(first, second, third)
    assert settle(log.member("fraud", "calls")) == [{0, 1, 2, 3}], "another group shares with nobody"


def test_a_newcomer_gets_a_partition_only_when_its_holder_has_let_go_of_it(log: Log, open_again: Open) -> None:
    first = log.member("billing", "calls")
    settle(first)
    second = open_again().member("billing", "calls")
    for _ in range(10):
        assert second.assignment() == frozenset()
        time.sleep(0.05)
    [kept, _] = settle(first, second)
    assert len(kept) == 2


def test_the_partitions_of_a_member_that_leaves_are_free_at_once(log: Log, open_again: Open) -> None:
    first, second = log.member("billing", "calls"), open_again().member("billing", "calls")
    settle(first, second)
    first.close()
    settle(second)


def test_what_a_member_consumed_is_its_groups_and_may_be_of_any_topic(log: Log) -> None:
    member = log.member("billing", "calls")
    settle(member)
    log.append("notes", events("a", "b"))
    with log.transactional("billing-1").transaction() as transaction:
        transaction.consumed(member, {TopicPartition("calls", 3): 0, TopicPartition("notes", 0): 1})
        transaction.consumed(member, {TopicPartition("notes", 0): 2})
    assert log.committed("billing") == {TopicPartition("calls", 3): 0, TopicPartition("notes", 0): 2}


def test_a_member_that_takes_a_name_takes_over_from_the_one_that_had_it(log: Log, open_again: Open) -> None:
    first = log.member("billing", "calls", name="worker-1")
    [held] = settle(first)
    second = open_again().member("billing", "calls", name="worker-1")
    assert settle(second) == [held]
    with pytest.raises(Fenced), log.transactional("billing-1").transaction() as transaction:  # noqa: PT012
        transaction.append("notes", events("by the first"))
        transaction.consumed(first, {TopicPartition("calls", 0): 1})
    assert all_of(log, "notes") == []
    assert log.committed("billing") == {}
    with pytest.raises(Fenced):  # noqa: PT012
        for _ in range(100):
            first.assignment()
            time.sleep(0.05)
    assert settle(second) == [held]


PAUSED = """
import sys, time
from trunkline.log import Event, Fenced, TopicPartition, open_log

log = open_log(sys.argv[1])
member, producer = log.member("billing", "calls"), log.transactional("paused")

def hold(count):
    while len(member.assignment()) != count:
        time.sleep(0.02)
    print("holds", count, flush=True)
    sys.stdin.readline()

def commit():
    try:
        with producer.transaction() as transaction:
            transaction.append("notes", [Event(b"by the paused one")])
            transaction.consumed(member, {TopicPartition("calls", sorted(held)[0]): 1})
        print("committed", flush=True)
    except Fenced:
        print("fenced", flush=True)

hold(4)
held = member.assignment()
commit()
sys.stdin.readline()
commit()
producer = log.transactional("paused")
hold(2)
held = member.assignment()
commit()
"""


def pause(process: subprocess.Popen[str], log: Log) -> None:
    """Stop a process, but not within a commit for which all others wait."""
    while True:
        process.send_signal(signal.SIGSTOP)
        probe = threading.Thread(target=lambda: log.append("counts", events("1")))
        probe.start()
        probe.join(timeout=5)
        if not probe.is_alive():
            return
        process.send_signal(signal.SIGCONT)
        probe.join()


@pytest.mark.timeout(120)
def test_a_process_that_was_paused_for_too_long_cannot_commit_and_goes_on_with_what_it_then_holds(
    log: Log, url: str
) -> None:
    paused = subprocess.Popen(
        [sys.executable, "-c", PAUSED, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert paused.stdin is not None
    assert paused.stdout is not None
    try:
        assert paused.stdout.readline() == "holds 4\n"
        paused.stdin.write("\n")
        assert paused.stdout.readline() == "committed\n"
        pause(paused, log)
        heir = log.member("billing", "calls")
        settle(heir)
        paused.send_signal(signal.SIGCONT)
        paused.stdin.write("\n")
        assert paused.stdout.readline() == "fenced\n"
        assert values(all_of(log, "notes")) == ["by the paused one"]
        eventually(lambda: len(heir.assignment()) == 2, "an even share")
        assert paused.stdout.readline() == "holds 2\n"
        paused.stdin.write("\n")
        assert paused.stdout.readline() == "committed\n"
        assert values(all_of(log, "notes")) == ["by the paused one"] * 2
    finally:
        paused.kill()
        paused.communicate()


def test_where_a_group_goes_on_may_be_set_from_outside_while_it_has_no_members(log: Log, open_again: Open) -> None:
    offsets = [offset for _, offset in log.append("notes", events("a", "b", "c"))]
    log.commit("billing", {TopicPartition("notes", 0): offsets[1]})
    assert log.committed("billing") == {TopicPartition("notes", 0): offsets[1]}
    consumer = open_again().consumer("billing", ["notes"])
    assert polled(consumer) == ["b", "c"]
    with pytest.raises(LogError, match="billing"):
        log.commit("billing", {TopicPartition("notes", 0): 0})
    consumer.close()

    def set_back() -> bool:
        try:
            log.commit("billing", {TopicPartition("notes", 0): 0, TopicPartition("calls", 2): 7})
        except LogError:
            return False
        return True

    eventually(set_back, "the end of the group")
    assert log.committed("billing") == {TopicPartition("notes", 0): 0, TopicPartition("calls", 2): 7}


# Transactions


def test_a_transaction_shows_nothing_before_its_end_and_everything_after_it(log: Log, open_again: Open) -> None:
    other, member = open_again(), log.member("rating", "calls")
    settle(member)
    with log.transactional("rating").transaction() as transaction:
        transaction.append("notes", events("a"))
        transaction.append("calls", events("b"), partition=2)
        transaction.consumed(member, {TopicPartition("calls", 0): 5})
        assert other.read("notes", 0, 0) == []
        assert other.committed("rating") == {}
    assert values(all_of(other, "notes")) == ["a"]
    assert values(all_of(other, "calls", 2)) == ["b"]
    assert other.committed("rating") == {TopicPartition("calls", 0): 5}


def test_what_a_transaction_aborts_is_never_read(log: Log) -> None:
    producer, member = log.transactional("rating"), log.member("rating", "calls")
    settle(member)
    with pytest.raises(ZeroDivisionError), producer.transaction() as transaction:  # noqa: PT012
        transaction.append("notes", events("a"))
        transaction.consumed(member, {TopicPartition("calls", 0): 5})
        raise ZeroDivisionError
    with producer.transaction() as transaction:
        transaction.append("notes", events("b"))
    assert values(all_of(log, "notes")) == ["b"]
    assert log.committed("rating") == {}


def test_opening_a_second_producer_of_a_name_fences_the_first(log: Log, open_again: Open) -> None:
    first = log.transactional("rating")
    second = open_again().transactional("rating")
    with second.transaction() as transaction:
        transaction.append("notes", events("second"))
    for _ in range(2):
        with pytest.raises(Fenced, match="rating"), first.transaction() as transaction:
            transaction.append("notes", events("first"))
    assert values(all_of(log, "notes")) == ["second"]


def test_a_producer_that_slept_through_its_succession_cannot_commit_what_it_had_begun(
    log: Log, open_again: Open
) -> None:
    first, member = log.transactional("rating"), log.member("rating", "calls")
    settle(member)
    with pytest.raises(Fenced), first.transaction() as transaction:  # noqa: PT012
        transaction.append("notes", events("first"))
        transaction.consumed(member, {TopicPartition("calls", 0): 5})
        open_again().transactional("rating")
    assert all_of(log, "notes") == []
    assert log.committed("rating") == {}


def test_producers_of_different_names_do_not_disturb_each_other(log: Log) -> None:
    first, second = log.transactional("rating"), log.transactional("alarms")
    with first.transaction() as one, second.transaction() as two:
        one.append("notes", events("a"))
        two.append("notes", events("b"))
    assert sorted(values(all_of(log, "notes"))) == ["a", "b"]


def test_a_partition_is_settled_when_what_was_open_has_ended(log: Log, open_again: Open) -> None:
    assert log.settled("notes", 0) == log.end("notes", 0)
    abandoned = log.transactional("rating")
    with pytest.raises(Fenced), abandoned.transaction() as transaction:  # noqa: PT012
        transaction.append("notes", events("abandoned"))
        heir = open_again().transactional("rating")
        with heir.transaction() as its:
            its.append("notes", events("committed"))
        assert log.settled("notes", 0) == log.end("notes", 0)
        [record] = log.read("notes", 0, 0)
        assert record.offset < log.end("notes", 0)
    assert values(log.read("notes", 0, 0)) == ["committed"]


# Retention and compaction


def test_events_past_their_retention_go_and_offsets_stay(log: Log) -> None:
    log.create(Topic(name="short", retention=0.2))
    [_, (_, last)] = log.append("short", events("a", "b"))
    time.sleep(0.3)
    maintain_until(log, lambda: log.start("short", 0) > last)
    assert log.append("short", events("c"))[0][1] > last
    assert values(log.read("short", 0, 0)) == ["c"]  # below the start it reads from the start
    assert values(taken(take_all(reading(log, ("short", 0))))) == ["c"]


def test_a_reader_of_a_partition_that_lost_everything_waits_for_what_comes(log: Log) -> None:
    log.create(Topic(name="short", retention=0.1))
    [(_, last)] = log.append("short", events("a"))
    time.sleep(0.2)
    maintain_until(log, lambda: log.start("short", 0) > last)
    assert not log.wait({TopicPartition("short", 0): 0}, timeout=0)
    reader = reading(log, ("short", 0))
    assert reader.take() == []
    eventually(reader.at_end, "the end")


def test_an_old_event_that_has_just_arrived_is_kept(log: Log) -> None:
    log.create(Topic(name="short", retention=3600.0))
    log.append("short", [Event(b"late file", time=1_000_000)])
    log.maintain()
    assert values(log.read("short", 0, 0)) == ["late file"]


def test_the_oldest_events_go_when_a_partition_outgrows_its_bytes(log: Log) -> None:
    log.create(Topic(name="narrow", retention_bytes=2_000_000))
    for _ in range(100):
        [(_, last)] = log.append("narrow", [Event(os.urandom(100_000))])

    def size() -> int:
        return sum(len(record.value or b"") for record in all_of(log, "narrow"))

    maintain_until(log, lambda: log.start("narrow", 0) > 0 and size() < 6_000_000)
    assert size() >= 2_000_000
    assert all_of(log, "narrow")[-1].offset == last


def test_a_compacted_topic_keeps_the_last_event_of_each_key_at_its_offset(log: Log) -> None:
    log.create(Topic(name="latest", compacted=True))
    written = [Event(b"%d" % number, b"k%d" % (number % 3)) for number in range(30)]
    offsets = [offset for _, offset in log.append("latest", written)]
    compact_until(log, "latest", lambda: len(without_later(log.read("latest", 0, 0))) == 3)
    records = without_later(log.read("latest", 0, 0))
    assert [(record.key, record.value) for record in records] == [(b"k0", b"27"), (b"k1", b"28"), (b"k2", b"29")]
    assert [record.offset for record in records] == offsets[27:]
    assert values(without_later(log.read("latest", 0, offsets[28]))) == ["28", "29"]
    assert taken(take_all(reading(log, ("latest", 0)))) == log.read("latest", 0, 0)


def test_a_tombstone_removes_its_key_and_then_goes_itself(log: Log) -> None:
    log.create(Topic(name="latest", compacted=True, tombstones=0.2))
    log.append("latest", [Event(b"1", b"a"), Event(b"1", b"b"), Event(None, b"a"), Event(b"2", b"c")])
    compact_until(log, "latest", lambda: log.read("latest", 0, 0)[0].key == b"b")
    time.sleep(0.3)
    log.append("latest", [Event(b"%d" % number, b"c") for number in range(10)])
    compact_until(log, "latest", lambda: all(record.value is not None for record in log.read("latest", 0, 0)))
    assert {record.key for record in without_later(log.read("latest", 0, 0))} == {b"b", b"c"}


def test_a_tombstone_is_kept_for_its_time(log: Log) -> None:
    log.create(Topic(name="latest", compacted=True, tombstones=3600.0))
    log.append("latest", [Event(b"1", b"a"), Event(None, b"a"), Event(b"1", b"b")])
    compact_until(log, "latest", lambda: len(without_later(log.read("latest", 0, 0))) == 2)
    assert values(without_later(log.read("latest", 0, 0))) == ["(gone)", "1"]


def test_what_a_wait_announces_can_be_read_also_when_all_keys_are_gone(log: Log) -> None:
    log.create(Topic(name="latest", compacted=True, tombstones=0.0))
    log.append("latest", [Event(b"1", b"a"), Event(b"2", b"a"), Event(None, b"a")])
    compact_until(log, "latest", lambda: len(without_later(log.read("latest", 0, 0))) < 3)
    for offset in (*range(log.read("latest", 0, 0)[-1].offset + 1), log.end("latest", 0)):
        assert log.wait({TopicPartition("latest", 0): offset}, 0) == bool(log.read("latest", 0, offset))


def test_a_trim_removes_what_lies_before_an_offset(log: Log) -> None:
    offsets = [log.append("notes", events(f"{number}", "and more"))[0][1] for number in range(20)]
    log.trim("notes", 0, offsets[12])
    assert 0 < log.start("notes", 0) <= offsets[12]
    records = log.read("notes", 0, 0)
    assert records[0].offset >= log.start("notes", 0)
    assert values(log.read("notes", 0, offsets[12])) == [
        f"{n}" if m else "and more" for n in range(12, 20) for m in (1, 0)
    ]
    assert taken(take_all(reading(log, ("notes", 0)))) == records


def test_a_trim_to_the_end_leaves_nothing_and_what_comes_is_read(log: Log) -> None:
    [_, (_, last)] = log.append("notes", events("a", "b"))
    log.trim("notes", 0, log.end("notes", 0))
    assert log.start("notes", 0) > last
    assert log.read("notes", 0, 0) == []
    log.append("notes", events("c"))
    assert values(log.read("notes", 0, 0)) == ["c"]


def test_a_trim_of_what_is_gone_already_changes_nothing(log: Log) -> None:
    for number in range(10):
        [(_, offset)] = log.append("notes", events(f"{number}"))
    log.trim("notes", 0, offset)
    before = log.start("notes", 0), log.read("notes", 0, 0)
    log.trim("notes", 0, 1)
    assert (log.start("notes", 0), log.read("notes", 0, 0)) == before


# Open and close


def test_a_log_opened_again_is_as_it_was_left(log: Log, open_again: Open) -> None:
    log.append("notes", [Event(b"a")])
    log.close()
    again = open_again()
    assert values(again.read("notes", 0, 0)) == ["a"]
    again.append("notes", events("b"))
    assert values(again.read("notes", 0, 0)) == ["a", "b"]


def test_a_closed_log_says_so(log: Log) -> None:
    log.close()
    log.close()
    with pytest.raises(LogError, match="closed"):
        log.append("notes", events("a"))


def test_a_url_that_no_adapter_serves_is_refused() -> None:
    with pytest.raises(LogError, match="carrier-pigeon"):
        open_log("carrier-pigeon://loft")
