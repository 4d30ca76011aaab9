"""The whole chain against an oracle: records come twice, late and corrected, workers are killed at random moments; and
ledger, buckets and notices are what the tariffs' words make of it, to the cent.

`CHARGING_PROOF_EVENTS` and `CHARGING_PROOF_KILLS` set the size of the long form, `TRUNKLINE_SEED` what happens in it.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.telco.charging.whole import job
from tests.telco.charging.whole.chain import PARTITIONS, Chain, Line, plan
from tests.telco.charging.whole.lives import BEGIN, END, WINDOWS, Life, ended, lives
from tests.telco.charging.whole.oracle import Books, Oracle, cycle_of
from tests.telco.charging.whole.sessions import Mediated, Mediation, by_session, used
from tests.telco.charging.whole.told import Told, read, told
from tests.telco.charging.whole.words import Words
from trunkline.log import Log
from trunkline.log.envelope import micros
from trunkline.quarantine import Rejected
from trunkline.telco.model import Account, ChargingCommand, Service, Source, Usage, UsageReport

CLOSING = 64
"""Records of nobody at the very end, some in each partition, that let the time go on by which sessions are over."""


@pytest.mark.timeout(600)
def test_what_comes_twice_late_and_corrected_costs_what_it_must_though_workers_are_killed(tmp_path: Path) -> None:
    prove(tmp_path, events=3_000, kills=3, seed=6)


@pytest.mark.prove
@pytest.mark.timeout(4 * 3_600)
def test_a_million_events_and_fifty_kills_come_to_the_cent(tmp_path: Path) -> None:
    events = int(os.environ.get("CHARGING_PROOF_EVENTS", 1_000_000))
    kills = int(os.environ.get("CHARGING_PROOF_KILLS", 50))
    prove(tmp_path, events=events, kills=kills, seed=int(os.environ.get("TRUNKLINE_SEED", time.time())))


def prove(folder: Path, *, events: int, kills: int, seed: int) -> None:
    print(f"seed {seed}")
    dice = random.Random(seed)
    lines, counts, accounts, orders = drawn(seed, events)
    print(f"{len(lines)} records of {len(accounts)} accounts: {counts}")
    assert counts["twice"] >= 0.05 * events
    assert counts["late"] >= 0.03 * events
    assert counts["corrected"] >= 0.01 * events
    assert counts["in a later cycle"] > counts["late"] / 10
    url = f"sqlite://{folder}/log.db?lease=3"
    begun = time.monotonic()
    with closing(job.opened(url)) as log:
        chain = Chain(log, url, folder, plan(kills, len(lines), dice), dice)
        try:
            live(chain, lines, accounts, orders)
        finally:
            chain.stop()
        print(f"worked on in {time.monotonic() - begun:.0f} s; {chain.ended} workers ended by themselves; kills:")
        print("\n".join(f"  {kill.waiting} events waited, it had lived {kill.lived:.1f} s" for kill in chain.kills))
        assert len(chain.kills) == kills
        assert sum(kill.waiting > 0 for kill in chain.kills) > kills // 2, "most kills have hit somebody at work"
        begun = time.monotonic()
        compared = compare(log, seed, events)
        print(f"compared in {time.monotonic() - begun:.0f} s: {compared}")


def drawn(
    seed: int, events: int
) -> tuple[list[Line], Counter[str], list[Account], dict[int, list[Account | ChargingCommand]]]:
    """All records in the order of their times, how many of each kind, and what is told when a window begins."""
    lines, counts = list[Line](), Counter[str]()
    accounts, orders = list[Account](), dict[int, list[Account | ChargingCommand]]()
    for life in lives(seed, events):
        accounts.append(life.first)
        for order in life.orders:
            orders.setdefault(order.window, []).append(order.what)
        for came in life.came:
            turned = cycle_of(came.time, life.account.cycle_day) > cycle_of(came.report.started, life.account.cycle_day)
            counts["twice"] += came.kind == "again"
            counts["partial"] += came.report.partial > 0
            if came.kind != "again":
                counts["late"] += came.time - ended(came.report) > timedelta(days=1)
                counts["in a later cycle"] += turned
                counts["corrected"] += came.report.corrects != ""
            plain = came.kind == "plain" and not came.report.partial
            value = msgspec.json.encode(came.report)
            lines.append(Line(micros(came.time), came.report.key.encode(), value, plain))
    lines.sort(key=lambda line: line.time)
    return lines, counts, accounts, orders


def live(
    chain: Chain,
    lines: Sequence[Line],
    accounts: Sequence[Account],
    orders: dict[int, list[Account | ChargingCommand]],
) -> None:
    """Twelve weeks, window by window."""
    chain.tell(accounts)
    first = 0
    for window, end in enumerate(WINDOWS[1:]):
        chain.tell(orders.get(window, ()))
        last = first
        while last < len(lines) and lines[last].time < micros(end):
            last += 1
        chain.write(lines[first:last])
        chain.settle()
        first = last
    assert first == len(lines)
    at = END + timedelta(days=3)
    chain.write([closing_line(number, at) for number in range(CLOSING)])
    chain.settle()


def closing_line(number: int, at: datetime) -> Line:
    """A record of nobody."""
    report = UsageReport(
        system="core",
        id=f"end/{number}",
        session=f"end/{number}",
        service=Service.VOICE,
        msisdn="32999999999",
        started=at,
        source=Source(uri="file:///cdr/end"),
    )
    return Line(micros(at), report.key.encode(), msgspec.json.encode(report), plain=False)


@dataclass
class Compared:
    """How much was held against the oracle."""

    usages: int = 0
    buckets: int = 0
    cents: int = 0
    certain: int = 0
    """Notices that must be told whatever came first."""
    allowed: int = 0
    """Notices that were due once by what had come by then, and are not by all that came."""
    refused: Counter[str] = field(default_factory=Counter)


def compare(log: Log, seed: int, events: int) -> Compared:
    """Everything that was told is what the oracle says."""
    words, compared = Words(job.REFERENCE / "tariffs"), Compared()
    compared.refused["subscription.unknown"] += CLOSING
    everyone = {life.account.id: life for life in lives(seed, events)}
    for partition in range(PARTITIONS):
        for id, its in told(log, partition).items():
            compare_account(words, everyone.pop(id), its, compared)
    assert not everyone, "each account has its balance"
    refused = Counter(each.reason for each in read(log, Rejected, Rejected.topic, 0))
    assert refused == compared.refused
    return compared


def compare_account(words: Words, life: Life, its: Told, compared: Compared) -> None:
    """All that was told of one account."""
    account, id = life.account, life.account.id
    mediated = mediate(life)
    assert len(its.usages) == len(mediated.usages), f"{id}: each usage comes to charging once"
    assert {usage.id: essence(usage) for usage in its.usages} == {
        usage.id: essence(usage) for usage in mediated.usages.values()
    }
    known = [record for record in mediated.taken if (record.msisdn or record.imsi) in life.numbers]
    assert used(known) == used(its.usages), f"{id}: what is charged is what the records say, less what was corrected"
    late = {came.report.id for came in life.came if came.kind == "too late"}
    usages = {name: usage for name, usage in mediated.usages.items() if name not in late}
    commands = {order.what.id: order.what for order in life.orders if isinstance(order.what, ChargingCommand)}
    oracle = Oracle(words, account, BEGIN)
    oracle.live(list(usages.values()), commands.values())
    books = oracle.books
    assert {name: word for name, (_, word) in its.rated.items()} == books.cost
    compared.refused.update(mediated.refused)
    compared.refused.update(books.refused.values())
    compared.refused["usage.too-late"] += len(late)
    answers = {command: books.problems.get(command, "") for command in commands}
    assert {command: problem for command, [problem] in its.answers.items()} == answers
    compare_buckets(oracle, its)
    compare_ledger(oracle, its)
    compared.usages += len(books.cost)
    compared.buckets += len(oracle.pots)
    compared.cents += sum(word.amount for word in books.cost.values() if word)

    notices = set(its.notices)
    assert len(notices) == len(its.notices), f"{id}: each notice is told once"
    certain = books.notices
    assert certain <= notices, f"{id}: {certain - notices} were not told"
    compared.certain += len(certain)
    if more := notices - certain:
        came = [usage for usage in its.usages if usage.id not in late]
        assert more <= once_due(words, life, came), f"{id}: {more} was never due"
        compared.allowed += len(more)


def mediate(life: Life) -> Mediated:
    """What usage the account's records come to."""
    mediation = Mediation(life.numbers, life.account.id)
    for session in by_session((came.time, came.report) for came in life.came):
        mediation.session(session)
    return mediation.made


