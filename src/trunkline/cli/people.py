"""`trunkline people`: who can sign in to the project's provider."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trunkline.cli.audited import audited
from trunkline.cli.output import HERE, JsonOption, ProjectOption, Refused, rows

if TYPE_CHECKING:
    from trunkline.security.identity.identity import Identity, Unit
    from trunkline.security.identity.people import Person

app = typer.Typer(
    help="Who can sign in: people, their roles and passwords.", no_args_is_help=True, rich_markup_mode=None
)
UserName = Annotated[str, typer.Argument(help="What the person signs in with.")]


@app.command("list")
@audited("person", "people list", reads=True)
def list_people(project: ProjectOption = HERE, json: JsonOption = False) -> None:
    """List the people, their roles, and by what they sign in."""
    with opened(project) as identity, identity.looking() as unit:
        table = [_row(unit, person) for person in unit.people.all()]
    rows(table, ("user_name", "name", "roles", "region", "active", "signs_in_by"), as_json=json, empty="there are none")


@app.command()
@audited("person", "people add", id="user_name", personal=True)
def add(
    user_name: UserName,
    role: Annotated[list[str], typer.Option(help="A role (repeat it for several).")],
    name: Annotated[str, typer.Option(help="The person's name.")] = "",
    region: Annotated[str, typer.Option(help="The part of the country that they work for.")] = "",
    project: ProjectOption = HERE,
) -> None:
    """Let somebody new sign in; prints their first password, once."""
    from trunkline.security.identity.passwords import new_password
    from trunkline.security.identity.scim.errors import ScimError
    from trunkline.security.identity.scim.resources import EXTENSION, read_user
    from trunkline.store import Conflict

    password = new_password()
    with opened(project) as identity:
        try:
            user = read_user({"userName": user_name, "displayName": name, EXTENSION: {"region": region}})
            hashed = identity.passwords.hash(password)
            with identity.unit() as unit:
                groups = {found.name: found for found in unit.people.groups(count=1_000)[0]}
                if unknown := set(role) - set(groups):
                    raise Refused(f"there is no role {min(unknown)}: there are {', '.join(sorted(groups))}")
                person = unit.people.add(user.user_name, user.document())
                unit.people.set_password(person.id, hashed)
                for each in role:
                    unit.people.replace_group(groups[each], each, [*groups[each].members, person.id])
        except (ScimError, Conflict) as error:
            raise Refused(str(error)) from None
    typer.echo(f"{user_name} signs in with the password {password}")


@app.command()
@audited("person", "people password", id="user_name", personal=True)
def password(
    user_name: UserName,
    generate: Annotated[bool, typer.Option(help="Make one, and print it, instead of asking for it.")] = False,
    lost_factors: Annotated[
        bool,
        typer.Option("--lost-factors", help="Take away their authenticator app and passkeys, which they have lost."),
    ] = False,
    project: ProjectOption = HERE,
) -> None:
    """Set a person's password. It opens a locked account, and ends every sign-in that there was."""
    from trunkline.security.identity.passwords import new_password

    with opened(project) as identity:
        with identity.looking() as unit:
            person = _named(unit, user_name)
        given = new_password() if generate else typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        try:
            hashed = identity.passwords.hash(given, person.user_name)
        except ValueError as error:
            raise Refused(str(error)) from None
        with identity.unit() as unit:
            unit.people.set_password(person.id, hashed)
            unit.people.sign_out(person.id)
            unit.lockout.forgive(person.user_name)
            if lost_factors:
                unit.people.forget_factors(person.id)
    typer.echo(f"{user_name} signs in with {f'the password {given}' if generate else 'the new password'}")


@app.command()
@audited("person", "people leave", id="user_name", personal=True)
def leave(user_name: UserName, project: ProjectOption = HERE) -> None:
    """Somebody has left: they cannot sign in any more, and their tokens stop to work within a second."""
    with opened(project) as identity, identity.unit() as unit:
        person = _named(unit, user_name)
        unit.people.replace(person.id, person.user_name, person.document, active=False)
    typer.echo(f"{user_name} cannot sign in any more")


def _row(unit: Unit, person: Person) -> dict[str, object]:
    ways = {
        "password": unit.people.password(person.id) is not None,
        "authenticator app": unit.people.totp(person.id)[0] is not None,
        "passkey": unit.people.has_passkey(person.id),
    }
    return {
        "user_name": person.user_name,
        "name": person.document.get("displayName", ""),
        "roles": ", ".join(person.roles),
        "region": person.region or None,
        "active": person.active,
        "signs_in_by": ", ".join(way for way, has in ways.items() if has) or None,
    }


def _named(unit: Unit, user_name: str) -> Person:
    person = unit.people.named(user_name)
    if person is None:
        raise Refused(f"nobody has the user name {user_name}: `trunkline people list`")
    return person


@contextmanager
def opened(folder: Path) -> Iterator[Identity]:
    """The provider of the project at `folder`. Raises `Refused` where it has none."""
    from trunkline.project import Project

    identity = Project.find(folder).open_identity()
    if identity is None:
        raise Refused("the project has no section [trust] in trunkline.toml, so nobody signs in to it: add one")
    try:
        yield identity
    finally:
        identity.close()
