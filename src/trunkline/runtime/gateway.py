"""The role `gateway`: Envoy, and the control plane that keeps it by the operator's files."""

from __future__ import annotations

import threading

from trunkline.gateway.control import Control
from trunkline.gateway.places import Places
from trunkline.project import Project
from trunkline.runtime.alone import AlreadyRunning, alone

ROLE = "gateway"


def run(project: Project, stop: threading.Event) -> None:
    """Work until `stop` is set. Raises `Invalid` where the operator's files are wrong, `NoEnvoy` where Envoy is not
    here, and `AlreadyRunning`."""
    with alone(project, ROLE) as free:
        if not free:
            raise AlreadyRunning(f"a gateway runs on {project.data} already")
        Control(Places(project.folder, project.data)).run(stop)
