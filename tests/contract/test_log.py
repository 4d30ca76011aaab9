"""What every event log does: the documentation of the port `trunkline.log.port`, run once per adapter.

Read it from top to bottom. An adapter joins by one line in `ADAPTERS`: a function that takes an empty folder and gives
the URL of an empty log, in which a process that is paused loses its leases within a few seconds. The tests always call
their topics, groups and producers by the same names; so each URL that the function gives must be of a log of its own: a
file, a broker, or a part of a broker that nobody else sees (a prefix in the URL, or one that has just been emptied).
Where the product is missing, the function skips the test (`tests.components.need`).

What no test may take for granted, because adapters differ in it: that offsets follow on each other without gaps, that
members of a group settle at once, and that retention and compaction come at once.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from trunkline.log import (
    Consumer,
    ContractViolation,
    Event,
    EventTooLarge,
    Fenced,
    Log,
    LogError,
    Record,
    Topic,
    TopicPartition,
    UnknownTopic,
    open_log,
)
from trunkline.log.envelope import attributes, cloud_event

Open = Callable[[], Log]


def embedded(folder: Path) -> str:
    return f"sqlite://{folder}/log.db?lease=2.5"


ADAPTERS: list[Callable[[Path], str]] = [embedded]


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


def maintain_until(log: Log, done: Callable[[], bool]) -> None:
    """An adapter may take its time over retention and compaction."""
    deadline = time.monotonic() + 30
    log.maintain()
    while not done():
        assert time.monotonic() < deadline, "retention or compaction did not come about"
        time.sleep(0.05)
        log.maintain()


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


def test_a_topic_that_another_process_made_or_changed_is_known_at_once(log: Log, open_again: Open) -> None:
    other = open_again()
    other.append("calls", events("before"))
    log.create(Topic(name="fresh"))
    log.create(Topic(name="calls", partitions=8))
    other.append("fresh", events("a"))
    used = {number for number, _ in other.append("calls", [Event(b"x", b"%d" % key) for key in range(200)])}
    assert used == set(range(8))


def test_an_unknown_topic_or_partition_is_refused_by_name(log: Log) -> None:
    for attempt in (
        lambda: log.append("cals", events("a")),
        lambda: log.append("cals", []),
        lambda: log.read("cals", 0, 0),
        lambda: log.end("cals", 0),
        lambda: log.wait({TopicPartition("cals", 0): 0}, 0),
        lambda: log.consumer("group", ["cals"]).poll(timeout=0),
    ):
        with pytest.raises(UnknownTopic, match="cals"):
            attempt()
    with pytest.raises(LogError, match=r"calls.*7"):
        log.append("calls", events("a"), partition=7)


# Appending and reading


def test_events_of_a_partition_are_read_in_the_order_of_their_offsets(log: Log) -> None:
    assert log.append("notes", events("a", "b")) == [(0, 0), (0, 1)]
    assert log.append("notes", events("c")) == [(0, 2)]
    records = log.read("notes", 0, 0)
    assert values(records) == ["a", "b", "c"]
    assert [record.offset for record in records] == [0, 1, 2]
    assert (log.start("notes", 0), log.end("notes", 0)) == (0, 3)


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
    used = {number for _ in range(400) for number, _ in log.append("calls", events("x"))}
    assert used == {0, 1, 2, 3}


def test_the_offsets_returned_are_those_of_the_events(log: Log) -> None:
    written = [Event(b"%d" % number, b"key-%d" % (number % 7)) for number in range(50)]
    for event, (number, offset) in zip(written, log.append("calls", written), strict=True):
        assert log.read("calls", number, offset, limit=1)[0].value == event.value


def test_a_read_gives_at_most_its_limit_and_goes_on_where_it_stopped(log: Log) -> None:
    log.append("notes", events(*map(str, range(25_000))))
    log.append("notes", events("25000"))
    found: list[str] = []
    while records := log.read("notes", 0, len(found), limit=7_001):
        assert len(records) <= 7_001
        found += values(records)
    assert found == [str(number) for number in range(25_001)]


def test_a_read_at_the_end_or_beyond_gives_nothing(log: Log) -> None:
    log.append("notes", events("a"))
    assert log.read("notes", 0, 1) == []
    assert log.read("notes", 0, 100) == []


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
    written = [value.split(":") for value in values(log.read("notes", 0, 0))]
    assert len(written) == 240
    for name in map(str, range(6)):
        assert [int(number) for who, number in written if who == name] == list(range(40))


def test_an_event_beyond_the_size_limit_is_refused_and_the_batch_with_it(log: Log) -> None:
    with pytest.raises(EventTooLarge, match=r"notes.*big"):
        log.append("notes", [Event(b"small"), Event(bytes(9 << 20), b"big")])
    assert log.end("notes", 0) == 0
    log.append("notes", [Event(bytes(7 << 20)), Event(bytes(7 << 20))])
    assert [len(record.value or b"") for record in log.read("notes", 0, 0)] == [7 << 20] * 2


# Time


def test_the_offset_at_a_time_is_that_of_the_first_event_at_or_after_it(log: Log) -> None:
    log.append("notes", [Event(b"a", time=100), Event(b"b", time=300)])
    log.append("notes", [Event(b"late", time=200), Event(b"c", time=400)])
    assert [log.offset_at("notes", 0, moment) for moment in (0, 100, 101, 300, 301, 400, 401)] == [0, 0, 1, 1, 3, 3, 4]


def test_the_offset_at_a_time_in_an_empty_partition_is_its_end(log: Log) -> None:
    assert log.offset_at("notes", 0, 0) == 0


# Waiting


def test_a_wait_ends_at_once_when_there_is_something(log: Log) -> None:
    log.append("notes", events("a"))
    assert log.wait({TopicPartition("calls", 0): 0, TopicPartition("notes", 0): 0}, timeout=30)


def test_a_wait_ends_without_news_after_its_timeout(log: Log) -> None:
    log.append("notes", events("a"))
    assert not log.wait({TopicPartition("notes", 0): 1}, timeout=0.05)
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
    assert log.end("counts", 0) == 0


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


# Consumer groups


def test_a_group_goes_on_where_it_committed(log: Log, open_again: Open) -> None:
    log.append("notes", events("a", "b"))
    first = log.consumer("billing", ["notes"])
    assert values(first.poll()) == ["a", "b"]
    first.commit()
    log.append("notes", events("c"))
    assert values(first.poll()) == ["c"]  # polled, but not committed
    first.close()
    second = open_again().consumer("billing", ["notes"])
    assert values(second.poll()) == ["c"]
    assert log.committed("billing") == {TopicPartition("notes", 0): 2}
    assert "billing" in log.groups()


def test_each_group_reads_for_itself(log: Log) -> None:
    log.append("notes", events("a"))
    for group in ("billing", "fraud"):
        assert values(log.consumer(group, ["notes"]).poll()) == ["a"]


def test_a_group_that_never_committed_has_no_offsets(log: Log) -> None:
    assert log.committed("nobody") == {}
    assert "nobody" not in log.groups()


def test_a_poll_waits_for_events_and_gives_none_after_its_timeout(log: Log) -> None:
    consumer = log.consumer("billing", ["notes"])
    assert consumer.poll(timeout=0.05) == []
    timer = threading.Timer(0.1, lambda: log.append("notes", events("a")))
    timer.start()
    assert values(consumer.poll(timeout=30)) == ["a"]
    timer.join()


def test_a_poll_gives_at_most_its_limit_and_no_partition_starves(log: Log) -> None:
    for number in range(4):
        log.append("calls", events(*["x"] * 50), partition=number)
    consumer = log.consumer("billing", ["calls"])
    seen: set[int] = set()
    for _ in range(8):
        records = consumer.poll(limit=10)
        assert len(records) == 10
        seen |= {record.partition for record in records}
    assert seen == {0, 1, 2, 3}


def poll_until(consumers: Sequence[Consumer], done: Callable[[], bool]) -> list[Record]:
    """Poll and commit in turn, as members of a group do, until the group has settled."""
    found: list[Record] = []
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline, "the group did not settle"
        for consumer in consumers:
            found += consumer.poll(timeout=0.05)
            consumer.commit()
    return found


def test_the_members_of_a_group_share_its_partitions_and_together_read_everything_once(
    log: Log, open_again: Open
) -> None:
    first, second = log.consumer("billing", ["calls"]), open_again().consumer("billing", ["calls"])
    poll_until([first, second], lambda: len(first.assignment()) == len(second.assignment()) == 2)
    assert not first.assignment() & second.assignment()
    log.append("calls", [Event(b"%d" % number, b"%d" % number) for number in range(100)])
    found = poll_until([first, second], lambda: sum(log.committed("billing").values()) == 100)
    assert sorted(values(found), key=int) == [str(number) for number in range(100)]


def test_a_member_that_leaves_hands_its_partitions_over(log: Log, open_again: Open) -> None:
    first, second = log.consumer("billing", ["calls"]), open_again().consumer("billing", ["calls"])
    poll_until([first, second], lambda: len(first.assignment()) == len(second.assignment()) == 2)
    first.close()
    poll_until([second], lambda: len(second.assignment()) == 4)


def test_a_newcomer_gets_partitions_without_anything_being_read_twice(log: Log, open_again: Open) -> None:
    log.append("calls", [Event(b"%d" % number, b"%d" % number) for number in range(100)])
    first = log.consumer("billing", ["calls"])
    found = first.poll(limit=30)
    first.commit()
    second = open_again().consumer("billing", ["calls"])
    found += poll_until([first, second], lambda: bool(second.assignment()))
    found += poll_until([first, second], lambda: sum(log.committed("billing").values()) == 100)
    assert sorted(values(found), key=int) == [str(number) for number in range(100)]


# Transactions


def test_a_transaction_shows_nothing_before_its_end_and_everything_after_it(log: Log, open_again: Open) -> None:
    other, member = open_again(), log.member("rating", "calls")
    with log.transactional("rating").transaction() as transaction:
        transaction.append("notes", events("a"))
        transaction.append("calls", events("b"), partition=2)
        transaction.consumed(member, {TopicPartition("calls", 0): 5})
        assert other.read("notes", 0, 0) == []
        assert other.committed("rating") == {}
    assert values(other.read("notes", 0, 0)) == ["a"]
    assert values(other.read("calls", 2, 0)) == ["b"]
    assert other.committed("rating") == {TopicPartition("calls", 0): 5}


def test_what_a_transaction_aborts_is_never_read(log: Log) -> None:
    producer, member = log.transactional("rating"), log.member("rating", "calls")
    with pytest.raises(ZeroDivisionError), producer.transaction() as transaction:  # noqa: PT012
        transaction.append("notes", events("a"))
        transaction.consumed(member, {TopicPartition("calls", 0): 5})
        raise ZeroDivisionError
    with producer.transaction() as transaction:
        transaction.append("notes", events("b"))
    assert values(log.read("notes", 0, 0)) == ["b"]
    assert log.committed("rating") == {}


def test_opening_a_second_producer_of_a_name_fences_the_first(log: Log, open_again: Open) -> None:
    first = log.transactional("rating")
    second = open_again().transactional("rating")
    with second.transaction() as transaction:
        transaction.append("notes", events("second"))
    for _ in range(2):
        with pytest.raises(Fenced, match="rating"), first.transaction() as transaction:
            transaction.append("notes", events("first"))
    assert values(log.read("notes", 0, 0)) == ["second"]


def test_a_producer_that_slept_through_its_succession_cannot_commit_what_it_had_begun(
    log: Log, open_again: Open
) -> None:
    first, member = log.transactional("rating"), log.member("rating", "calls")
    with pytest.raises(Fenced), first.transaction() as transaction:  # noqa: PT012
        transaction.append("notes", events("first"))
        transaction.consumed(member, {TopicPartition("calls", 0): 5})
        open_again().transactional("rating")
    assert log.read("notes", 0, 0) == []
    assert log.committed("rating") == {}


def test_producers_of_different_names_do_not_disturb_each_other(log: Log) -> None:
    first, second = log.transactional("rating"), log.transactional("alarms")
    with first.transaction() as one, second.transaction() as two:
        one.append("notes", events("a"))
        two.append("notes", events("b"))
    assert sorted(values(log.read("notes", 0, 0))) == ["a", "b"]


# Retention and compaction


def test_events_past_their_retention_go_and_offsets_stay(log: Log) -> None:
    log.create(Topic(name="short", retention=0.2))
    log.append("short", events("a", "b"))
    time.sleep(0.3)
    maintain_until(log, lambda: log.start("short", 0) == 2)
    assert log.append("short", events("c")) == [(0, 2)]
    assert values(log.read("short", 0, 0)) == ["c"]  # below the start it reads from the start
    assert not log.wait({TopicPartition("short", 0): 3}, timeout=0)


def test_a_reader_of_a_partition_that_lost_everything_waits_for_what_comes(log: Log) -> None:
    log.create(Topic(name="short", retention=0.1))
    log.append("short", events("a"))
    time.sleep(0.2)
    maintain_until(log, lambda: log.start("short", 0) == 1)
    assert not log.wait({TopicPartition("short", 0): 0}, timeout=0)


def test_an_old_event_that_has_just_arrived_is_kept(log: Log) -> None:
    log.create(Topic(name="short", retention=3600.0))
    log.append("short", [Event(b"late file", time=1_000_000)])
    log.maintain()
    assert values(log.read("short", 0, 0)) == ["late file"]


def test_the_oldest_events_go_when_a_partition_outgrows_its_bytes(log: Log) -> None:
    log.create(Topic(name="narrow", retention_bytes=100_000))
    for _ in range(50):
        log.append("narrow", [Event(os.urandom(10_000))])
    maintain_until(log, lambda: log.start("narrow", 0) > 0)
    kept = log.read("narrow", 0, 0)
    assert kept[-1].offset == 49
    assert 100_000 <= sum(len(record.value or b"") for record in kept) < 250_000


def test_a_compacted_topic_keeps_the_last_event_of_each_key_at_its_offset(log: Log) -> None:
    log.create(Topic(name="latest", compacted=True))
    log.append("latest", [Event(b"%d" % number, b"k%d" % (number % 3)) for number in range(30)])
    maintain_until(log, lambda: len(log.read("latest", 0, 0)) < 30)
    records = log.read("latest", 0, 0)
    assert {record.key: record.value for record in records} == {b"k0": b"27", b"k1": b"28", b"k2": b"29"}
    assert [record.offset for record in records] == sorted(int(record.value or b"") for record in records)
    assert log.end("latest", 0) == 30
    assert values(log.read("latest", 0, 28)) == ["28", "29"]


def test_a_tombstone_removes_its_key_and_then_goes_itself(log: Log) -> None:
    log.create(Topic(name="latest", compacted=True, tombstones=0.2))
    log.append("latest", [Event(b"1", b"a"), Event(b"1", b"b"), Event(None, b"a"), Event(b"2", b"c")])
    maintain_until(log, lambda: log.read("latest", 0, 0)[0].key == b"b")
    time.sleep(0.3)
    log.append("latest", [Event(b"%d" % number, b"c") for number in range(10)])
    maintain_until(log, lambda: all(record.value is not None for record in log.read("latest", 0, 0)))
    assert {record.key for record in log.read("latest", 0, 0)} == {b"b", b"c"}


def test_a_tombstone_is_kept_for_its_time(log: Log) -> None:
    log.create(Topic(name="latest", compacted=True, tombstones=3600.0))
    log.append("latest", [Event(b"1", b"a"), Event(None, b"a"), Event(b"1", b"b")])
    maintain_until(log, lambda: len(log.read("latest", 0, 0)) == 2)
    assert values(log.read("latest", 0, 0)) == ["(gone)", "1"]


def test_what_a_wait_announces_can_be_read_also_when_all_keys_are_gone(log: Log) -> None:
    log.create(Topic(name="latest", compacted=True, tombstones=0.0))
    log.append("latest", [Event(b"1", b"a"), Event(b"2", b"a"), Event(None, b"a")])
    maintain_until(log, lambda: len(log.read("latest", 0, 0)) < 3)
    for offset in range(4):
        assert log.wait({TopicPartition("latest", 0): offset}, 0) == bool(log.read("latest", 0, offset))


# Open and close


def test_a_log_opened_again_is_as_it_was_left(log: Log, open_again: Open) -> None:
    log.append("notes", [Event(b"a")])
    log.close()
    again = open_again()
    assert values(again.read("notes", 0, 0)) == ["a"]
    assert again.append("notes", events("b")) == [(0, 1)]


def test_a_closed_log_says_so(log: Log) -> None:
    log.close()
    log.close()
    with pytest.raises(LogError, match="closed"):
        log.append("notes", events("a"))


def test_a_url_that_no_adapter_serves_is_refused() -> None:
    with pytest.raises(LogError, match="carrier-pigeon"):
        open_log("carrier-pigeon://loft")
