"""A project's access control: whether it is on, and what then stands in front of its APIs and of its deliveries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI

from trunkline.log import Log
from trunkline.project import Project
from trunkline.telco.network.view.regions import Regions

if TYPE_CHECKING:  # not loaded where nobody has to say who calls
    from trunkline.security.access.subscriber import Delivered
    from trunkline.security.identity.identity import Identity

OPEN: Final = ("/healthz", "/docs", "/openapi.json")
"""What answers whom nobody knows, beside the provider: whether the process is there, and what the APIs are. None of it
tells of a network or a customer; each call that the documentation page makes needs a token."""
TOKEN: Final = {"type": "http", "scheme": "bearer", "description": "What `trunkline token` prints."}


def is_controlled(project: Project) -> bool:
    """Whether the project decides upon requests: it must know who calls, and say who may do what."""
    from trunkline.security.access.opening import is_declared

    return project.settings.trust is not None and project.settings.trust.required and is_declared(project.folder)


@contextmanager
def controlled(app: FastAPI, project: Project, log: Log, identity: Identity | None) -> Iterator[None]:
    """The application behind authentication and the operator's rules, where that is asked for, as long as the block
    lasts. Raises `Invalid` where the rules cannot be used."""
    trust = project.settings.trust
    if identity is None or trust is None or not trust.required:
        yield
        return
    from trunkline.security.access.log import DecisionLog
    from trunkline.security.access.opening import open_access
    from trunkline.security.access.requests import DecidedRequests
    from trunkline.security.audit import Recorder
    from trunkline.security.identity.authenticated import Authenticated
    from trunkline.security.identity.opening import verifier
    from trunkline.security.identity.provider import PATHS

    with ExitStack() as stack:
        if is_controlled(project):
            decisions, kinds = open_access(project.folder, project.contracts, Regions(log))
            issuer = identity.terms.issuer
            decided = stack.enter_context(closing(DecisionLog(stack.enter_context(closing(Recorder(log))))))
            app.add_middleware(DecidedRequests, decisions=decisions, kinds=kinds, log=decided, issuer=issuer)
        app.add_middleware(
            Authenticated,
            verifier=verifier(identity, project.settings),
            open_paths=(*PATHS, *OPEN),
            root=project.settings.tmf.root,
            issuer=identity.terms.issuer,
        )
        _describe_tokens(app)
        yield


def _describe_tokens(app: FastAPI) -> None:
    """Say in the application's own description that its calls need a token, so that the documentation page asks for
    one."""
    described = app.openapi()
    described["components"]["securitySchemes"] = {"token": TOKEN}
    described["security"] = [{"token": []}]


def delivered(project: Project, log: Log) -> Delivered | None:
    """What subscribers see of events; None where all of it. Raises `Invalid`."""
    if not is_controlled(project):
        return None
    from trunkline.security.access.opening import open_access
    from trunkline.security.access.subscriber import Delivered

    return Delivered(*open_access(project.folder, project.contracts, Regions(log)))
