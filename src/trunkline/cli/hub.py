"""`trunkline hub`: who has subscribed to events of the TM Forum APIs, and what could not be delivered to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trunkline.cli.audited import audited
from trunkline.cli.output import HERE, JsonOption, ProjectOption, Refused, rows

if TYPE_CHECKING:
    from trunkline.store import Store
    from trunkline.tmf.hub.letter import DeadLetter

app = typer.Typer(
    help="Who has subscribed to events, and what could not be delivered; send it again, or give it up.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Ids = Annotated[list[str] | None, typer.Argument(help="The ids of dead letters.")]
All = Annotated[bool, typer.Option("--all", help="All of them …")]
Of = Annotated[str, typer.Option("--subscription", "-s", help="… of this subscription.")]


@app.command("list")
def list_subscriptions(project: ProjectOption = HERE, json: JsonOption = False) -> None:
    """List the subscriptions: what they ask for, how many events they have yet to be looked at for, what is dead."""
    from trunkline.project import Project
    from trunkline.tmf.hub.guard import Guard
    from trunkline.tmf.hub.letter import DeadLetters
    from trunkline.tmf.hub.subscriptions import Subscriptions

    found = Project.find(project)
    with closing(found.open_log()) as log, closing(found.open_store()) as store:
        subscriptions = Subscriptions(store, log, Guard())
        dead = Counter(letter.subscription for letter in DeadLetters(store).all())
        table = [
            {
                "id": each.id,
                "api": f"TMF{each.api} {each.version}",
                "callback": each.callback,
                "query": each.query,
                "behind": subscriptions.behind(each),
                "dead_letters": dead[each.id],
            }
            for each in subscriptions.all()
        ]
    rows(table, ("id", "api", "callback", "query", "behind", "dead_letters"), as_json=json, empty="there are none")


@app.command("dead-letters")
@audited("deadLetter", "hub dead-letters", reads=True)
def dead_letters(
    project: ProjectOption = HERE,
    subscription: Annotated[str, typer.Option("--subscription", "-s", help="Only those of this subscription.")] = "",
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="At most this many, the last died.")] = 50,
    json: JsonOption = False,
) -> None:
    """List events that subscribers did not take, the last died at the end; with --json the events themselves too."""
    from trunkline.tmf.hub.letter import DeadLetters

    with _store(project) as store:
        found = sorted(DeadLetters(store).all(subscription), key=lambda letter: letter.died)[-last:]
    columns = ("id", "event_type", "event_id", "attempts", "status", "message", "died", "state")
    rows(map(_row, found), columns, as_json=json, empty="there are none")


@app.command()
@audited("deadLetter", "hub replay")
def replay(ids: Ids = None, all_dead: All = False, subscription: Of = "", project: ProjectOption = HERE) -> None:
    """Send dead letters again, before what comes next. Those that are not taken then are dead again."""
    from trunkline.tmf.hub.letter import DeadLetters

    with _store(project) as store:
        letters = DeadLetters(store)
        chosen = _chosen(letters.all(subscription), ids, all_dead, subscription)
        letters.replay(chosen)
    typer.echo(f"{len(chosen)} will be sent again")


@app.command()
@audited("deadLetter", "hub drop")
def drop(ids: Ids = None, all_dead: All = False, subscription: Of = "", project: ProjectOption = HERE) -> None:
    """Give dead letters up: they are never sent."""
    from trunkline.tmf.hub.letter import DeadLetters

    with _store(project) as store:
        letters = DeadLetters(store)
        chosen = _chosen(letters.all(subscription), ids, all_dead, subscription)
        letters.drop(chosen)
    typer.echo(f"{len(chosen)} are dropped")


def _chosen(found: Iterator[DeadLetter], ids: list[str] | None, all_dead: bool, subscription: str) -> list[str]:
    if bool(ids) == all_dead:
        raise Refused("name the dead letters, or all of them with --all")
    if subscription and not all_dead:
        raise Refused("--subscription chooses among --all")
    there = {letter.id for letter in found}
    if missing := sorted(set(ids or []) - there):
        raise Refused(f"there is no dead letter {missing[0]}: `trunkline hub dead-letters` lists them")
    return ids or sorted(there)


@contextmanager
def _store(folder: Path) -> Iterator[Store]:
    from trunkline.project import Project

    with closing(Project.find(folder).open_store()) as store:
        yield store


def _row(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "subscription": letter.subscription,
        "event_type": letter.event_type,
        "event_id": letter.event_id,
        "attempts": letter.attempts,
        "status": letter.status,
        "message": letter.message,
        "died": letter.died,
        "state": "waits to be sent" if letter.replay else "dead",
        "event": letter.event,
    }
