"""The worker: each event worked on exactly once, whatever happens in between."""

import random
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from tests.streams.counting import Count
from trunkline.log import Event, Fenced, Log, LogError, Record, Topic, TopicPartition, open_log
from trunkline.log.envelope import attributes
from trunkline.quarantine import Rejected
from trunkline.streams import Outputs, Worker


class AtMostTwenty:
    """A contract: no count is above 20."""

    def failures(self, events: Sequence[Event]) -> list[tuple[int, str, str]]:
        return [(index, "$", "above 20") for index, event in enumerate(events) if int(event.value or b"") > 20]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with closing(open_log(f"sqlite://{tmp_path}/log.db", {"counts": AtMostTwenty()})) as log:
        log.create(Topic(name="calls", partitions=4))
        log.create(Topic(name="counts"))
        yield log


def calls(count: int, keys: int = 5, value: bytes = b"call") -> list[Event]:
    return [Event(value, b"%d" % (number % keys)) for number in range(count)]


def catch_up(worker: Worker, limit: int = 1000) -> int:
    done = 0
    while not worker.caught_up():
        done += worker.run_once(limit)
    return done


def announced(log: Log) -> dict[str, list[int]]:
    """The counts of each key in the order in which they were announced."""
    found: dict[str, list[int]] = defaultdict(list)
    offset = 0
    while records := log.read("counts", 0, offset):
        for record in records:
            found[(record.key or b"").decode()].append(int(record.value or b""))
        offset = records[-1].offset + 1
    return found


def quarantined(log: Log) -> list[Rejected]:
    return [msgspec.json.decode(record.value or b"", type=Rejected) for record in log.read("quarantine", 0, 0)]


def test_every_event_is_worked_on_in_the_order_of_its_key(log: Log) -> None:
    log.append("calls", calls(100))
    worker = Worker(log, [Count])
    assert not worker.caught_up()
    assert catch_up(worker, limit=7) == 100
    assert announced(log) == {str(key): list(range(1, 21)) for key in range(5)}
    assert worker.run_once(1000) == 0


def test_a_worker_goes_on_where_the_last_one_stopped_with_the_state_it_had(log: Log) -> None:
    log.append("calls", calls(50))
    catch_up(Worker(log, [Count]))
    log.append("calls", calls(50))
    assert catch_up(Worker(log, [Count])) == 50
    assert announced(log) == {str(key): list(range(1, 21)) for key in range(5)}


def test_what_a_processor_forgot_is_not_restored(log: Log) -> None:
    class Forgetful(Count):
        def process(self, records: Sequence[Record], out: Outputs) -> None:
            super().process(records, out)
            for key in list(self.counts):
                if self.counts[key] == 3:
                    out.keep(key, None)

    log.append("calls", calls(3, keys=1))
    catch_up(Worker(log, [Forgetful]), limit=1)
    log.append("calls", calls(1, keys=1))
    catch_up(Worker(log, [Forgetful]))
    assert announced(log) == {"0": [1, 2, 3, 1]}


def test_outputs_are_cloud_events_of_the_processor(log: Log) -> None:
    log.append("calls", [Event(b"call", b"a", time=1_700_000_000_000_000)], partition=3)
    catch_up(Worker(log, [Count]))
    [record] = log.read("counts", 0, 0)
    assert attributes(record) == {
        "specversion": "1.0",
        "type": "counts",
        "source": "trunkline://count",
        "id": "3/0",
        "time": "2023-11-14T22:13:20Z",
    }


def test_state_lies_in_a_compacted_topic_with_a_partition_per_instance(log: Log) -> None:
    Worker(log, [Count])
    assert Topic(name="state.count", partitions=4, compacted=True) in log.topics()


