"""The quarantine as work to do: what was refused is repaired and put back in the order of its key, or dropped."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import ClassVar

import msgspec
import pytest

from tests.streams.counting import Count
from trunkline.log import ContractViolation, Event, Log, Record, Topic, open_log
from trunkline.quarantine import Rejected
from trunkline.streams import Worker
from trunkline.streams.quarantine import Quarantine, Refused
from trunkline.streams.recorded import Outputs


class OnlyCalls:
    """A contract: a value begins with `call`, or is the poison that these tests need."""

    def failures(self, events: Sequence[Event]) -> list[tuple[int, str, str]]:
        return [
            (index, "$", f"{event.value!r} is no call")
            for index, event in enumerate(events)
            if not (event.value or b"").startswith((b"call", b"poison"))
        ]


CONTRACTS = {"calls": OnlyCalls()}


class Heard:
    """Another processor of the same topic: tells each value it has heard."""

    name: ClassVar[str] = "heard"
    reads: ClassVar[tuple[str, ...]] = ("calls",)
    whole: ClassVar[bool] = False

    def restore(self, key: str, value: bytes) -> None:
        """It keeps nothing."""

    def process(self, records: Sequence[Record], out: Outputs) -> None:
        for record in records:
            out.send("heard", "all", record.value, id=f"{record.partition}/{record.offset}")

    def tick(self, now: int, out: Outputs) -> None:
        """Nothing is due without events."""


@pytest.fixture
def log(url: str) -> Iterator[Log]:
    with closing(open_log(url, CONTRACTS)) as log:
        log.create(Topic(name="calls", partitions=4))
        log.create(Topic(name="counts"))
        log.create(Topic(name="heard"))
        yield log


def catch_up(log: Log) -> None:
    with closing(Worker(log, [Count, Heard])) as worker:
        while not worker.caught_up():
            worker.run_once()


def told(log: Log, topic: str) -> list[str]:
    return [(record.value or b"").decode() for record in log.read(topic, 0, 0)]


def committed(log: Log, topic: str) -> list[Record]:
    """What the four partitions hold; Kafka lets a transaction be read a moment after it is committed."""
    return [record for number in range(4) if log.settled(topic, number) for record in log.read(topic, number, 0)]


def calls(*values: str, key: bytes = b"k") -> list[Event]:
    return [Event(value.encode(), key) for value in values]


def test_a_repaired_event_goes_back_to_the_processor_that_refused_it_and_to_no_other(log: Log) -> None:
    log.append("calls", calls("call", "poison", "call"))
    catch_up(log)
    assert told(log, "counts") == ["1", "2"]
    quarantine = Quarantine(log, CONTRACTS)
    [item] = quarantine.items()
    assert (item.state, quarantine.value(item)) == ("open", b"poison")
    quarantine.repair(item.id, b"call, repaired", by="ann")
    assert quarantine.item(item.id).state == "repaired"
    assert quarantine.replay([item.id], by="ann") == {item.id: "retry.count"}
    catch_up(log)
    assert told(log, "counts") == ["1", "2", "3"]
    assert told(log, "heard") == ["call", "poison", "call"]
    assert [(item.state, item.decision and item.decision.by) for item in quarantine.items()] == [("replayed", "ann")]


def test_an_event_that_is_still_bad_comes_back_to_the_quarantine_with_its_first_place(log: Log) -> None:
    log.append("calls", calls("poison"))
    catch_up(log)
    quarantine = Quarantine(log, CONTRACTS)
    [first] = quarantine.items()
    quarantine.replay([first.id], by="ann")
    catch_up(log)
    first, again = quarantine.items()
    assert (first.state, again.state) == ("replayed", "open")
    assert (again.rejected.uri, again.rejected.offset) == (first.rejected.uri, first.rejected.offset)
    assert again.rejected.target == "calls"


def test_nothing_is_put_back_twice(log: Log) -> None:
    log.append("calls", calls("poison"))
    catch_up(log)
    quarantine = Quarantine(log)
    [item] = quarantine.items()
    quarantine.replay([item.id, item.id], by="ann")
    for attempt in (
        lambda: quarantine.replay([item.id], by="bob"),
        lambda: quarantine.repair(item.id, b"call", by="bob"),
        lambda: quarantine.drop(item.id, by="bob", why="old"),
    ):
        with pytest.raises(Refused, match="replayed by ann already"):
            attempt()
    assert len(committed(log, "retry.count")) == 1


def test_events_of_a_key_go_back_in_their_order(log: Log) -> None:
    log.append("calls", calls("poison 1", "poison 2", key=b"a") + calls("poison 3", key=b"b"))

    class Picky(Count):
        """Refuses what begins with poison; announces the rest as it is."""

        def process(self, records: Sequence[Record], out: Outputs) -> None:
            for record in records:
                if (record.value or b"").startswith(b"poison"):
                    raise ValueError("poison")
                out.send("counts", "k", record.value, id="")

    def work() -> None:
        with closing(Worker(log, [Picky])) as worker:
            while not worker.caught_up():
                worker.run_once()

    work()
    quarantine = Quarantine(log, CONTRACTS)
    ids = {quarantine.value(item).decode(): item.id for item in quarantine.items()}
    for value, id in ids.items():
        quarantine.repair(id, value.replace("poison", "call").encode(), by="ann")
    with pytest.raises(Refused, match=f"event {ids['poison 1']} has the same key"):
        quarantine.replay([ids["poison 2"]], by="ann")
    quarantine.replay([ids["poison 3"]], by="ann")
    quarantine.replay([ids["poison 2"], ids["poison 1"]], by="ann")
    work()
    assert [value for value in told(log, "counts") if value != "call 3"] == ["call 1", "call 2"]
    assert "call 3" in told(log, "counts")


def test_a_dropped_event_stays_where_it_is_with_the_reason(log: Log) -> None:
    log.append("calls", calls("poison"))
    catch_up(log)
    quarantine = Quarantine(log)
    [item] = quarantine.items()
    quarantine.drop(item.id, by="ann", why="a test call")
    [item] = Quarantine(log).items()
    assert (item.state, item.decision and item.decision.why) == ("dropped", "a test call")


def test_a_repaired_event_must_keep_its_contract(log: Log) -> None:
    log.append("calls", calls("poison"))
    catch_up(log)
    quarantine = Quarantine(log, CONTRACTS)
    [item] = quarantine.items()
    with pytest.raises(ContractViolation, match="is no call"):
        quarantine.repair(item.id, b"nonsense", by="ann")
    assert quarantine.item(item.id).state == "open"


def test_what_was_refused_on_its_way_into_a_topic_goes_into_that_topic(log: Log) -> None:
    log.create(Topic(name="quarantine"))
    rejected = Rejected(
        stage="contract", reason="contract.broken", message="$: is no call", system="acme", uri="file:///a",
        target="calls", part=b"cal", length=3,
    )  # fmt: skip
    log.append("quarantine", [Event(msgspec.json.encode(rejected), b"file:///a")])
    quarantine = Quarantine(log, CONTRACTS, key_of=lambda topic, value: f"{topic}-key")
    [item] = quarantine.items()
    quarantine.repair(item.id, b"call", by="ann")
    assert quarantine.replay([item.id], by="ann") == {item.id: "calls"}
    [record] = committed(log, "calls")
    assert (record.value, record.key) == (b"call", b"calls-key")


def test_an_unknown_id_is_refused(log: Log) -> None:
    with pytest.raises(Refused, match="nothing with id 7"):
        Quarantine(log).item(7)
