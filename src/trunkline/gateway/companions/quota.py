"""The companion `quota`: answers Envoy's filter `ratelimit` (envoy.service.ratelimit.v3)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import UTC, datetime
from typing import Final

import grpc
import grpc.aio

from trunkline.gateway.companions.wire.ratelimit_pb2 import Header, RateLimitRequest, RateLimitResponse
from trunkline.gateway.places import Places
from trunkline.gateway.policies.bucket import WOULD_REFUSE
from trunkline.gateway.policies.quota import CALLER, KEY, QUOTA, RULE, SHADOW
from trunkline.gateway.quotas.leases import Leases, Spent, Unknown
from trunkline.gateway.quotas.ledger import Ledger
from trunkline.gateway.quotas.period import SECONDS, Allowance
from trunkline.store import StoreError

OPENS: Final = 5.0
"""Seconds that the first request waits for the store to be opened."""
Context = grpc.aio.ServicerContext[RateLimitRequest, RateLimitResponse]


@asynccontextmanager
async def answering(places: Places) -> AsyncIterator[grpc.GenericRpcHandler]:
    """Answers by the quotas in the store of `places`."""
    with closing(Ledger(places.store_url)) as ledger:
        with suppress(StoreError, TimeoutError):  # it answers also where nobody can count; that is then what it says
            await asyncio.wait_for(asyncio.to_thread(ledger.open), OPENS)
        leases = Leases(ledger)
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(leases.keep())
            yield handler(leases)
            keeping.cancel()


def handler(leases: Leases) -> grpc.GenericRpcHandler:
    """Answers by `leases`."""

    async def should_rate_limit(request: RateLimitRequest, context: Context) -> RateLimitResponse:
        said = {entry.key: entry.value for entry in request.descriptors[0].entries}
        allowance = Allowance.parse(said[QUOTA])
        try:
            spent = await leases.spend(said[RULE], said.get(CALLER, ""), allowance)
        except Unknown:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "the store does not answer")
        return _shadow(spent) if SHADOW in said else _answer(spent, allowance)

    method = grpc.unary_unary_rpc_method_handler(
        should_rate_limit,
        request_deserializer=RateLimitRequest.FromString,
        response_serializer=RateLimitResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler(
        "envoy.service.ratelimit.v3.RateLimitService", {"ShouldRateLimit": method}
    )


def _answer(spent: Spent, allowance: Allowance) -> RateLimitResponse:
    """With the headers of draft-ietf-httpapi-ratelimit-headers-10, which stand beside those of other limits."""
    seconds = max(1, round((spent.ends - datetime.now(UTC)).total_seconds()))
    headers = [
        Header(key="ratelimit-policy", value=f'"quota";q={allowance.amount};w={SECONDS[allowance.unit]}'),
        Header(key="ratelimit", value=f'"quota";r={spent.left};t={seconds}'),
    ]
    if spent.allowed:
        return RateLimitResponse(overall_code=RateLimitResponse.OK, response_headers_to_add=headers)
    headers.append(Header(key="retry-after", value=str(seconds)))
    return RateLimitResponse(overall_code=RateLimitResponse.OVER_LIMIT, response_headers_to_add=headers)


def _shadow(spent: Spent) -> RateLimitResponse:
    would = [] if spent.allowed else [Header(key=WOULD_REFUSE, value=KEY)]
    return RateLimitResponse(overall_code=RateLimitResponse.OK, request_headers_to_add=would)
