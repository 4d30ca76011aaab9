"""`trunkline api|worker|connect|perform`: one role of the platform as a process (a deployment in Kubernetes)."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from trunkline.cli.output import HERE, ProjectOption

if TYPE_CHECKING:
    from trunkline.project import Project


def register(app: typer.Typer) -> None:
    for role in (api, worker, connect, perform):
        app.command()(role)


def api(project: ProjectOption = HERE) -> None:
    """Run the role that serves HTTP (`up` runs it for you)."""
    from trunkline.runtime import api as role
    from trunkline.runtime.signals import stop_event

    role.run(_project(project), stop_event())


def worker(project: ProjectOption = HERE) -> None:
    """Run the role that works on events (`up` runs it for you)."""
    from trunkline.runtime import worker as role
    from trunkline.runtime.signals import stop_event

    role.run(_project(project), stop_event())


def connect(project: ProjectOption = HERE) -> None:
    """Run the role that reaches outside systems (`up` runs it for you)."""
    from trunkline.runtime import connect as role
    from trunkline.runtime.signals import stop_event

    role.run(_project(project), stop_event())


def perform(project: ProjectOption = HERE) -> None:
    """Run the role that calls the outside world: effects, and events to subscribers (`up` runs it for you)."""
    from trunkline.runtime import perform as role
    from trunkline.runtime.signals import stop_event

    role.run(_project(project), stop_event())


def _project(folder: Path) -> Project:
    from trunkline.project import Project

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    return Project.find(folder)
