"""The Network Health API: one view of the network, whoever made the equipment. OpenAPI at /openapi.json."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import APIRouter

from trunkline.connect.archive import Archive
from trunkline.http import Api
from trunkline.http.strict import StrictRoute
from trunkline.log.port import Log
from trunkline.telco.model import Health, Kpi
from trunkline.telco.network import api_alarms, api_health, api_kpis
from trunkline.telco.network.alarmlist import LocatedAlarm
from trunkline.telco.network.events import EventFeed
from trunkline.telco.network.explain import Explanation
from trunkline.telco.network.kpiseries import KpiSeries
from trunkline.telco.network.overview import OverviewRow
from trunkline.telco.network.view import NetworkView

PATH = "/network-health/v1"
DESCRIPTION = """\
**Network Health**: health of the network, its regions, vendors, sites and cells, now and over time, with the reasons;
the alarms and what an operator does with them; KPIs and the way from each value back to the raw lines.

Lists are paged: `limit`, and the `cursor` of the `next` link. A query parameter that is not known is refused.
Times are ISO 8601 with a zone. Errors are `application/problem+json` (RFC 9457)."""

logger = logging.getLogger(__name__)


@dataclass
class NetworkHealth:
    """What the API's routes work with: the log, the raw files, the view, and the feed of its changes."""

    log: Log
    archive: Archive
    view: NetworkView
    stop: threading.Event
    """Set when the process is to end; set by the API itself where it cannot go on."""
    feed: EventFeed = field(init=False)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the view up with the log while the API is served."""
        await asyncio.to_thread(self.view.catch_up)
        # What the view holds now lives on; to look through it for garbage would stop everything for 0.1 s each time.
        gc.freeze()
        self.feed = EventFeed(self.log, self.view)
        loop = asyncio.get_running_loop()
        following = threading.Thread(target=self._follow, args=(loop,), name="network view")
        following.start()
        try:
            yield
        finally:
            self.stop.set()
            await asyncio.to_thread(following.join)

    def _follow(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self.view.follow(self.stop)
        except Exception:
            # An API that stopped hearing the network would show yesterday's as today's: better none, and a restart.
            logger.exception("the network view cannot follow the log; the API stops")
            self.stop.set()
        # The server waits for open streams before it stops, so they must end first.
        loop.call_soon_threadsafe(self.feed.stop)


def network_health(log: Log, archive: Archive, stop: threading.Event) -> Api:
    """The API over `log`, until `stop` is set; `archive` holds the raw files that KPIs are explained by."""
    service = NetworkHealth(log, archive, NetworkView(log), stop)
    router = APIRouter(prefix=PATH, route_class=StrictRoute)
    api_health.add_routes(router, service)
    api_alarms.add_routes(router, service)
    api_kpis.add_routes(router, service)
    records = (Health, OverviewRow, LocatedAlarm, api_alarms.Accepted, Kpi, KpiSeries, Explanation)
    return Api(router, records, service.running, DESCRIPTION)
