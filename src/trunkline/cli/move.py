"""`trunkline move`: the whole log to another, as from the embedded one to Kafka."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from trunkline.cli.audited import commanded
from trunkline.cli.output import HERE, JsonOption, ProjectOption, Refused, rows


def register(app: typer.Typer) -> None:
    app.command()(move)


def move(
    to: Annotated[str, typer.Argument(help="The new log's URL, as `log_url` will have it: kafka://host:9093/…")],
    project: ProjectOption = HERE,
    json: JsonOption = False,
) -> None:
    """Copy the log to another: topics, where each group goes on, state. Stop the platform first."""
    from trunkline.log import open_log
    from trunkline.project import Project
    from trunkline.protection import of_log, refusal
    from trunkline.runtime.audit import catch_up
    from trunkline.runtime.worker import running
    from trunkline.streams.moving import Copied, Move

    operator = Project.find(project)
    for each in of_log((), to):
        if each.host not in operator.settings.exceptions:
            raise Refused(refusal(each))
    if running(operator):
        raise Refused("a worker runs on this project: stop the platform first, so that nothing is written meanwhile")
    found: list[Copied] = []
    with (
        commanded(operator, "log", "move"),
        closing(operator.open_log()) as source,
        closing(open_log(to, sealer=operator.sealer(operator.contracts))) as target,
    ):
        Move(source, target).run(found.append)
    catch_up(operator)  # the trail goes on behind the new log, and this was said to the old one
    rows(
        ({"topic": copied.topic, "events": copied.events} for copied in found),
        ("topic", "events"),
        as_json=json,
        empty="there was nothing to copy",
    )
    if not json:
        typer.echo(f'\nNow set  log_url = "{to}"  in {operator.folder / "trunkline.toml"} and start the platform.')
