"""The command's frame: its groups of commands, its exit codes, and how errors reach the person at the terminal.

Exit codes: 0 done, 1 refused with reasons, 2 wrong use.
"""

from __future__ import annotations

import os
import sys

import typer

from trunkline.cli import (
    access,
    applications,
    audit,
    catalogue,
    certificates,
    contracts,
    effects,
    events,
    folder,
    gateway,
    groups,
    hub,
    keys,
    login,
    move,
    network,
    people,
    processors,
    quarantine,
    roles,
    tariffs,
    tmf,
)
from trunkline.cli.output import Refused

app = typer.Typer(
    name="trunkline",
    help="The telco integration platform: connects an operator's networks, billing, ERP and CRM on open standards.\n\n"
    "Start with `trunkline new NAME`, then `trunkline up` in the new folder.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for commands in (folder, network, events, processors, move, roles, login, gateway):
    commands.register(app)
app.add_typer(access.app, name="access")
app.add_typer(applications.app, name="applications")
app.add_typer(audit.app, name="audit")
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(certificates.app, name="certificates")
app.add_typer(contracts.app, name="contracts")
app.add_typer(effects.app, name="effects")
app.add_typer(gateway.app, name="gateway")
app.add_typer(groups.app, name="groups")
app.add_typer(hub.app, name="hub")
app.add_typer(keys.app, name="keys")
app.add_typer(people.app, name="people")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(tariffs.app, name="tariffs")
app.add_typer(tmf.app, name="tmf")


def main() -> None:
    """Run the command. What is refused is said in plain lines on standard error, without a traceback."""
    try:
        app()
    except BrokenPipeError:  # `trunkline tail … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        from trunkline.document import Invalid
        from trunkline.http.bind import RefusedBind
        from trunkline.log import LogError
        from trunkline.project import NoProject
        from trunkline.store import StoreError

        if isinstance(error, Invalid):
            for problem in error.problems:
                typer.echo(problem, err=True)
        elif isinstance(error, NoProject | Refused | RefusedBind | LogError | StoreError | OSError):
            typer.echo(f"trunkline: {error}", err=True)
        else:
            raise
        sys.exit(2 if isinstance(error, NoProject) else 1)
