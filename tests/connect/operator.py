"""A made-up vendor with a line format, and a log to take it: what the tests of `connect` share."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from trunkline.connect import Archive, Intake
from trunkline.connect.progress import Progress
from trunkline.log import Log, Record, Topic, open_log
from trunkline.quarantine import Rejected
from trunkline.systems import Format, Origin, System
from trunkline.telco.model import AlarmReport, Measurement, Report, Severity

END = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TOPICS = (
    Topic(name="network.measurement", partitions=4),
    Topic(name="network.alarm.reported", partitions=4),
    Topic(name="quarantine"),
)


def read(stream: BinaryIO, origin: Origin) -> Iterator[Measurement | AlarmReport | Rejected]:
    """`#acme`, then a line `dn counter=value …` each; `!sync` ends a list of alarms, `!crash` breaks the reader."""
    offset = len(stream.readline())
    for number, line in enumerate(iter(lambda: stream.readline(1 << 16), b""), 2):
        dn, *counters = line.decode("utf-8", "replace").split()
        source = origin.source(offset, number)
        if dn == "!crash":
            raise RuntimeError("a mistake in the reader")
        if dn == "!sync":
            yield report(dn="ManagedElement=A", kind=Report.SYNCHRONISED, source=source)
        elif line.endswith(b"\n") and all("=" in counter for counter in counters):
            yield Measurement(
                vendor="Acme", system=origin.system, dn=dn, native_dn=dn, group="", end_time=END, granularity=900,
                counters={name: int(value) for name, value in (counter.split("=") for counter in counters)},
                source=source,
            )  # fmt: skip
        else:
            yield origin.rejected(
                "acme.line", "a counter has no value, or the line no end", offset=offset, line=number, part=line
            )
        offset += len(line)


def report(**fields: Any) -> AlarmReport:
    given = {"kind": Report.RAISE, "dn": "ManagedElement=A", "problem": "1", "severity": Severity.MAJOR, "time": END}
    source = Origin("acme-traps", "snmp://127.0.0.1:1").source()
    return AlarmReport(**{"vendor": "Acme", "system": "acme-traps", "source": source, **given, **fields})


ACME = System(name="acme", vendor="Acme", formats=(Format("acme-pm", lambda head: head.startswith(b"#acme"), read),))
SYSTEMS = {"acme": ACME}


def acme_file(lines: int, name: str = "A", counters: int = 2) -> bytes:
    """A file of `lines` measurements, each value different from every other in it and from those of other names."""
    rows = (
        f"ManagedElement={name}{n} " + " ".join(f"c{c}={n * counters + c}" for c in range(counters))
        for n in range(lines)
    )
    return ("#acme\n" + "\n".join(rows) + "\n").encode()


class Operator:
    """A log with its topics, an archive, and connections by name."""

    def __init__(self, folder: Path, log: Log | None = None) -> None:
        self.folder = folder
        self.log = log or open_log(f"sqlite://{folder / 'log.db'}")
        for topic in TOPICS:
            self.log.create(topic)
        self.archive = Archive(folder / "archive")

    def intake(self, name: str = "acme-files") -> Intake:
        return Intake(name, self.log, self.archive, SYSTEMS, progress=Progress(self.log))

    def records(self, topic: str) -> list[Record]:
        partitions = next(known.partitions for known in self.log.topics() if known.name == topic)
        return [record for partition in range(partitions) for record in self.log.read(topic, partition, 0, 1_000_000)]

    def measurements(self) -> list[Measurement]:
        records = self.records("network.measurement")
        return [msgspec.json.decode(record.value or b"", type=Measurement) for record in records]

    def rejected(self) -> list[Rejected]:
        return [msgspec.json.decode(record.value or b"", type=Rejected) for record in self.records("quarantine")]

    def values(self) -> list[tuple[str, str, Any]]:
        """Every value in the log, sorted; a value taken twice is there twice."""
        return sorted((m.dn, name, value) for m in self.measurements() for name, value in m.counters.items())


def origin(name: str = "a.pm", system: str = "acme-files") -> Origin:
    return Origin(system, f"file:///acme/{name}")


def stream(content: bytes) -> BinaryIO:
    return io.BytesIO(content)


def expected(*files: bytes) -> list[tuple[str, str, Any]]:
    """The values that are in files of the made-up vendor, sorted."""
    return sorted(
        (m.dn, name, value)
        for file in files
        for m in read(stream(file), origin())
        if isinstance(m, Measurement)
        for name, value in m.counters.items()
    )
