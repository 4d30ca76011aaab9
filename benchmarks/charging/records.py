"""The records of charging: rated usages followed from the log into the store, with their bills and the lines of these,
what indexes hold, and what subscribers of the API are told; on both databases.

Usages of some subscribers in turn, so that most change a bill and a line that are there. The peer is the same follower
that takes each usage by itself, in units of work as large. Beside it, as what the way into a database takes at least:
as many JSON documents inserted into a bare table. Time is that of this process: PostgreSQL's server is not in it.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from sqlalchemy import Column, LargeBinary, MetaData, Table, Text, create_engine

from benchmarks.headline import Headline, alternate
from tests.store import stores
from trunkline.log import Topic, open_log
from trunkline.log.envelope import cloud_event
from trunkline.store import Query, Store, open_store
from trunkline.store.follower import TOGETHER, Follower, Take, one_by_one
from trunkline.telco.charging import settings
from trunkline.telco.charging.records.following import takes
from trunkline.telco.charging.records.kinds import KINDS
from trunkline.telco.charging.records.usages import UNITS
from trunkline.telco.model import Drawn, RatedUsage, Service, Source, Usage
from trunkline.tmf.apis.usage import USAGE

USAGES, FEWER, SUBSCRIBERS, PARTITIONS = 10_000, 1_000, 1_000, 6
REFERENCE = Path(__file__).parents[2] / "belgicom"
MARCH = datetime(2026, 2, 28, 23, tzinfo=UTC)
RATES = {Service.VOICE: "calls", Service.MESSAGE: "texts", Service.DATA: "data"}


def main() -> Iterator[Headline]:
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)  # as `Worker.run` does
    chance = random.Random(6)
    rated = [usage(number, chance) for number in range(USAGES)]
    for name in stores.NAMES:
        ours, peer = alternate(
            lambda name=name: followed(name, rated, together),  # type: ignore[misc]
            lambda name=name: followed(name, rated[:FEWER], alone),  # type: ignore[misc]
        )
        what = f"rated usages followed into the store, on {name}"
        yield Headline(what, "usages/CPU-s", ours, peer, "the same, each by itself")
        bare = inserted(name, rated)
        yield Headline(f"{what}, beside a bare insert", "usages/CPU-s", ours, bare, "one row each, by SQLAlchemy")


def together(store: Store) -> Take:
    """The follower's own way."""
    return takes(settings.load(REFERENCE / settings.FILE), store)[RatedUsage.topic]


def alone(store: Store) -> Take:
    """The same, each usage by itself."""
    take = together(store)
    return one_by_one(lambda unit, record: take(unit, [record]))


def followed(name: str, rated: Sequence[RatedUsage], way: Callable[[Store], Take]) -> float:
    """Usages a CPU second of a follower, from the embedded log into a new store."""
    topic = RatedUsage.topic
    with (
        TemporaryDirectory() as folder,
        stores.url(name, Path(folder)) as url,
        closing(open_log(f"sqlite://{folder}/log.db")) as log,
        closing(open_store(url)) as store,
    ):
        store.declare(KINDS)
        log.create(Topic(name=topic, partitions=PARTITIONS))
        log.append(
            topic,
            [
                cloud_event(
                    type=topic, source="/benchmark", id=each.usage.id, value=msgspec.json.encode(each), key=each.key
                )
                for each in rated
            ],
        )
        with closing(Follower(log, store, topic, [topic], way(store), batch=TOGETHER)) as follower:
            brought, start = 0, time.process_time()
            while brought < len(rated):
                brought += follower.run_once(1.0)
            spent = time.process_time() - start
        if store.find(Query(USAGE.name, limit=1)).total != len(rated):
            raise AssertionError("usages are missing in the store")
    return len(rated) / spent


def inserted(name: str, rated: Sequence[RatedUsage]) -> float:
    """Rows a CPU second of a table of ids and documents, many in a transaction."""
    table = Table("usage", MetaData(), Column("id", Text, primary_key=True), Column("document", LargeBinary))
    with TemporaryDirectory() as folder, stores.url(name, Path(folder)) as url:
        engine = create_engine(url.replace("sqlite://", "sqlite:///").replace("postgresql://", "postgresql+psycopg://"))
        table.create(engine)
        start = time.process_time()
        for at in range(0, len(rated), TOGETHER):
            rows = [{"id": of.usage.id, "document": msgspec.json.encode(of)} for of in rated[at : at + TOGETHER]]
            with engine.begin() as connection:
                connection.execute(table.insert(), rows)
        spent = time.process_time() - start
        engine.dispose()
    return len(rated) / spent


def usage(number: int, chance: random.Random) -> RatedUsage:
    """A call, a text or data of one of the subscribers; half of them cost something."""
    which = chance.randrange(SUBSCRIBERS)
    account, service = f"A-{which}", chance.choices((Service.VOICE, Service.MESSAGE, Service.DATA), (30, 15, 55))[0]
    used = Usage(
        id=f"pgw/benchmark/{number}",
        account=account,
        subscription=f"32470{which:06d}",
        imsi=f"20610{which:010d}",
        service=service,
        started=MARCH + timedelta(seconds=number * 200),
        duration=chance.randrange(1, 600),
        downlink=chance.randrange(50_000_000) if service is Service.DATA else 0,
        items=1 if service is Service.MESSAGE else 0,
        other_party="" if service is Service.DATA else f"32499{chance.randrange(10**6):06d}",
        apn="internet" if service is Service.DATA else "",
        visited="20610",
        zone_offset=60,
        cell=f"20610-{chance.randrange(4_000)}",
        system="core",
        source=Source(uri=f"sftp://core/cdr/{number // 1_000:06d}.dat", offset=number % 1_000 * 300),
    )
    cost = chance.choice((0, chance.randrange(1, 300)))
    return RatedUsage(
        usage=used,
        tariff="mobile-20",
        rate=RATES[service],
        zone="home",
        band="day",
        unit=UNITS[service],
        quantity=used.quantity,
        free=0 if cost else used.quantity,
        amount=cost,
        currency="EUR",
        tax="standard",
        drawn=(Drawn(bucket=f"{account}/{'money' if cost else service}", amount=cost or used.quantity),),
        cycle=MARCH,
    )
