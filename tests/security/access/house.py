"""BelgiCom's rules in front of TM Forum's engine, over a store of a test's own, and of a small network."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import msgspec
from fastapi import APIRouter, Query, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from trunkline import contracts
from trunkline.http import Api, create_app
from trunkline.log import Log, open_log
from trunkline.security.access.decisions import Decisions
from trunkline.security.access.kinds import Kind, Kinds
from trunkline.security.access.log import DecisionLog
from trunkline.security.access.opening import open_access
from trunkline.security.access.requests import DecidedRequests
from trunkline.security.audit import TOPIC, Entry, Recorder
from trunkline.security.audit.entry import decode
from trunkline.security.identity.caller import Caller
from trunkline.store import Store
from trunkline.store.opening import open_store
from trunkline.tmf.apis import APIS
from trunkline.tmf.apis.event import EVENT, HUB
from trunkline.tmf.apis.event import TOPIC as TOPICS
from trunkline.tmf.declaration import Owner
from trunkline.tmf.hub.guard import Guard
from trunkline.tmf.hub.routes import hub_routes
from trunkline.tmf.hub.subscriptions import Subscriptions
from trunkline.tmf.serving import serve
from trunkline.tmf.topics import LoggedStore, TopicHubOwner, TopicOwner

BELGICOM = Path(__file__).parents[3] / "belgicom"
ISSUER = "https://id.belgicom.example"
HEALTH = "/network-health/v1"
SITES = [
    {"scope": "site", "id": "ANT_HAVEN", "status": "ok", "region": "Antwerpen"},
    {"scope": "site", "id": "MONS_CENTRE", "status": "critical", "region": "Hainaut"},
    {"scope": "site", "id": "NOWHERE", "status": "ok", "region": "unknown"},
]
STANDS = {"ManagedElement=ANT_HAVEN": "Antwerpen", "ManagedElement=MONS_CENTRE": "Hainaut"}
"""The regions of managed objects."""
ALARM_OF = {"A-1": "Antwerpen", "A-2": "Hainaut"}


def caller(role: str, region: str = "", client: str = "console", issuer: str = ISSUER) -> Caller:
    return Caller(f"somebody of {role}", client, frozenset({role}), frozenset(), region, issuer)


class Calling:
    """Says who calls, in the place of identity."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.caller: Caller | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = {} if self.caller is None else {"caller": self.caller}
        await self._app({**scope, "state": state}, receive, send)


@dataclass
class House:
    """The platform as `ask` reaches it."""

    app: Calling
    store: Store
    log: Log
    decisions: Decisions
    kinds: Kinds
    decided: DecisionLog
    recorder: Recorder
    done: list[str]
    """What was done to alarms."""

    def ask(
        self, path: str, by: Caller | None, purpose: str = "", method: str = "GET", body: Any = None, **headers: str
    ) -> httpx.Response:
        self.app.caller = by
        said = {"x-purpose": purpose} if purpose else {}
        content = None if body is None else msgspec.json.encode(body)
        kind = {"content-type": "application/json"} if content is not None else {}

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=("10.1.2.3", 999))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await client.request(method, path, content=content, headers=said | kind | headers)

        return asyncio.run(ask())

    def keep(self, kind: str, *documents: dict[str, Any]) -> None:
        with self.store.unit() as unit:
            for document in documents:
                unit.add(kind, document["id"], msgspec.json.encode(document))

    def kind(self, name: str) -> Kind:
        found = self.kinds.get(name)
        assert found is not None
        return found

    def entries(self) -> list[Entry]:
        """What is in the trail, when all is recorded; nothing more is from then on."""
        self.decided.close()
        self.recorder.close()
        return [decode(record.value or b"") for record in self.log.read(TOPIC.name, 0, 0, 10_000)]


@contextmanager
def house(folder: Path) -> Iterator[House]:
    own = contracts.load(BELGICOM / "contracts")
    with ExitStack() as stack:
        log = stack.enter_context(closing(open_log(f"sqlite://{folder}/log.db", own.validators())))
        contracts.accept(log, own)
        store = LoggedStore(stack.enter_context(closing(open_store(f"sqlite://{folder}/store.db"))), log)
        topics = TopicOwner(store.topics)
        owners: dict[str, Owner] = {TOPICS.name: topics, EVENT.name: topics, HUB.name: TopicHubOwner()}
        done: list[str] = []
        hub = partial(hub_routes, subscriptions=Subscriptions(store, log, Guard([ip_network("127.0.0.0/8")])), root="")
        app = create_app([*serve(APIS, store, owners=owners, hub=hub), _network(done)])
        decisions, kinds = open_access(BELGICOM, own, lambda dn: STANDS.get(dn, ""))
        recorder = stack.enter_context(closing(Recorder(log)))
        decided = stack.enter_context(closing(DecisionLog(recorder)))
        app.add_middleware(DecidedRequests, decisions=decisions, kinds=kinds, log=decided, issuer=ISSUER)
        yield House(Calling(app), store, log, decisions, kinds, decided, recorder, done)


def _network(done: list[str]) -> Api:
    """Network Health, as far as access looks at it."""
    router = APIRouter(prefix=HEALTH)

    @router.get("/sites")
    async def sites(region: list[str] = Query([])) -> Response:
        return _json([site for site in SITES if not region or site["region"] in region])

    @router.get("/sites/{id}")
    async def site(id: str) -> Response:
        return _json(next(site for site in SITES if site["id"] == id))

    @router.get("/alarms/{id}")
    async def alarm(id: str) -> Response:
        return _json({"id": id, "region": ALARM_OF[id], "ackUser": "els", "text": "no power"})

    @router.post("/alarms/{id}/acknowledge")
    async def acknowledge(id: str) -> Response:
        done.append(id)
        return _json({})

    @router.get("/events")
    async def events() -> Response:
        told = (("health", site) for site in SITES)
        alarms = (("alarm", {"id": id, "region": at, "ackUser": "els"}) for id, at in ALARM_OF.items())
        return Response(b"".join(_frames([*told, *alarms])), media_type="text/event-stream")

    return Api(router, (), nullcontext)


def _frames(told: Iterable[tuple[str, Any]]) -> Iterator[bytes]:
    yield b"retry: 1000\n\n"
    for number, (name, record) in enumerate(told):
        yield b"event: %s\nid: %d\ndata: %s\n\n" % (name.encode(), number, msgspec.json.encode(record))


def _json(content: Any) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json")
