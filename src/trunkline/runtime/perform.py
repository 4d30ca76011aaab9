"""The role `perform`: makes the calls to the outside world. Those that processors ask for (`trunkline.effects`), where
the project declares effectors, and those to the callbacks that partners have subscribed with (`trunkline.tmf.hub`).

Several processes may have it, here or (on a log that other machines reach) elsewhere: they share the work.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack, closing

from trunkline import credentials
from trunkline.effects import Runner, declaration
from trunkline.effects.lane import Lane
from trunkline.log import Log
from trunkline.project import Project
from trunkline.runtime.access import delivered
from trunkline.runtime.alone import numbered
from trunkline.runtime.side_by_side import side_by_side
from trunkline.runtime.worker import name
from trunkline.store import Store
from trunkline.tmf.apis import APIS
from trunkline.tmf.hub.deliverer import Deliverer

ROLE = "perform"


def run(project: Project, stop: threading.Event) -> None:
    """Work until `stop` is set. Raises `Invalid` where a declaration is wrong, and `Fenced` when another process takes
    this one's name."""
    lanes = _lanes(project)
    with ExitStack() as stack:
        number = stack.enter_context(numbered(project, ROLE))
        log = stack.enter_context(closing(project.open_log()))
        store = stack.enter_context(closing(project.open_store()))
        works = [_deliverer(project, log, store, name(number)).run]
        if lanes:
            works.append(Runner(log, lanes, name(number)).run)
        side_by_side(works, stop, ROLE)


def _lanes(project: Project) -> list[Lane]:
    def secret(reference: str) -> str:
        return credentials.reveal(reference, project.folder, project.data)

    return [
        Lane(declared.name, declared.settings, declared.open(project.folder, secret))
        for declared in declaration.load(project.folder, project.settings.exceptions)
    ]


def _deliverer(project: Project, log: Log, store: Store, name: str) -> Deliverer:
    hub = project.settings.hub
    if hub.authority is not None:
        hub = hub.model_copy(update={"authority": project.folder / hub.authority})
    return Deliverer(log, store, APIS, hub, name, root=project.settings.tmf.root, seen=delivered(project, log))
