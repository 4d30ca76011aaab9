"""The worker: each event worked on exactly once, whatever happens in between."""

import operator
import random
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from tests.streams.counting import Count
from trunkline.log import Event, Fenced, Log, LogError, Record, Topic, open_log
from trunkline.log.envelope import attributes
from trunkline.quarantine import Rejected
from trunkline.streams import Worker, changelog
from trunkline.streams.out import Out
from trunkline.streams.recorded import Outputs, Processor
from trunkline.streams.windowed import Windowed, windowed
from trunkline.streams.windows import Session, Tumbling, Window


class AtMostTwenty:
    """A contract: no count is above 20."""

    def failures(self, events: Sequence[Event]) -> list[tuple[int, str, str]]:
        return [(index, "$", "above 20") for index, event in enumerate(events) if int(event.value or b"") > 20]


@pytest.fixture
def log(url: str) -> Iterator[Log]:
    with closing(open_log(url, {"counts": AtMostTwenty()})) as log:
        log.create(Topic(name="calls", partitions=4))
        log.create(Topic(name="counts"))
        yield log


def calls(count: int, keys: int = 5, value: bytes = b"call") -> list[Event]:
    return [Event(value, b"%d" % (number % keys)) for number in range(count)]


def catch_up(log: Log, *processors: Callable[[], Processor], limit: int = 1000) -> int:
    """Let a worker work on all that is there, and end it."""
    done = 0
    with closing(Worker(log, processors)) as worker:
        while not worker.caught_up():
            done += worker.run_once(limit)
    return done


def work(worker: Worker, events: int) -> None:
    """Let a worker work on so many events."""
    while events > 0:
        events -= worker.run_once()


def announced(log: Log) -> dict[str, list[int]]:
    """The counts of each key in the order in which they were announced."""
    found: dict[str, list[int]] = defaultdict(list)
    offset = 0
    while records := log.read("counts", 0, offset):
        for record in records:
            found[(record.key or b"").decode()].append(int(record.value or b""))
        offset = records[-1].offset + 1
    return found


