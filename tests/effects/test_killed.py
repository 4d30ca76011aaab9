"""The ledger's process may be killed at any moment: each effect is done once, in order, and none is missing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.effects.house import House, effects
from tests.effects.target import Asked, Moods, Reply, Target
from trunkline.effects import State
from trunkline.effects.outcome import Reason

SUCCEEDED = frozenset({State.SUCCEEDED})
KEYS = 12


def test_after_kills_under_load_every_effect_was_done_once_and_in_order(house: House, target: Target) -> None:
    Kills(house, seed=1, names=["one"]).at_least_once(target, kills=_few(house, 15), pause=0.25)


def test_after_kills_under_load_no_effect_was_done_twice_at_a_target_that_knows_no_keys(
    house: House, dull: Target
) -> None:
    Kills(house, seed=2, names=["one"]).at_most_once(dull, kills=_few(house, 8), pause=0.25)


@pytest.mark.prove
@pytest.mark.timeout(900)
@pytest.mark.parametrize("names", [["one"], ["one", "two"]], ids=["alone", "two processes"])
def test_after_many_kills_under_load_every_effect_was_done_once_and_in_order(
    house: House, target: Target, names: list[str]
) -> None:
    Kills(house, seed=int(os.environ.get("TRUNKLINE_SEED", time.time())), names=names).at_least_once(
        target, kills=60, pause=1.0
    )


@pytest.mark.prove
@pytest.mark.timeout(900)
@pytest.mark.parametrize("names", [["one"], ["one", "two"]], ids=["alone", "two processes"])
def test_after_many_kills_under_load_no_effect_was_done_twice_at_a_target_that_knows_no_keys(
    house: House, dull: Target, names: list[str]
) -> None:
    Kills(house, seed=int(os.environ.get("TRUNKLINE_SEED", time.time())), names=names).at_most_once(
        dull, kills=60, pause=1.0
    )


def test_a_process_that_stood_still_is_fenced_and_does_nothing_twice(house: House, dull: Target) -> None:
    Kills(house, seed=3, names=[]).stand_still(dull)


def _few(house: House, kills: int) -> int:
    """Fewer on a log whose groups take their time after each kill."""
    return kills if house.url.startswith("sqlite:") else kills // 4


class Kills:
    """Processes of the ledger that are killed under load, half of them by the clock and half by the target: while a
    call runs, before the work is done or right after."""

    def __init__(self, house: House, *, seed: int, names: list[str]) -> None:
        print(f"seed {seed}")
        self._house, self._dice = house, random.Random(seed)
        self._names = names
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._asked = 0
        self._armed = threading.Event()
        self.killed = Counter[str]()

    def at_least_once(self, target: Target, *, kills: int, pause: float) -> None:
        self._house.declare("sms", target.url, in_flight=8, attempts=1000)
        target.behave = self._deadly(Moods(seed=self._dice.getrandbits(32)))
        self._run(target, "sms", kills, pause, SUCCEEDED)
        assert target.counts() == {f"sms-{n}": 1 for n in range(self._asked)}
        done = defaultdict(list)
        for key, _ in target.done:
            n = int(key.removeprefix("sms-"))
            done[n % KEYS].append(n)
        assert all(numbers == sorted(numbers) for numbers in done.values())
        repeated = len(target.asked) - len(set(target.keys()))
        print(f"{self._asked} effects, {len(target.asked)} calls ({repeated} repeated), killed {dict(self.killed)}")
        assert repeated > 0, "no call was broken off: nothing was tested"

    def at_most_once(self, target: Target, *, kills: int, pause: float) -> None:
        self._house.declare("sim", target.url, in_flight=8, attempts=1000, once="at-most", after_dead="pass")
        target.behave = self._deadly(lambda asked: Reply(delay=self._dice.uniform(0, 0.02)))
        self._run(target, "sim", kills, pause, SUCCEEDED | {State.DEAD})
        outcomes = {outcome.id: outcome for outcome in self._house.desk.outcomes()}
        assert outcomes.keys() == {f"sim-{n}" for n in range(self._asked)}
        counts = target.counts()
        assert max(counts.values()) == 1
        for id, outcome in outcomes.items():
            if outcome.state is State.SUCCEEDED:
                assert counts[id] == 1, f"{id} is said to be done"
            else:
                assert outcome.reason is Reason.UNKNOWN
        unknown = [id for id, outcome in outcomes.items() if outcome.state is State.DEAD]
        print(
            f"{self._asked} effects, {len(unknown)} unknown, of which {sum(counts[id] for id in unknown)} were done; "
            f"killed {dict(self.killed)}"
        )
        assert unknown, "no call was broken off: nothing was tested"

    def stand_still(self, target: Target) -> None:
        """A process is stopped in the middle of its calls, and goes on when another has its work."""
        answers = threading.Event()

        def behave(asked: Asked) -> Reply:
            answers.wait(30)
            return Reply()

        self._house.declare("sim", target.url, in_flight=8, once="at-most", after_dead="pass", timeout=60)
        target.behave = behave
        one = self._processes["one"] = self._start("one")
        try:
            # All calls wait for their answer, so that the process is not in the middle of writing.
            self._wait(lambda: len(target.callers) == 8, "all that may run at once do", feed="sim")
            time.sleep(0.5)
            one.send_signal(signal.SIGSTOP)
            answers.set()
            self._processes["two"] = self._start("two")
            self._wait(lambda: self._all_are(SUCCEEDED | {State.DEAD}), "the other has done all")
            one.send_signal(signal.SIGCONT)
            self._ask("sim", 60)
            self._wait(lambda: self._all_are(SUCCEEDED | {State.DEAD}), "both go on")
            assert one.poll() is None, "it starts anew by itself"
        finally:
            self._stop_all()
        counts, outcomes = target.counts(), list(self._house.desk.outcomes())
        assert max(counts.values()) == 1
        assert all(counts[outcome.id] == 1 for outcome in outcomes if outcome.state is State.SUCCEEDED)
        unknown = [outcome.id for outcome in outcomes if outcome.state is State.DEAD]
        # Others may join them where a change of the group breaks off what had just begun: told, and never repeated.
        assert len(unknown) >= 8, "those that the process which stood still had begun"

    def _run(self, target: Target, effector: str, kills: int, pause: float, ends: frozenset[State]) -> None:
        self._processes = {name: self._start(name) for name in self._names}
        try:
            while self.killed.total() < kills:
                self._ask(effector, 30)
                before = len(target.asked)
                self._wait(lambda before=before: len(target.asked) > before, "calls are made again")  # type: ignore[misc]
                if self._dice.random() < 0.5:
                    self._armed.set()
                    self._wait(lambda: not self._armed.is_set(), "a call has killed its caller", feed=effector)
                else:
                    time.sleep(self._dice.uniform(0, pause))
                    self._kill("clock")
                self._start_again()
            self._wait(lambda: self._all_are(ends), "all effects are over", seconds=120)
        finally:
            self._stop_all()

    def _stop_all(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()

    def _deadly(self, otherwise: Callable[[Asked], Reply]) -> Callable[[Asked], Reply]:
        def behave(asked: Asked) -> Reply:
            if self._armed.is_set():
                works = self._dice.random() < 0.5
                self._kill(f"call, {'work done' if works else 'nothing done'}")
                self._armed.clear()
                return Reply(works, 0)
            return otherwise(asked)

        return behave

    def _ask(self, effector: str, count: int) -> None:
        self._house.ask(*effects(count, orders=KEYS, effector=effector, first=self._asked))
        self._asked += count

    def _all_are(self, ends: frozenset[State]) -> bool:
        states = self._house.states()
        return len(states) == self._asked and set(states.values()) <= ends

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        with (self._house.folder / "output.log").open("ab") as output:
            command = [sys.executable, "-m", "tests.effects.process", str(self._house.folder), self._house.url, name]
            return subprocess.Popen(command, stdout=output, stderr=output, cwd=Path(__file__).parents[2])

    def _kill(self, by: str) -> None:
        self.killed[by] += 1
        for process in self._dice.sample(list(self._processes.values()), 1):
            process.send_signal(signal.SIGKILL)

    def _start_again(self) -> None:
        for name, process in self._processes.items():
            if process.poll() is not None or self._is_dying(process):
                process.wait()
                self._processes[name] = self._start(name)

    @staticmethod
    def _is_dying(process: subprocess.Popen[bytes]) -> bool:
        try:
            process.wait(0.2)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _wait(self, reached: Callable[[], bool], what: str, *, seconds: float = 60, feed: str = "") -> None:
        """Wait until something is so, while processes that ended by themselves come back as under a supervisor."""
        deadline = time.monotonic() + seconds
        while not reached():
            output = (self._house.folder / "output.log").read_text()[-3000:]
            assert time.monotonic() < deadline, f"waited {seconds:g} s in vain until {what}\n{output}"
            for name, process in self._processes.items():
                if process.poll() is not None:
                    self._processes[name] = self._start(name)
            if feed:
                self._ask(feed, 2)
            time.sleep(0.05)
