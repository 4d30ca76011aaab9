"""A project's certificates: its internal authorities, those of its roles, and how its HTTP listener answers by TLS."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trunkline.connect import connection
from trunkline.connect.connection import Connection, Outlet
from trunkline.http import Tls
from trunkline.http.tls import Files, client_context
from trunkline.project import Project
from trunkline.security.certificates.spiffe import Peers, SpiffeId, trust_domain
from trunkline.settings import Http

if TYPE_CHECKING:  # not loaded where nothing is by TLS
    from trunkline.security.certificates.authorities import Authorities
    from trunkline.security.certificates.service import ServiceCertificate

FOLDER: Final = "certificates"
LOCAL: Final = ("localhost", "127.0.0.1", "::1")
SUPERVISOR: Final = "supervisor"
"""The role of `trunkline up`, which asks the API whether it answers."""
CONNECT: Final = "connect"
WILDCARDS: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104  # names of no machine; nothing is bound here


def folder(project: Project) -> Path:
    """Where the authorities lie, and in a folder each the certificates of the roles."""
    return project.data / FOLDER


def authorities(project: Project) -> Authorities:
    """The internal authorities; nothing is made yet."""
    from trunkline.security.certificates.authorities import Authorities, Terms
    from trunkline.security.certificates.sealing import Sealed

    tls = project.settings.tls
    terms = Terms(signs=timedelta(days=tls.authority_days)) if tls is not None else None
    seal = Sealed(project.keyring) if project.keyring is not None else None
    return Authorities(folder(project), domain(project), seal, terms)


def domain(project: Project) -> str:
    """The trust domain."""
    tls = project.settings.tls
    return (tls.trust_domain if tls is not None else "") or trust_domain(project.settings.name)


def instance() -> str:
    """What this machine is called in an id."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", socket.gethostname()) or "host"


def certificate(project: Project, role: str) -> ServiceCertificate:
    """That of a role on this machine, as its files are or shall be. Raises `Invalid`, of the role `connect`, where the
    declarations that say what it answers as are wrong."""
    from trunkline.security.certificates.service import ServiceCertificate

    http, tls = project.settings.http, project.settings.tls
    named: list[str] = []
    if role == "api":
        named = [*http.names, http.host.strip("[]")]
    elif role == CONNECT:
        named = _answering(connection.load(project.folder, project.settings.exceptions))
    names = [*LOCAL, *(name for name in named if name not in WILDCARDS)]
    id = SpiffeId.service(domain(project), role, instance())
    lasting = timedelta(hours=tls.hours if tls is not None else 24)
    return ServiceCertificate(authorities(project), folder(project) / role, id, names, lasting)


def hosts(http: Http) -> list[str]:
    """What the HTTP listener answers for beside this machine's own names, as in the `Host` of a request."""
    named = [name.strip("[]") for name in (*http.names, http.host)]
    return [f"[{name}]" if ":" in name else name for name in named if name not in WILDCARDS]


@contextmanager
def kept(project: Project, role: str) -> Iterator[Files | None]:
    """The certificate of a role, renewed as long as the block lasts; None without a section [tls]."""
    if project.settings.tls is None:
        yield None
        return
    with _kept(project, role) as files:
        yield files


@contextmanager
def connecting(project: Project, connections: Iterable[Connection | Outlet]) -> Iterator[Files | None]:
    """The same of the role `connect`, also without a section [tls] where one of its listeners answers by it."""
    if project.settings.tls is None and not _answering(connections):
        yield None
        return
    with _kept(project, CONNECT) as files:
        yield files


@contextmanager
def _kept(project: Project, role: str) -> Iterator[Files]:
    from trunkline.security.certificates.keeper import kept as keep

    with keep(certificate(project, role)) as files:
        yield files


def _answering(connections: Iterable[Connection | Outlet]) -> list[str]:
    """What the listeners among connections are reached by, that answer by a certificate of the internal authority."""
    return [name for each in connections if isinstance(each, Connection) for name in each.settings.answers_as]


@contextmanager
def listener(project: Project) -> Iterator[Tls | None]:
    """How the HTTP listener answers, as long as the block lasts: by the operator's certificate or one of the internal
    authority; None where in clear."""
    tls = project.settings.tls
    with kept(project, "api") as files:
        if tls is None or files is None:
            yield None
            return
        if tls.certificate is not None and tls.key is not None:
            files = Files(project.folder / tls.certificate, project.folder / tls.key, files.authorities)
        supervisor = str(SpiffeId.service(domain(project), SUPERVISOR, instance()))
        yield Tls(files, Peers([*tls.callers, supervisor]) if tls.callers else None)


@contextmanager
def calling(project: Project) -> Iterator[ssl.SSLContext | None]:
    """How `trunkline up` calls the API of this machine, as long as the block lasts; None where in clear."""
    tls = project.settings.tls
    with kept(project, SUPERVISOR) as files:
        if tls is None or files is None:
            yield None
        elif tls.certificate is not None:
            pinned = Files(files.certificate, files.key, project.folder / tls.certificate)
            yield client_context(pinned, pinned=True)
        else:
            yield client_context(files, Peers([str(SpiffeId.service(domain(project), "api", instance()))]))