def wait_until(reached: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def quarantined(log: Log) -> list[Rejected]:
    log.settled("quarantine", 0)
    return [msgspec.json.decode(record.value or b"", type=Rejected) for record in log.read("quarantine", 0, 0)]


def test_every_event_is_worked_on_in_the_order_of_its_key(log: Log) -> None:
    log.append("calls", calls(100))
    assert catch_up(log, Count, limit=7) == 100
    assert announced(log) == {str(key): list(range(1, 21)) for key in range(5)}
    assert catch_up(log, Count) == 0


def test_a_worker_goes_on_where_the_last_one_stopped_with_the_state_it_had(log: Log) -> None:
    log.append("calls", calls(50))
    catch_up(log, Count)
    log.append("calls", calls(50))
    assert catch_up(log, Count) == 50
    assert announced(log) == {str(key): list(range(1, 21)) for key in range(5)}


def test_what_a_processor_forgot_is_not_restored(log: Log) -> None:
    class Forgetful(Count):
        def process(self, records: Sequence[Record], out: Outputs) -> None:
            super().process(records, out)
            for key in list(self.counts):
                if self.counts[key] == 3:
                    out.keep(key, None)

    log.append("calls", calls(3, keys=1))
    catch_up(log, Forgetful, limit=1)
    log.append("calls", calls(1, keys=1))
    catch_up(log, Forgetful)
    assert announced(log) == {"0": [1, 2, 3, 1]}


def test_outputs_are_cloud_events_of_the_processor(log: Log) -> None:
    log.append("calls", [Event(b"call", b"a", time=1_700_000_000_000_000)], partition=3)
    catch_up(log, Count)
    [record] = log.read("counts", 0, 0)
    assert attributes(record) == {
        "specversion": "1.0",
        "type": "counts",
        "source": "trunkline://count",
        "id": "3/0",
        "time": "2023-11-14T22:13:20Z",
    }


def test_state_lies_in_a_topic_with_a_partition_per_instance(log: Log) -> None:
    catch_up(log, Count)
    assert {topic.name: topic.partitions for topic in log.topics() if topic.name.startswith("state.")} == {
        "state.count": 4,
        "state.count.snapshot": 4,
    }


def test_a_poison_event_goes_to_quarantine_and_the_rest_goes_on(log: Log) -> None:
    log.append("calls", [*calls(10, keys=1), Event(b"poison", b"0"), *calls(10, keys=1), Event(b"poison")], partition=2)
    assert catch_up(log, Count) == 22
    assert announced(log) == {"0": list(range(1, 21))}
    rejected, last = quarantined(log)
    assert (rejected.stage, rejected.system) == ("processor", "count")
    assert (rejected.uri, rejected.offset) == ("log://calls/2", 10)
    assert (rejected.part, rejected.target) == (b"poison", "calls")
    assert "this call cannot be counted" in rejected.message
    assert "counting.py" in rejected.stack
    assert last.offset == 21
    catch_up(log, Count)
    assert quarantined(log) == [rejected, last]


class Octets(msgspec.Struct, frozen=True):
    octets: int


def summing(window: Tumbling | Session) -> Windowed:
    @windowed(reads="calls", window=window, lateness=0, state=int, writes=["counts"], name="summing")
    def total(total: int, event: Octets, out: Out) -> int:
        return total + event.octets

    @total.result
    def send(key: bytes, window: Window, total: int, out: Out) -> None:
        out.send("counts", b"%d" % total, key)

    return total


@pytest.mark.parametrize("window", [Tumbling(10), Session(5, operator.add)])
def test_a_windows_result_that_breaks_its_contract_blames_no_event(log: Log, window: Tumbling | Session) -> None:
    def event(key: bytes, second: int, octets: int) -> Event:
        return Event(b'{"octets":%d}' % octets, key, time=(1_000 + second) * 1_000_000)

    log.append("calls", [event(b"a", 0, 7), event(b"b", 1, 99), event(b"a", 2, 5)], 0)
    log.append("calls", [event(b"a", 20, 1), event(b"a", 21, 2), event(b"a", 40, 3)], 0)
    with closing(Worker(log, [summing(window)])) as worker:
        while not worker.caught_up():
            worker.run_once()
    log.settled("counts", 0)
    assert [(record.key, record.value) for record in log.read("counts", 0, 0)] == [(b"a", b"12"), (b"a", b"3")]
    [rejected] = quarantined(log)
    assert (rejected.stage, rejected.reason, rejected.target) == ("contract", "output.contract", "counts")
    assert (rejected.uri, rejected.part) == ("timer://summing/b", b"99")
    assert rejected.message.endswith("breaks its contract at $: above 20")


def test_an_output_that_breaks_its_contract_quarantines_the_event_that_caused_it(log: Log) -> None:
    log.append("calls", calls(23, keys=1))
    catch_up(log, Count)
    assert announced(log)["0"] == list(range(1, 21))
    [place] = {rejected.uri for rejected in quarantined(log)}
    assert [rejected.offset for rejected in quarantined(log)] == [20, 21, 22]
    assert place.startswith("log://calls/")
    assert "above 20" in quarantined(log)[0].message


def test_a_missing_output_topic_is_not_blamed_on_the_event(log: Log) -> None:
    class Lost(Count):
        name: ClassVar[str] = "lost"

        def process(self, records: Sequence[Record], out: Outputs) -> None:
            out.send("nowhere", "k", b"1", id="1")

    log.append("calls", calls(1))
    with pytest.raises(LogError, match="nowhere"):
        catch_up(log, Lost)
    assert quarantined(log) == []
    assert log.committed("lost") == {}


def test_workers_share_the_instances_and_each_event_is_worked_on_once(log: Log) -> None:
    stop = threading.Event()
    workers = [Worker(log, [Count]) for _ in range(2)]
    threads = [threading.Thread(target=worker.run, args=(stop,)) for worker in workers]
    for thread in threads:
        thread.start()
    for _ in range(20):
        log.append("calls", calls(50, keys=50))
        time.sleep(0.05)
    wait_until(lambda: sum(map(len, announced(log).values())) >= 1000)
    stop.set()
    for thread in threads:
        thread.join(30)
    assert announced(log) == {str(key): list(range(1, 21)) for key in range(50)}


def test_a_worker_that_leaves_hands_its_instances_over_with_their_state(log: Log) -> None:
    log.append("calls", calls(50))
    with closing(Worker(log, [Count])) as first:
        work(first, 50)
        with closing(Worker(log, [Count])) as second:
            wait_until(lambda: first.run_once() + second.run_once() == 0 and not first.caught_up())
            first.close()
            log.append("calls", calls(50))
            work(second, 50)
    assert announced(log) == {str(key): list(range(1, 21)) for key in range(5)}


def test_a_worker_of_the_same_name_takes_over_at_once_and_the_other_stops(log: Log) -> None:
    log.append("calls", calls(10))
    first = Worker(log, [Count], "here-0")
    work(first, 10)
    log.append("calls", calls(10))
    with closing(Worker(log, [Count], "here-0")) as second:
        work(second, 10)
        log.append("calls", calls(10))
        with pytest.raises(Fenced):
            first.run(threading.Event())
        work(second, 10)
    assert announced(log) == {str(key): list(range(1, 7)) for key in range(5)}


@pytest.fixture
def small_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot every few commits, and no history behind it."""
    monkeypatch.setattr(changelog, "DUE", 200)
    monkeypatch.setattr(changelog, "LINEAGE", 0.0)


@pytest.mark.usefixtures("small_snapshots")
def test_state_comes_back_from_the_last_snapshot_and_what_was_committed_since(log: Log) -> None:
    for _ in range(20):
        log.append("calls", calls(5))
        catch_up(log, Count)
        with closing(Worker(log, [Count])) as worker:
            for _ in range(20):
                worker.run_once()
    assert announced(log) == {str(key): list(range(1, 21)) for key in range(5)}
    committed = log.committed("count")
    assert {place.topic for place in committed} == {"calls", "state.count", "state.count.snapshot"}
    assert any(log.start("state.count", number) > 0 for number in range(4)), "nothing was trimmed"


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
    found: dict[str, str] = {}
    for number in range(next(topic for topic in log.topics() if topic.name == f"state.{processor}").partitions):
        for record in log.read(f"state.{processor}", number, 0):
            changed = msgspec.msgpack.decode(record.value or b"", type=dict[str, bytes])
            found |= {key: value.decode() for key, value in changed.items()}
    return found


def test_a_whole_processor_sees_all_partitions_of_all_its_topics(log: Log) -> None:
    log.append("calls", calls(40))
    catch_up(log, Count)
    catch_up(log, Total)
    assert state(log, "total") == {"calls": "40", "counts": "40"}


def test_a_backlog_of_several_topics_is_worked_on_in_the_order_of_time(log: Log) -> None:
    made: list[Total] = []

    def make() -> Total:
        made.append(Total())
        return made[-1]

    for place, moments in {("counts", 0): (30, 40, 70), ("calls", 1): (20, 60), ("calls", 0): (10, 50)}.items():
        log.append(place[0], [Event(b"1", b"k", time=moment) for moment in moments], partition=place[1])
    catch_up(log, make)
    assert made[-1].order == [10, 20, 30, 40, 50, 60, 70]


def test_a_worker_has_caught_up_with_a_topic_whose_events_are_all_past_their_retention(log: Log) -> None:
    log.create(Topic(name="brief", retention=0.1))
    log.append("brief", calls(10))
    time.sleep(0.2)
    wait_until(lambda: log.maintain() is None and log.start("brief", 0) == 10)

    class Brief(Count):
        name: ClassVar[str] = "brief"
        reads: ClassVar[tuple[str, ...]] = ("brief",)

    assert catch_up(log, Brief) == 0


def test_a_tick_comes_about_once_a_second_when_all_is_worked_on(log: Log) -> None:
    log.append("calls", calls(10))
    before = time.time_ns() // 1000
    with closing(Worker(log, [Total])) as worker:
        wait_until(lambda: worker.run_once() == 0 and "tick" in state(log, "total"))
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
    for number in range(1, 6):
        log.append("calls", calls(3))
        wait_until(lambda: sum(map(len, announced(log).values())) >= 3 * number)  # noqa: B023  # called at once
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
    log.append("calls", calls(1), partition=0)
    catch_up(log, Count)
    broken = msgspec.msgpack.encode({"0": b"not a number"})
    log.append("state.count", [Event(broken)], partition=0)
    log.append("calls", calls(1), partition=0)
    with pytest.raises(LogError, match="count cannot take back '0' from its changelog: invalid literal"):
        catch_up(log, Count)
    assert quarantined(log) == []


COUNTING = Path(__file__).with_name("counting.py")


def kill_while_counting(url: str, moments: Sequence[float]) -> None:
    """Append while a worker process is killed and started again; at the end each event must count exactly once."""
    with closing(open_log(url)) as log:
        log.create(Topic(name="calls", partitions=4))
        log.create(Topic(name="counts"))
        appended = 0
        for seconds in moments:
            process = subprocess.Popen([sys.executable, COUNTING, url, "here-0"], stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            before = sum(log.committed("count").values())
            until = time.monotonic() + seconds
            while time.monotonic() < until or sum(log.committed("count").values()) == before:
                log.append("calls", calls(700, keys=7))
                appended += 700
            process.kill()
            process.communicate()
        with closing(Worker(log, [Count], "here-0")) as worker:
            while not worker.caught_up():
                worker.run_once()
        assert announced(log) == {str(key): list(range(1, appended // 7 + 1)) for key in range(7)}


def test_a_worker_that_is_killed_neither_loses_nor_repeats_an_event(url: str) -> None:
    kill_while_counting(url, [0.2, 0.3])


@pytest.mark.prove
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(20))
def test_a_worker_killed_at_a_random_moment_neither_loses_nor_repeats_an_event(url: str, seed: int) -> None:
    kill_while_counting(url, [random.Random(seed).uniform(0.05, 1.0)])
