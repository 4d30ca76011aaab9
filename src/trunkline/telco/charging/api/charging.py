"""The charging API: an account's live balance and its consumption. OpenAPI at /openapi.json."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Header, Path
from starlette.responses import Response

from trunkline.http import Api, Problem
from trunkline.http.responses import Json, returns
from trunkline.http.strict import StrictRoute
from trunkline.log.port import Log
from trunkline.store import Query, Store
from trunkline.store.query import Compare, Operator
from trunkline.telco.charging.accounts.cycles import cycle_after
from trunkline.telco.charging.api.consumption import Consumption, consumption
from trunkline.telco.charging.api.events import BalanceStream
from trunkline.telco.charging.api.feed import BalanceFeed
from trunkline.telco.charging.records.balances import Standing
from trunkline.telco.charging.records.bills import bill_id
from trunkline.telco.model import Balance, Bucket, Unit
from trunkline.tmf.apis.customer_bill import RATE

PATH = "/charging/v1"
DESCRIPTION = """\
**Charging**: an account's balance, now and as it changes, and what was used of each allowance, by whom, and where that
leads. Money is in minor units of the account's currency, usage in seconds, octets, messages and items. The usage behind
each cent is in TMF635, bills are in TMF678, and TMF654 tops up."""
EVENTS = """\
An event `balance` with the whole balance, now and at each change; `gone` where charging knows the account no more. The
id is the ETag of `/balance`: a client that sends it as `Last-Event-ID` is told what is newer than that alone."""
PAGE = 1_000
EXAMPLE = Balance(
    account="1042",
    kind="prepaid",
    currency="EUR",
    buckets=(
        Bucket(
            id="1042/money",
            name="credit",
            unit=Unit.MONEY,
            remaining=1_234,
            granted=1_500,
            valid_from=datetime(2026, 2, 28, 23, tzinfo=UTC),
        ),
    ),
    cycle=datetime(2026, 2, 28, 23, tzinfo=UTC),
    spent=266,
    time=datetime(2026, 3, 9, 12, 0, 4, tzinfo=UTC),
    cause="msc/1/7",
)
Id = Annotated[str, Path(max_length=200, description="The account's id.")]
Known = Annotated[str, Header(max_length=100)]


def charging(log: Log, store: Store, zone: ZoneInfo, stop: threading.Event) -> Api:
    """The API over `log` and the records in `store`, until `stop` is set; cycles begin in `zone`."""
    feed = BalanceFeed(log, store, stop)
    router = APIRouter(prefix=PATH, route_class=StrictRoute, tags=["charging"])

    async def found(id: str) -> Standing:
        standing = await feed.now(id)
        if standing is None:
            raise Problem(404, f"charging knows no account {id!r}")
        return standing

    @router.get(
        "/accounts/{id}/balance",
        summary="The balance of an account",
        responses=returns(Balance, "The balance as it is now; its ETag is its event's id.", 404, example=EXAMPLE),
    )
    async def balance(id: Id, if_none_match: Known = "") -> Response:
        standing = await found(id)
        headers = {"ETag": f'"{standing.tag}"', "Cache-Control": "no-cache"}
        if headers["ETag"] in (each.strip().removeprefix("W/") for each in if_none_match.split(",")):
            return Response(status_code=304, headers=headers)
        return Json(standing.balance, headers=headers)

    @router.get(
        "/accounts/{id}/balance/events",
        summary="The balance of an account as it changes, as server-sent events",
        response_class=BalanceStream,
        status_code=200,
        responses={
            **returns(Balance, "", 404, 503),
            200: {"description": EVENTS, "content": {"text/event-stream": {"schema": {"type": "string"}}}},
        },
    )
    async def balance_events(id: Id, last_event_id: Known = "") -> BalanceStream:
        await found(id)
        return BalanceStream(feed, id, last_event_id)

    @router.get(
        "/accounts/{id}/consumption",
        summary="What an account used of each allowance, and where that leads",
        responses=returns(Consumption, "By number and allowance, with a forecast.", 404),
    )
    async def account_consumption(id: Id) -> Json:
        balance = (await found(id)).balance
        costs = await asyncio.to_thread(_costs, store, bill_id(id, balance.cycle, zone))
        end = cycle_after(zone, balance.cycle.astimezone(zone).day, balance.cycle)
        return Json(consumption(balance, costs, end, datetime.now(UTC)))

    return Api(router, (Balance, Consumption), feed.running, DESCRIPTION)


def _costs(store: Store, bill: str) -> Counter[str]:
    """What the usage of each number cost, by the lines of a bill."""
    costs: Counter[str] = Counter()
    after = ""
    where = Compare(("bill", "id"), Operator.EQ, bill)
    while (found := store.find(Query(RATE.name, where, limit=PAGE, after=after))).records:
        for stored in found.records:
            line = msgspec.json.decode(stored.document)
            costs[line["product"]["id"]] += line["counted"]["amount"]
        after = found.last
    return costs
