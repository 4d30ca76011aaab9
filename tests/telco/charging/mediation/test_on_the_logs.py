"""Mediation on each log: from records to usage with its account, whoever dies, and what nobody pays for put back."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from tests.telco.charging.mediation import job
from tests.telco.charging.mediation.records import call, octets, part
from tests.telco.charging.mediation.test_directory import account
from trunkline.contracts import load
from trunkline.log import Event, Log, Record, open_log
from trunkline.streams import Worker
from trunkline.streams.quarantine import Quarantine
from trunkline.telco.model import Account, Number, Usage, UsageReport

ROOT = Path(__file__).parents[4]
CONTRACTS = load(ROOT / "belgicom" / "contracts")
SUBSCRIBERS = 20


def event(record: Account | UsageReport) -> Event:
    return Event(msgspec.json.encode(record), record.key.encode())


def write(log: Log, *records: Account | UsageReport) -> None:
    for record in records:
        log.append(record.topic, [event(record)])


def work(worker: Worker, reached: Callable[[], bool]) -> None:
    """Work until something has come about: what one processor wrote may show to the next a little later."""
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline, "it did not come about"
        if not worker.run_once():
            time.sleep(0.05)


def read(log: Log, topic: str) -> Iterator[Record]:
    for number in range(2):
        offset = log.start(topic, number)
        while records := log.read(topic, number, offset):
            yield from records
            offset = records[-1].offset + 1


def put_back(quarantine: Quarantine) -> int:
    """Put back what is open, as somebody would until it is taken; how many that were."""
    ids = [item.id for item in quarantine.items() if item.state == "open"]
    return len(quarantine.replay(ids, by="an")) if ids else 0


def held(log: Log) -> int:
    """How many entries the directory of numbers has."""
    return len(list(read(log, Number.topic)))


def charged(log: Log) -> Iterator[Usage]:
    for record in read(log, Usage.topic):
        usage = msgspec.json.decode(record.value or b"", type=Usage)
        assert record.key == usage.account.encode()
        yield usage


def subscriber(number: int) -> str:
    return f"3247{number:07}"


def reports(sessions: int) -> list[UsageReport]:
    """Sessions of one to four records, of today; of every fourth the records name the SIM alone."""
    today = datetime.now(UTC) - timedelta(hours=3)
    made = []
    for session in range(sessions):
        who = session % SUBSCRIBERS
        names = {"msisdn": "", "imsi": f"20699{who:010}"} if session % 4 == 0 else {"msisdn": subscriber(who)}
        count = session % 4 + 1
        made += [
            msgspec.structs.replace(
                part(number, id=f"pgw/{session}/{number}", final=number == count, started=today, **names),
                session=f"pgw/s{session}",
            )
            for number in range(1, count + 1)
        ]
    return made


def accounts() -> list[Account]:
    """Each with two subscribers."""
    return [
        account(
            f"ACC-{number}",
            *((subscriber(its), f"20699{its:010}") for its in (2 * number, 2 * number + 1)),
        )
        for number in range(SUBSCRIBERS // 2)
    ]


def expected(made: Sequence[UsageReport]) -> dict[str, int]:
    """Octets sent, by account."""
    found: Counter[str] = Counter()
    for report in {report.id: report for report in made}.values():
        who = int(report.msisdn[4:] or report.imsi[5:])
        found[f"ACC-{who // 2}"] += report.uplink
    return dict(found)


def test_usage_that_nobody_pays_for_is_put_back_once_the_account_is_there(url: str) -> None:
    now = datetime.now(UTC)
    with closing(open_log(url, CONTRACTS.validators())) as log:
        for topic in job.TOPICS:
            log.create(topic)
        quarantine = Quarantine(log)
        with closing(Worker(log, job.definitions(), "test")) as worker:
            write(log, account("ACC-2", ("32470000002", "206990000000002")))
            work(worker, lambda: held(log) >= 2)
            write(log, call("a", started=now), call("b", started=now, msisdn="32470000002"))
            work(worker, lambda: len(list(quarantine.items())) == 1 and len(list(charged(log))) == 1)
            [item] = quarantine.items()
            assert (item.rejected.reason, item.rejected.target) == ("subscription.unknown", Usage.mediated)
            quarantine.replay([item.id], by="an")
            work(worker, lambda: len(list(quarantine.items())) == 2)
            [_, again] = quarantine.items()
            assert again.rejected.reason == "subscription.unknown", "the account is not there yet"
            write(log, account("ACC-1", ("32470000001", "")))
            work(worker, lambda: held(log) == 3 and worker.caught_up())
            work(worker, lambda: put_back(quarantine) == 0 and len(list(charged(log))) == 2)
        assert sorted((usage.account, usage.id) for usage in charged(log)) == [("ACC-1", "a"), ("ACC-2", "b")]


def test_a_few_kills_charge_nothing_twice_and_lose_nothing(url: str) -> None:
    killed_at_random(url, sessions=600, kills=4, seed=1)


@pytest.mark.prove
@pytest.mark.timeout(1800)
def test_fifty_kills_charge_nothing_twice_and_lose_nothing(url: str) -> None:
    killed_at_random(url, sessions=20_000, kills=50, seed=2)


def killed_at_random(url: str, *, sessions: int, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    made = reports(sessions)
    written = [*made, *chance.sample(made, len(made) // 20)]
    written.sort(key=lambda report: int(report.session[5:]) + chance.randint(0, 50))
    with closing(open_log(url, CONTRACTS.validators())) as log:
        for topic in job.TOPICS:
            log.create(topic)
        log.append(Account.topic, list(map(event, accounts())))
        with closing(Worker(log, job.definitions(), "test")) as first_worker:
            work(first_worker, lambda: held(log) >= 2 * SUBSCRIBERS)
        worker = start(url)
        try:
            size = -(-len(written) // kills)
            for first in range(0, len(written), size):
                for begin in range(first, min(first + size, len(written)), 50):
                    log.append(UsageReport.topic, list(map(event, written[begin : min(begin + 50, first + size)])))
                time.sleep(chance.uniform(0.3, 1.2))
                worker.kill()
                worker.wait()
                worker = start(url)
            wait_until(lambda: sum(usage.records for usage in charged(log)) >= len(made))
        finally:
            worker.kill()
            worker.wait()
        found: defaultdict[str, list[Usage]] = defaultdict(list)
        for usage in charged(log):
            found[usage.account].append(usage)
        assert {id: octets(usages)[0] for id, usages in found.items()} == expected(made)
        assert sum(octets(usages)[2] for usages in found.values()) == len(made)
        assert list(Quarantine(log).items()) == []


def start(url: str) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "tests.telco.charging.mediation.job", url, "killed"]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL)


def wait_until(reached: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.2)
