"""kill -9 of writer processes under load: what was acknowledged is there, and nothing is torn."""

import random
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest

from trunkline.log import Log, Topic, open_log

APPENDER = Path(__file__).with_name("appender.py")
WRITERS = ("one", "two")


def acknowledged_before_kill(path: Path, seconds: float) -> dict[str, int]:
    """Let two processes append, kill both after `seconds`, and return the last batch that each saw acknowledged."""
    started = {
        name: subprocess.Popen([sys.executable, APPENDER, path, name], stdout=subprocess.PIPE, text=True)
        for name in WRITERS
    }
    for process in started.values():
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    time.sleep(seconds)
    last = {}
    for process in started.values():
        process.kill()
    for name, process in started.items():
        lines = process.communicate()[0].split("\n")[:-1]  # what follows the last newline was not fully written
        last[name] = int(lines[-1]) if lines else -1
    return last


def batches(log: Log) -> dict[str, list[int]]:
    """The numbers of each writer's batches in the order of the log; fails on a torn one."""
    found: dict[str, list[int]] = defaultdict(list)
    for number in range(2):
        values, offset = [], 0
        while records := log.read("load", number, offset):
            assert [record.offset for record in records] == list(range(offset, offset + len(records)))
            values += [(record.value or b"").decode().split(":") for record in records]
            offset = records[-1].offset + 1
        assert offset == log.end("load", number)
        while values:
            name, batch, _, size = values[0]
            whole = [[name, batch, str(index), size] for index in range(int(size))]
            assert values[: int(size)] == whole, f"batch {batch} of {name} is torn"
            found[name].append(int(batch))
            del values[: int(size)]
    return found


def kill_and_look(path: Path, seconds: float) -> None:
    with closing(open_log(f"sqlite://{path}")) as log:
        log.create(Topic(name="load", partitions=2))
    last = acknowledged_before_kill(path, seconds)
    with closing(open_log(f"sqlite://{path}")) as log:
        found = batches(log)
        for name, acknowledged in last.items():
            numbers = found[name]
            assert numbers == list(range(len(numbers))), "every batch once and in its order"
            # One more may be there: durable, but killed before it could say so.
            assert acknowledged + 1 <= len(numbers) <= acknowledged + 2
    assert sum(last.values()) > 0, "the writers were killed before they wrote anything: nothing was tested"


def test_after_kill_9_everything_acknowledged_is_there_and_no_batch_is_torn(tmp_path: Path) -> None:
    kill_and_look(tmp_path / "log.db", seconds=0.5)


@pytest.mark.prove
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(20))
def test_after_kill_9_at_a_random_moment_nothing_acknowledged_is_lost(tmp_path: Path, seed: int) -> None:
    kill_and_look(tmp_path / "log.db", seconds=random.Random(seed).uniform(0.05, 1.5))
