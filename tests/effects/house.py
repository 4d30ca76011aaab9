"""A project folder with effectors, its log, and the ledger at work on it in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from trunkline.contracts import load
from trunkline.effects import Effect, Outcome, Runner, State, declaration, topics
from trunkline.effects.desk import Desk
from trunkline.effects.lane import Lane
from trunkline.log import Event, open_log

CONTRACTS = Path(__file__).parents[2] / "belgicom" / "contracts"
QUICK = {"first_pause": 0.02, "longest_pause": 0.1, "timeout": 5, "breaker": "{failures: 1000}"}


class House:
    """The folder `folder`, and the log at `url`, which holds the ledger's events against their contracts."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        (folder / "effects").mkdir(parents=True)
        contracts = {
            name: contract for name, contract in load(CONTRACTS).items() if name.startswith(("effect", "quar"))
        }
        validators = {name: each for name, each in load(CONTRACTS).validators().items() if name in contracts}
        self.log = open_log(url, validators)
        for contract in contracts.values():
            self.log.create(contract.topic)
        topics.create(self.log)
        self.desk = Desk(self.log)
        self._runner: Runner | None = None

    def declare(self, name: str, url: str, **settings: Any) -> None:
        """Declare an effector by HTTP that does not take its time."""
        lines = [f"{key}: {value}" for key, value in {"kind": "http", "url": url, **QUICK, **settings}.items()]
        (self.folder / "effects" / f"{name}.yaml").write_text("\n".join(lines) + "\n")

    @property
    def runner(self) -> Runner:
        """The ledger at work, started when it is first asked for."""
        if self._runner is None:
            self._runner = Runner(self.log, lanes(self.folder), "test")
        return self._runner

    def stop(self) -> None:
        """Stop the ledger as the role does; the next look at `runner` starts it again."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    def ask(self, *effects: Effect) -> None:
        """Ask for effects, all together."""
        with self.log.transactional("asker").transaction() as transaction:
            transaction.append(Effect.topic, [event(effect) for effect in effects])

    def work_until(self, reached: Callable[[], bool], seconds: float = 30.0) -> None:
        """Let the ledger work until something is so; fails loudly when it never is."""
        deadline = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < deadline, f"waited in vain; the ledger has {self.states()}"
            self.runner.step()

    def work_for(self, seconds: float) -> None:
        """Let the ledger work for a while, in which nothing should happen."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.runner.step(0.02)

    def states(self) -> dict[str, State]:
        return {outcome.id: outcome.state for outcome in self.desk.outcomes()}

    def outcome(self, id: str) -> Outcome:
        return self.desk.outcome(id)

    def are(self, state: State, *ids: str) -> Callable[[], bool]:
        """A condition to wait for: these effects are in that state."""

        def reached() -> bool:
            states = self.states()
            return all(states.get(id) is state for id in ids)

        return reached

    def told(self, id: str) -> list[Outcome]:
        """Every outcome of an effect that the log still has, in order."""
        found = []
        for number in range(4):
            offset = 0
            while records := self.log.read(Outcome.topic, number, offset):
                found += [
                    msgspec.json.decode(record.value, type=Outcome)
                    for record in records
                    if record.key == id.encode() and record.value
                ]
                offset = records[-1].offset + 1
        return found

    def close(self) -> None:
        self.stop()
        self.log.close()


def lanes(folder: Path) -> list[Lane]:
    """What the folder declares, opened."""
    return [
        Lane(declared.name, declared.settings, declared.open(folder, lambda reference: f"secret of {reference}"))
        for declared in declaration.load(folder)
    ]


def event(effect: Effect) -> Event:
    return Event(msgspec.json.encode(effect), effect.key.encode())


def effects(count: int, *, orders: int, effector: str = "sms", first: int = 0) -> Sequence[Effect]:
    """Numbered effects over some ordering keys; the payload says which is which."""
    return [
        Effect(id=f"{effector}-{n}", effector=effector, order=f"key-{n % orders}", payload=f'{{"n": {n}}}')
        for n in range(first, first + count)
    ]
