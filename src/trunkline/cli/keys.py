"""`trunkline keys`: the keys by which the log and the store are encrypted; rotate them, and erase a person."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trunkline.cli.audited import audited
from trunkline.cli.output import HERE, JsonOption, ProjectOption, Refused, rows

if TYPE_CHECKING:
    from trunkline.project import Project
    from trunkline.security.keys.keyring import Keyring

app = typer.Typer(
    help="The keys by which the log and the store are encrypted; rotate them, erase a person.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_keys(project: ProjectOption = HERE, json: JsonOption = False) -> None:
    """List the keys: of topics and kinds of records by name, those of persons and those that were deleted in one."""
    from trunkline.log.envelope import from_micros

    _, keyring = _opened(project)
    with closing(keyring):
        table = [
            {
                "purpose": each.purpose,
                "name": each.name,
                "keys": each.keys,
                "newest": from_micros(each.made).isoformat(timespec="seconds"),
            }
            for each in keyring.summaries()
        ]
    rows(table, ("purpose", "name", "keys", "newest"), as_json=json, empty="there are none yet")


@app.command("rotate")
@audited("key", "keys rotate")
def rotate(project: ProjectOption = HERE) -> None:
    """Make new keys, and wrap all others anew by them, while the platform runs. Broken off, it may be run again."""
    _, keyring = _opened(project)
    with closing(keyring):
        keyring.rotate()
        count = sum(each.keys for each in keyring.summaries() if each.purpose != "erased")
    typer.echo(f"rotated: {count} keys are wrapped by a new one, and what is written from now on has new keys")


@app.command("erase")
@audited("person", "keys erase", id="subject", personal=True)
def erase(
    subject: Annotated[str, typer.Argument(help="Whose data is erased: what events' keys name, an account's id, say.")],
    project: ProjectOption = HERE,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a person: take back what compacted topics say of them, by all their names, and delete their keys. There is
    no way back."""
    from trunkline.log import Event
    from trunkline.security.keys.names import names_of

    operator, keyring = _opened(project)
    compacted = [
        name
        for name, contract in operator.contracts.items()
        if contract.settings.subject == "key" and contract.settings.compacted
    ]
    with closing(keyring), closing(operator.open_log()) as log:
        names = names_of(subject, log, operator.contracts)
        if not any(keyring.knows(name.encode()) for name in names):
            raise Refused(f"nothing is encrypted for {subject}: name what events have as their key")
        told = ", ".join(names)
        if not yes:
            typer.confirm(f"All that was ever written of {told} becomes unreadable, for good. Go on?", abort=True)
        for topic in compacted:
            log.append(topic, [Event(None, name.encode()) for name in names])
        gone = sum(keyring.erase(name.encode()) for name in names)
    typer.echo(f"erased {told}: {gone} keys deleted, and taken back from {', '.join(compacted) or 'no topic'}")


def _opened(project: Path) -> tuple[Project, Keyring]:
    from trunkline.project import Project

    found = Project.find(project)
    if found.keyring is None:
        raise Refused(f"{found.folder / 'trunkline.toml'} has no [keys]: nothing is encrypted; see docs/keys.md")
    return found, found.keyring
