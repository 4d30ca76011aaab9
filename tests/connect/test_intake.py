"""Files and records on their way into the log."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.connect.operator import Operator, acme_file, expected, origin, report, stream
from trunkline.connect import Intake
from trunkline.connect import intake as module
from trunkline.connect.intake import Stopped
from trunkline.log import Event, Fenced, Record, open_log
from trunkline.log.envelope import attributes
from trunkline.quarantine import Rejected
from trunkline.telco.model import Report


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    operator = Operator(tmp_path)
    yield operator
    operator.log.close()


def test_a_file_becomes_events_of_its_topic_and_is_reported(operator: Operator) -> None:
    content = acme_file(3)
    found = operator.intake().file(stream(content), origin("a.pm"))
    assert operator.values() == expected(content)
    assert (found.format, found.records, found.values, found.counters) == ("acme-pm", {"network.measurement": 3}, 6, 2)
    assert not found.duplicate


def test_every_event_has_a_cloudevents_envelope_with_an_id_of_its_own(operator: Operator) -> None:
    operator.intake().file(stream(acme_file(3)), origin("a.pm"))
    envelopes = [attributes(record) for record in operator.records("network.measurement")]
    assert {e["type"] for e in envelopes} == {"network.measurement"}
    assert {e["source"] for e in envelopes} == {"file:///acme/a.pm"}
    assert len({e["id"] for e in envelopes}) == 3


def test_a_measurement_says_where_in_the_archived_file_it_stood(operator: Operator) -> None:
    operator.intake().file(stream(acme_file(50)), origin("a.pm"))
    measurement = next(m for m in operator.measurements() if m.dn == "ManagedElement=A41")
    line = operator.archive.lines(measurement.source.archive, offset=measurement.source.offset)[0]
    assert line.text == "ManagedElement=A41 c0=82 c1=83"
    assert line.number == measurement.source.line


def test_a_gzip_file_is_taken_like_the_plain_one(operator: Operator) -> None:
    found = operator.intake().file(stream(gzip.compress(acme_file(3))), origin("a.pm.gz"))
    assert found.values == 6
    again = operator.intake().file(stream(acme_file(3)), origin("a.pm"))
    assert again.duplicate
    assert again.archive == found.archive


def test_the_same_content_under_another_name_is_reported_and_not_taken_twice(operator: Operator) -> None:
    content = acme_file(3)
    operator.intake().file(stream(content), origin("a.pm"))
    found = operator.intake("other").file(stream(content), origin("b.pm", "other"))
    assert found.duplicate
    assert found.values == 6
    assert operator.values() == expected(content)


def test_a_file_that_was_written_anew_with_other_content_is_taken(operator: Operator) -> None:
    first, second = acme_file(3), acme_file(3, "B")
    for content in (first, second):
        operator.intake().file(stream(content), origin("a.pm"))
    assert operator.values() == expected(first, second)


def test_what_a_connection_has_done_with_is_remembered_after_a_restart(operator: Operator) -> None:
    operator.intake().file(stream(acme_file(1)), origin("a.pm"), version="1")
    operator.intake().file(stream(acme_file(2)), origin("a.pm"), version="2")
    operator.intake().file(stream(acme_file(2)), origin("b.pm"), version="7")
    assert operator.intake().taken() == {"file:///acme/a.pm": "2", "file:///acme/b.pm": "7"}
    operator.intake().forget(["file:///acme/a.pm"])
    assert operator.intake().taken() == {"file:///acme/b.pm": "7"}
    assert operator.intake("other").taken() == {}


def test_a_broken_part_goes_to_the_quarantine_with_its_place_and_the_rest_is_taken(operator: Operator) -> None:
    content = acme_file(2) + b"ManagedElement=X c1\n" + b"ManagedElement=Y c0=1\n"
    found = operator.intake().file(stream(content), origin())
    assert found.rejected == 1
    assert found.values == 5
    [rejected] = operator.rejected()
    assert (rejected.reason, rejected.offset, rejected.line) == ("acme.line", len(acme_file(2)), 4)
    assert rejected.archive == found.archive
    assert rejected.time is not None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "format.unknown"),
        (b"what is this?", "format.unknown"),
        (gzip.compress(acme_file(2000))[:-4], "gzip.truncated"),
        (gzip.compress(acme_file(2000)) + b"\0\0and more", "gzip.damaged"),
        (acme_file(1) + b"!crash\n", "reader.failed"),
    ],
)
def test_a_file_that_cannot_be_read_to_its_end_is_in_the_quarantine_once(
    operator: Operator, content: bytes, reason: str
) -> None:
    for _ in range(2):
        operator.intake().file(stream(content), origin())
    assert [rejected.reason for rejected in operator.rejected()] == [reason]


def test_what_comes_before_the_damage_of_a_file_is_taken(operator: Operator) -> None:
    content = acme_file(2000)
    operator.intake().file(stream(gzip.compress(content)[:-40]), origin())
    assert len(operator.values()) > 2000
    assert set(operator.values()) <= set(expected(content))


@pytest.mark.parametrize("after", [0, 1, 2, 5])
def test_a_file_interrupted_anywhere_goes_on_where_the_log_says(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(module, "CHUNK_ITEMS", 10)
    content = acme_file(55) + b"broken c\n"
    interrupted = operator.intake()
    monkeypatch.setattr(interrupted, "_write", fail_after(after, interrupted._write))
    with pytest.raises(OSError, match="pulled the plug"):
        interrupted.file(stream(content), origin())
    assert len(operator.measurements()) == 10 * after
    found = operator.intake().file(stream(content), origin())
    assert operator.values() == expected(content)
    assert (found.values, found.rejected, found.counters) == (110, 1, 2)
    assert len(operator.rejected()) == 1


def test_what_was_begun_is_finished_from_the_archive_when_the_file_is_gone(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK_ITEMS", 10)
    content = acme_file(55)
    interrupted = operator.intake()
    monkeypatch.setattr(interrupted, "_write", fail_after(2, interrupted._write))
    with pytest.raises(OSError, match="pulled the plug"):
        interrupted.file(stream(gzip.compress(content)[:-4]), origin("a.pm.gz"), version="1")
    operator.intake().resume()
    assert operator.values() == expected(content)
    assert operator.intake().taken() == {"file:///acme/a.pm.gz": "1"}
    assert [rejected.reason for rejected in operator.rejected()] == ["gzip.truncated"]


def fail_after(writes: int, write: Any) -> Any:
    """`write` that works so many times and then no more."""
    left = iter(range(writes))

    def limited(*arguments: Any) -> Any:
        if next(left, None) is None:
            raise OSError("somebody pulled the plug")
        return write(*arguments)

    return limited


def test_a_closed_intake_stops_between_chunks_and_another_goes_on(operator: Operator) -> None:
    content = acme_file(10)
    closed = operator.intake()
    closed.close()
    with pytest.raises(Stopped):
        closed.file(stream(content), origin())
    operator.intake().file(stream(content), origin())
    assert operator.values() == expected(content)


def test_a_second_process_of_the_same_connection_fences_the_first(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = operator.intake()
    first.file(stream(acme_file(1)), origin("a.pm"))
    operator.intake().file(stream(acme_file(1, "B")), origin("b.pm"))
    with pytest.raises(Fenced):
        first.file(stream(acme_file(1, "C")), origin("c.pm"))
    assert operator.values() == expected(acme_file(1), acme_file(1, "B"))


def test_two_connections_that_take_the_same_content_at_once_take_it_once(operator: Operator) -> None:
    content = acme_file(3000)
    with ThreadPoolExecutor(4) as threads:
        reports = list(threads.map(lambda n: operator.intake(f"c{n}").file(stream(content), origin()), range(4)))
    assert sorted(report.duplicate for report in reports) == [False, True, True, True]
    assert operator.values() == expected(content)


class NoOdd:
    """A contract under which counters are even."""

    def failures(self, events: Sequence[Event]) -> list[tuple[int, str, str]]:
        values = [msgspec.json.decode(event.value or b"")["counters"] for event in events]
        return [(n, "counters.c0", "is odd") for n, counters in enumerate(values) if counters["c0"] % 2]


def test_what_breaks_the_contract_goes_to_the_quarantine_with_its_field_and_the_rest_is_taken(tmp_path: Path) -> None:
    operator = Operator(tmp_path, open_log(f"sqlite://{tmp_path}/log.db", {"network.measurement": NoOdd()}))
    found = operator.intake().file(stream(acme_file(5, counters=1)), origin())
    assert [m.counters["c0"] for m in sorted(operator.measurements(), key=lambda m: m.dn)] == [0, 2, 4]
    assert (found.values, found.rejected) == (3, 2)
    for rejected in operator.rejected():
        assert (rejected.stage, rejected.reason) == ("contract", "contract.broken")
        assert rejected.message == "counters.c0: is odd"
        assert rejected.target == "network.measurement"
        assert msgspec.json.decode(rejected.part)["counters"]["c0"] % 2
        assert rejected.offset > 0
    operator.log.close()


def test_a_text_that_utf8_cannot_write_goes_to_the_quarantine(operator: Operator) -> None:
    operator.intake().append([report(text="\ud800"), report(text="good")])
    assert [record.reason for record in operator.rejected()] == ["record.not-text"]
    assert len(operator.records("network.alarm.reported")) == 1


def test_that_alarms_are_synchronised_is_written_to_every_partition_after_what_came_before(operator: Operator) -> None:
    before = [report(dn=f"ManagedElement={n}") for n in range(40)]
    after = [report(dn=f"ManagedElement={n}", kind=Report.CLEAR) for n in range(40)]
    operator.intake().append([*before, report(kind=Report.SYNCHRONISED), *after])
    for partition in range(4):
        records = operator.log.read("network.alarm.reported", partition, 0)
        kinds = [msgspec.json.decode(record.value or b"")["kind"] for record in records]
        at = kinds.index("synchronised")
        assert set(kinds[:at]) == {"raise"}
        assert set(kinds[at + 1 :]) == {"clear"}


def test_records_of_many_callers_are_durable_when_each_returns(operator: Operator) -> None:
    async def sender(intake: Intake, n: int) -> None:
        await intake.records([report(dn=f"ManagedElement={n}", native_id=str(n))])
        taken = [msgspec.json.decode(record.value or b"")["nativeId"] for record in records()]
        assert str(n) in taken

    async def send() -> None:
        intake = operator.intake()
        await asyncio.gather(*(sender(intake, n) for n in range(100)))
        intake.close()

    def records() -> list[Record]:
        return operator.records("network.alarm.reported")

    asyncio.run(send())
    assert len(records()) == 100


def test_a_log_that_takes_nothing_is_told_to_every_caller_and_later_records_are_taken(operator: Operator) -> None:
    async def send() -> None:
        intake = operator.intake()
        unknown = Rejected(stage="decode", reason="x", message="x", system="x", uri="x")
        broken = msgspec.structs.replace(unknown, uri="\ud800")
        results = await asyncio.gather(*(intake.records([broken]) for _ in range(3)), return_exceptions=True)
        assert all(isinstance(result, UnicodeEncodeError) for result in results)
        await intake.records([unknown])

    asyncio.run(send())
    assert len(operator.rejected()) == 1
