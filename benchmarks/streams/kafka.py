"""On a real Kafka: events a second of CPU time of the processor's own process, beside Kafka Streams, Quix Streams and
Bytewax.

All read the same events from the same broker, one run after the other, A B C … A B C …; CPU time is that of the
process, user and system, between two numbers of committed outputs. Afterwards every output is checked.
"""

from __future__ import annotations

import statistics
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.headline import Headline
from benchmarks.streams.broker import Broker, kafka
from benchmarks.streams.peers import Bytewax, Job, KafkaStreams, Missing, Ours, Peer, QuixStreams
from benchmarks.streams.process import Stretch, running, watch
from benchmarks.streams.usage import INPUT, Load
from trunkline.doctor import COMPONENTS

RUNS = 3
MARKS = 100  # of so many records in a topic less than one is a transaction's mark
OURS = Ours()
PEERS: dict[Peer, float | None] = {
    KafkaStreams("defaults"): 2.0,
    KafkaStreams("tuned", "-XX:+UseParallelGC"): 1.2,
    QuixStreams(): None,
    Bytewax(): None,
}
"""Each with how many times as many events ours is to do."""


def main() -> Iterator[Headline | str]:
    broker_here = next(known for known in COMPONENTS if known.name == "Apache Kafka")
    if broker_here.find() is None:
        yield f"streams on Kafka: {broker_here.name} is not on this machine ({broker_here.install})"
        return
    load = Load(Ours.end)
    found: defaultdict[Peer, list[Stretch]] = defaultdict(list)
    missing: dict[Peer, str] = {}
    with tempfile.TemporaryDirectory() as folder, kafka(Path(folder, "kafka")) as broker:
        broker.fill(INPUT, load)
        for number in range(RUNS):
            for place, peer in enumerate((OURS, *PEERS)):
                if peer in missing:
                    continue
                try:
                    found[peer].append(run(peer, broker, load, Path(folder), f"{number}-{place}"))
                except Missing as error:
                    missing[peer] = str(error)
    ours = found[OURS]
    for peer, ratio in PEERS.items():
        if peer in missing:
            yield missing[peer]
        else:
            yield from headlines(ours, found[peer], peer.name, ratio)


def run(peer: Peer, broker: Broker, load: Load, folder: Path, name: str) -> Stretch:
    """What the peer needs for its share of the load. Raises `AssertionError` where an output is wrong."""
    job = Job(broker.bootstrap, INPUT, f"{INPUT}.total.{name}", folder / name)
    job.folder.mkdir()
    command = peer.command(job)
    broker.create(job.output)
    with running(command, folder / f"{name}.output") as process:
        stretch = watch([process], lambda: broker.count(job.output), peer.begin, peer.end)
    broker.outputs(job.output).events(load, peer.end - peer.end // MARKS)
    return stretch


def headlines(ours: list[Stretch], peer: list[Stretch], name: str, ratio: float | None) -> Iterator[Headline]:
    """Of the medians. How fast and how large the processes were is for information."""
    what = "streams on Kafka: a function per event"

    def line(unit: str, figure: Callable[[Stretch], float], **more: Any) -> Headline:
        ours_, peer_ = (statistics.median(map(figure, runs)) for runs in (ours, peer))
        return Headline(what, unit, ours_, peer_, name, **more)

    yield line("events/CPU s", lambda run: run.per_cpu_second, ratio_target=ratio)
    yield line("events/s", lambda run: run.per_second)
    yield line("MB of memory", lambda run: run.memory / 1e6, lower_is_better=True)
