"""The APIs with every request in the audit trail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from fastapi import FastAPI

from trunkline.log import Log
from trunkline.project import Project
from trunkline.runtime.audit import pseudonyms_of
from trunkline.security.audit import Recorder
from trunkline.security.audit.requests import AuditedRequests
from trunkline.telco.charging.online.application import PATH as ONLINE_CHARGING


@contextmanager
def audited(app: FastAPI, project: Project, log: Log) -> Iterator[FastAPI]:
    """The application with every request to its APIs recorded, as long as the block lasts."""
    with closing(Recorder(log)) as recorder:
        # What charges a 5G core is itself an event of the log, before it is answered.
        app.add_middleware(
            AuditedRequests,
            recorder=recorder,
            pseudonyms=pseudonyms_of(project),
            in_the_log=(f"{ONLINE_CHARGING}/",),
        )
        yield app
