"""`trunkline applications`: programs that call the APIs in their own name, as a 5G core or Prometheus does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trunkline.cli.audited import audited
from trunkline.cli.output import HERE, ProjectOption, Refused
from trunkline.cli.people import opened

if TYPE_CHECKING:
    from trunkline.security.identity.clients import Client
    from trunkline.security.identity.identity import Unit

app = typer.Typer(
    help="Programs that get tokens in their own name: let them in, change their secret, end them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Id = Annotated[str, typer.Argument(help="The application's id, as access/purposes.yaml names it under `clients`.")]
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"


@app.command()
@audited("application", "applications add")
def add(
    id: Id,
    scope: Annotated[list[str] | None, typer.Option(help="What it may ask for (repeat it for several).")] = None,
    name: Annotated[str, typer.Option(help="What people know it by.")] = "",
    project: ProjectOption = HERE,
) -> None:
    """Let an application get tokens by client credentials (RFC 6749, clause 4.4); prints its secret, once."""
    import re

    from trunkline.security.identity.clients import Metadata
    from trunkline.security.identity.sealing import new_secret

    if not re.fullmatch(NAME, id):
        raise Refused(f"{id!r} is no id: letters, digits, dots, hyphens and underscores, 100 at most")
    secret = new_secret()
    with opened(project) as identity:
        if unknown := set(scope or ()) - identity.terms.scopes:
            known = ", ".join(sorted(identity.terms.scopes))
            raise Refused(f"no role has the scope {min(unknown)} in access/people.yaml: there are {known}")
        metadata = Metadata(
            client_name=name[:200],
            grant_types=("client_credentials",),
            response_types=(),
            scope=" ".join(sorted(set(scope or ()))),
        )
        with identity.unit() as unit:
            if unit.clients.get(id) is not None:
                raise Refused(f"there is an application {id} already: `trunkline applications secret` gives it another")
            unit.clients.add(id, metadata, secret)
    typer.echo(f"{id} gets its tokens at {identity.terms.url('/oauth2/token')} with the secret {secret}")


@app.command()
@audited("application", "applications secret")
def secret(id: Id, project: ProjectOption = HERE) -> None:
    """Give an application another secret, and print it, once; the one that it had stops to work at once."""
    from trunkline.security.identity.sealing import new_secret

    new = new_secret()
    with opened(project) as identity, identity.unit() as unit:
        client = _known(unit, id)
        if not client.metadata.secret:
            raise Refused(f"{id} has no secret: it proves itself by {client.metadata.token_endpoint_auth_method}")
        unit.clients.replace(id, client.metadata, new)
    typer.echo(f"{id} has the secret {new}")


@app.command()
@audited("application", "applications remove")
def remove(id: Id, project: ProjectOption = HERE) -> None:
    """End an application: it gets no tokens any more, and those that it has stop to work within a second."""
    with opened(project) as identity, identity.unit() as unit:
        _known(unit, id)
        unit.clients.remove(id)
    typer.echo(f"{id} gets no tokens any more")


def _known(unit: Unit, id: str) -> Client:
    """The application. Raises `Refused` where there is none; the command line itself is none."""
    from trunkline.security.identity.terms import COMMAND_LINE

    client = unit.clients.get(id)
    if client is None or id == COMMAND_LINE:
        raise Refused(f"there is no application {id}: `trunkline applications add` lets one in")
    return client
