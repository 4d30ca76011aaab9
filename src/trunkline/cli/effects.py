"""`trunkline effects`: the calls to the outside world that processors asked for, and what became of them."""

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
    from trunkline.effects.desk import Desk
    from trunkline.effects.outcome import Outcome

app = typer.Typer(
    help="Calls to the outside world: what became of them; retry or give up those that failed for good.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Id = Annotated[str, typer.Argument(help="The effect's id (its idempotency key).")]


@app.command("list")
@audited("effect", "effects list", reads=True)
def list_effects(
    project: ProjectOption = HERE,
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="At most this many, the last changed.")] = 50,
    dead: Annotated[bool, typer.Option("--dead", help="Only those that wait for a person.")] = False,
    open_only: Annotated[bool, typer.Option("--open", help="Only those that are not over.")] = False,
    effector: Annotated[str, typer.Option(help="Only those of this effector.")] = "",
    json: JsonOption = False,
) -> None:
    """List the effects, the last changed at the end."""
    from trunkline.effects.outcome import State

    with _desk(project) as desk:
        found = [
            outcome
            for outcome in desk.outcomes()
            if (not dead or outcome.state is State.DEAD)
            and (not open_only or not outcome.state.over)
            and (not effector or outcome.effector == effector)
        ]
    found.sort(key=lambda outcome: outcome.changed)
    columns = ("id", "effector", "order", "state", "reason", "attempts", "changed", "message")
    rows(map(_row, found[-last:]), columns, as_json=json, empty="there are none")


@app.command()
@audited("effect", "effects show", personal=True, reads=True)
def show(id: Id, project: ProjectOption = HERE, json: JsonOption = False) -> None:
    """Show one effect: what asked for it, each attempt and what the target said, and what was sent."""
    with _desk(project) as desk:
        outcome = desk.outcome(id)
        effect = desk.asked(outcome)
    if json:
        import msgspec

        rows([{**msgspec.to_builtins(outcome), "effect": msgspec.to_builtins(effect)}], (), as_json=True, empty="")
        return
    about = {**_row(outcome), "due": _time(outcome.due), "receipt": outcome.receipt, "duplicates": outcome.duplicates}
    about["requested by"] = _place(outcome.cause)
    about["request"] = _place(outcome.request)
    if effect is not None and effect.expires is not None:
        about["expires"] = _time(effect.expires)
    for name, value in about.items():
        if value not in ("", 0):
            typer.echo(f"{name + ':':13} {value}")
    for attempt in outcome.attempts:
        status = f" {attempt.status}" if attempt.status else ""
        typer.echo(f"\n{_time(attempt.began)}  attempt {attempt.number}: {attempt.result.value}{status}")
        if attempt.ended is not None:
            typer.echo(f"  after {(attempt.ended - attempt.began).total_seconds():.3f} s: {attempt.message}")
    for decision in outcome.decisions:
        typer.echo(f"\n{_time(decision.time)}  {decision.by} says: {decision.action.value} {decision.why}".rstrip())
    if effect is not None:
        for name, parameter in effect.parameters.items():
            typer.echo(f"\n{name} = {parameter}")
        typer.echo(f"\n{effect.payload}")


@app.command()
@audited("effect", "effects retry", personal=True)
def retry(
    ids: Annotated[list[str] | None, typer.Argument(help="The ids of dead effects.")] = None,
    all_dead: Annotated[bool, typer.Option("--all", help="All that are dead …")] = False,
    effector: Annotated[str, typer.Option(help="… of this effector …")] = "",
    reason: Annotated[str, typer.Option(help="… for this reason.")] = "",
    why: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
    project: ProjectOption = HERE,
) -> None:
    """Let dead effects be tried again. One whose call may have been done (`unknown`) is then perhaps done twice."""
    from trunkline.effects.outcome import State

    if bool(ids) == all_dead:
        raise Refused("name the effects, or all of them with --all")
    if (effector or reason) and not all_dead:
        raise Refused("--effector and --reason choose among --all")
    with _desk(project) as desk:
        if all_dead:
            ids = [
                outcome.id
                for outcome in desk.outcomes()
                if outcome.state is State.DEAD
                and (not effector or outcome.effector == effector)
                and (not reason or outcome.reason == reason)
            ]
        desk.retry(ids or [], by=getpass.getuser(), why=why)
    typer.echo(f"{len(ids or [])} will be tried again")


@app.command()
@audited("effect", "effects drop", personal=True)
def drop(
    id: Id, why: Annotated[str, typer.Option(help="Why it is not needed.")], project: ProjectOption = HERE
) -> None:
    """Give a dead effect up, for a reason that is kept; those that wait behind it go on."""
    with _desk(project) as desk:
        desk.drop(id, by=getpass.getuser(), why=why)
    typer.echo(f"{id} is dropped")


@contextmanager
def _desk(folder: Path) -> Iterator[Desk]:
    from trunkline.effects.desk import Desk
    from trunkline.project import Project

    with closing(Project.find(folder).open_log()) as log:
        yield Desk(log)


def _row(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.id,
        "effector": outcome.effector,
        "order": outcome.order,
        "state": outcome.state.value,
        "reason": outcome.reason.value if outcome.reason else "",
        "attempts": outcome.attempted,
        "requested": _time(outcome.requested),
        "changed": _time(outcome.changed),
        "message": outcome.message,
    }


def _time(time: Any) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}" if time is not None else ""


def _place(place: Any) -> str:
    return f"{place.topic}/{place.partition} at {place.offset}" if place is not None else ""
