"""The role `api`: serves the platform's HTTP APIs on one listener."""

from __future__ import annotations

import threading
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING

from trunkline.connect.archive import Archive
from trunkline.gateway.api import gateway_api
from trunkline.gateway.folder import FOLDER, is_declared
from trunkline.gateway.places import Places
from trunkline.http import Api, create_app, serve
from trunkline.http.vouching import Proof, Vouched
from trunkline.log import Log
from trunkline.project import Project
from trunkline.runtime import certificates
from trunkline.runtime.access import controlled
from trunkline.runtime.audited import audited
from trunkline.settings import Hub, OnlineCharging, Tmf
from trunkline.store import Store
from trunkline.telco.charging.api.charging import charging
from trunkline.telco.charging.online.converged_charging import converged_charging, offered
from trunkline.telco.charging.records.offered import charging_of
from trunkline.telco.charging.records.owners import owners as charging_owners
from trunkline.telco.charging.settings import ChargingSettings
from trunkline.telco.network.api.network_health import network_health
from trunkline.telco.network.records.owners import owners
from trunkline.tmf.apis import APIS
from trunkline.tmf.apis.event import EVENT, HUB, TOPIC
from trunkline.tmf.hub.guard import Guard
from trunkline.tmf.hub.routes import hub_routes
from trunkline.tmf.hub.subscriptions import Subscriptions
from trunkline.tmf.serving import serve as serve_tmf
from trunkline.tmf.topics import LoggedStore, TopicHubOwner, TopicOwner

if TYPE_CHECKING:
    from trunkline.security.identity.identity import Identity


def run(project: Project, stop: threading.Event) -> None:
    """Serve until `stop` is set. Raises `RefusedBind` where the host is not a loopback address, and there is no TLS or
    callers need not be known; `UnusableCertificate`."""
    http = project.settings.http
    with ExitStack() as stack:
        log = stack.enter_context(closing(project.open_log()))
        store = stack.enter_context(closing(project.open_store()))
        try:
            identity = project.open_identity()
            if identity is not None:
                stack.enter_context(closing(identity))
            apis = [
                *of_the_platform(project, project.open_archive(), log, store, stop),
                *signing_in(identity),
            ]
            app = create_app(apis, title=f"{project.settings.name} on Trunkline", hosts=certificates.hosts(http))
            with controlled(app, project, log, identity), audited(app, project, log):
                app.add_middleware(Vouched, proof=Proof(Places(project.folder, project.data).proof))
                known = project.settings.trust is not None and project.settings.trust.required
                tls = stack.enter_context(certificates.listener(project))
                serve(app, http.host, http.port, stop, tls=tls, authenticated=known)
        finally:
            stop.set()


def of_the_platform(project: Project, archive: Archive, log: Log, store: Store, stop: threading.Event) -> list[Api]:
    """All that is served but the identity provider."""
    charges = charging_of(project.folder, log)
    return [
        network_health(log, archive, stop),
        *([charging(log, store, charges.time_zone, stop)] if charges is not None else []),
        *tm_forum(log, store, project.settings.tmf, project.settings.hub, charges),
        *online_charging(log, project.settings.online_charging, stop),
        *of_the_gateway(project),
    ]


def of_the_gateway(project: Project) -> list[Api]:
    """Why the gateway decided as it did, where the operator has one."""
    return [gateway_api(Places(project.folder, project.data))] if is_declared(project.folder / FOLDER) else []


def tm_forum(log: Log, store: Store, tmf: Tmf, hub: Hub, charges: ChargingSettings | None = None) -> list[Api]:
    """The TM Forum APIs over the records in `store` and the topics of `log`; `charges` are the settings of a project
    that charges, without which clients alone keep usage, balances, bills and messages."""
    logged = LoggedStore(store, log)
    topics = TopicOwner(logged.topics)
    subscriptions = Subscriptions(store, log, Guard(hub.allow))
    of_charging = charging_owners(store, charges.time_zone) if charges is not None else {}
    return serve_tmf(
        APIS,
        logged,
        owners={**owners(store), **of_charging, TOPIC.name: topics, EVENT.name: topics, HUB.name: TopicHubOwner()},
        hub=partial(hub_routes, subscriptions=subscriptions, root=tmf.root),
        root=tmf.root,
        strict=tmf.strict,
    )


def signing_in(identity: Identity | None) -> list[Api]:
    """The identity provider, where the settings have a section [trust]."""
    if identity is None:
        return []
    from trunkline.security.identity.provider import identity_api  # not loaded where there is none

    return [identity_api(identity)]


def online_charging(log: Log, settings: OnlineCharging, stop: threading.Event) -> list[Api]:
    """What a 5G core charges by, where the operator has the contracts of charging."""
    if not offered(log):
        return []
    return [converged_charging(log, stop, patience=settings.answer_within, top_up_page=settings.top_up_page)]
