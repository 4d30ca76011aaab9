"""What `charge` does on one core: rating and debit in memory, then all of it, durable: each usage once, with its rated
word, its postings, its account's balance and the notices that it makes due, in one commit with the offsets.

A thousand postpaid accounts of the reference operator's plans use for twenty days of a month, some usages a few
minutes out of order, some abroad. The peer is our own way one by one, over fewer usages, which must come to the same:
both are held against each other first.

CGRateS, the open-source peer, cannot be installed here. Measured elsewhere, on two shared cores with a thousand
accounts in memory, it rated and debited 8.0 thousand calls a CPU-second over JSON-RPC on loopback; nothing of that was
durable. It publishes, without a method, 5,000 requests (README) and 50,000 calls (documentation) a second.
"""

from __future__ import annotations

import gc
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from benchmarks.charging import rating
from benchmarks.headline import Headline, alternate
from trunkline.log import Log, Topic, open_log
from trunkline.quarantine import Rejected
from trunkline.streams import Worker
from trunkline.telco.charging import settings
from trunkline.telco.charging.accounts.book import Book, Rules
from trunkline.telco.charging.accounts.effects import Effects
from trunkline.telco.charging.accounts.processor import charge
from trunkline.telco.charging.accounts.tab import Seat
from trunkline.telco.charging.tariff import Tariffs, load
from trunkline.telco.charging.tariff.columns import Columns
from trunkline.telco.charging.tariff.editions import Edition, Editions, Table
from trunkline.telco.charging.tariff.terms import Tariff
from trunkline.telco.model import (
    Account,
    Assignment,
    Balance,
    ChargingAnswer,
    ChargingCommand,
    ChargingRequest,
    Member,
    Notice,
    Posting,
    RatedUsage,
    Service,
    Usage,
)

BELGICOM = Path(__file__).parents[2] / "belgicom"
ACCOUNTS, USAGES, BATCH, ONE_BY_ONE = 1_000, 300_000, 10_000, 20_000
PLANS = ("mobile-20", "mobile-80", "mobile-300", "mobile-family")
BEGIN = datetime(2026, 11, 1, 12, tzinfo=UTC)
INPUTS = (Account.topic, Usage.topic, ChargingCommand.topic, ChargingRequest.topic)
OUTPUTS = (RatedUsage.topic, Posting.topic, Balance.topic, Notice.topic, ChargingAnswer.topic, Rejected.topic)
ROUNDS = 3


def main() -> Iterator[Headline | str]:
    tariffs, usages = load(BELGICOM / "tariffs"), made(random.Random(6))
    ours, peer = alternate(lambda: debited(tariffs, usages), lambda: booked(tariffs, usages[:ONE_BY_ONE]), ROUNDS)
    name = "our own way one by one"
    yield Headline("usages rated from columns and debited, in memory", "events/CPU-s", ours, peer, name, 500_000)
    if told(tariffs, usages[:ONE_BY_ONE]) != told(OneByOne(tariffs), usages[:ONE_BY_ONE]):
        raise AssertionError("the two ways do not tell the same of the same usages")
    ours, peer = alternate(
        lambda: durable(tariffs, usages).per_second,
        lambda: durable(OneByOne(tariffs), usages[:ONE_BY_ONE]).per_second,
        ROUNDS,
    )
    yield Headline("usages charged, exactly once, durable, with notices", "events/CPU-s", ours, peer, name, 200_000)
    yield "CGRateS, measured elsewhere: 8.0k debited calls a CPU-second, in memory, with JSON-RPC; published: 50k calls"


class OneByOne:
    """The same tariffs without columns, as any others than the operator's files are."""

    def __init__(self, tariffs: Tariffs) -> None:
        self._tariffs = tariffs

    def at(self, id: str, time: datetime) -> Tariff:
        return self._tariffs.at(id, time)


def account(number: int) -> Account:
    tariff = Assignment(tariff=PLANS[number % len(PLANS)], since=BEGIN - timedelta(days=400))
    member = Member(msisdn=f"32470{number:06}", imsi=f"206990{number:09}", tariffs=(tariff,))
    return Account(id=f"{number:06}", customer=f"{number:06}", kind="postpaid", currency="EUR", members=(member,))


