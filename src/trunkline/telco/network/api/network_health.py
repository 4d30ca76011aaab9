"""The Network Health API: one view of the network, whoever made the equipment. OpenAPI at /openapi.json."""

from __future__ import annotations

import threading

from fastapi import APIRouter

from trunkline.connect.archive import Archive
from trunkline.http import Api
from trunkline.http.strict import StrictRoute
from trunkline.log.port import Log
from trunkline.telco.model import Health, Kpi
from trunkline.telco.network.api import alarms as api_alarms
from trunkline.telco.network.api import health as api_health
from trunkline.telco.network.api import kpis as api_kpis
from trunkline.telco.network.api.service import NetworkHealth
from trunkline.telco.network.view.alarmlist import LocatedAlarm
from trunkline.telco.network.view.explain import Explanation
from trunkline.telco.network.view.kpiseries import KpiSeries
from trunkline.telco.network.view.network import NetworkView
from trunkline.telco.network.view.overview import OverviewRow

PATH = "/network-health/v1"
DESCRIPTION = """\
**Network Health**: health of the network, its regions, vendors, sites and cells, now and over time, with the reasons;
the alarms and what an operator does with them; KPIs and the way from each value back to the raw lines.

Lists are paged: `limit`, and the `cursor` of the `next` link. A query parameter that is not known is refused.
Times are ISO 8601 with a zone. Errors are `application/problem+json` (RFC 9457)."""


def network_health(log: Log, archive: Archive, stop: threading.Event) -> Api:
    """The API over `log`, until `stop` is set; `archive` holds the raw files that KPIs are explained by."""
    service = NetworkHealth(log, archive, NetworkView(log), stop)
    router = APIRouter(prefix=PATH, route_class=StrictRoute)
    api_health.add_routes(router, service)
    api_alarms.add_routes(router, service)
    api_kpis.add_routes(router, service)
    records = (Health, OverviewRow, LocatedAlarm, api_alarms.Accepted, Kpi, KpiSeries, Explanation)
    return Api(router, records, service.running, DESCRIPTION)