def essence(usage: Usage) -> tuple[object, ...]:
    """What of a usage charging goes by, and of how many records it was made."""
    return (
        usage.corrects, usage.account, usage.subscription, usage.service, usage.direction, usage.started,
        usage.duration, usage.uplink, usage.downlink, usage.items, usage.other_party, usage.visited,
        usage.zone_offset, usage.price, usage.currency, usage.records,
    )  # fmt: skip


def compare_buckets(oracle: Oracle, its: Told) -> None:
    """What is left, of how much, until when; and the cycle with what it cost."""
    assert its.balance is not None
    found = {
        bucket.id: (bucket.unit.value, bucket.remaining, bucket.granted, bucket.reserved, bucket.valid_to)
        for bucket in its.balance.buckets
    }
    never = datetime.max.replace(tzinfo=UTC)
    assert found == {
        pot.id: (pot.unit, pot.left, pot.given, 0, None if pot.end == never else pot.end) for pot in oracle.pots
    }
    assert (its.balance.cycle, its.balance.spent) == (oracle.cycle, oracle.spent)


def compare_ledger(oracle: Oracle, its: Told) -> None:
    """Each bucket is what its postings say, each account of the ledger what the oracle says, and each day's revenue
    what the usages of that day cost."""
    expected = Counter({(pot.id, pot.unit): pot.left for pot in oracle.pots})
    expected.update(oracle.books.ledger)
    assert nonzero(its.sums) == nonzero(expected)
    units = {unit for _, unit in its.sums}
    assert all(sum(amount for (_, of), amount in its.sums.items() if of == unit) == 0 for unit in units)
    days: Counter[str] = Counter()
    started = {usage.id: usage.started for usage in its.usages}
    for name, word in oracle.books.cost.items():
        days[f"{started[name]:%Y-%m-%d}"] += word.amount if word else 0
    assert nonzero(its.days) == nonzero(days)