def made(chance: random.Random) -> list[Usage]:
    """The first of them are one of each account, with which its book begins."""
    usages = []
    for number in range(USAGES):
        of = number if number < ACCOUNTS else chance.randrange(ACCOUNTS)
        its = rating.usage(number, chance)
        late = timedelta(seconds=chance.choice((*[0] * 20, 60, 600)))
        usages.append(
            replace(
                its,
                account=f"{of:06}",
                subscription=f"32470{of:06}",
                started=BEGIN
                + timedelta(seconds=number * 20 * 86_400 // USAGES)
                - (late if number > ACCOUNTS else timedelta()),
                downlink=its.downlink // 4,
                visited="20801" if chance.random() < 0.03 else "20601",
                price=its.price if its.service is Service.CONTENT else None,
            )
        )
    return usages


class Part(NamedTuple):
    """An account's usages of a batch, with their seats."""

    usages: Sequence[Usage]
    seats: Sequence[Seat]


def debited(tariffs: Tariffs, usages: Sequence[Usage]) -> float:
    """Usages a CPU-second, of columns that are there already: rated, and paid of their accounts' tabs."""
    books, editions = opened(tariffs), Editions(tariffs)
    decode = msgspec.json.Decoder(Usage).decode
    seconds = 0.0
    for first in range(0, len(usages), BATCH):
        by_account: dict[str, list[Usage]] = defaultdict(list)
        for value in map(msgspec.json.encode, usages[first : first + BATCH]):
            usage = decode(value)  # so that it lies in memory as one that has just come does
            by_account[usage.account].append(usage)
        parts = [Part(its, [seat(books[id], usage, editions) for usage in its]) for id, its in by_account.items()]
        rows = [usage for part in parts for usage in part.usages]
        its = [seat.edition for part in parts for seat in part.seats]
        columns = Columns.of(rows, "EUR")
        gc.collect()
        gc.disable()
        start = time.process_time()
        pay(parts, rows, its, columns, its[0].table)
        seconds += time.process_time() - start
        gc.enable()
    return len(usages) / seconds


def pay(
    parts: Sequence[Part], rows: Sequence[Usage], editions: Sequence[Edition], columns: Columns, table: Table
) -> None:
    rated = [each for each in table.rate(columns, rows, editions) if each is not None]
    if len(rated) < len(rows):
        raise AssertionError("a usage has no rate")
    at = 0
    for usages, seats in parts:
        tab, counted = seats[0].tab, rated[at : at + len(usages)]
        at += len(usages)
        if tab.take_all(usages, seats, counted) is None:
            for usage, its, (line, quantity, cost) in zip(usages, seats, counted, strict=True):
                if tab.take(its, usage, line, quantity, cost) is None:
                    tab.book.usage(usage, Effects())


def booked(tariffs: Tariffs, usages: Sequence[Usage]) -> float:
    """Usages a CPU-second, each rated and debited by its account's book."""
    books = opened(tariffs)
    start = time.process_time()
    for usage in usages:
        books[usage.account].usage(usage, Effects())
    return len(usages) / (time.process_time() - start)


def opened(tariffs: Tariffs) -> dict[str, Book]:
    loaded = settings.load(BELGICOM / settings.FILE)
    rules = Rules(tariffs, loaded.time_zone, frozenset(network[:3] for network in loaded.networks))
    books = {}
    for number in range(ACCOUNTS):
        book = books[f"{number:06}"] = Book(rules)
        book.change(account(number), BEGIN, Effects())
        book.begin(BEGIN, Effects())
    return books


def seat(book: Book, usage: Usage, editions: Editions) -> Seat:
    found = book.tab.seats.get(usage.subscription) or book.tab.seat(usage.subscription, usage.started, editions)
    if found is None:
        raise AssertionError(f"{usage.subscription} has no tariff")
    return found


class Done(NamedTuple):
    """`values` are those of the outputs that do not depend on how usages were cut into batches."""

    per_second: float
    values: dict[str, list[bytes]]


def told(tariffs: Tariffs | OneByOne, usages: Sequence[Usage]) -> dict[str, list[object]]:
    """What came of usages, by topic, whatever the accounts' order."""
    values = durable(tariffs, usages, look=True).values
    kinds: dict[str, type[RatedUsage | Posting | Notice]] = {each.topic: each for each in (RatedUsage, Posting, Notice)}
    return {
        topic: sorted((msgspec.json.decode(value, type=kinds[topic]) for value in its), key=repr)
        for topic, its in values.items()
    }


def durable(tariffs: Tariffs | OneByOne, usages: Sequence[Usage], *, look: bool = False) -> Done:
    """The processor at work on an embedded log, from when each account's book is open."""
    with tempfile.TemporaryDirectory() as folder, closing(open_log(f"sqlite://{folder}/log.db")) as log:
        for topic in (*INPUTS, *OUTPUTS):
            log.create(Topic(name=topic, partitions=1))
        append(log, Account.topic, [account(number) for number in range(ACCOUNTS)])
        append(log, Usage.topic, usages[:ACCOUNTS])
        definition = charge(tariffs, settings.load(BELGICOM / settings.FILE))
        with closing(Worker(log, [definition], "benchmark")) as worker:
            work(worker)
            gc.collect()
            gc.freeze()
            gc.set_threshold(100_000, 20, 50)  # as `Worker.run` does
            seconds = 0.0
            for first in range(ACCOUNTS, len(usages), BATCH):
                append(log, Usage.topic, usages[first : first + BATCH])
                start = time.process_time()
                work(worker)
                seconds += time.process_time() - start
            gc.unfreeze()
        values = {topic: read(log, topic) for topic in (RatedUsage.topic, Posting.topic, Notice.topic)} if look else {}
        if log.end(RatedUsage.topic, 0) < len(usages):
            raise AssertionError("a usage was not charged")
        return Done((len(usages) - ACCOUNTS) / seconds, values)


def work(worker: Worker) -> None:
    while worker.run_once() or not worker.caught_up():
        pass


def append(log: Log, topic: str, events: Sequence[Account] | Sequence[Usage]) -> None:
    with log.transactional("benchmark").transaction() as transaction:
        transaction.append_columns(
            topic, [event.key.encode() for event in events], [msgspec.json.encode(event) for event in events]
        )


def read(log: Log, topic: str) -> list[bytes]:
    values: list[bytes] = []
    while records := log.read(topic, 0, len(values)):
        values += [record.value or b"" for record in records]
    return values


if __name__ == "__main__":
    for headline in main():
        print(headline)
