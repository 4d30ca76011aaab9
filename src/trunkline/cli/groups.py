"""`trunkline groups`: who reads what, how far each group has come, and setting where it goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trunkline.cli.audited import audited
from trunkline.cli.output import HERE, JsonOption, ProjectOption, Refused, rows

if TYPE_CHECKING:
    from trunkline.log import Log, TopicPartition

SECOND = 1.0

app = typer.Typer(
    help="Who reads what, and how far each group has come.", invoke_without_command=True, rich_markup_mode=None
)


@app.callback()
def groups(
    context: typer.Context,
    project: ProjectOption = HERE,
    partitions: Annotated[bool, typer.Option(help="A line for each partition instead of each topic.")] = False,
    json: JsonOption = False,
) -> None:
    """List the consumer groups: processors, sinks, and others, and how they do in this second.

    `lag` is how many events wait. Of a processor that runs on this machine: the time of a commit, and its state.
    """
    if context.invoked_subcommand:
        return
    from trunkline.project import Project

    operator = Project.find(project)
    with closing(operator.open_log()) as log:
        before = {_place(position): position["offset"] for position in _positions(log)}
        time.sleep(SECOND)
        found = list(_positions(log))
    for position in found:
        position["rate"] = (position["offset"] - before.get(_place(position), position["offset"])) / SECOND
    if not partitions:
        figures = _figures(operator.data / "metrics")
        found = [row | figures.get(row["group"], {}) for row in _by_topic(found)]
    columns = ("partition", "offset", "end") if partitions else ()
    more = () if partitions else ("commit_ms", "state_keys", "state_bytes")
    rows(
        found,
        ("group", "topic", *columns, "lag", "rate", *more),
        as_json=json,
        empty="no group has committed anything yet",
    )


@app.command()
@audited("group", "groups reset", id="group")
def reset(
    group: Annotated[str, typer.Argument(help="The group, as `trunkline groups` lists it.")],
    to: Annotated[str, typer.Option(help="`start`, `end`, or a time in UTC like 2026-03-09T15:00:00Z.")],
    topic: Annotated[list[str] | None, typer.Option(help="Only these of its topics (repeat it for several).")] = None,
    project: ProjectOption = HERE,
) -> None:
    """Set where a group goes on, while none of its members runs. State of a processor stays as it is."""
    from trunkline.project import Project

    with closing(Project.find(project).open_log()) as log:
        places = [place for place in log.committed(group) if _is_input(place) and (not topic or place.topic in topic)]
        if not places:
            raise Refused(f"the group {group!r} has committed nothing of that: `trunkline groups` lists them")
        log.commit(group, {place: _offset(log, place, to) for place in places})
    typer.echo(f"{group} goes on at {to} in {', '.join(sorted({place.topic for place in places}))}")


def _positions(log: Log) -> Iterator[dict[str, Any]]:
    for group in log.groups():
        for place, offset in sorted(log.committed(group).items()):
            if _is_input(place):
                end = log.end(*place)
                lag = max(0, end - max(offset, log.start(*place)))
                yield {"group": group, "topic": place.topic, "partition": place.partition, "offset": offset,
                       "end": end, "lag": lag}  # fmt: skip


def _place(position: dict[str, Any]) -> tuple[str, str, int]:
    return position["group"], position["topic"], position["partition"]


def _by_topic(positions: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for (group, topic), its in groupby(positions, key=lambda position: (position["group"], position["topic"])):
        each = list(its)
        yield {"group": group, "topic": topic, **{name: sum(one[name] for one in each) for name in ("lag", "rate")}}


def _figures(folder: Path) -> dict[str, dict[str, Any]]:
    """What the running processors tell Prometheus, by processor."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    if not folder.is_dir():
        return {}
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    samples = {
        (sample.name.removeprefix("trunkline_processor_"), sample.labels.get("processor", "")): sample.value
        for metric in registry.collect()
        for sample in metric.samples
        if "le" not in sample.labels
    }
    found: dict[str, dict[str, Any]] = {}
    for (name, processor), commits in samples.items():
        if name == "commit_seconds_count" and commits:
            found[processor] = {
                "commit_ms": 1000 * samples["commit_seconds_sum", processor] / commits,
                "state_keys": int(samples.get(("state_keys", processor), 0)),
                "state_bytes": int(samples.get(("state_bytes", processor), 0)),
            }
    return found


def _is_input(place: TopicPartition) -> bool:
    """A processor's group also says where its state lies: nothing that waits."""
    return not place.topic.startswith("state.")


def _offset(log: Log, place: TopicPartition, to: str) -> int:
    from datetime import datetime

    from trunkline.log.envelope import micros

    if to == "start":
        return log.start(*place)
    if to == "end":
        return log.end(*place)
    try:
        return log.offset_at(*place, micros(datetime.fromisoformat(to)))
    except ValueError as error:
        raise Refused(f"--to {to}: give `start`, `end`, or a time in UTC like 2026-03-09T15:00:00Z ({error})") from None
