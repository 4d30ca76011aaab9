"""`trunkline gateway quota`: who has used how much of which quota, and counting anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trunkline.cli.audited import audited
from trunkline.cli.output import HERE, JsonOption, ProjectOption, Refused, rows

if TYPE_CHECKING:
    from trunkline.gateway.quotas.ledger import Ledger

app = typer.Typer(
    help="Who has used how much of which quota.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_quotas(
    rule: Annotated[str, typer.Option(help="Only of the quota that is attached here: `group partners`.")] = "",
    caller: Annotated[str, typer.Option(help="Only of this client or application.")] = "",
    past: Annotated[
        bool, typer.Option("--past", help="With the periods that are over, as long as they are kept.")
    ] = False,
    project: ProjectOption = HERE,
    json: JsonOption = False,
) -> None:
    """List what was used in the periods that are not over. What gateways hold to spend next counts as used."""
    with _ledger(project) as ledger:
        found = sorted(
            ledger.used(rule, caller, None if past else datetime.now(UTC)),
            key=lambda one: (one.rule, one.period, one.caller),
        )
    table = [
        {
            "rule": one.rule,
            "caller": one.caller or "all",
            "period": one.period,
            "quota": one.quota,
            "used": one.used,
            "ends": one.ends.isoformat(timespec="seconds"),
        }
        for one in found
    ]
    rows(table, ("rule", "caller", "period", "quota", "used", "ends"), as_json=json, empty="nobody has used any")


@app.command("reset")
@audited("quota", "gateway quota reset", id="rule")
def reset_quota(
    rule: Annotated[str, typer.Argument(help="Where the quota is attached, as `list` shows it: `group partners`.")],
    caller: Annotated[str, typer.Argument(help="The client or application; none where all are counted together.")] = "",
    project: ProjectOption = HERE,
) -> None:
    """Count anew in the periods that are not over."""
    with _ledger(project) as ledger:
        before = ledger.reset(rule, "" if caller == "all" else caller, datetime.now(UTC))
    if not before:
        raise Refused(
            f"nothing was counted at {rule!r} for {caller or 'all'}: `trunkline gateway quota list` shows what"
        )
    for one in before:
        typer.echo(f"{one.period}: {one.used} of {one.quota} were used, and are not any more")


@contextmanager
def _ledger(folder: Path) -> Iterator[Ledger]:
    from trunkline.gateway.quotas.ledger import Ledger
    from trunkline.project import Project

    with closing(Ledger(Project.find(folder).revealed_store_url)) as ledger:
        yield ledger
