"""`trunkline quarantine`: what was refused, why, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trunkline.cli.output import HERE, JsonOption, ProjectOption, Refused, rows

if TYPE_CHECKING:
    from trunkline.log import Log

app = typer.Typer(help="What was refused, why, and where it stands.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_rejected(
    project: ProjectOption = HERE,
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="At most this many, the newest.")] = 50,
    json: JsonOption = False,
) -> None:
    """List the newest rejected parts."""
    from trunkline.project import Project

    with closing(Project.find(project).open_log()) as log:
        start = max(log.start("quarantine", 0), log.end("quarantine", 0) - last)
        rows(
            _rejected(log, start, last),
            ("id", "time", "stage", "reason", "uri", "offset", "line", "message"),
            as_json=json,
            empty="the quarantine is empty",
        )


@app.command()
def show(
    id: Annotated[int, typer.Argument(help="The id, as `trunkline quarantine list` gives it.")],
    project: ProjectOption = HERE,
) -> None:
    """Show one rejected part: all that is known, and its bytes."""
    from trunkline.project import Project

    with closing(Project.find(project).open_log()) as log:
        found = next(_rejected(log, id, 1), None)
    if found is None or found["id"] != id:
        raise Refused(f"there is nothing with id {id} in the quarantine")
    part = found.pop("part")
    for name, value in found.items():
        if value not in ("", None):
            typer.echo(f"{name + ':':10} {value}")
    typer.echo(f"\n{part}")


def _rejected(log: Log, offset: int, limit: int) -> Iterator[dict[str, Any]]:
    import msgspec

    from trunkline.log.envelope import from_micros
    from trunkline.quarantine import Rejected

    for record in log.read("quarantine", 0, offset, limit):
        rejected = msgspec.json.decode(record.value or b"{}", type=Rejected)
        yield {
            "id": record.offset,
            "time": f"{rejected.time or from_micros(record.time):%Y-%m-%dT%H:%M:%SZ}",
            **{
                name: getattr(rejected, name)
                for name in ("stage", "reason", "system", "uri", "offset", "length", "line")
            },
            "message": rejected.message,
            "archive": rejected.archive,
            "target": rejected.target,
            "part": rejected.part.decode("utf-8", "backslashreplace"),
        }
