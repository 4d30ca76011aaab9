"""Routes of KPIs: over time, with the passport of each value, and the way back to the raw lines."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query
from pydantic import Field
from starlette.responses import PlainTextResponse, Response

from trunkline.http import Problem
from trunkline.http.errors import invalid
from trunkline.http.responses import Json, returns
from trunkline.telco.model import Kpi
from trunkline.telco.network.api.health import Period
from trunkline.telco.network.api.service import NetworkHealth
from trunkline.telco.network.view.explain import Explanation, as_text, explain
from trunkline.telco.network.view.kpiseries import KpiSeries


class KpiQuery(Period):
    """Which KPIs of which objects and periods. One of `dn` and `site` is needed."""

    dn: str = Field("", max_length=1000, description="The cell or node, by its DN.")
    site: str = Field("", max_length=200, description="All cells and nodes of this site.")
    name: list[str] = Field([], description="These KPIs; all of them without.", examples=[["Accessibility"]])


KpiId = Annotated[
    str, Path(max_length=40, description="The id of a value, as a series gives it.", examples=["2-10433"])
]


def add_routes(router: APIRouter, service: NetworkHealth) -> None:
    """Add the routes of KPIs."""
    view = service.view

    @router.get(
        "/kpis",
        tags=["kpis"],
        summary="KPIs of a cell or node, or of all those of a site, over time",
        responses=returns(list[KpiSeries], "A series for each object and KPI, the oldest value first."),
    )
    async def kpis(query: Annotated[KpiQuery, Query()]) -> Json:
        if bool(query.dn) == bool(query.site):
            raise invalid("query", "dn", "give either dn or site")
        dns = [query.dn] if query.dn else view.measured_at(query.site)
        return Json([series for dn in dns for series in view.kpis(dn, query.name, query.since, query.until)])

    @router.get(
        "/kpis/{id}",
        tags=["kpis"],
        summary="One KPI value with its passport",
        responses=returns(Kpi, "The value, its formula and version, its counters, and where each came from.", 404),
    )
    async def kpi(id: KpiId) -> Json:
        return Json(await asyncio.to_thread(_found, service, id))

    answers = returns(Explanation, "The value with its passport, and the raw lines behind it.", 404)
    answers[200]["content"]["text/plain"] = {"schema": {"type": "string"}}

    @router.get(
        "/kpis/{id}/explain",
        tags=["kpis"],
        summary="How a KPI value came to be, down to the raw lines",
        responses=answers,
    )
    async def explained(id: KpiId, accept: Annotated[str, Header(include_in_schema=False)] = "") -> Response:
        def walk() -> Explanation:
            return explain(id, _found(service, id), service.archive)

        explanation = await asyncio.to_thread(walk)
        if accept.startswith("text/plain"):
            return PlainTextResponse("\n".join(as_text(explanation)) + "\n")
        return Json(explanation)


def _found(service: NetworkHealth, id: str) -> Kpi:
    try:
        kpi = service.view.kpi(id)
    except ValueError as error:
        raise invalid("path", "id", str(error)) from None
    if kpi is None:
        raise Problem(404, f"the log holds no KPI value {id}: it never did, or its time there is over")
    return kpi
