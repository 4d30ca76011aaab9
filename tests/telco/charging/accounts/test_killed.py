"""A worker that is killed again and again charges each usage once, and tells each notice once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from tests.telco.charging.accounts import job
from tests.telco.charging.accounts.desk import ACCOUNT, ANN, BOB, command, day, used
from tests.telco.charging.accounts.oracle import Oracle
from trunkline.log import Event, Log
from trunkline.streams import Worker
from trunkline.telco.model import Account, Balance, ChargingCommand, Ledger, Notice, Posting, RatedUsage, Usage

ROOT = Path(__file__).parents[4]
ACCOUNTS = 12
KILLS = 12


def happened(id: str, chance: random.Random) -> tuple[list[Usage], list[ChargingCommand]]:
    """What an account did in two cycles; some of it is corrected."""
    usages: list[Usage] = []
    for number in range(60):
        started = day(1) + timedelta(minutes=chance.randint(-39_000, 43_000))
        what: dict[str, int] = {chance.choice(["octets", "seconds", "messages"]): chance.randint(1, 90)}
        usage = used(f"{id}u{number}", started, by=chance.choice([ANN, BOB]), account=id, **what)
        usages.append(usage)
        if chance.random() < 0.05:
            usages.append(replace(usage, id=f"{id}c{number}", corrects=usage.id, downlink=usage.downlink // 2))
    topups = [replace(command(f"{id}t{n}", "topup", 500, day(1 + 3 * n)), account=id) for n in range(5)]
    return usages, topups


def read(log: Log, kind: Any) -> list[Any]:
    """All that lies in a topic, each partition in its order."""
    found = []
    for partition in range(4):
        offset = 0
        while records := log.read(kind.topic, partition, offset, 1_000):
            found += [msgspec.json.decode(record.value or b"", type=kind) for record in records]
            offset = records[-1].offset + 1
    return found


@pytest.mark.prove
def test_kills_of_the_worker_charge_nothing_twice_and_lose_nothing(tmp_path: Path) -> None:
    url, chance = f"sqlite://{tmp_path}/log.db?lease=2.5", random.Random(6)
    accounts = {f"A{number}": replace(ACCOUNT, id=f"A{number}", limit=900) for number in range(ACCOUNTS)}
    made = {id: happened(id, chance) for id in accounts}
    events: list[Usage | ChargingCommand] = [event for its in made.values() for kind in its for event in kind]
    events += chance.sample(events, len(events) // 20)
    chance.shuffle(events)
    with closing(job.opened(url)) as log:
        append(log, list(accounts.values()))
        for part in range(KILLS):
            for event in events[part::KILLS]:
                append(log, [event])
            process = subprocess.Popen([sys.executable, "-m", job.__name__, url], cwd=ROOT)
            try:
                wait(partial(works, log, posted(log)))
                time.sleep(chance.uniform(0, 0.2))
            finally:
                process.kill()
                process.wait()
        with closing(Worker(log, [job.CHARGE])) as worker:
            while not worker.caught_up():
                worker.run_once(1_000)
        compare(log, accounts, made)


def posted(log: Log) -> int:
    """How many postings there are."""
    return sum(log.end(Posting.topic, partition) for partition in range(4))


def works(log: Log, before: int) -> bool:
    """Whether there are more than before."""
    return posted(log) > before


def wait(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end, "the worker does nothing"
        time.sleep(0.01)


def append(log: Log, events: list[Any]) -> None:
    for event in events:
        log.append(event.topic, [Event(msgspec.json.encode(event), event.key.encode())])


def compare(log: Log, accounts: dict[str, Account], made: dict[str, tuple[list[Usage], list[ChargingCommand]]]) -> None:
    """Everything that was told is what the oracle says."""
    costs = {each.usage.id: each.amount for each in read(log, RatedUsage)}
    balances = {each.account: each for each in read(log, Balance)}
    postings, notices = read(log, Posting), read(log, Notice)
    assert max(Counter(each.id for each in postings).values()) == 1
    assert max(Counter(each.id for each in notices).values()) == 1
    sums: Counter[tuple[str, str]] = Counter()
    for posting in postings:
        sums[posting.credit, posting.account] += posting.amount
        sums[posting.debit, posting.account] -= posting.amount
    told = {each.id for each in notices}
    for id, account in accounts.items():
        expected = Oracle(account, *made[id])
        assert {key: cost for key, cost in costs.items() if key.startswith((f"{id}u", f"{id}c"))} == expected.cost
        buckets = {each.id.removeprefix(f"{id}/"): each.remaining for each in balances[id].buckets}
        assert buckets == {**expected.left, "money": expected.money}
        assert {f"{id}/{name}" for name in expected.notices} <= told
        assert all(sums[f"{id}/{name}", id] == amount for name, amount in buckets.items())
        assert sums[Ledger.PAYMENTS, id] == -2_500
