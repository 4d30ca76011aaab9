"""The role `api`: serves the platform's HTTP APIs on one listener."""

from __future__ import annotations

import threading
from contextlib import closing
from functools import partial

from trunkline.connect.archive import Archive
from trunkline.http import create_app, serve
from trunkline.project import Project
from trunkline.telco.network.api.network_health import network_health
from trunkline.telco.network.records.owners import owners
from trunkline.tmf.apis import APIS
from trunkline.tmf.apis.event import EVENT, TOPIC
from trunkline.tmf.hub.guard import Guard
from trunkline.tmf.hub.routes import hub_routes
from trunkline.tmf.hub.subscriptions import Subscriptions
from trunkline.tmf.serving import serve as serve_tmf
from trunkline.tmf.topics import LoggedStore, TopicOwner


def run(project: Project, stop: threading.Event) -> None:
    """Serve until `stop` is set. Raises `RefusedBind` where the host is not a loopback address."""
    http, tmf = project.settings.http, project.settings.tmf
    with closing(project.open_log()) as log, closing(LoggedStore(project.open_store(), log)) as store:
        try:
            subscriptions = Subscriptions(store, log, Guard(project.settings.hub.allow))
            hub = partial(hub_routes, subscriptions=subscriptions, root=tmf.root)
            topics = TopicOwner(store.topics)
            keepers = {**owners(store), TOPIC.name: topics, EVENT.name: topics}
            apis = [
                network_health(log, Archive(project.data / "archive"), stop),
                *serve_tmf(APIS, store, owners=keepers, hub=hub, root=tmf.root, strict=tmf.strict),
            ]
            serve(create_app(apis, title=f"{project.settings.name} on Trunkline"), http.host, http.port, stop)
        finally:
            stop.set()
