"""The role `api`: serves the platform's HTTP APIs on one listener."""

from __future__ import annotations

import threading

import uvicorn

from trunkline.http.app import check_bind, create_app
from trunkline.project import Project
from trunkline.telco import network


def run(project: Project, stop: threading.Event) -> None:
    """Serve until `stop` is set. Raises `ValueError` where the host is not a loopback address."""
    http = project.settings.http
    check_bind(http.host)
    log = project.open_log()
    try:
        app = create_app([network.api(log, project, stop)], title=f"{project.settings.name} on Trunkline")
        server = uvicorn.Server(
            uvicorn.Config(app, host=http.host, port=http.port, log_level="warning", access_log=False)
        )
        threading.Thread(target=_end, args=(server, stop), daemon=True).start()
        server.run()
    finally:
        stop.set()
        log.close()


def _end(server: uvicorn.Server, stop: threading.Event) -> None:
    stop.wait()
    server.should_exit = True
