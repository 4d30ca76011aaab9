"""What the chain has told of one partition's accounts, as short as it can be held for many of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tests.telco.charging.whole.oracle import Cost
from trunkline.log import Log, Record
from trunkline.telco.model import Balance, ChargingAnswer, Notice, Posting, RatedUsage, Usage


@dataclass
class Told:
    """Of one account."""

    usages: list[Usage] = field(default_factory=list)
    """As they came to `charge`."""
    rated: dict[str, tuple[int, Cost | None]] = field(default_factory=dict)
    """The highest revision of each usage, and what it says; None where it is taken back."""
    sums: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What each bucket and account of the ledger has received less what it gave, by unit."""
    days: Counter[str] = field(default_factory=Counter)
    """What the revenue received, by the day on which the usage began that it came of."""
    notices: list[str] = field(default_factory=list)
    answers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The problems that a command was answered with."""
    balance: Balance | None = None


def told(log: Log, partition: int) -> dict[str, Told]:
    """What lies in the log, by account. Fails where something was told twice."""
    found: defaultdict[str, Told] = defaultdict(Told)
    for usage in read(log, Usage, Usage.topic, partition):
        found[usage.account].usages.append(usage)
    revisions: Counter[str] = Counter()
    for rated in read(log, RatedUsage, RatedUsage.topic, partition):
        its = found[rated.usage.account].rated
        assert rated.revision == revisions[rated.usage.id], f"{rated.usage.id}: a word is missing, or told twice"
        revisions[rated.usage.id] += 1
        its[rated.usage.id] = (rated.revision, cost_of(rated))
    day_of = {usage.id: f"{usage.started:%Y-%m-%d}" for its in found.values() for usage in its.usages}
    posted: set[str] = set()
    for posting in read(log, Posting, Posting.topic, partition):
        assert posting.id not in posted, f"the posting {posting.id} was told twice"
        posted.add(posting.id)
        account = found[posting.account]
        for name, amount in ((posting.credit, posting.amount), (posting.debit, -posting.amount)):
            account.sums[name, posting.unit.value] += amount
            if name == "revenue":
                account.days[day_of[posting.cause]] += amount
    for notice in read(log, Notice, Notice.topic, partition):
        found[notice.account].notices.append(notice.id)
    for answer in read(log, ChargingAnswer, ChargingAnswer.topic, partition):
        found[answer.account].answers[answer.id].add(answer.problem)
    for balance in read(log, Balance, Balance.topic, partition):
        found[balance.account].balance = balance
    return dict(found)


def cost_of(rated: RatedUsage) -> Cost | None:
    """A word on a usage."""
    if rated.void:
        assert (rated.amount, rated.quantity, rated.drawn) == (0, 0, ())
        return None
    return Cost(
        rated.tariff, rated.rate, rated.zone, rated.band, rated.unit.value, rated.quantity, rated.free, rated.amount,
        tuple(sorted((each.bucket, each.amount) for each in rated.drawn)), rated.tax, rated.cycle,
    )  # fmt: skip


def read(log: Log, kind: Any, topic: str, partition: int) -> Iterator[Any]:
    """All that lies in a partition, in its order."""
    decode = msgspec.json.Decoder(kind).decode
    for record in records(log, topic, partition):
        if record.value is not None:
            yield decode(record.value)


def records(log: Log, topic: str, partition: int) -> Iterator[Record]:
    """The same as they lie there."""
    offset = log.start(topic, partition)
    while batch := log.read(topic, partition, offset):
        yield from batch
        offset = batch[-1].offset + 1
