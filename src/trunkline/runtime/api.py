"""The role `api`: serves the platform's HTTP APIs on one listener."""

from __future__ import annotations

import threading
from contextlib import closing

from trunkline.connect.archive import Archive
from trunkline.http import create_app, serve
from trunkline.project import Project
from trunkline.telco.network.api.network_health import network_health


def run(project: Project, stop: threading.Event) -> None:
    """Serve until `stop` is set. Raises `RefusedBind` where the host is not a loopback address."""
    http = project.settings.http
    with closing(project.open_log()) as log:
        try:
            apis = [network_health(log, Archive(project.data / "archive"), stop)]
            serve(create_app(apis, title=f"{project.settings.name} on Trunkline"), http.host, http.port, stop)
        finally:
            stop.set()
