"""Entries on their way into the log."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.security.audit.trail import entry
from trunkline import contracts
from trunkline.log import Event, Log, open_log
from trunkline.log.port import LogError
from trunkline.security.audit import TOPIC, Entry, NotRecorded, Recorder, recorder
from trunkline.security.audit.entry import decode

CONTRACTS = Path(__file__).parents[3] / "belgicom" / "contracts"


class Failing:
    """A log whose appends fail as often as it is told."""

    def __init__(self, log: Log, times: int) -> None:
        self._log, self.times = log, times

    def append(self, topic: str, events: Sequence[Event], partition: int | None = None) -> list[tuple[int, int]]:
        if self.times:
            self.times -= 1
            raise LogError("the disk is full")
        return self._log.append(topic, events, partition)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


def recorded(log: Log) -> list[Entry]:
    return [decode(record.value or b"") for record in log.read(TOPIC.name, 0, 0)]


def test_a_change_is_in_the_log_when_its_record_is_done(tmp_path: Path) -> None:
    with closing(open_log(f"sqlite://{tmp_path}/log.db")) as log, closing(Recorder(log)) as writer:
        writer.record(lambda: entry(0)).result(5)
        assert [each.id for each in recorded(log)] == [f"{writer.writer}-0"]


def test_reads_share_appends_and_none_is_lost_when_it_closes(tmp_path: Path) -> None:
    appends = []
    with closing(open_log(f"sqlite://{tmp_path}/log.db")) as log:
        counting = Failing(log, 0)
        counting.append = lambda *given: appends.append(len(given[1])) or log.append(*given)  # type: ignore[method-assign, func-returns-value]
        with closing(Recorder(counting)) as writer:
            for number in range(2_000):
                writer.add(lambda number=number: entry(number))
        assert [each.id for each in recorded(log)] == [f"{writer.writer}-{number}" for number in range(2_000)]
    assert max(appends) <= 500
    assert len(appends) < 100


def test_what_the_log_does_not_take_is_tried_again_and_keeps_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "AGAIN", 0.01)
    with closing(open_log(f"sqlite://{tmp_path}/log.db")) as log, closing(Recorder(Failing(log, 3))) as writer:
        writer.record(lambda: entry(0)).result(5)
        writer.record(lambda: entry(0)).result(5)
        assert [each.id for each in recorded(log)] == [f"{writer.writer}-0", f"{writer.writer}-1"]


def test_who_waits_for_a_log_that_is_gone_hears_so_and_serving_ends_when_too_much_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "PATIENCE", 0.05)
    monkeypatch.setattr(recorder, "AGAIN", 0.01)
    monkeypatch.setattr(recorder, "MOST", 10)
    with closing(open_log(f"sqlite://{tmp_path}/log.db")) as log:
        failing = Failing(log, 1 << 30)
        with closing(Recorder(failing)) as writer:
            with pytest.raises(NotRecorded, match="has not taken"):
                asyncio.run(writer.settle(lambda: entry(0)))
            assert not writer.full()
            for _ in range(10):
                writer.add(lambda: entry(0))
            assert writer.full()
            failing.times = 0
            writer.record(lambda: entry(0)).result(5)
            assert not writer.full()
        assert [each.id for each in recorded(log)] == [f"{writer.writer}-{number}" for number in range(12)]


def test_an_entry_that_cannot_be_made_takes_no_number(tmp_path: Path) -> None:
    with closing(open_log(f"sqlite://{tmp_path}/log.db")) as log, closing(Recorder(log)) as writer:
        with pytest.raises(NotRecorded, match="division"):
            writer.record(lambda: 1 // 0 and entry(0)).result(5)  # type: ignore[arg-type, return-value]
        writer.record(lambda: entry(0)).result(5)
        assert [each.id for each in recorded(log)] == [f"{writer.writer}-0"]


def test_an_entry_that_the_contract_refuses_is_told_to_who_waits_and_the_others_are_taken(tmp_path: Path) -> None:
    validators = contracts.load(CONTRACTS).validators()
    broken = Entry(**{name: getattr(entry(0), name) for name in Entry.__struct_fields__ if name != "status"}, status=-1)
    with closing(open_log(f"sqlite://{tmp_path}/log.db", validators)) as log, closing(Recorder(log)) as writer:
        writer.add(lambda: entry(0))
        with pytest.raises(NotRecorded, match="contract"):
            writer.record(lambda: broken).result(5)
        writer.record(lambda: entry(0)).result(5)
        assert [each.id for each in recorded(log)] == [f"{writer.writer}-0", f"{writer.writer}-2"]


def test_the_contract_takes_whatever_an_entry_may_hold(tmp_path: Path) -> None:
    validators = contracts.load(CONTRACTS).validators()
    with closing(open_log(f"sqlite://{tmp_path}/log.db", validators)) as log, closing(Recorder(log)) as writer:
        writer.record(lambda: entry(0)).result(5)
        assert len(recorded(log)) == 1
