"""From an alarm report in the log to the API and to an SSE subscriber, while 100,000 alarms are active.

The worker and the API are processes of their own over the real log with the reference operator's contracts. Twenty
times a second one alarm changes its severity; the clock runs from before the append until the API shows the change and
until the subscriber has it. Beside it a reader that only reads the reports from the log: the least that can be.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import msgspec

from benchmarks.headline import Headline
from benchmarks.live import API, Arrivals, command, free_port, operator, percentile, subscribe, until
from trunkline.log import open_log
from trunkline.log.envelope import cloud_event
from trunkline.log.port import Event, Log, TopicPartition
from trunkline.project import Project
from trunkline.telco.model import AlarmReport, Report, Severity, Source

ACTIVE = 100_000
CHANGES = 400
PACE = 1 / 20  # seconds from one change to the next
TARGET = 100.0  # ms, p99
NODES, CELLS = 600, 7


def main() -> list[Headline]:
    with tempfile.TemporaryDirectory() as folder:
        project = operator(Path(folder))
        log = project.open_log()
        try:
            began = datetime.now(UTC) - timedelta(hours=2)
            for first in range(0, ACTIVE, 2_000):
                raises = [report(number, Severity.MINOR, began) for number in range(first, first + 2_000)]
                log.append(AlarmReport.topic, raises)
            port = free_port()
            environment = {"TRUNKLINE_HTTP__PORT": str(port)}
            with command(project, "worker", environment), command(project, "api", environment):
                return measure(project, log, f"http://127.0.0.1:{port}")
        finally:
            log.close()


def measure(project: Project, log: Log, url: str) -> list[Headline]:
    numbers = Random(7).sample(range(ACTIVE), CHANGES)
    with httpx.Client(base_url=f"{url}{API}", timeout=30) as client:
        until(lambda: client.get("/alarms?limit=1").headers["x-total-count"] == str(ACTIVE), within=300)
        ids = {number: client.get("/alarms", params={"dn": dn(number)}).json()[0]["id"] for number in numbers}
        time.sleep(3)  # the health of the last raises settles
        told, read, sent, shown = Arrivals(), Arrivals(), {}, []
        with subscribe(url, told, changed, kind="alarm"), bare_reader(project, read):
            for number in numbers:
                began = sent[dn(number)] = time.perf_counter()
                log.append(AlarmReport.topic, [report(number, Severity.CRITICAL, datetime.now(UTC))])
                while client.get(f"/alarms/{ids[number]}").json()["perceivedSeverity"] != "critical":
                    time.sleep(0.001)
                shown.append(time.perf_counter() - began)
                time.sleep(max(0.0, PACE - shown[-1]))
            heard, floor = told.since(sent), read.since(sent)
    return [
        Headline(
            f"alarm change to {where}, {name} of {CHANGES} at 20/s, {ACTIVE:,} active",
            "ms",
            percentile(times, share),
            percentile(floor, share),
            "a bare reader of the reports",
            target=target,
            lower_is_better=True,
        )
        for where, times in (("the API", shown), ("an SSE subscriber", heard))
        for name, share, target in (("p50", 0.5, None), ("p99", 0.99, TARGET))
    ]


def dn(number: int) -> str:
    return f"ManagedElement=ANT_{number % NODES:03},ENBFunction=1,EUtranCellFDD={number % CELLS},Equipment={number}"


def report(number: int, severity: Severity, at: datetime) -> Event:
    record = AlarmReport(
        kind=Report.RAISE,
        vendor=("Ericsson", "Nokia", "Huawei")[number % 3],
        system="netact",
        dn=dn(number),
        problem="7653",
        severity=severity,
        specific_problem="RECTIFIER FAILURE",
        text="one of the rectifiers gives no current",
        time=at,
        native_id=str(number),
        source=Source(uri="snmp://127.0.0.1:50112"),
    )
    value = msgspec.json.encode(record)
    return cloud_event(type=AlarmReport.topic, source="/benchmark", id=f"{number}@{at}", value=value, key=record.key)


def changed(alarm: Any) -> str | None:
    return str(alarm["dn"]) if alarm["perceivedSeverity"] == "critical" else None


@contextmanager
def bare_reader(project: Project, read: Arrivals) -> Iterator[None]:
    """Read the reports over a connection of its own, as another process would."""
    log = open_log(project.log_url)
    partitions = next(topic.partitions for topic in log.topics() if topic.name == AlarmReport.topic)
    places = [TopicPartition(AlarmReport.topic, number) for number in range(partitions)]
    offsets = {place: log.end(*place) for place in places}
    stop = threading.Event()

    def follow() -> None:
        while not stop.is_set():
            log.wait(offsets, 0.2)
            for place, offset in offsets.items():
                for record in log.read(*place, offset):
                    read.add((record.key or b"").decode(), time.perf_counter())
                    offsets[place] = record.offset + 1

    thread = threading.Thread(target=follow)
    thread.start()
    yield
    stop.set()
    thread.join()
    log.close()


if __name__ == "__main__":
    for headline in main():
        print(headline)
