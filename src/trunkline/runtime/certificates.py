"""A project's certificates: its internal authorities, those of its roles, and how its HTTP listener answers by TLS."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

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
    """That of a role on this machine, as its files are or shall be."""
    from trunkline.security.certificates.service import ServiceCertificate

    http, tls = project.settings.http, project.settings.tls
    named = [name for name in (*http.names, http.host.strip("[]")) if name not in WILDCARDS] if role == "api" else []
    id = SpiffeId.service(domain(project), role, instance())
    lasting = timedelta(hours=tls.hours if tls is not None else 24)
    return ServiceCertificate(authorities(project), folder(project) / role, id, [*LOCAL, *named], lasting)


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
    from trunkline.security.certificates.keeper import kept as keep

    with keep(certificate(project, role)) as files:
        yield files


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
