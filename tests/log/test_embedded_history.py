"""Compaction, retention and look-up by time against a plain list, over whatever hypothesis comes up with."""

import tempfile
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from trunkline.log import Event, Record, Topic, TopicPartition
from trunkline.log.embedded import EmbeddedLog, clock

SECOND = 1_000_000
TOMBSTONES, RETENTION = 50, 100  # seconds
A, B = ("ce_type", b"a"), ("ce_id", b"b")
keys = st.sampled_from([b"a", b"b", b"c", b"d"])
headers = st.sampled_from([(), (A,), (A, B), (A, B, A), (B,)])
times = st.one_of(st.just(0), st.integers(1, 2_000 * SECOND))
events = st.lists(
    st.builds(Event, st.one_of(st.none(), st.binary(max_size=4)), keys, headers, times), min_size=1, max_size=12
)


class Written(NamedTuple):
    """An event as the model remembers it."""

    event: Event
    time: int
    appended: int


class History(RuleBasedStateMachine):
    """`latest` is compacted, `recent` is kept for a time; the clock is the test's."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.now = 1_000 * SECOND
        self.real_clock, clock.now = clock.now, lambda: self.now
        self.log = EmbeddedLog(Path(self.folder.name) / "log.db", {})
        self.log.create(Topic(name="latest", compacted=True, tombstones=TOMBSTONES))
        self.log.create(Topic(name="recent", retention=RETENTION))
        self.written: dict[str, list[Written]] = {"latest": [], "recent": []}
        self.lengths: list[int] = []  # of the batches of `recent`
        self.gone = 0  # below this offset `recent` must be empty
        self.trimmed = 0  # below this one `latest` may be

    def teardown(self) -> None:
        self.log.close()
        clock.now = self.real_clock
        self.folder.cleanup()

    @rule(topic=st.sampled_from(["latest", "recent"]), events=events)
    def append(self, topic: str, events: list[Event]) -> None:
        first = len(self.written[topic])
        assert self.log.append(topic, events) == [(0, first + index) for index in range(len(events))]
        self.remember(topic, events)

    @rule(topic=st.sampled_from(["latest", "recent"]), events=events, headers=headers)
    def append_columns(self, topic: str, events: list[Event], headers: tuple[tuple[str, bytes], ...]) -> None:
        keys, values, times = zip(*((event.key, event.value, event.time) for event in events), strict=True)
        with self.log.transactional("columns").transaction() as transaction:
            transaction.append_columns(topic, keys, values, headers=headers, times=times)
        self.remember(topic, [Event(event.value, event.key, headers, event.time) for event in events])

    def remember(self, topic: str, events: list[Event]) -> None:
        self.written[topic] += [Written(event, event.time or self.now, self.now) for event in events]
        if topic == "recent":
            self.lengths.append(len(events))

    @rule(offset=st.integers(0, 100))
    def trim_recent(self, offset: int) -> None:
        self.log.trim("recent", 0, offset)
        whole = [end for end in accumulate(self.lengths) if end <= offset]
        self.gone = max(self.gone, *whole[-1:], 0)

    @rule(offset=st.integers(0, 100))
    def trim_latest(self, offset: int) -> None:
        self.log.trim("latest", 0, offset)
        self.trimmed = max(self.trimmed, offset)
        assert self.log.start("latest", 0) <= self.trimmed

    @rule(seconds=st.integers(1, 60))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds * SECOND

    @rule()
    def maintain(self) -> None:
        self.log.maintain()
        oldest = self.now - RETENTION * SECOND
        self.gone = max(self.gone, sum(written.appended < oldest for written in self.written["recent"]))

    @rule()
    def open_again(self) -> None:
        self.log.close()
        self.log = EmbeddedLog(Path(self.folder.name) / "log.db", {})

    @rule(topic=st.sampled_from(["latest", "recent"]), limit=st.integers(1, 20))
    def follow_in_small_steps(self, topic: str, limit: int) -> None:
        offset, found = 0, []
        while records := self.log.read(topic, 0, offset, limit):
            assert len(records) <= limit
            found += records
            offset = records[-1].offset + 1
        assert found == self.read_all(topic)
        reader, taken = self.log.reader(), []
        reader.assign({TopicPartition(topic, 0): 0})
        while batches := reader.take(limit):
            assert sum(map(len, batches)) <= limit
            taken += [record for batch in batches for record in batch.records()]
        assert taken == found
        assert reader.at_end()
        assert offset == (self.log.end(topic, 0) if found else 0)

    @invariant()
    def a_read_from_any_offset_gives_the_next_event_and_a_wait_knows_whether_there_is_one(self) -> None:
        for topic in self.written:
            records = self.read_all(topic)
            for offset in range(self.log.end(topic, 0) + 1):
                later = [record for record in records if record.offset >= offset][:1]
                assert self.log.read(topic, 0, offset, 1) == later
                assert self.log.wait({TopicPartition(topic, 0): offset}, 0) == bool(later)

    @invariant()
    def the_offset_at_a_time_is_that_of_the_first_event_at_or_after_it(self) -> None:
        for topic in self.written:
            records = self.read_all(topic)
            for moment in {record.time + later for record in records for later in (0, 1)}:
                first = next((record.offset for record in records if record.time >= moment), self.log.end(topic, 0))
                assert self.log.offset_at(topic, 0, moment) == first

    @invariant()
    def what_is_read_is_what_was_written_at_that_offset(self) -> None:
        for topic, written in self.written.items():
            records = self.read_all(topic)
            offsets = [record.offset for record in records]
            assert offsets == sorted(set(offsets))
            for record in records:
                event, time, _ = written[record.offset]
                assert (record.value, record.key, record.headers) == (event.value, event.key, event.headers)
                assert record.time == time
            assert self.log.end(topic, 0) == len(written)

    @invariant()
    def of_each_key_the_last_event_is_there(self) -> None:
        last = {written.event.key: offset for offset, written in enumerate(self.written["latest"])}
        seen = {record.key: record.offset for record in self.read_all("latest")}
        for key, offset in last.items():
            written = self.written["latest"][offset]
            tombstone_may_be_gone = (
                written.event.value is None and written.appended + TOMBSTONES * SECOND <= self.now and key not in seen
            )
            assert seen.get(key) == offset or tombstone_may_be_gone or offset < self.trimmed

    @invariant()
    def what_is_past_its_retention_is_gone_and_nothing_else(self) -> None:
        records = self.read_all("recent")
        assert [record.offset for record in records] == list(range(self.gone, len(self.written["recent"])))
        assert self.log.start("recent", 0) == self.gone

    def read_all(self, topic: str) -> list[Record]:
        return self.log.read(topic, 0, 0, limit=100_000)


TestHistory = History.TestCase
TestHistory.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
