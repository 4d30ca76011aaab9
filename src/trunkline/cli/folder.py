"""`trunkline new|check|up|doctor`: the operator's project folder."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from trunkline.cli.output import HERE, JsonOption, ProjectOption, rows


def register(app: typer.Typer) -> None:
    for command in (new, check, up, doctor):
        app.command()(command)


def new(
    folder: Annotated[Path, typer.Argument(help="The folder to make.")],
    name: Annotated[str, typer.Option(help="The operator's name; the folder's, if not given.")] = "",
) -> None:
    """Make a new operator's project folder, ready to run."""
    from trunkline import starter

    starter.create(folder, name or folder.resolve().name)
    typer.echo(f"Made {folder}. Next:\n  cd {folder}\n  trunkline up")


def check(
    project: ProjectOption = HERE,
    against: Annotated[
        Path | None,
        typer.Option(help="Hold the contracts against those in this folder instead of those last accepted."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check everything in the project folder; say each fault with file, line and reason."""
    from trunkline.document import Invalid
    from trunkline.gateway.folder import FOLDER, is_declared
    from trunkline.project import Project, excepted
    from trunkline.project import check as check_project
    from trunkline.security.certificates.ending import ending

    found = Project.find(project)
    problems = check_project(found, against)
    if not problems and is_declared(found.folder / FOLDER):
        from trunkline.runtime import served  # all APIs, which take a second to load

        problems = served.check(found)
    with suppress(Invalid):
        for problem in ending(found.settings, found.folder):  # which stops nobody yet
            typer.echo(problem, err=True)
        for problem in () if problems else excepted(found):
            typer.echo(problem, err=True)
    if json:
        rows(
            ({"file": str(problem.file), "line": problem.line, "reason": problem.reason} for problem in problems),
            (),
            as_json=True,
            empty="",
        )
    else:
        for problem in problems:
            typer.echo(problem, err=True)
        if not problems:
            typer.echo(f"{found.folder}: all is well")
    raise typer.Exit(1 if problems else 0)


def up(project: ProjectOption = HERE) -> None:
    """Run the platform: API, workers, connections, and the operator's extras. Ctrl-C stops it."""
    from trunkline.runtime import up as runtime

    runtime.run(project)


def doctor(project: ProjectOption = HERE, json: JsonOption = False) -> None:
    """Say what this machine has and lacks, and whether the project could start."""
    from trunkline import doctor as machine
    from trunkline.project import NoProject, Project

    found = [
        {
            "component": component.name,
            "found": component.find() or ("MISSING" if component.needed else "not here"),
            "purpose": component.purpose,
            "install": component.install,
        }
        for component in machine.COMPONENTS
    ]
    rows(found, ("component", "found", "purpose", "install"), as_json=json, empty="")
    lacks = [component.name for component in machine.missing_needs()]
    try:
        operator = Project.find(project)
    except NoProject as error:
        typer.echo(f"\n{error}", err=True)
    else:
        http = operator.settings.http
        free = machine.port_is_free(http.host, http.port)
        typer.echo(
            f"\nproject {operator.folder}: {machine.free_disk(operator.folder) / 1e9:.0f} GB free, "
            f"port {http.port} is {'free' if free else 'in use (is it already up?)'}",
            err=True,
        )
    raise typer.Exit(1 if lacks else 0)
