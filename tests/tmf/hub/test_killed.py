"""The bar of the hub: three subscribers, one that fails half the time, one that is killed and comes again, and a
deliverer that is killed too. Each gets every event at least once, in order, and none that was not sent."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.store import stores
from tests.tmf.hub.house import House
from tests.tmf.hub.subscriber import Answer, Subscriber
from trunkline.tmf.events import TOPIC

HERE = Path(__file__).parents[3]


def test_every_subscriber_gets_every_event_in_order_whoever_is_killed(tmp_path: Path) -> None:
    with stores.url("sqlite", tmp_path) as url, Kills(tmp_path, url, seed=1, names=["one"]) as kills:
        kills.deliver(250, at_once=50)


@pytest.mark.prove
@pytest.mark.timeout(900)
@pytest.mark.parametrize("names", [["one"], ["one", "two"]], ids=["alone", "two processes"])
@pytest.mark.parametrize("store", stores.NAMES)
def test_of_10_000_events_every_subscriber_gets_each_in_order_whoever_is_killed(
    tmp_path: Path, store: str, names: list[str]
) -> None:
    seed = int(os.environ.get("TRUNKLINE_SEED", time.time()))
    with stores.url(store, tmp_path) as url, Kills(tmp_path, url, seed=seed, names=names) as kills:
        kills.deliver(10_000, at_once=500)


class Kills:
    """The three subscribers and the processes that deliver to them; after each portion of events somebody is killed."""

    def __init__(self, folder: Path, store_url: str, *, seed: int, names: list[str]) -> None:
        print(f"seed {seed}")
        self._folder, self._store_url, self._dice = folder, store_url, random.Random(seed)
        self.house = House(folder, store_url=store_url)
        self.well, self.ill = Subscriber(), Subscriber()
        self.ill.behave = lambda event: Answer(self._dice.choice([201, 500]))
        self._port = free_port()
        self._file = folder / "mortal.jsonl"
        self._file.touch()
        self._names = names
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Kills:
        for name in ("mortal", *self._names):
            self._start(name)
        for callback in (self.well.callback, self.ill.callback, f"http://127.0.0.1:{self._port}/"):
            self.house.subscribe(callback)
        return self

    def __exit__(self, *error: Any) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()
        self.house.close()
        self.well.close()
        self.ill.close()

    def deliver(self, count: int, *, at_once: int) -> None:
        """Tell of so many alarms, and hold against these what came to each of the three."""
        for first in range(0, count, at_once):
            self.house.raise_alarms(range(first, first + at_once))
            self._wait(lambda first=first: len(self.well.ids()) > first, "events come")  # type: ignore[misc]
            self._kill("mortal" if first // at_once % 2 else self._dice.choice(self._names))
        self._wait(lambda: all(len(ids(came)) == count for came in self._came()), "all have come to all")
        sent = {
            event["eventId"]: event["event"]["alarm"]["id"]
            for event in (
                msgspec.json.decode(record.value or b"") for record in self.house.log.read(TOPIC, 0, 0, count)
            )
        }
        assert list(self.house.letters.all()) == [], "nobody was down for so long that an event was given up"
        for came in self._came():
            assert ids(came) == [str(n) for n in range(count)], "in order, and none is missing"
            assert all(sent.get(event["eventId"]) == event["event"]["alarm"]["id"] for event in came), (
                "none is invented"
            )
        assert len(self.ill.asked) > 1.3 * count, "it hardly failed: nothing was tested"
        repeated = [len(came) - count for came in self._came()]
        print(
            f"{count} events, repeated at the three: {repeated}; {len(self.ill.asked)} requests to the one that fails"
        )

    def _came(self) -> tuple[list[dict[str, Any]], ...]:
        lines = self._file.read_bytes().splitlines(keepends=True)
        mortal = [msgspec.json.decode(line) for line in lines if line.endswith(b"\n")]
        return list(self.well.taken), list(self.ill.taken), mortal

    def _start(self, name: str) -> None:
        words = ["subscriber_process", str(self._port), str(self._file)]
        if name != "mortal":
            words = ["process", str(self._folder), self._store_url, name]
        with (self._folder / "output.log").open("ab") as output:
            command = [sys.executable, "-m", f"tests.tmf.hub.{words[0]}", *words[1:]]
            self._processes[name] = subprocess.Popen(command, stdout=output, stderr=output, cwd=HERE)

    def _kill(self, name: str) -> None:
        self._processes[name].kill()
        self._processes[name].wait()
        time.sleep(self._dice.uniform(0, 0.3))
        self._start(name)

    def _wait(self, reached: Callable[[], bool], what: str, seconds: float = 240) -> None:
        """Wait until something is so, while processes that ended by themselves come back as under a supervisor."""
        deadline = time.monotonic() + seconds
        while not reached():
            output = (self._folder / "output.log").read_text()[-3000:]
            assert time.monotonic() < deadline, f"waited in vain until {what}\n{output}"
            for name, process in self._processes.items():
                if process.poll() is not None:
                    self._start(name)
            time.sleep(0.1)


def ids(came: Iterable[dict[str, Any]]) -> list[str]:
    """The alarms that events tell of, each when it first came."""
    return list(dict.fromkeys(event["event"]["alarm"]["id"] for event in came))


def free_port() -> int:
    """A port that is free now, for a server that comes again at the same one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