def nonzero(sums: Mapping[Any, int]) -> dict[Any, int]:
    """Those that are something."""
    return {name: amount for name, amount in sums.items() if amount}


def once_due(words: Words, life: Life, came: Sequence[Usage]) -> set[str]:
    """The notices that are due by what has come until some moment, for each moment: what was told stays told, also
    where what comes later takes back what it was about (docs/charging.md).

    Commands are worked on before anything else of their window, and before the last that came of the window before;
    which of them were known when a usage came is not in its topic, so all numbers of them are tried.
    """
    seen: set[str] = set()
    commands: list[ChargingCommand] = []
    for order in sorted(life.orders, key=lambda order: order.window):
        if isinstance(order.what, ChargingCommand) and order.what not in commands:
            commands.append(order.what)
    for known in range(len(commands) + 1):
        for count, after in zip(range(1, len(came) + 1), [*came[1:], None], strict=True):
            before = came[:count]
            passed = max([*(each.started for each in before), *(each.time for each in commands[:known])])
            if after is not None and not after.corrects and after.started > passed:
                continue  # what is due by then is due by the next as well
            seen |= due(words, life.account, before, commands[:known]).notices
    return seen


def due(words: Words, account: Account, usages: Sequence[Usage], commands: Iterable[ChargingCommand]) -> Books:
    """What these usages and commands make."""
    oracle = Oracle(words, account, BEGIN)
    oracle.live(usages, commands)
    return oracle.books
