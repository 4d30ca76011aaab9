"""On a log, by a worker that begins again: what is suspicious is told once, under its account, with its own id."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import msgspec

from tests.telco.charging.fraud.watching import BELGICOM, PREMIUM, SETTINGS, usage
from trunkline.contracts import ContractValidator, load
from trunkline.log import Event, Log, Record, open_log
from trunkline.log.envelope import attributes
from trunkline.streams import Worker
from trunkline.telco.charging.fraud import watch
from trunkline.telco.model import Suspicion, Usage

CONTRACTS = load(BELGICOM / "contracts")


def opened(folder: Path) -> Log:
    log = open_log(
        f"sqlite://{folder}/log.db", {name: ContractValidator(contract) for name, contract in CONTRACTS.items()}
    )
    for name in (Usage.topic, Suspicion.topic, "quarantine"):
        log.create(CONTRACTS[name].topic)
    return log


def write(log: Log, first: int, last: int) -> None:
    for number in range(first, last):
        for account in ("A1", "A2", "A3"):
            call = usage(
                f"{account}/{number}",
                number,
                account=account,
                subscription=f"3247{account[1:]:0>8}",
                other_party=PREMIUM,
            )
            log.append(Usage.topic, [Event(msgspec.json.encode(call), call.key.encode())])


def work(log: Log) -> None:
    with closing(Worker(log, watch(BELGICOM, SETTINGS))) as worker:
        deadline = time.monotonic() + 60
        while worker.run_once() or not worker.caught_up():
            assert time.monotonic() < deadline


def told(log: Log) -> list[Record]:
    partitions = range(CONTRACTS[Suspicion.topic].topic.partitions)
    return [record for number in partitions for record in log.read(Suspicion.topic, number, 0)]


def test_workers_one_after_the_other_tell_each_number_s_suspicion_once(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as log:
        for first in range(0, 12, 3):
            write(log, first, first + 3)
            work(log)
        found = {record.key: msgspec.json.decode(record.value or b"", type=Suspicion) for record in told(log)}
        assert len(told(log)) == len(found) == 3
        for record in told(log):
            assert attributes(record)["id"] == found[record.key].id
        assert set(found) == {b"A1", b"A2", b"A3"}
        assert {each.counted for each in found.values()} == {6}
