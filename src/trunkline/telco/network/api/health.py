"""Routes of health: of the network, regions, vendors, sites and cells, now, over time, and as events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from trunkline.http import Problem, cursor
from trunkline.http.parameters import Cursor, Limit, Time
from trunkline.http.responses import Json, Page, returns
from trunkline.telco.model import Health, HealthStatus, Reason, Severity
from trunkline.telco.network.api.events import EventFilter, EventStream
from trunkline.telco.network.api.service import NetworkHealth
from trunkline.telco.network.view.overview import OverviewRow, overview
from trunkline.telco.network.view.scopes import HealthFilter, HealthSort, Scope

LISTS = {"regions": Scope.REGION, "vendors": Scope.VENDOR, "sites": Scope.SITE, "cells": Scope.CELL}
EXAMPLE = Health(
    scope="site",
    id="ANT_HAVEN_02",
    status=HealthStatus.DEGRADED,
    score=71.5,
    time=datetime(2026, 11, 23, 9, 15, tzinfo=UTC),
    vendor="Ericsson",
    region="Antwerpen",
    site="ANT_HAVEN_02",
    cells={"healthy": 5, "degraded": 1},
    alarms={"major": 1},
    kpis={"Accessibility": 97.2},
    reasons=(
        Reason(
            kind="kpi",
            name="Accessibility",
            status=HealthStatus.DEGRADED,
            dn="ManagedElement=ANT_HAVEN_02,LTECell=ANT_HAVEN_02-1",
            time=datetime(2026, 11, 23, 9, 15, tzinfo=UTC),
            value=97.2,
            threshold=98.0,
            unit="%",
        ),
    ),
)


EVENTS = """\
Events `health` and `alarm`, whose data is the record as JSON. The id of the last event received, sent back as
`Last-Event-ID`, resumes without loss or doubling. An event `gap` says that the log does not reach back that far."""
ScopeId = Annotated[str, Path(max_length=1000, description="The id, percent-encoded: a name, or a cell's DN.")]


class HealthQuery(BaseModel):
    """Which scopes, in which order, how many."""

    model_config = ConfigDict(extra="forbid")

    status: list[HealthStatus] = Field([], description="Any of these.")
    vendor: list[str] = Field([], description="Any of these vendors.", examples=[["Nokia"]])
    region: list[str] = Field([], description="Any of these regions.", examples=[["Antwerpen"]])
    site: list[str] = Field([], description="Any of these sites.")
    technology: list[str] = Field([], description="`LTE` or `NR`; cells only.")
    sort: Literal["id", "-id", "score", "-score"] = Field("id", description="`score` gives the worst first.")
    limit: Limit = 100
    cursor: Cursor = ""

    def filter(self) -> HealthFilter:
        return HealthFilter(
            statuses=tuple(self.status),
            vendors=tuple(self.vendor),
            regions=tuple(self.region),
            sites=tuple(self.site),
            technologies=tuple(self.technology),
        )


class Period(BaseModel):
    """A time span; open at a side that is not given."""

    model_config = ConfigDict(extra="forbid")

    since: Time | None = Field(None, alias="from", description="At or after this time.")
    until: Time | None = Field(None, alias="to", description="Before this time.")


class EventQuery(BaseModel):
    """Which changes."""

    model_config = ConfigDict(extra="forbid")

    kind: list[Literal["health", "alarm"]] = Field([], description="Only changes of health, or only of alarms.")
    scope: list[Scope] = Field([], description="Health of these scopes only; alarms are not concerned.")
    vendor: list[str] = Field([], description="Any of these vendors.")
    region: list[str] = Field([], description="Any of these regions.")
    severity: list[Severity] = Field([], description="Alarms of these severities only; health is not concerned.")


def add_routes(router: APIRouter, service: NetworkHealth) -> None:
    """Add the routes of health and of events."""

    @router.get(
        "/network",
        tags=["health"],
        summary="Health of the whole network",
        responses=returns(Health, "How well the network serves now, and why.", 404),
    )
    async def network() -> Json:
        return Json(_found(service, Scope.NETWORK, "network"))

    @router.get(
        "/network/history",
        tags=["health"],
        summary="Health of the whole network over time",
        responses=returns(list[Health], "Oldest first, led by the health in force at `from`.", 404),
    )
    async def network_history(period: Annotated[Period, Query()]) -> Json:
        return _history(service, Scope.NETWORK, "network", period)

    @router.get(
        "/overview",
        tags=["health"],
        summary="The network as a table: vendor by region, each with its worst sites and why",
        responses=returns(list[OverviewRow], "A row for each vendor in each region."),
    )
    async def network_overview() -> Json:
        return Json(overview(service.view.sites()))

    for plural, scope in LISTS.items():
        _add_scope(router, service, plural, scope)

    @router.get(
        "/events",
        tags=["events"],
        summary="Changes of health and of alarms as they come (server-sent events)",
        response_class=EventStream,
        status_code=200,
        responses={
            200: {
                "description": EVENTS,
                "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _event_example()}},
            },
            **{status: answer for status, answer in returns(Health, "", 503).items() if status != 200},
        },
    )
    async def events(
        query: Annotated[EventQuery, Query()],
        last_event_id: Annotated[str, Header(max_length=50, description="The id to go on after.")] = "",
    ) -> EventStream:
        wanted = EventFilter(
            kinds=tuple(query.kind),
            scopes=tuple(query.scope),
            vendors=tuple(query.vendor),
            regions=tuple(query.region),
            severities=tuple(query.severity),
        )
        return EventStream(service.feed, wanted, last_event_id)


def _add_scope(router: APIRouter, service: NetworkHealth, plural: str, scope: Scope) -> None:
    @router.get(
        f"/{plural}",
        tags=["health"],
        name=plural,
        summary=f"Health of the {plural}",
        responses=returns(list[Health], f"The {plural} that match.", paged=True, example=[EXAMPLE]),
    )
    async def scopes(request: Request, query: Annotated[HealthQuery, Query()]) -> Page:
        sort = HealthSort(query.sort.removeprefix("-"))
        page = service.view.scopes(
            scope,
            query.filter(),
            sort,
            descending=query.sort.startswith("-"),
            limit=query.limit,
            after=cursor.decode(query.cursor, sort.cursor),
        )
        return Page(request, page.scopes, page.total, cursor.encode(page.next))

    @router.get(
        f"/{plural}/{{id:path}}/history",
        tags=["health"],
        name=f"{scope}_history",
        summary=f"Health of one {scope} over time",
        responses=returns(list[Health], "Oldest first, led by the health in force at `from`.", 404),
    )
    async def history(id: ScopeId, period: Annotated[Period, Query()]) -> Json:
        return _history(service, scope, id, period)

    @router.get(
        f"/{plural}/{{id:path}}",
        tags=["health"],
        name=scope.value,
        summary=f"Health of one {scope}",
        responses=returns(Health, f"How well the {scope} serves now, and why.", 404, example=EXAMPLE),
    )
    async def health(id: ScopeId) -> Json:
        return Json(_found(service, scope, id))


def _found(service: NetworkHealth, scope: Scope, id: str) -> Health:
    health = service.view.health(scope, id)
    if health is None:
        raise Problem(404, "nothing is known of the network yet" if scope is Scope.NETWORK else f"no {scope} {id!r}")
    return health


def _history(service: NetworkHealth, scope: Scope, id: str, period: Period) -> Json:
    _found(service, scope, id)
    return Json(service.view.history(scope, id, period.since, period.until))


def _event_example() -> str:
    return 'event: health\nid: 1042-88310\ndata: {"scope":"site","id":"ANT_HAVEN_02","status":"degraded", …}\n\n'
