"""`trunkline quarantine`: what was refused and why; repairing it, putting it back, or giving it up."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trunkline.cli.audited import audited
from trunkline.cli.output import HERE, JsonOption, ProjectOption, Refused, rows

if TYPE_CHECKING:
    from trunkline.streams.quarantine import Item, Quarantine

app = typer.Typer(
    help="What was refused and why; repair it, put it back, or give it up.", no_args_is_help=True, rich_markup_mode=None
)
Id = Annotated[int, typer.Argument(help="The id, as `trunkline quarantine list` gives it.")]


@app.command("list")
@audited("quarantine", "quarantine list", reads=True)
def list_rejected(
    project: ProjectOption = HERE,
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="At most this many, the newest.")] = 50,
    open_only: Annotated[bool, typer.Option("--open", help="Only what is not replayed or dropped yet.")] = False,
    json: JsonOption = False,
) -> None:
    """List the newest rejected parts."""
    with _quarantine(project) as quarantine:
        found = [_row(item) for item in quarantine.items(last) if not (open_only and _is_done(item))]
    rows(
        found,
        ("id", "time", "state", "stage", "reason", "uri", "offset", "line", "message"),
        as_json=json,
        empty="the quarantine is empty",
    )


@app.command()
@audited("quarantine", "quarantine show", reads=True)
def show(id: Id, project: ProjectOption = HERE) -> None:
    """Show one rejected part: all that is known, and its bytes."""
    from trunkline.streams.quarantine import Refused as Gone

    with _quarantine(project) as quarantine:
        item = quarantine.item(id)
        try:
            part = quarantine.value(item)
        except Gone:
            part = item.rejected.part
    found = _row(item)
    del found["part"]
    for name, value in found.items():
        if value not in ("", None):
            typer.echo(f"{name + ':':10} {value}")
    if item.rejected.stack:
        typer.echo(f"\n{item.rejected.stack.rstrip()}")
    typer.echo(f"\n{part.decode('utf-8', 'backslashreplace')}")


@app.command()
@audited("quarantine", "quarantine repair")
def repair(
    id: Id,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="The whole event as it shall be.")] = None,
    set: Annotated[list[str] | None, typer.Option(help="Set one field: path.to.field=VALUE, VALUE as JSON.")] = None,
    topic: Annotated[str, typer.Option(help="The topic it is for, where the quarantine does not know it.")] = "",
    project: ProjectOption = HERE,
) -> None:
    """Say what a refused event shall be. It is held against its topic's contract, and goes back with `replay`."""
    if (file is None) == (not set):
        raise Refused("give the whole event with --file, or the fields to change with --set")
    with _quarantine(project) as quarantine:
        if file is not None:
            value = file.read_bytes()
        else:
            value = _with_fields(quarantine.value(quarantine.item(id)), set or [])
        quarantine.repair(id, value, by=getpass.getuser(), target=topic)
    typer.echo(f"{id} is repaired: `trunkline quarantine replay {id}` puts it back")


@app.command()
@audited("quarantine", "quarantine replay")
def replay(
    ids: Annotated[list[int] | None, typer.Argument(help="The ids of what to put back.")] = None,
    all: Annotated[bool, typer.Option("--all", help="Everything that is open or repaired …")] = False,
    system: Annotated[str, typer.Option(help="… of this processor or connection.")] = "",
    reason: Annotated[str, typer.Option(help="… refused for this reason.")] = "",
    project: ProjectOption = HERE,
    json: JsonOption = False,
) -> None:
    """Put refused events back, in the order of their keys: to the processor that refused them, else to their topic."""
    with _quarantine(project) as quarantine:
        if all:
            ids = [
                item.id
                for item in quarantine.items()
                if not _is_done(item)
                and (not system or item.rejected.system == system)
                and (not reason or item.rejected.reason == reason)
            ]
        elif system or reason:
            raise Refused("--system and --reason choose among --all")
        went = quarantine.replay(ids or [], by=getpass.getuser())
    rows(
        ({"id": id, "to": topic} for id, topic in went.items()), ("id", "to"), as_json=json, empty="nothing to put back"
    )


@app.command()
@audited("quarantine", "quarantine drop")
def drop(
    id: Id, why: Annotated[str, typer.Option(help="Why it is not needed.")], project: ProjectOption = HERE
) -> None:
    """Give a refused event up, for a reason that is kept."""
    with _quarantine(project) as quarantine:
        quarantine.drop(id, by=getpass.getuser(), why=why)
    typer.echo(f"{id} is dropped")


@contextmanager
def _quarantine(folder: Path) -> Iterator[Quarantine]:
    from trunkline.project import Project
    from trunkline.streams.quarantine import Quarantine

    project = Project.find(folder)
    with closing(project.open_log()) as log:
        yield Quarantine(log, project.contracts.validators(), _key)


def _key(topic: str, value: bytes) -> str | None:
    """The key of a canonical record that never had a place in the log."""
    import msgspec

    from trunkline.telco.model import RECORDS

    kind = RECORDS.get(topic)
    if kind is None:
        return None
    return str(msgspec.json.decode(value, type=kind).key)


def _is_done(item: Item) -> bool:
    return item.state in ("replayed", "dropped")


def _with_fields(value: bytes, changes: list[str]) -> bytes:
    import msgspec

    try:
        event: Any = msgspec.json.decode(value)
    except msgspec.DecodeError as error:
        raise Refused(f"it is not JSON ({error}), so no field can be set: give the whole event with --file") from None
    for change in changes:
        path, _, text = change.partition("=")
        *above, last = path.split(".")
        try:
            place = event
            for step in above:
                place = place[int(step)] if isinstance(place, list) else place[step]
            place[int(last) if isinstance(place, list) else last] = msgspec.json.decode(text)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise Refused(
                f"--set {change}: {type(error).__name__}: {error}; write path.to.field=VALUE as JSON"
            ) from None
    return msgspec.json.encode(event)


def _row(item: Item) -> dict[str, Any]:
    rejected, decision = item.rejected, item.decision
    return {
        "id": item.id,
        "time": f"{rejected.time:%Y-%m-%dT%H:%M:%SZ}" if rejected.time else "",
        "state": item.state,
        **{name: getattr(rejected, name) for name in ("stage", "reason", "system", "uri", "offset", "length", "line")},
        "message": rejected.message,
        "archive": rejected.archive,
        "target": rejected.target,
        "decided_by": decision.by if decision else "",
        "why": decision.why if decision else "",
        "part": rejected.part.decode("utf-8", "backslashreplace"),
    }
