"""The log with the reference operator's contracts, subscribers in its directory, and the API served from it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tests.listening import listening
from trunkline import contracts
from trunkline.http import create_app
from trunkline.log import open_log
from trunkline.log.envelope import cloud_event
from trunkline.log.port import Log
from trunkline.telco.charging.online.converged_charging import converged_charging
from trunkline.telco.charging.online.exchange import PATIENCE
from trunkline.telco.model import Number

T = TypeVar("T")
REFERENCE = Path(__file__).parents[4] / "belgicom"


@cache
def loaded() -> contracts.Contracts:
    return contracts.load(REFERENCE / "contracts")


@contextmanager
def opened(file: Path) -> Iterator[Log]:
    """The embedded log in `file`, so that no request breaks the contract."""
    log = open_log(f"sqlite://{file}", loaded().validators())
    contracts.accept(log, loaded())
    try:
        yield log
    finally:
        log.close()


def put(log: Log, *records: Any) -> None:
    """Append records of one kind."""
    topic = records[0].topic
    log.append(
        topic,
        [
            cloud_event(type=topic, source="/test", id=record.key, value=msgspec.json.encode(record), key=record.key)
            for record in records
        ],
    )


def values(log: Log, topic: str) -> list[bytes]:
    """All that is in a topic, partition by partition."""
    [count] = [known.partitions for known in log.topics() if known.name == topic]
    return [record.value for number in range(count) for record in log.read(topic, number, 0, 10**6) if record.value]


def told(log: Log, kind: type[T]) -> list[T]:
    """All records of a kind; those of one key in their order."""
    return [msgspec.json.decode(value, type=kind) for value in values(log, kind.topic)]  # type: ignore[attr-defined]


def subscriber(log: Log, which: int, account: str = "") -> str:
    """A subscriber with number and SIM, paid by an account of its own; its SUPI."""
    msisdn, imsi = f"3247{which:07}", f"20601{which:010}"
    paid = {"account": account or f"A-{which}", "msisdn": msisdn}
    put(log, Number(id=msisdn, **paid), Number(id=f"imsi:{imsi}", **paid))
    return f"imsi-{imsi}"


@contextmanager
def serving(log: Log, patience: float = PATIENCE, top_up_page: str = "") -> Iterator[str]:
    """The API on a free port; yields its URL."""
    stop = threading.Event()
    api = converged_charging(log, stop, patience=patience, top_up_page=top_up_page)
    with listening(create_app([api])) as url:
        yield url
    assert not stop.is_set(), "the API gave up"


def eventually(true: Callable[[], bool], within: float = 10.0) -> None:
    """Wait until it is so; fail when that takes too long."""
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)
