"""kill -9 of who records and of who keeps: what was said to be durable is in the trail, once, and nothing is wrong."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest

from tests.security.audit.trail import findings, folder_witness, trail
from trunkline.security.audit import Ledger
from trunkline.security.audit.entry import decode, writer_and_number
from trunkline.security.audit.keys import PUBLIC, read_public

ROOT = Path(__file__).parents[3]


def started(what: str, folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.security.audit.writing", what, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    return process


def last_line(process: subprocess.Popen[str]) -> str:
    process.kill()
    lines = process.communicate()[0].split("\n")[:-1]  # what follows the last newline was not fully written
    return lines[-1]


def kill_and_look(folder: Path, kills: int, pause: float, seed: int) -> None:
    """Two writers at work; the keeper is killed again and again, then the writers."""
    chance = random.Random(seed)
    with trail(folder):
        pass  # the folder is set up
    writers = [started("record", folder) for _ in range(2)]
    for _ in range(kills):
        keeper = started("keep", folder)
        time.sleep(chance.uniform(0.1, pause))
        keeper.kill()
        keeper.communicate()
    durable = dict(writer_and_number(last_line(process)) for process in writers)
    assert len(durable) == 2, "each writer has a name of its own"
    with trail(folder) as made:
        made.keep()
        made.deliver(folder_witness(folder))
    numbers = defaultdict(list)
    with closing(Ledger(folder / "ledger.db", read_only=True)) as ledger:
        for row in ledger.rows():
            writer, number = writer_and_number(decode(row.body).id)
            numbers[writer].append(number)
    for writer, last in durable.items():
        assert numbers[writer] == list(range(len(numbers[writer]))), "each entry once, in its order, none missing"
        assert len(numbers[writer]) > last
    key = read_public(folder / PUBLIC)[0]
    assert findings(folder / "ledger.db", key, folder_witness(folder)) == []


def test_killed_writers_and_keepers_leave_no_gap_and_nothing_twice(tmp_path: Path) -> None:
    kill_and_look(tmp_path, kills=3, pause=0.6, seed=1)


@pytest.mark.prove
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(5))
def test_a_keeper_that_is_killed_twenty_times_keeps_everything_once(tmp_path: Path, seed: int) -> None:
    kill_and_look(tmp_path, kills=20, pause=1.0, seed=seed)
