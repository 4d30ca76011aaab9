"""The role `perform`: makes the calls to the outside world that processors ask for (`trunkline.effects`).

Several processes may have it, here or (on a log that other machines reach) elsewhere: they share the work.
"""

from __future__ import annotations

import threading
from contextlib import closing

from trunkline import credentials
from trunkline.effects import Runner, declaration
from trunkline.effects.lane import Lane
from trunkline.project import Project
from trunkline.runtime.alone import numbered
from trunkline.runtime.worker import name

ROLE = "perform"


def needed(project: Project) -> bool:
    """Whether the project declares effectors at all."""
    return any((project.folder / declaration.FOLDER).glob("*.yaml"))


def run(project: Project, stop: threading.Event) -> None:
    """Work until `stop` is set. Raises `Invalid` where a declaration is wrong, and `Fenced` when another process takes
    this one's name."""

    def secret(reference: str) -> str:
        return credentials.reveal(reference, project.folder, project.data)

    lanes = [
        Lane(declared.name, declared.settings, declared.open(project.folder, secret))
        for declared in declaration.load(project.folder)
    ]
    with numbered(project, ROLE) as number, closing(project.open_log()) as log:
        Runner(log, lanes, name(number)).run(stop)
