"""The chain at work: two worker processes that are killed and begin again, while records are written."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from tests.telco.charging.whole import job
from trunkline.log import Event, Log
from trunkline.telco.model import Account, ChargingCommand, Number, Usage, UsageReport

ROOT = Path(__file__).parents[4]
INPUTS = {
    "mediate": (UsageReport.topic,),
    "numbers": (Account.topic,),
    "payer": (Usage.mediated, Number.topic),
    "charge": (Account.topic, Usage.topic, ChargingCommand.topic),
}
PARTITIONS = 4
CHUNK = 200  # records written at a time
AHEAD = 10_000  # events that may wait before more are written
AGAIN = 5.0  # seconds after which records are written again though the chain is behind, so that time stays simulated
PATIENCE = 300.0  # seconds without any progress


class Line(NamedTuple):
    """A record as it is written. `plain`: it is taken, and changes nothing when it is written again."""

    time: int
    key: bytes
    value: bytes
    plain: bool


class Due(NamedTuple):
    """When a worker is killed: once so many records are written; `twice`, and again soon after its start."""

    written: int
    twice: bool


class Soon(NamedTuple):
    """The next kill: when and whom; `first` waits for something to be worked on, and may have another one follow."""

    time: float
    name: str
    first: bool
    twice: bool = False


class Kill(NamedTuple):
    """What it hit: how many events waited, and how many seconds the worker had lived."""

    waiting: int
    lived: float


def plan(kills: int, records: int, dice: random.Random) -> list[Due]:
    """So many kills over the whole time, each third soon after another, while the worker takes back its state."""
    places = kills - kills // 3
    double = set(dice.sample(range(places), kills // 3))
    return [Due(int(records * (number + dice.random()) / (places + 1)), number in double) for number in range(places)]


class Chain:
    """Two workers over a log."""

    def __init__(self, log: Log, url: str, folder: Path, due: Sequence[Due], dice: random.Random) -> None:
        self.kills: list[Kill] = []
        self.ended = 0
        """How often a worker ended by itself, and was started again as a supervisor would."""
        self._log, self._url, self._folder, self._dice = log, url, folder, dice
        self._due = list(due)
        self._soon: Soon | None = None
        self._progress, self._since = (0, 0), time.monotonic()
        self._again: list[Line] = []
        self._wrote = time.monotonic()
        self._born: dict[str, float] = {}
        self._workers: dict[str, subprocess.Popen[bytes]] = {}
        for name in ("a", "b"):
            self._start(name)

    def write(self, lines: Sequence[Line]) -> None:
        """Write records in their order, not many more than the last processor has worked on, and none while somebody at
        work is to be killed."""
        for first in range(0, len(lines), CHUNK):
            chunk = lines[first : first + CHUNK]
            self._append(chunk)
            self._again = [line._replace(time=chunk[-1].time) for line in chunk[-100:] if line.plain]
            while (waiting := self._look()) > AHEAD or (waiting and self._soon is not None and self._soon.first):
                time.sleep(0.02)

    def tell(self, events: Iterable[Account | ChargingCommand]) -> None:
        """Write accounts and commands, and wait until they are worked on. For charging the log's clock is the real one,
        by which it is told of usage too: only for mediation is it that of the records."""
        for event in events:
            self._log.append(event.topic, [Event(msgspec.json.encode(event), event.key.encode())])
        self.settle()

    def settle(self) -> None:
        """Wait until everything is worked on."""
        while self._look() or (self._soon is not None and not self._soon.first):
            time.sleep(0.05)

    def stop(self) -> None:
        """Kill both for good."""
        for worker in self._workers.values():
            worker.kill()
            worker.wait()

    def _append(self, lines: Sequence[Line]) -> None:
        self._log.append(UsageReport.topic, [Event(line.value, line.key, (), line.time) for line in lines])
        self._wrote = time.monotonic()

    def _look(self) -> int:
        """Kill who is due, start who has ended, and see that something is done. How many events wait."""
        behind = {group: self._behind(group) for group in INPUTS}
        waiting = sum(behind.values())
        now, written = time.monotonic(), self._written()
        if self._progress != (written - waiting, len(self.kills)):
            self._progress, self._since = (written - waiting, len(self.kills)), now
        assert now - self._since < PATIENCE, f"nothing is done any more, {behind} wait:\n{self._said()}"
        if waiting and self._again and now - self._wrote > AGAIN:
            self._append(self._again)
        if self._soon is None:
            if self._due and written >= self._due[0].written:
                name, due = self._dice.choice(["a", "b"]), self._due.pop(0)
                self._soon = Soon(now + self._dice.uniform(0, 0.4), name, True, due.twice)
        elif now >= self._soon.time and (waiting or not self._soon.first):
            time.sleep(self._dice.uniform(0, 0.05))
            soon, self._soon = self._soon, None
            self._kill(soon.name, waiting)
            if soon.twice:
                self._soon = Soon(time.monotonic() + self._dice.uniform(0.3, 3.0), soon.name, False)
        for name, worker in self._workers.items():
            if worker.poll() is not None:
                self.ended += 1
                self._start(name)
        return waiting

    def _behind(self, group: str) -> int:
        """How many events a processor has not worked on."""
        done = {(place.topic, place.partition): offset for place, offset in self._log.committed(group).items()}
        return sum(
            self._log.end(topic, partition) - done.get((topic, partition), 0)
            for topic in INPUTS[group]
            for partition in range(PARTITIONS)
        )

    def _written(self) -> int:
        return sum(self._log.end(UsageReport.topic, partition) for partition in range(PARTITIONS))

    def _kill(self, name: str, waiting: int) -> None:
        self.kills.append(Kill(waiting, time.monotonic() - self._born[name]))
        self._workers[name].kill()
        self._workers[name].wait()
        self._start(name)

    def _start(self, name: str) -> None:
        words = ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", job.__name__, self._url, name]
        with (self._folder / f"{name}.txt").open("ab") as output:
            self._workers[name] = subprocess.Popen(words, cwd=ROOT, stdout=output, stderr=output)
        self._born[name] = time.monotonic()

    def _said(self) -> str:
        return "\n".join((self._folder / f"{name}.txt").read_text(errors="replace")[-2_000:] for name in self._workers)
