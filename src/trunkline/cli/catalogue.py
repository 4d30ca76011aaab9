"""`trunkline catalogue`: what the operator sells, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trunkline.cli.audited import audited
from trunkline.cli.output import HERE, ProjectOption

app = typer.Typer(help="What the operator sells, as files.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
@audited("productCatalog", "catalogue load")
def load(
    folder: Annotated[
        Path | None,
        typer.Argument(help="The files; the project's folder `catalogue`, if not given.", show_default=False),
    ] = None,
    project: ProjectOption = HERE,
) -> None:
    """Bring the product catalogue (TMF620) up to what the files say. Done twice, the second time changes nothing."""
    from contextlib import closing

    from trunkline.project import Project
    from trunkline.tmf import catalogue

    operator = Project.find(project)
    read = catalogue.read(folder or operator.folder / catalogue.FOLDER)
    with closing(operator.open_store()) as store:
        loaded = catalogue.load(store, read)
    typer.echo(
        f"{read.whole.name}: {len(read.specifications)} specifications, {len(read.offerings)} offerings; "
        f"{loaded.added} records added, {loaded.changed} changed, {loaded.unchanged} as they were"
    )
