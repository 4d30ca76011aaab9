"""A new version of a processor beside the old one, and the way back from a value to its inputs."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.streams.counting import Count
from trunkline.document import Invalid
from trunkline.log import Event, Log, Record, Topic, open_log
from trunkline.streams import Batch, Columns, Worker, columnar, folder, outputs
from trunkline.streams.lineage import lineage
from trunkline.streams.recorded import Outputs, Recorded
from trunkline.streams.shadow import Comparison


@pytest.fixture
def log(url: str) -> Iterator[Log]:
    with closing(open_log(url)) as log:
        log.create(Topic(name="calls", partitions=2))
        log.create(Topic(name="counts"))
        yield log


class OddOnly(Count):
    """Announces odd counts only."""

    def process(self, records: Sequence[Record], out: Outputs) -> None:
        for record in records:
            key = (record.key or b"").decode()
            self.counts[key] = self.counts.get(key, 0) + 1
            count = str(self.counts[key]).encode()
            out.keep(key, count)
            if self.counts[key] % 2:
                out.send("counts", key, count, id="another")


def work(worker: Worker, events: int) -> None:
    """Let a worker work on so many events."""
    while events > 0:
        events -= worker.run_once()


def calls(count: int, keys: int = 5, value: bytes = b"call") -> list[Event]:
    return [Event(value, b"%d" % (number % keys)) for number in range(count)]


def test_a_version_that_does_the_same_differs_in_nothing(log: Log) -> None:
    log.append("calls", calls(100))
    comparison = Comparison(log, Recorded(Count), Recorded(Count))
    assert list(comparison) == []
    assert (comparison.events, comparison.outputs) == (100, 100)


def test_each_event_of_which_the_versions_make_different_things_is_told(log: Log) -> None:
    log.append("calls", calls(20))
    comparison = Comparison(log, Recorded(Count), Recorded(OddOnly))
    found = list(comparison)
    assert len(found) == 10
    for difference in found:
        [(topic, key, value)] = difference.before
        assert (topic, key) == ("counts", difference.record.key)
        assert int(value or b"") % 2 == 0
        assert difference.after == []
    assert log.topics() == [Topic(name="calls", partitions=2), Topic(name="counts")], "something was written"


def test_a_version_that_fails_is_told_with_its_error_and_goes_on(log: Log) -> None:
    log.append("calls", [*calls(3, keys=1), Event(b"poison", b"0"), *calls(3, keys=1)])

    class Tolerant(Count):
        def process(self, records: Sequence[Record], out: Outputs) -> None:
            super().process([record for record in records if record.value != b"poison"], out)

    [difference] = Comparison(log, Recorded(Count), Recorded(Tolerant))
    assert difference.record.value == b"poison"
    assert difference.before == [("quarantine", b"0", b"this call cannot be counted")]
    assert difference.after == []


def test_a_value_is_walked_back_to_the_events_that_made_it(log: Log) -> None:
    with closing(Worker(log, [Count])) as worker:
        for number in range(3):
            log.append("calls", [Event(b"call %d" % number, b"a"), Event(b"other", b"b")])
            work(worker, 2)
    changes = list(lineage(log, "count", "a"))
    assert [change.value for change in changes] == [b"1", b"2", b"3"]
    assert [[record.value for record in change.inputs] for change in changes] == [
        [b"call 0"], [b"call 1"], [b"call 2"],
    ]  # fmt: skip
    assert all(change.exact for change in changes)
    assert list(lineage(log, "count", "nobody")) == []


class Octets(msgspec.Struct):
    octets: int


@columnar(reads="calls", event=Octets, state={"octets": np.int64}, name="sums")
def sums(state: Columns, batch: Batch, out: outputs.Outputs) -> None:
    state.add("octets", state.rows(batch.keys), batch["octets"])


def test_a_row_of_a_columnar_processor_is_walked_back_too(log: Log) -> None:
    with closing(Worker(log, [sums])) as worker:
        for octets in (3, 4):
            log.append("calls", [Event(b'{"octets":%d}' % octets, b"a"), Event(b'{"octets":9}', b"b")])
            work(worker, 2)
    assert [change.value for change in lineage(log, "sums", "a")] == [{"octets": 3}, {"octets": 7}]


PROCESSORS = """
from trunkline.log import Record
from tests.streams.counting import Count

class Own(Count):
    name = "own"

_hidden = Own
"""


def test_an_operators_own_processors_are_the_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(PROCESSORS)
    assert [definition.name for definition in folder.load(tmp_path)] == ["own"]
    assert folder.check(tmp_path, {"calls"}) == []
    [problem] = folder.check(tmp_path, set())
    assert "own reads 'calls', which has no contract" in str(problem)
    assert folder.load(tmp_path / "none") == []


def test_a_file_that_cannot_be_imported_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("x = 1\ny = 1 / 0\n")
    with pytest.raises(Invalid, match=r"own.py:2: ZeroDivisionError"):
        folder.load(tmp_path)


def test_two_processors_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(PROCESSORS)
    (tmp_path / "b.py").write_text(PROCESSORS)
    with pytest.raises(Invalid, match="two processors are named 'own'"):
        folder.load(tmp_path)
