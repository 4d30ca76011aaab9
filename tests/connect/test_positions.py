"""What is read from a system's own log, and how far it was read: together in this log or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from tests.connect.operator import Operator, acme_file, origin, stream
from trunkline.connect import Intake
from trunkline.connect.intake import Stopped
from trunkline.log import Event, Fenced, Topic, UnknownTopic, open_log
from trunkline.log.envelope import cloud_event
from trunkline.quarantine import Rejected
from trunkline.systems.reach import Captured
from trunkline.telco.model import Source

ROWS = Topic(name="crm.customer", partitions=4)


class NoOdd:
    """A contract under which every `n` is even."""

    def failures(self, events: Sequence[Event]) -> list[tuple[int, str, str]]:
        values = [msgspec.json.decode(event.value or b"{}").get("n", 0) for event in events]
        return [(index, "$.n", "is odd") for index, n in enumerate(values) if n % 2]


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    operator = Operator(tmp_path, open_log(f"sqlite://{tmp_path}/log.db", {ROWS.name: NoOdd()}))
    operator.log.create(ROWS)
    yield operator
    operator.log.close()


def captured(n: int, *, topic: str = ROWS.name, everywhere: bool = False) -> Captured:
    source = "postgresql://db/crm/public.customer"
    event = cloud_event(
        type=topic,
        source=source,
        id=f"100-{n}",
        value=msgspec.json.encode({"n": n}),
        key=None if everywhere else str(n),
    )
    return Captured(topic, event, "crm", Source(uri=source, offset=n), f"public.customer at 0/{n:X}", everywhere)


def ready(operator: Operator, name: str = "crm") -> Intake:
    """The intake of a connection that knows where it stands."""
    intake = operator.intake(name)
    intake.position()
    return intake


def numbers(operator: Operator) -> list[int]:
    return sorted(msgspec.json.decode(record.value or b"")["n"] for record in operator.records(ROWS.name))


def test_a_connection_that_never_committed_has_no_position(operator: Operator) -> None:
    assert operator.intake("crm").position() is None


def test_a_position_is_found_again_after_a_restart_and_is_each_connections_own(operator: Operator) -> None:
    intake = ready(operator)
    for n in range(0, 500, 2):
        intake.commit([captured(n)], b"at %d" % n)
    ready(operator, "erp").commit([], b"elsewhere")
    assert operator.intake("crm").position() == b"at 498"
    assert operator.intake("erp").position() == b"elsewhere"
    assert numbers(operator) == list(range(0, 500, 2))


def test_only_the_last_position_is_kept(operator: Operator) -> None:
    intake = ready(operator)
    for n in range(50):
        intake.commit([], b"at %d" % n)
    operator.log.maintain()
    assert [record.value for record in operator.records("connect.position")] == [b"at 49"]


def test_what_the_log_does_not_take_leaves_the_position_where_it_was(operator: Operator) -> None:
    intake = ready(operator)
    intake.commit([captured(2)], b"first")
    with pytest.raises(UnknownTopic):
        intake.commit([captured(4), captured(6, topic="never.made")], b"second")
    assert operator.intake("crm").position() == b"first"
    assert numbers(operator) == [2]


def test_what_breaks_the_contract_is_in_the_quarantine_with_its_place_in_the_systems_log(operator: Operator) -> None:
    ready(operator).commit([captured(n) for n in range(5)], b"at 5")
    assert numbers(operator) == [0, 2, 4]
    rejected = operator.rejected()
    assert [(r.offset, r.message) for r in rejected] == [
        (1, "public.customer at 0/1: $.n: is odd"),
        (3, "public.customer at 0/3: $.n: is odd"),
    ]
    assert {(r.stage, r.system, r.target) for r in rejected} == {("contract", "crm", "crm.customer")}
    assert msgspec.json.decode(rejected[0].part) == {"n": 1}


def test_what_the_reach_rejects_itself_goes_with_the_position(operator: Operator) -> None:
    rejected = Rejected(
        stage="decode", reason="value.damaged", message="no number", system="crm", uri="postgresql://db"
    )
    ready(operator).commit([captured(2), rejected], b"at 2")
    assert [record.reason for record in operator.rejected()] == ["value.damaged"]
    assert operator.intake("crm").position() == b"at 2"


def test_what_concerns_every_key_is_in_every_partition_after_what_came_before(operator: Operator) -> None:
    before, after = [captured(n) for n in range(0, 40, 2)], [captured(n) for n in range(40, 80, 2)]
    ready(operator).commit([*before, captured(1000, everywhere=True), *after], b"at 80")
    for partition in range(4):
        found = [msgspec.json.decode(r.value or b"")["n"] for r in operator.log.read(ROWS.name, partition, 0)]
        at = found.index(1000)
        assert found.count(1000) == 1
        assert all(n < 40 for n in found[:at])
        assert all(n >= 40 for n in found[at + 1 :])


def test_a_second_process_fences_the_first_as_soon_as_it_asks_for_the_position(operator: Operator) -> None:
    first = ready(operator)
    first.commit([captured(2)], b"first")
    second = operator.intake("crm")
    assert second.position() == b"first"
    with pytest.raises(Fenced):
        first.commit([captured(4)], b"second")
    second.commit([captured(6)], b"third")
    assert operator.intake("crm").position() == b"third"
    assert numbers(operator) == [2, 6]


def test_who_was_fenced_asks_for_the_position_before_it_commits_again(operator: Operator) -> None:
    first = ready(operator)
    ready(operator).commit([captured(2)], b"further")
    for _ in range(2):
        with pytest.raises(Fenced):
            first.commit([captured(2)], b"behind")
    assert first.position() == b"further"
    first.commit([captured(4)], b"furthest")
    assert numbers(operator) == [2, 4]


def test_a_closed_intake_commits_nothing_more(operator: Operator) -> None:
    intake = operator.intake("crm")
    intake.position()
    intake.close()
    with pytest.raises(Stopped):
        intake.commit([captured(2)], b"at 2")
    assert operator.intake("crm").position() is None


def test_one_connection_may_take_files_and_rows(operator: Operator) -> None:
    intake = ready(operator)
    intake.commit([captured(2)], b"at 2")
    intake.file(stream(acme_file(3)), origin("a.pm", "crm"))
    intake.commit([captured(4)], b"at 4")
    assert (len(operator.values()), numbers(operator)) == (6, [2, 4])
