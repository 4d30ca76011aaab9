"""`trunkline ingest|topics|tail`: files into the log, and the log's topics."""

from __future__ import annotations

import base64
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trunkline.cli.audited import audited
from trunkline.cli.output import HERE, JsonOption, ProjectOption, Refused, rows

if TYPE_CHECKING:
    from trunkline.log import Log, Record
    from trunkline.project import Project
    from trunkline.systems import Format


MINUTE = 60.0


def register(app: typer.Typer) -> None:
    for command in (ingest, topics, tail):
        app.command()(command)


@audited("file", "ingest")
def ingest(
    files: Annotated[list[Path], typer.Argument(help="Measurement, alarm and topology files, plain or gzip.")],
    project: ProjectOption = HERE,
    format: Annotated[str, typer.Option(help="Read as this format (`omes`, …) instead of recognising it.")] = "",
    json: JsonOption = False,
) -> None:
    """Take in files, once each by content. Exits with 1 when a part of one was refused."""
    from trunkline.project import Project
    from trunkline.runtime import worker
    from trunkline.runtime.connect import ingest as take

    operator = Project.find(project)
    refused = 0
    found = []
    for report in take(operator, files, _format(operator, format)):
        refused += report.rejected
        found.append(
            {
                "file": Path(report.uri).name,
                "format": report.format or "unknown",
                "records": " ".join(f"{count} {topic}" for topic, count in report.records.items()) or "none",
                "values": report.values,
                "counters": report.counters,
                "rejected": report.rejected,
                "note": "taken before" if report.duplicate else "",
                "archive": report.archive,
                "uri": report.uri,
            }
        )
    columns = ("file", "format", "records", "values", "counters", "rejected", "note")
    rows(found, columns, as_json=json, empty="no files")
    worker.catch_up(operator)
    if refused:
        typer.echo("`trunkline quarantine list` shows what was refused, where, and why.", err=True)
    raise typer.Exit(1 if refused else 0)


def _format(operator: Project, name: str) -> Format | None:
    from trunkline.systems import installed_systems

    if not name:
        return None
    known = {format.name: format for system in installed_systems(operator.folder).values() for format in system.formats}
    if name not in known:
        raise Refused(f"no system reads the format {name!r}: there are {', '.join(sorted(known))}")
    return known[name]


def topics(project: ProjectOption = HERE, json: JsonOption = False) -> None:
    """List the topics: partitions, events, events a second in the last minute, how they are kept."""
    from trunkline.project import Project

    lately = int((time.time() - MINUTE) * 1e6)

    with closing(Project.find(project).open_log()) as log:
        rows(
            (
                {
                    "topic": topic.name,
                    "partitions": topic.partitions,
                    "events": sum(log.end(topic.name, n) - log.start(topic.name, n) for n in range(topic.partitions)),
                    "rate": sum(
                        log.end(topic.name, n) - log.offset_at(topic.name, n, lately) for n in range(topic.partitions)
                    )
                    / MINUTE,
                    "kept": "last of each key" if topic.compacted else _duration(topic.retention),
                }
                for topic in sorted(log.topics(), key=lambda topic: topic.name)
            ),
            ("topic", "partitions", "events", "rate", "kept"),
            as_json=json,
            empty="no topics yet",
        )


@audited("topic", "tail", id="topic", reads=True)
def tail(
    topic: Annotated[str, typer.Argument(help="The topic, as `trunkline topics` lists it.")],
    project: ProjectOption = HERE,
    last: Annotated[
        int, typer.Option("--last", "-n", min=0, help="Begin with this many events of each partition.")
    ] = 10,
    follow: Annotated[bool, typer.Option(help="Wait for new events until Ctrl-C.")] = True,
    json: JsonOption = False,
) -> None:
    """Show the events of a topic as they come."""
    from trunkline.project import Project

    with closing(Project.find(project).open_log()) as log, suppress(KeyboardInterrupt):
        for record in _follow(log, topic, last, follow):
            if json:
                rows([_as_json(record)], (), as_json=True, empty="")
            else:
                from trunkline.log.envelope import from_micros

                key = record.key.decode(errors="replace") if record.key is not None else "-"
                value = record.value.decode(errors="replace") if record.value is not None else "(gone)"
                typer.echo(f"{record.partition}:{record.offset} {from_micros(record.time):%H:%M:%S.%f} {key} {value}")
            sys.stdout.flush()


def _follow(log: Log, topic: str, last: int, follow: bool) -> Iterator[Record]:
    from trunkline.log import TopicPartition, UnknownTopic

    known = next((known for known in log.topics() if known.name == topic), None)
    if known is None:
        raise UnknownTopic(f"there is no topic {topic!r}: `trunkline topics` lists them")
    offsets = {
        TopicPartition(topic, n): max(log.start(topic, n), log.end(topic, n) - last) for n in range(known.partitions)
    }
    while True:
        found = [record for (_, n), offset in offsets.items() for record in log.read(topic, n, offset)]
        found.sort(key=lambda record: record.time)
        for record in found:
            offsets[TopicPartition(topic, record.partition)] = record.offset + 1
            yield record
        if not found:
            if not follow:
                return
            log.wait(offsets, timeout=1.0)


def _as_json(record: Record) -> dict[str, Any]:
    """CloudEvents' JSON form of a record, with its place in the log (JSON event format 1.0.2, clause 3)."""
    import msgspec

    from trunkline.log.envelope import attributes

    found: dict[str, Any] = {**attributes(record), "partition": record.partition, "offset": record.offset}
    found["key"] = record.key.decode(errors="replace") if record.key is not None else None
    if record.value is not None:
        try:
            found["data"] = msgspec.json.decode(record.value)
        except msgspec.DecodeError:
            found["data_base64"] = base64.b64encode(record.value).decode()
    return found


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "for ever"
    return f"{seconds / 86_400:g} days" if seconds >= 86_400 else f"{seconds / 3600:g} hours"
