"""The relay: what units have sent is in the log once, in order, whatever dies on the way."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from tests.store import stores
from trunkline.log import Event, Log, Topic, open_log
from trunkline.quarantine import Rejected
from trunkline.store import Store, open_store
from trunkline.store.relay import Relay


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with closing(open_log(f"sqlite://{tmp_path / 'log.db'}")) as log:
        log.create(Topic(name="told"))
        yield log


@pytest.fixture(params=stores.NAMES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with stores.url(request.param, tmp_path) as url, closing(open_store(url)) as store:
        yield store


def send(store: Store, *values: bytes, topic: str = "told") -> None:
    with store.unit() as unit:
        for value in values:
            unit.send(topic, Event(value, b"key", (("ce_id", value),), 1))


def told(log: Log, topic: str = "told") -> list[bytes]:
    return [record.value or b"" for record in log.read(topic, 0, 0)]


def test_events_go_to_the_log_in_the_order_of_their_commits(log: Log, store: Store) -> None:
    send(store, b"1", b"2")
    send(store, b"3")
    with closing(Relay(log, store)) as relay:
        assert relay.run_once() == 3
        assert relay.run_once() == 0
    [first, *_] = log.read("told", 0, 0)
    assert (first.value, first.key, first.headers, first.time) == (b"1", b"key", (("ce_id", b"1"),), 1)
    assert told(log) == [b"1", b"2", b"3"]
    assert store.outbox() == []


def test_a_batch_that_is_in_the_log_and_in_the_outbox_is_not_sent_again(log: Log, store: Store) -> None:
    send(store, b"1", b"2")
    with closing(Relay(log, Dying(store))) as relay, pytest.raises(KeyboardInterrupt):
        relay.run_once()
    assert len(store.outbox()) == 2
    send(store, b"3")
    with closing(Relay(log, store)) as relay:
        relay.run_once()
    assert told(log) == [b"1", b"2", b"3"]


def test_other_events_under_the_same_ids_are_sent(log: Log, store: Store, tmp_path: Path) -> None:
    send(store, b"1")
    with closing(Relay(log, store)) as relay:
        relay.run_once()
    # As after a backup of the store was put back: its outbox counts from there again.
    with closing(open_store(f"sqlite://{tmp_path / 'other.db'}")) as other:
        send(other, b"2")
        with closing(Relay(log, other)) as relay:
            relay.run_once()
    assert told(log) == [b"1", b"2"]


def test_one_relay_of_several_works(log: Log, store: Store) -> None:
    with closing(Relay(log, store)) as one, closing(Relay(log, store)) as other:
        send(store, b"1")
        assert sorted([one.run_once(), other.run_once()]) == [0, 1]
    with closing(Relay(log, store)) as third:
        send(store, b"2")
        assert third.run_once() == 1
    assert told(log) == [b"1", b"2"]


def test_what_breaks_its_contract_goes_to_the_quarantine_and_holds_up_nothing(tmp_path: Path, store: Store) -> None:
    with closing(open_log(f"sqlite://{tmp_path / 'log.db'}", {"told": NoTwo()})) as log:
        log.create(Topic(name="told"))
        log.create(Topic(name="other"))
        send(store, b"0", topic="other")
        send(store, b"1", b"2", b"3", b"2")
        with closing(Relay(log, store)) as relay:
            assert relay.run_once() == 5
        assert told(log) == [b"1", b"3"]
        assert told(log, "other") == [b"0"]
        rejected = [msgspec.json.decode(value, type=Rejected) for value in told(log, "quarantine")]
        assert [(each.part, each.target, each.message) for each in rejected] == [(b"2", "told", "$: it is two")] * 2


@pytest.mark.parametrize("name", stores.NAMES)
def test_a_relay_that_is_killed_again_and_again_loses_nothing_and_doubles_nothing(tmp_path: Path, name: str) -> None:
    log_url = f"sqlite://{tmp_path / 'log.db'}?lease=0.5"
    with stores.url(name, tmp_path) as url, closing(open_store(url)) as store, closing(open_log(log_url)) as log:
        log.create(Topic(name="told"))
        sent = [str(number).encode() for number in range(400)]
        writing = threading.Thread(target=lambda: [send(store, *sent[at : at + 5]) for at in range(0, 400, 5)])
        writing.start()
        kills, deadline = 0, time.monotonic() + 90
        while len(told(log)) < len(sent) and time.monotonic() < deadline:
            before = len(told(log))
            with subprocess.Popen([sys.executable, "-c", PROCESS, log_url, url]) as process:
                while len(told(log)) == before and time.monotonic() < deadline:
                    time.sleep(0.01)
                while kills == KILLS and len(told(log)) < len(sent) and time.monotonic() < deadline:
                    time.sleep(0.01)
                time.sleep(random.uniform(0, 0.3))
                process.send_signal(signal.SIGKILL)
            kills += 1
        writing.join()
        assert told(log) == sent


KILLS = 2  # before the last process, which may finish
PROCESS = """
import sys, threading, time
from trunkline.log import open_log
from trunkline.store import open_store, relay

store, relay.BATCH = open_store(sys.argv[2]), 20
sent = store.sent
store.sent = lambda last: (time.sleep(0.05), sent(last))  # so that some are killed between the log and the outbox
relay.Relay(open_log(sys.argv[1]), store, member="one").run(threading.Event())
"""


class Dying:
    """A store whose process dies before the outbox is told what is in the log."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def sent(self, last: int) -> None:
        raise KeyboardInterrupt


class NoTwo:
    """A contract that takes all but 2."""

    def failures(self, events: list[Event]) -> list[tuple[int, str, str]]:
        return [(at, "$", "it is two") for at, event in enumerate(events) if event.value == b"2"]
