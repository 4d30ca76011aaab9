"""`trunkline processors|shadow|lineage`: what runs, how a new version would differ, and what made a value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trunkline.cli.audited import audited
from trunkline.cli.output import HERE, JsonOption, ProjectOption, Refused, rows

if TYPE_CHECKING:
    from trunkline.log import Log, TopicPartition
    from trunkline.streams.instance import Definition


def register(app: typer.Typer) -> None:
    for command in (processors, shadow, lineage):
        app.command()(command)


def processors(project: ProjectOption = HERE, json: JsonOption = False) -> None:
    """List the processors: the platform's, and those in the project's folder `processors`."""
    from trunkline.project import Project
    from trunkline.runtime.processors import processors as of

    rows(
        (
            {
                "processor": each.name,
                "reads": ", ".join(each.reads),
                "instances": "one" if each.whole else "one a partition",
            }
            for each in of(Project.find(project))
        ),
        ("processor", "reads", "instances"),
        as_json=json,
        empty="no processors",
    )


@audited("state", "shadow", reads=True)
def shadow(
    name: Annotated[str, typer.Argument(help="The processor, as `trunkline processors` lists it.")],
    new: Annotated[Path, typer.Option("--with", help="The Python file that holds the new version, of the same name.")],
    since: Annotated[str, typer.Option("--from", help="Begin at this time (UTC), not where the topics begin.")] = "",
    most: Annotated[int, typer.Option("--most", min=1, help="Show this many differences at most.")] = 20,
    project: ProjectOption = HERE,
    json: JsonOption = False,
) -> None:
    """Run a new version of a processor beside the one in force over the same events, and show which outputs differ.

    Nothing is written. Both begin without state. Exits with 1 where they differ.
    """
    from trunkline.project import Project
    from trunkline.runtime.processors import processors as of
    from trunkline.streams.folder import load_file
    from trunkline.streams.shadow import Comparison, Difference

    operator = Project.find(project)
    before, after = _named(name, of(operator), "the project"), _named(name, load_file(new), str(new))
    shown: list[Difference] = []
    differ = 0
    with closing(operator.open_log()) as log:
        comparison = Comparison(log, before, after, _offsets_at(log, before, since) if since else None)
        for difference in comparison:
            differ += 1
            if len(shown) < most:
                shown.append(difference)
    rows(
        (
            {
                "event": f"{each.record.topic}/{each.record.partition}:{each.record.offset}",
                "key": _text(each.record.key),
                "before": _outputs(each.before),
                "after": _outputs(each.after),
            }
            for each in shown
        ),
        ("event", "key", "before", "after"),
        as_json=json,
        empty="no output differs",
    )
    typer.echo(f"{differ} of {comparison.events} events made other outputs ({comparison.outputs} before)", err=True)
    raise typer.Exit(1 if differ else 0)


@audited("state", "lineage", id="key", personal=True, reads=True)
def lineage(
    processor: Annotated[str, typer.Argument(help="The processor that keeps the value.")],
    key: Annotated[str, typer.Argument(help="The key of the value.")],
    project: ProjectOption = HERE,
    json: JsonOption = False,
) -> None:
    """Show what made a value of a processor's state: each change with the events behind it."""
    from trunkline.log.envelope import from_micros
    from trunkline.project import Project
    from trunkline.streams.lineage import Change
    from trunkline.streams.lineage import lineage as changes_of

    def lines(changes: Iterator[Change]) -> Iterator[dict[str, Any]]:
        for change in changes:
            for record in change.inputs:
                yield {
                    "committed": f"{from_micros(change.time):%Y-%m-%dT%H:%M:%S.%fZ}",
                    "input": f"{record.topic}/{record.partition}:{record.offset}",
                    "exact": "yes" if change.exact else "one of the commit",
                    "event": _text(record.value),
                    "state": _state(change.value),
                }

    with closing(Project.find(project).open_log()) as log:
        rows(
            lines(changes_of(log, processor, key)),
            ("committed", "input", "exact", "event", "state"),
            as_json=json,
            empty=f"the changelog of {processor} has nothing of {key!r}",
        )


def _named(name: str, among: Sequence[Definition], where: str) -> Definition:
    for definition in among:
        if definition.name == name:
            return definition
    raise Refused(f"{where} has no processor {name!r}: there are {', '.join(each.name for each in among) or 'none'}")


def _offsets_at(log: Log, definition: Definition, time: str) -> dict[TopicPartition, int]:
    from datetime import datetime

    from trunkline.log.envelope import micros
    from trunkline.streams.run import assign

    try:
        moment = micros(datetime.fromisoformat(time))
    except ValueError as error:
        raise Refused(f"--from {time}: give a time in UTC like 2026-03-09T15:00:00Z ({error})") from None
    return {place: log.offset_at(*place, moment) for places in assign(log, definition) for place in places}


def _outputs(sent: Sequence[tuple[str, bytes | None, bytes | None]]) -> str:
    return "; ".join(f"{topic} {_text(key)} {_text(value)}" for topic, key, value in sent) or "nothing"


def _text(value: bytes | None) -> str:
    return "(gone)" if value is None else value.decode(errors="backslashreplace")


def _state(value: Any) -> Any:
    import msgspec

    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    return "(removed)" if value is None else msgspec.json.encode(value).decode()
