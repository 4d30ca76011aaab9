"""A processor as a process of its own, watched from outside: its CPU time by how many outputs it has committed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.servers.process import ServerProcess

TICKS = os.sysconf("SC_CLK_TCK")
LOOK = 0.05  # seconds between two looks


class Sample(NamedTuple):
    """What had been committed at a moment (of the monotonic clock), and what it had cost: user and system, seconds."""

    outputs: int
    cpu: float
    at: float


class Stretch(NamedTuple):
    """A processor's work between two samples. `memory` is the most that it has ever had, bytes."""

    first: Sample
    last: Sample
    memory: int

    @property
    def per_cpu_second(self) -> float:
        return (self.last.outputs - self.first.outputs) / (self.last.cpu - self.first.cpu)

    @property
    def per_second(self) -> float:
        return (self.last.outputs - self.first.outputs) / (self.last.at - self.first.at)


@contextmanager
def running(command: Sequence[str], output: Path) -> Iterator[ServerProcess]:
    """The process of a command, ended at the end; what it prints goes to the file `output`."""
    process = ServerProcess(command, output)
    try:
        yield process
    finally:
        process.kill()


def watch(
    processes: Sequence[ServerProcess], outputs: Callable[[], int], first: int, last: int, within: float = 600.0
) -> Stretch:
    """Wait until `outputs` tells that `last` are committed; the work is measured from `first` of them on.

    Raises `RuntimeError` where a process ends before, or that many do not come in `within` seconds.
    """
    begin: Sample | None = None
    end = Sample(0, 0.0, 0.0)

    def done() -> bool:
        nonlocal begin, end
        count = outputs()
        if count > end.outputs:
            end = Sample(count, sum(cpu_seconds(process.pid) for process in processes), time.monotonic())
            if begin is None and count >= first:
                begin = end
        time.sleep(LOOK)
        return count >= last

    processes[0].wait_until(done, within)
    return Stretch(begin or end, end, sum(peak_memory(process.pid) for process in processes))


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_memory(pid: int) -> int:
    """The largest resident size that a process has had, bytes."""
    return _status(pid, "VmHWM")


def memory(pid: int) -> int:
    """The resident size of a process, bytes."""
    return _status(pid, "VmRSS")


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name))