def test_a_poison_event_goes_to_quarantine_and_the_rest_goes_on(log: Log) -> None:
    log.append("calls", [*calls(10, keys=1), Event(b"poison", b"0"), *calls(10, keys=1), Event(b"poison")], partition=2)
    worker = Worker(log, [Count])
    assert catch_up(worker) == 22
    assert announced(log) == {"0": list(range(1, 21))}
    rejected, last = quarantined(log)
    assert (rejected.stage, rejected.system) == ("processor", "count")
    assert (rejected.uri, rejected.offset) == ("log://calls/2", 10)
    assert rejected.part == b"poison"
    assert "this call cannot be counted" in rejected.message
    assert last.offset == 21
    catch_up(Worker(log, [Count]))
    assert quarantined(log) == [rejected, last]


def test_an_output_that_breaks_its_contract_quarantines_the_event_that_caused_it(log: Log) -> None:
    log.append("calls", calls(23, keys=1))
    catch_up(Worker(log, [Count]))
    assert announced(log)["0"] == list(range(1, 21))
    assert [rejected.offset for rejected in quarantined(log)] == [20, 21, 22]
    assert "above 20" in quarantined(log)[0].message


def test_a_missing_output_topic_is_not_blamed_on_the_event(log: Log) -> None:
    class Lost(Count):
        name: ClassVar[str] = "lost"

        def process(self, records: Sequence[Record], out: Outputs) -> None:
            out.send("nowhere", "k", b"1", id="1")

    log.append("calls", calls(1))
    worker = Worker(log, [Lost])
    with pytest.raises(LogError, match="nowhere"):
        catch_up(worker)
    assert quarantined(log) == []
    assert log.committed("lost") == {}


def test_a_worker_whose_processor_another_took_over_stops(log: Log) -> None:
    log.append("calls", calls(10))
    first = Worker(log, [Count])
    second = Worker(log, [Count])
    with pytest.raises(Fenced, match="count"):
        first.run(threading.Event())
    catch_up(second)
    assert announced(log) == {str(key): [1, 2] for key in range(5)}


class Total:
    """Counts everything, whichever topic and partition it came from; forgets nothing and sends at each tick."""

    name: ClassVar[str] = "total"
    reads: ClassVar[tuple[str, ...]] = ("calls", "counts")
    whole: ClassVar[bool] = True

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.order: list[int] = []

    def restore(self, key: str, value: bytes) -> None:
        self.seen[key] = int(value)

    def process(self, records: Sequence[Record], out: Outputs) -> None:
        for record in records:
            self.seen[record.topic] += 1
            self.order.append(record.time)
            out.keep(record.topic, str(self.seen[record.topic]).encode())

    def tick(self, now: int, out: Outputs) -> None:
        out.keep("tick", str(now).encode())


def state(log: Log, processor: str) -> dict[str, str]:
    return {
        (record.key or b"").decode(): (record.value or b"").decode()
        for number in range(next(topic for topic in log.topics() if topic.name == f"state.{processor}").partitions)
        for record in log.read(f"state.{processor}", number, 0)
    }


def test_a_whole_processor_sees_all_partitions_of_all_its_topics(log: Log) -> None:
    log.append("calls", calls(40))
    worker = Worker(log, [Count, Total])
    catch_up(worker)
    assert state(log, "total") == {"calls": "40", "counts": "40"}
    assert Topic(name="state.total", partitions=1, compacted=True) in log.topics()


def test_a_backlog_of_several_topics_is_worked_on_in_the_order_of_time(log: Log) -> None:
    made: list[Total] = []

    def make() -> Total:
        made.append(Total())
        return made[-1]

    for place, moments in {("counts", 0): (30, 40, 70), ("calls", 1): (20, 60), ("calls", 0): (10, 50)}.items():
        log.append(place[0], [Event(b"1", b"k", time=moment) for moment in moments], partition=place[1])
    catch_up(Worker(log, [make]), limit=2)
    assert made[-1].order == [10, 20, 30, 40, 50, 60, 70]


def test_a_worker_has_caught_up_with_a_topic_whose_events_are_all_past_their_retention(log: Log) -> None:
    log.create(Topic(name="calls", partitions=4, retention=0.0))
    worker = Worker(log, [Count])
    log.append("calls", calls(10))
    log.maintain()
    assert worker.caught_up()
    assert worker.run_once() == 0


