"""`trunkline up`: check the folder, start everything, say what to open and what to try, and how it goes."""

from __future__ import annotations

import logging
import os
import ssl
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import typer

from trunkline import settings
from trunkline.doctor import port_is_free
from trunkline.document import Invalid
from trunkline.log import Log, LogError
from trunkline.project import NoProject, Project, check
from trunkline.runtime import supervisor
from trunkline.runtime.certificates import calling
from trunkline.runtime.signals import stop_event
from trunkline.security.identity import first_passwords
from trunkline.telco.model import Health
from trunkline.telco.network.view.network import NetworkView
from trunkline.tmf import catalogue

QUIET_SUMMARY = 15  # seconds between two summary lines where the output is no terminal


def run(folder: Path) -> None:
    """Run the project until it is told to stop. Raises `Invalid` when the folder is not fit to run."""
    project = Project.find(folder)
    problems = check(project)
    if problems:
        raise Invalid(problems)
    http = project.settings.http
    if not port_is_free(http.host, http.port):
        raise OSError(
            f"port {http.port} of {http.host} is in use: is it up already? "
            f"Otherwise set another under [http] in {project.folder / settings.FILE}"
        )
    _load_catalogue(project)
    passwords = _first_passwords(project)
    logging.basicConfig(
        level=logging.INFO,
        format="\r\033[K%(asctime)s %(message)s" if sys.stderr.isatty() else "%(asctime)s %(message)s",
    )
    stop = stop_event()
    typer.echo(_welcome(project) + passwords)
    with closing(project.open_log()) as log, calling(project) as tls:
        supervisor.supervise(project, stop, Summary(project, log, tls).show)
    typer.echo("\nStopped. Start it again and it goes on where it was.")


def _load_catalogue(project: Project) -> None:
    """Bring what is sold up to the project's files, where it has any. A state in them that cannot follow the one in the
    store is said, and leaves the catalogue as it was."""
    folder = project.folder / catalogue.FOLDER
    if not folder.is_dir():
        return
    try:
        with closing(project.open_store()) as store:
            catalogue.load(store, catalogue.read(folder))
    except Invalid as error:
        for problem in error.problems:
            typer.echo(f"the catalogue was not loaded: {problem}", err=True)


def _first_passwords(project: Project) -> str:
    """Take in the people who are declared; the passwords of those who are new, to be told once."""
    identity = project.open_identity()
    if identity is None:
        return ""
    identity.close()
    file = project.data / first_passwords.FILE
    new = "".join(f"         {line}\n" for line in first_passwords.untold(file))
    return f"  first passwords, also in {os.path.relpath(file)}:\n\n{new}" if new else ""


def _welcome(project: Project) -> str:
    url = _url(project)
    here = Path.cwd()
    at = "" if _found_from(here, project) else f" -p {os.path.relpath(project.folder)}"
    called = Path(sys.argv[0]).absolute()
    program = os.path.relpath(called) if called.is_relative_to(here) else "trunkline"
    network = f"{url}/network-health/v1/network"
    trust = project.settings.trust
    if trust is None or not trust.required:
        then = f"         {network}   the network's health, as JSON"
    else:
        then = f"""
  sign   {program} login{at}
  in     curl -H "Authorization: Bearer $({program} token)" {network}"""
    return f"""
{project.settings.name} runs on Trunkline. Ctrl-C stops it.

  open   {url}/docs                        the APIs, to try in the browser
{then}

  try    {program} health{at}
         {program} alarms{at}
         {program} tail network.health{at}

  output of each process: {os.path.relpath(project.data)}/output/
"""


def _found_from(folder: Path, project: Project) -> bool:
    try:
        return Project.find(folder) == project
    except NoProject:
        return False


def _url(project: Project) -> str:
    http = project.settings.http
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(http.host, http.host)  # noqa: S104  # asked for
    scheme = "http" if project.settings.tls is None else "https"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{http.port}"


class Summary:
    """One line on how the network and the platform are, renewed every second on a terminal.

    Whether the platform answers it asks at `/healthz`; how the network is stands in the log, which needs no token.
    """

    def __init__(self, project: Project, log: Log, tls: ssl.SSLContext | None) -> None:
        self._tls = tls
        self._url = f"{_url(project)}/healthz"
        self._view = NetworkView(log)
        self._terminal = sys.stdout.isatty()
        self._next = 0.0

    def show(self) -> None:
        if not self._terminal:
            if time.monotonic() < self._next:
                return
            self._next = time.monotonic() + QUIET_SUMMARY
        line = self._line()
        sys.stdout.write(f"\r\033[K{line}" if self._terminal else f"{line}\n")
        sys.stdout.flush()

    def _line(self) -> str:
        try:
            with urllib.request.urlopen(self._url, timeout=2, context=self._tls):  # noqa: S310  # our own loopback API
                pass
        except (OSError, ValueError):
            return "starting …"
        try:
            self._view.catch_up((Health.topic,))
        except LogError as error:
            return f"the log cannot be read: {error}"
        network = self._view.network()
        if network is None:
            return "nothing heard of the network yet"
        return (
            f"{network.time:%H:%M:%S}Z  network {network.status} ({network.score:.1f})   "
            f"cells {' '.join(f'{count} {status}' for status, count in network.cells.items()) or 'none yet'}   "
            f"alarms {' '.join(f'{count} {severity}' for severity, count in network.alarms.items()) or 'none'}"
        )
