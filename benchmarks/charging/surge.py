"""A surge: a match in the stadium makes 3.5 times as much usage for a minute. How long does a subscriber wait for his
notice, from the report that made it due until the notice stands in the log, and until the messaging system has sent the
message? Nothing may be lost.

The platform runs as `trunkline up` runs it: the processes `worker` and `perform` of a project with the reference
operator's tariffs, notices and effectors, on the embedded log; the simulator's messaging system beside it.
The load is the simulator's busiest hour of 200,000 subscribers (evening.py), or several times as fast.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

import numpy as np

from belgicom.simulator.usage.life import TICK
from benchmarks.charging.delays import MESSAGE, NOTICE, STEPS, Account, Way, account, messages_of
from benchmarks.charging.evening import REFERENCE, USES, Evening, event
from benchmarks.headline import Headline
from benchmarks.live import free_port, operator
from benchmarks.streams.process import cpu_seconds, running
from tests.servers.process import ServerProcess, answers
from trunkline.effects import Effect
from trunkline.log import Event, Log, TopicPartition
from trunkline.telco import model

SUBSCRIBERS = 200_000
CALM, SURGE = 60.0, 60.0  # seconds
TARGET = 2.0  # seconds, p99
BATCH = 10_000  # events of an append while the subscribers are made known
PATIENCE = 600.0  # seconds
GROUPS = {
    "mediate": (model.UsageReport.topic,),
    "numbers": (model.Account.topic,),
    "payer": (model.Number.topic, model.Usage.mediated),
    "charge": (model.Account.topic, model.Usage.topic, model.ChargingCommand.topic),
    "notify": (model.Notice.topic,),
    "effects": (Effect.topic,),
}
"""Who works on what between a report and its message, in that order."""


class Run(NamedTuple):
    """How a run went: when it began, how late an append was at most, the share of a core that each process took, and
    what became of it all."""

    begin: float
    late: float
    busy: dict[str, float]
    account: Account


def main(
    subscribers: int = SUBSCRIBERS,
    times: Sequence[float] = (1.0,),
    calm: float = CALM,
    surge: float = SURGE,
    workers: int = 1,
) -> Iterator[Headline | str]:
    """Raises `AssertionError` where a usage or a notice is lost, or there twice."""
    held = 0.0
    for each in times:
        quiet, match = whole_ticks(calm, each), whole_ticks(surge, each)
        with tempfile.TemporaryDirectory() as folder:
            run = measured(Path(folder), subscribers, each, quiet, match, workers)
        if run.account.lost:
            raise AssertionError(f"{len(run.account.lost)} faults, such as: {'; '.join(run.account.lost[:5])}")
        found = list(headlines(run, each * USES, quiet, match))
        yield from found
        yield load(run, quiet, match)
        yield steps(run, quiet, match)
        if all(headline.met for headline in found):
            held = max(held, each * USES)
    if len(times) > 1:
        yield Headline("highest base load of those whose surge was held", "uses/s", held)


def whole_ticks(seconds: float, times: float) -> float:
    """As long, to the nearest end of a tick: a surge begins and ends with one."""
    return max(1, round(seconds * times / TICK)) * TICK / times


def measured(folder: Path, subscribers: int, times: float, calm: float, surge: float, workers: int) -> Run:
    """A surge over a new operator's platform."""
    project, port = operator(folder), free_port()
    for name in ("tariffs", "notices", "effects"):
        shutil.copytree(REFERENCE / name, project.folder / name, dirs_exist_ok=True)
    shutil.copy(REFERENCE / "charging.yaml", project.folder)
    declared = project.folder / "effects" / "messages.yaml"
    declared.write_text(declared.read_text().replace(":10681/", f":{port}/"))
    evening = Evening(subscribers)
    with ExitStack() as stack:
        log = stack.enter_context(closing(project.open_log()))

        def start(name: str, *command: str) -> ServerProcess:
            whole = [sys.executable, "-m", *command]
            return stack.enter_context(running(whole, folder / f"{name}.log"))

        centre = start("centre", "benchmarks.charging.centre", str(folder), str(port))
        centre.wait_until(lambda: answers(port))
        at = ("--project", str(project.folder))
        processes = {
            f"worker {number}": start(f"worker{number}", "trunkline", "worker", *at) for number in range(workers)
        }
        processes |= {"perform": start("perform", "trunkline", "perform", *at), "messaging": centre}
        introduce(log, evening, processes["worker 0"])
        before = {name: cpu_seconds(process.pid) for name, process in processes.items()}
        arguments = map(str, (project.folder, subscribers, times, calm, surge))
        producer = [sys.executable, "-m", "benchmarks.charging.producer", *arguments]
        printed = subprocess.run(producer, check=True, stdout=subprocess.PIPE, text=True).stdout
        begin, late = map(float, printed.split())
        after = {name: cpu_seconds(process.pid) for name, process in processes.items()}
        processes["perform"].wait_until(lambda: at_rest(log, folder), PATIENCE)
        busy = {name: (after[name] - before[name]) / (2 * calm + surge) for name in processes}
        return Run(begin, late, busy, account(log, folder / "messages.db", begin, evening.numbers()))


