"""Rating alone, on one core: whole columns by compiled tariffs, beside the same usages one by one.

All plans of the reference operator at once; calls, texts, data and content at home and abroad, at all times of a month.
A usage of the columns gets its zone, band, rounded quantity, rate and cost after a tier's `before`; both ways are held
against each other first.

CGRateS, the open-source peer, cannot be installed here. Measured elsewhere, on two shared cores and with its own
tutorial tariff in memory, it rated 16.7 thousand calls a CPU-second over JSON-RPC on loopback, which is part of its
way, not of ours: so the figure stands beside ours as a note, and no ratio is claimed. It publishes, without a method,
5,000 requests (README) and 50,000 calls (documentation) a second.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.headline import Headline, alternate
from trunkline.telco.charging.tariff import load
from trunkline.telco.charging.tariff.columns import Columns, Integers
from trunkline.telco.charging.tariff.compiled import REFUSED, Compiled
from trunkline.telco.charging.tariff.version import Version
from trunkline.telco.model import Direction, Service, Source, Usage

TARIFFS = Path(__file__).parents[2] / "belgicom/tariffs"
USAGES, BATCH, ONE_BY_ONE = 200_000, 10_000, 20_000
ROUNDS = 5
TARGET = 1_000_000
BEGIN = datetime(2026, 10, 15, tzinfo=UTC)  # a month in which the clocks change
NETWORKS = ("20601", "20610", "20620", "20801", "26201", "20404", "22801", "310260", "44010", "90112")
NUMBERS = ("324", "336", "4915", "1212", "8190", "32900", "112", "8116")
SELLS_ALL = ("mobile-20", "mobile-80", "mobile-300", "mobile-family", "mobile-family-member", "prepaid")


def main() -> Iterator[Headline | str]:
    chance = random.Random(6)
    tariffs = load(TARIFFS)
    versions = [tariffs.at(id, BEGIN) for id in SELLS_ALL]
    usages = [usage(number, chance) for number in range(USAGES)]
    plans = np.array([chance.randrange(len(versions)) for _ in usages], dtype=np.int64)
    compiled = Compiled(versions)
    batches = [(Columns.of(usages[at : at + BATCH], "EUR"), plans[at : at + BATCH]) for at in range(0, USAGES, BATCH)]
    few, their = usages[:ONE_BY_ONE], plans[:ONE_BY_ONE].tolist()
    if by_columns(compiled, batches[: ONE_BY_ONE // BATCH]) != one_by_one(versions, few, their):
        raise AssertionError("the two ways disagree on what the same usages cost")

    def columns() -> float:
        return per_cpu_second(USAGES, lambda: by_columns(compiled, batches))

    def each() -> float:
        return per_cpu_second(ONE_BY_ONE, lambda: one_by_one(versions, few, their))

    def structs() -> float:
        return per_cpu_second(USAGES, lambda: from_usages(compiled, usages, plans))

    ours, peer = alternate(columns, each, ROUNDS)
    yield Headline("usages rated from columns", "events/CPU-s", ours, peer, "our own way one by one", target=TARGET)
    yield Headline(
        "usages rated, making the columns of Usage records too", "events/CPU-s", *alternate(structs, each, 3)
    )
    yield "CGRateS, measured elsewhere: 16.7k rated calls a CPU-second, with JSON-RPC; published: 50k calls a second"


def by_columns(compiled: Compiled, batches: Sequence[tuple[Columns, Integers]]) -> int:
    """What they cost together, in cents."""
    total = 0
    for columns, plans in batches:
        rated = compiled.rate(columns, plans)
        if (rated.rate == REFUSED).any():
            raise AssertionError("a usage has no rate")
        total += int(compiled.cost(rated).sum())
    return total


def one_by_one(versions: Sequence[Version], usages: Sequence[Usage], plans: Sequence[int]) -> int:
    total = 0
    for one, plan in zip(usages, plans, strict=True):
        terms = versions[plan].terms(one)
        total += terms.price.cost(terms.quantity, 0)
    return total


def from_usages(compiled: Compiled, usages: Sequence[Usage], plans: Integers) -> int:
    return by_columns(
        compiled,
        [(Columns.of(usages[at : at + BATCH], "EUR"), plans[at : at + BATCH]) for at in range(0, len(usages), BATCH)],
    )


def per_cpu_second(number: int, work: Callable[[], object]) -> float:
    """The machine is shared: the time of others does not count."""
    start = time.process_time()
    work()
    return number / (time.process_time() - start)


def usage(number: int, chance: random.Random) -> Usage:
    """Most of it data, most of it at home."""
    service = chance.choices(tuple(Service), (25, 12, 60, 3))[0]
    prefix = chance.choice(NUMBERS)
    return Usage(
        id=f"pgw/benchmark/{number}",
        subscription=f"32470{number % 200_000:06d}",
        service=service,
        direction=chance.choice((Direction.ORIGINATING, Direction.TERMINATING)),
        started=BEGIN + timedelta(seconds=chance.randrange(30 * 86_400)),
        duration=chance.randrange(600),
        downlink=chance.randrange(50_000_000),
        items=1,
        other_party="112" if prefix == "112" else f"{prefix}{chance.randrange(10**7):07d}",
        visited=chance.choices(NETWORKS, (40, 30, 20, 3, 2, 2, 1, 1, 0.5, 0.5))[0],
        zone_offset=60,
        price=199 if service is Service.CONTENT else None,
        currency="EUR" if service is Service.CONTENT else "",
        system="core",
        source=Source(uri="file:///benchmark"),
    )


if __name__ == "__main__":
    for headline in main():
        print(headline)
