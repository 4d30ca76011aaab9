"""`trunkline tmf`: TM Forum's open APIs, ours and others'."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from trunkline.cli.output import JsonOption, rows

if TYPE_CHECKING:
    from trunkline.tmf.conformance import Listener, Result, Run

app = typer.Typer(help="TM Forum's open APIs, ours and others'.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """TM Forum's open APIs, ours and others'."""


@app.command()
def conformance(
    url: Annotated[str, typer.Argument(help="The server's root, or the path of one API (ending in /v4 or /v5).")],
    api: Annotated[list[int] | None, typer.Option(help="Check this API, which must be there; may be repeated.")] = None,
    version: Annotated[str, typer.Option(help="Check this version only: v4 or v5.")] = "",
    header: Annotated[list[str] | None, typer.Option(help="Send 'Name: value' with each request.")] = None,
    listen: Annotated[str, typer.Option(help="HOST:PORT at which the server reaches this machine by events.")] = "",
    patience: Annotated[float, typer.Option(help="Seconds to wait for an event, or for what was accepted.")] = 10,
    read_only: Annotated[bool, typer.Option("--read-only", help="Make, change and delete nothing.")] = False,
    json: JsonOption = False,
) -> None:
    """Hold a TM Forum server against the standard, whoever made it: what passes, fails, is not offered.

    What is made has a name that begins with `trunkline-conformance-`, and is deleted again. Exit code: 0 nothing
    failed, 1 something did, 2 it could not be held, or not to its end.
    """
    from trunkline.tmf.conformance import Client, Outcome, Run, Unreachable, profiles, report

    if unknown := sorted({*(api or ())} - {*profiles()}):
        there = ", ".join(map(str, profiles()))
        raise typer.BadParameter(f"there is no profile of TMF{unknown[0]}; there are {there}", param_hint="--api")
    if version not in ("", "v4", "v5"):
        raise typer.BadParameter(f"there is no version {version}: it is v4 or v5", param_hint="--version")
    headers = dict(map(_header, header or ()))
    listener = None if read_only else _listener(listen, url)
    try:
        run = Run(Client(url, headers), listener, patience, read_only)
        found, trouble = _hold(run, api or (), version, json)
    except Unreachable as error:
        found, trouble = [], str(error)
    finally:
        if listener is not None:
            listener.close()
    if found and not json:
        typer.echo(report(found, url=url, at=datetime.now(UTC), left=run.left))
    elif found:
        for left in run.left:
            typer.echo(f"trunkline: {left} could not be deleted again, please do", err=True)
    elif not trouble:
        trouble = f"none of the APIs is at {url}; with --api you see where one was looked for"
    if trouble:
        typer.echo(f"trunkline: {trouble}", err=True)
        raise typer.Exit(2)
    raise typer.Exit(1 if any(result.outcome is Outcome.FAIL for result in found) else 0)


def _hold(run: Run, numbers: list[int] | tuple[()], version: str, json: bool) -> tuple[list[Result], str]:
    """The results, and why they are not all; what was made is gone when it returns."""
    from trunkline.tmf.conformance import Unreachable
    from trunkline.tmf.declaration import Version

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    results = run.results(numbers, (Version(version),) if version else tuple(Version))
    found = []
    try:
        for result in results:
            found.append(result)
            if json:
                rows([result.row()], (), as_json=True, empty="")
    except Unreachable as error:
        return found, str(error)
    except KeyboardInterrupt:
        return found, "interrupted: not all was checked"
    finally:
        results.close()
        run.client.close()
    return found, ""


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or not text.isprintable():
        raise typer.BadParameter(f"{text!r} is no header: it must be like 'Name: value'", param_hint="--header")
    return name.strip(), value.strip()


def _listener(listen: str, url: str) -> Listener | None:
    """A listener at `listen`; where none is named, on loopback for a server that is there too, else none."""
    from trunkline.loopback import is_loopback
    from trunkline.tmf.conformance import Listener

    if not listen:
        return Listener() if is_loopback(urlsplit(url).hostname or "") else None
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal():
        raise typer.BadParameter(f"{listen!r} must be HOST:PORT", param_hint="--listen")
    try:
        return Listener(host.strip("[]"), int(port))
    except (OSError, OverflowError) as error:
        raise typer.BadParameter(f"cannot listen at {listen}: {error}", param_hint="--listen") from None
