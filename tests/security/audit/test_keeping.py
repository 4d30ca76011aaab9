"""From the log into the ledger: by one keeper at a time, each entry once, whoever comes and goes."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from tests.security.audit.trail import entry, folder_witness, trail
from trunkline.log import Event, open_log
from trunkline.security.audit import TOPIC, Keeper, Ledger, LedgerError
from trunkline.security.audit.entry import decode
from trunkline.security.audit.ledger import Superseded


def ids(ledger: Ledger) -> list[str]:
    return [decode(row.body).id for row in ledger.rows()]


def test_two_writers_entries_stand_in_one_order_each_in_its_own(tmp_path: Path) -> None:
    one, two = "a" * 12, "b" * 12
    with trail(tmp_path) as made:
        for number in range(20):
            made.record([entry(number, writer=one)])
            made.record([entry(number, writer=two)])
        made.keep()
        assert ids(made.ledger) == [f"{writer}-{number}" for number in range(20) for writer in (one, two)]
        assert made.findings() == []


def test_a_batch_that_its_writer_sent_again_is_kept_once(tmp_path: Path) -> None:
    with trail(tmp_path) as made:
        batch = [entry(number) for number in range(5)]
        made.record(batch)
        made.record(batch)
        made.record([entry(5)])
        made.keep()
        assert ids(made.ledger) == [each.id for each in (*batch, entry(5))]
        assert made.findings() == []


def test_an_entry_under_the_number_of_another_is_kept_and_found(tmp_path: Path) -> None:
    with trail(tmp_path) as made:
        made.record([entry(0), entry(1), entry(1, who="mallory"), entry(2)])
        made.keep()
        assert [(found.number, found.kind) for found in made.findings()] == [(2, "writer")]


def test_an_entry_that_never_came_is_missed_by_its_writers_count(tmp_path: Path) -> None:
    with trail(tmp_path) as made:
        made.record([entry(0), entry(1), entry(4)])
        made.keep()
        [found] = made.findings()
        assert (found.number, found.kind) == (2, "writer")
        assert "2 to 3 are missing" in found.text


def test_a_keeper_that_comes_later_goes_on_where_the_ledger_is(tmp_path: Path) -> None:
    for round in range(3):
        with trail(tmp_path) as made:
            made.record([entry(number) for number in range(round * 300, round * 300 + 300)])
            made.keep()
    with trail(tmp_path) as made:
        made.keep()
        assert len(ids(made.ledger)) == 900
        assert made.findings() == []


def test_of_two_keepers_one_keeps_and_the_other_takes_over_when_it_goes(tmp_path: Path) -> None:
    with trail(tmp_path) as made, closing(Ledger(tmp_path / "ledger.db")) as ledger:
        other = Keeper(made.log, ledger, made.keys, every=3_600, member="two")
        made.record([entry(0), entry(1)])
        made.keep()
        assert other.run_once() == 0
        made.keeper.close()
        made.record([entry(2)])
        while not other.run_once():
            pass
        other.close()
        assert len(ids(made.ledger)) == 3
        assert made.findings() == []


def test_a_keeper_that_wakes_up_after_another_was_at_it_can_add_nothing(tmp_path: Path) -> None:
    with trail(tmp_path) as made, closing(Ledger(tmp_path / "ledger.db")) as paused:
        paused.load()
        made.record([entry(0)])
        made.keep()
        with pytest.raises(Superseded):
            paused.take([msgspec.json.encode(entry(1))], 1)
        assert len(ids(made.ledger)) == 1


def test_a_trail_that_was_changed_is_not_signed_any_further(tmp_path: Path) -> None:
    with trail(tmp_path) as made:
        made.record([entry(number) for number in range(10)])
        made.keep()
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as db, db:
        db.execute("DELETE FROM entry WHERE number > 5")
    with trail(tmp_path) as made:
        made.record([entry(10)])
        with pytest.raises(LedgerError, match="not what was signed at 10 entries"):
            made.keeper.run_once()
        assert len(made.ledger.checkpoints()) == 1


def test_what_is_no_entry_goes_to_the_quarantine_and_the_rest_is_kept(tmp_path: Path) -> None:
    with trail(tmp_path) as made:
        made.record([entry(0)])
        made.log.append(TOPIC.name, [Event(value) for value in (b"rubbish", b"{}", b'{"a": ' * 2_000, None)], 0)
        made.record([entry(1)])
        made.keep()
        assert ids(made.ledger) == [entry(0).id, entry(1).id]
        assert len(made.log.read("quarantine", 0, 0)) == 4


def test_a_log_that_was_moved_is_read_anew_and_nothing_is_kept_twice(tmp_path: Path) -> None:
    with trail(tmp_path) as made:
        made.record([entry(number) for number in range(10)])
        made.keep()
    with (
        closing(open_log(f"sqlite://{tmp_path}/moved.db")) as log,
        closing(Ledger(tmp_path / "ledger.db")) as ledger,
    ):
        keeper = Keeper(log, ledger, made.keys, every=3_600)
        log.append(
            TOPIC.name, [entry(number).event() for number in range(7, 12)], 0
        )  # the others were not kept so long
        while keeper.run_once() or not keeper.caught_up():
            pass
        keeper.close()
        assert ids(ledger) == [entry(number).id for number in range(12)]


def test_a_checkpoint_is_signed_before_more_entries_wait_than_one_may_publish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trunkline.security.audit.keeper.MOST", 1_200)
    with trail(tmp_path) as made:
        made.record([entry(number) for number in range(3_000)])
        made.keep()
        sizes = [0, *(size for size, _ in made.ledger.checkpoints())]
        assert sizes[-1] == 3_000
        assert max(after - before for before, after in itertools.pairwise(sizes)) <= 1_200
        assert made.deliver(folder_witness(tmp_path)) == len(sizes) - 1