def introduce(log: Log, evening: Evening, worker: ServerProcess) -> None:
    """Make the subscribers known, with what they have paid and used before the evening."""
    put(log, model.Account.topic, [event(each) for each in evening.accounts()])
    worker.wait_until(lambda: caught_up(log), PATIENCE)
    put(log, model.ChargingCommand.topic, evening.top_ups())
    put(log, model.UsageReport.topic, [event(report) for report in evening.used()])
    worker.wait_until(lambda: caught_up(log), PATIENCE)


def put(log: Log, topic: str, events: Sequence[Event]) -> None:
    for first in range(0, len(events), BATCH):
        log.append(topic, events[first : first + BATCH])


def caught_up(log: Log) -> bool:
    """Whether all that came has been worked on, as far as the effect ledger's taking it in."""
    topics = {topic.name: topic.partitions for topic in log.topics()}
    for group, names in GROUPS.items():
        committed = log.committed(group)
        for name in names:
            for partition in range(topics[name]):
                place = TopicPartition(name, partition)
                if committed.get(place, 0) < log.end(*place):
                    return False
    return True


def at_rest(log: Log, folder: Path) -> bool:
    """Whether there is a message, too, of all notices."""
    partitions = next(topic.partitions for topic in log.topics() if topic.name == model.Notice.topic)
    told = sum(log.end(model.Notice.topic, partition) for partition in range(partitions))
    return caught_up(log) and len(messages_of(folder / "messages.db")) >= told


def headlines(run: Run, uses: float, calm: float, surge: float) -> Iterator[Headline]:
    """Of the notices that fell due in the calm before, and in the surge."""
    for phase, first, last in (("calm", 0.0, calm), ("surge", calm, calm + surge)):
        ways = within(run, first, last)
        for what, step in (("notice", NOTICE), ("message", MESSAGE)):
            for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
                yield Headline(
                    f"{phase} at {uses:,.0f} uses/s: from a report to its {what}, {name}",
                    "s",
                    quantile([way.until(step) for way in ways], share),
                    target=TARGET if (phase, name) == ("surge", "p99") else None,
                    lower_is_better=True,
                )


def within(run: Run, first: float, last: float) -> list[Way]:
    """The notices that fell due between two moments of a run."""
    return [way for way in run.account.ways if first <= way.due - run.begin < last]


def quantile(seconds: Sequence[float], share: float) -> float:
    return float(np.quantile(seconds, share, method="inverted_cdf"))


def load(run: Run, calm: float, surge: float) -> str:
    """The load as it really was, and what it took."""
    rates, end = list[str](), 0.0
    for name, seconds in (("calm", calm), ("surge", surge), ("calm again", calm)):
        begin, end = end, end + seconds
        reports = sum(begin <= at - run.begin < end for at in run.account.reports) / seconds
        notices = len(within(run, begin, end)) / seconds
        rates.append(f"{name} {reports:,.0f} reports/s and {notices:,.1f} notices/s")
    busy = ", ".join(f"{name} {share:.0%}" for name, share in run.busy.items())
    late = f"an append was late by {1e3 * run.late:,.0f} ms at most"
    return f"{', '.join(rates)}; {late}; of a core: {busy}; nothing lost"


def steps(run: Run, calm: float, surge: float) -> str:
    """Where the slowest hundredth of the surge's messages waited, on average."""
    ways = within(run, calm, calm + surge)
    slow = quantile([way.until(MESSAGE) for way in ways], 0.99)
    took = np.mean([np.diff(way.moments) for way in ways if way.until(MESSAGE) >= slow], axis=0)
    parts = [f"{1e3 * its:,.0f} ms {name}" for name, its in zip(STEPS, took, strict=True)]
    return f"the slowest hundredth: {', '.join(parts)}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.charging.surge", description="A surge of usage.")
    parser.add_argument("--subscribers", type=int, default=SUBSCRIBERS)
    parser.add_argument("--times", type=float, nargs="+", default=[1.0], help="the simulator's busiest hour, so fast")
    parser.add_argument("--calm", type=float, default=CALM, help="seconds before the surge, and after it; whole ticks")
    parser.add_argument("--surge", type=float, default=SURGE, help="seconds")
    parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    for headline in main(**vars(arguments())):
        print(headline, flush=True)
