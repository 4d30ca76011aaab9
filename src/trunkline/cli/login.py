"""`trunkline login|token|logout`: sign in to a provider from the terminal, and have its tokens at hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trunkline.cli.output import HERE, ProjectOption, Refused

if TYPE_CHECKING:
    from trunkline.security.identity.login import Tokens


def register(app: typer.Typer) -> None:
    for command in (login, token, logout):
        app.command()(command)


def login(
    project: ProjectOption = HERE,
    issuer: Annotated[str, typer.Option(help="The provider's URL; else the project's own.")] = "",
    device: Annotated[bool, typer.Option(help="By a code that is typed in on another device.")] = False,
    scope: Annotated[str, typer.Option(help="What to ask for; else all that your roles give.")] = "",
) -> None:
    """Sign in with your browser; the tokens are kept in a file that only you can read."""
    import webbrowser

    from trunkline.security.identity.login import LoginFailed, by_browser, by_device

    def open_page(url: str) -> None:
        typer.echo(f"Sign in at this address, which your browser opens if it can:\n\n  {url}\n")
        webbrowser.open(url)

    def show_code(url: str, code: str) -> None:
        typer.echo(f"Open this address on any device, and let in the code {code}:\n\n  {url}\n")

    at, wanted = _at(project, issuer, scope)
    try:
        kept = by_device(at, wanted, show_code) if device else by_browser(at, wanted, open_page)
    except LoginFailed as error:
        raise Refused(str(error)) from None
    tokens = _tokens()
    tokens.keep(kept)
    typer.echo(f"You are signed in at {at}. The tokens are in {tokens.file}; `trunkline logout` gives them back.")


def token() -> None:
    """Print an access token that holds, for other programs: curl -H "Authorization: Bearer $(trunkline token)" …"""
    from trunkline.security.identity.login import LoginFailed

    try:
        typer.echo(_tokens().access_token())
    except LoginFailed as error:
        raise Refused(str(error)) from None


def logout() -> None:
    """Give the tokens back: they stop to work, also where somebody has copied them."""
    from trunkline.security.identity.login import LoginFailed

    try:
        _tokens().forget()
    except LoginFailed as error:
        raise Refused(str(error)) from None
    typer.echo("You are signed out.")


def _at(project: Path, issuer: str, scope: str) -> tuple[str, str]:
    """The provider to sign in at, and what to ask it for."""
    everything = "openid profile email offline_access"
    if issuer and scope:
        return issuer.rstrip("/"), scope
    if issuer:
        return issuer.rstrip("/"), everything
    from trunkline.project import Project
    from trunkline.security.identity import declared
    from trunkline.security.identity.opening import issuer_of

    found = Project.find(project)
    scopes = sorted(frozenset().union(*declared.read(found.folder).scopes().values()))
    return issuer_of(found.settings), scope or " ".join([everything, *scopes])


def _tokens() -> Tokens:
    from trunkline.security.identity.login import Tokens

    return Tokens(Path(typer.get_app_dir("trunkline")) / "login.json")
