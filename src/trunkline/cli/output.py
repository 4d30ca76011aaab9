"""How commands print: a table for people, or with `--json` one object a line for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer


class Refused(Exception):
    """What a command was asked for cannot be had; the text says why and what to do."""


ProjectOption = Annotated[
    Path,
    typer.Option(
        "--project",
        "-p",
        envvar="TRUNKLINE_PROJECT",
        help="The operator's project folder; else the one here, above, or alone below.",
        show_default=False,
    ),
]
HERE = Path()
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]


def rows(found: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, empty: str) -> None:
    """Print rows. `columns` are the keys to show in the table, in order; JSON has them all."""
    if as_json:
        import msgspec

        for row in found:
            sys.stdout.buffer.write(msgspec.json.encode(row) + b"\n")
        sys.stdout.buffer.flush()
        return
    cells = [[_text(row.get(column)) for column in columns] for row in found]
    if not cells:
        typer.echo(empty)
        return
    titles = [column.replace("_", " ").upper() for column in columns]
    widths = [max(len(line[n]) for line in [titles, *cells]) for n in range(len(columns))]
    for line in [titles, *cells]:
        typer.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.1f}"
    return str(value).replace("\n", " ")