def test_a_tick_comes_about_once_a_second_when_all_is_worked_on(log: Log) -> None:
    worker = Worker(log, [Total])
    log.append("calls", calls(10))
    before = time.time_ns() // 1000
    deadline = time.monotonic() + 30
    while "tick" not in state(log, "total"):
        assert time.monotonic() < deadline
        worker.run_once()
    assert int(state(log, "total")["tick"]) >= before + 900_000
    assert state(log, "total")["calls"] == "10"


def test_topics_that_a_processor_joins_must_have_the_same_number_of_partitions(log: Log) -> None:
    class Join(Count):
        name: ClassVar[str] = "join"
        reads: ClassVar[tuple[str, ...]] = ("calls", "counts")

    with pytest.raises(LogError, match="calls: 4, counts: 1"):
        Worker(log, [Join])


def test_a_topic_that_is_not_there_is_named(log: Log) -> None:
    class Lost(Count):
        name: ClassVar[str] = "lost"
        reads: ClassVar[tuple[str, ...]] = ("calls", "cals")

    with pytest.raises(LogError, match="lost reads cals,"):
        Worker(log, [Lost])


def test_a_running_worker_takes_what_comes_and_stops_when_it_is_told(log: Log) -> None:
    worker, stop = Worker(log, [Count, Total]), threading.Event()
    running = threading.Thread(target=worker.run, args=(stop,))
    running.start()
    for _ in range(5):
        end = log.end("counts", 0)
        log.append("calls", calls(3))
        while log.end("counts", 0) < end + 3:
            assert log.wait({TopicPartition("counts", 0): log.end("counts", 0)}, 30)
    stop.set()
    running.join(30)
    assert not running.is_alive()
    assert sum(map(len, announced(log).values())) == 15


def test_one_processor_that_fails_stops_the_worker_with_its_error(log: Log) -> None:
    class Lost(Count):
        name: ClassVar[str] = "lost"

        def process(self, records: Sequence[Record], out: Outputs) -> None:
            out.send("nowhere", "k", b"1", id="1")

    log.append("calls", calls(1))
    with pytest.raises(LogError, match="nowhere") as stopped:
        Worker(log, [Count, Lost]).run(threading.Event())
    assert stopped.value.__notes__ == ["This stopped the processor 'lost'."]


def test_state_that_cannot_be_taken_back_is_named(log: Log) -> None:
    log.append("calls", calls(1))
    catch_up(Worker(log, [Count]))
    log.append("state.count", [Event(b"not a number", b"0")], partition=0)
    with pytest.raises(ValueError, match="not a number") as stopped:
        Worker(log, [Count])
    assert stopped.value.__notes__ == ["count could not take back b'0' from state.count."]


COUNTING = Path(__file__).with_name("counting.py")


def kill_while_counting(path: Path, moments: Sequence[float]) -> None:
    """Append while a worker process is killed and started again; at the end each event must count exactly once."""
    with closing(open_log(f"sqlite://{path}")) as log:
        log.create(Topic(name="calls", partitions=4))
        log.create(Topic(name="counts"))
        appended = 0
        for seconds in moments:
            process = subprocess.Popen([sys.executable, COUNTING, path], stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                log.append("calls", calls(700, keys=7))
                appended += 700
            process.kill()
            process.communicate()
        worked = sum(log.committed("count").values())
        assert worked > 0, "the worker was killed before it did anything: nothing was tested"
        assert worked == sum(map(len, announced(log).values()))
        catch_up(Worker(log, [Count]))
        assert announced(log) == {str(key): list(range(1, appended // 7 + 1)) for key in range(7)}


def test_a_worker_that_is_killed_neither_loses_nor_repeats_an_event(tmp_path: Path) -> None:
    kill_while_counting(tmp_path / "log.db", [0.2, 0.3])


@pytest.mark.prove
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(20))
def test_a_worker_killed_at_a_random_moment_neither_loses_nor_repeats_an_event(tmp_path: Path, seed: int) -> None:
    kill_while_counting(tmp_path / "log.db", [random.Random(seed).uniform(0.05, 1.0)])
