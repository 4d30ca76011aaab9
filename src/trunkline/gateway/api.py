"""The gateway's own API: why a request was decided as it was, and how the gateway is. OpenAPI at /openapi.json.

It answers of the gateway that runs beside it, from the files of the same data folder.
"""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import Annotated, Final

from fastapi import APIRouter, Path

from trunkline.gateway import decisions, status
from trunkline.gateway.decisions import LONGEST_ID, Decision, Unknown
from trunkline.gateway.places import Places
from trunkline.gateway.revisions import Written
from trunkline.gateway.status import Standing
from trunkline.http import Api, Problem
from trunkline.http.responses import Json, returns
from trunkline.http.strict import StrictRoute

PATH: Final = "/gateway/v1"
DESCRIPTION = """\
**Gateway**: why a request was refused, or what a policy that only reports would have done with it, with the rule, its
file and its line; and which plan is in force."""
EXAMPLE = Decision(
    id="5b1c7f0e-3f5c-4d52-9d0e-5a1f0d1c2b3a",
    time="2026-11-26T06:14:57.102000Z",
    request="PATCH /tmf-api/customerBillManagement/v4/customerBill/7",
    status=403,
    caller="client crm, subject user-7, from 10.0.0.7",
    refused=True,
    because="the token does not have the scopes that this operation asks for",
    details="rbac_access_denied_matched_policy[scopes]",
    route="customer-bill.patch_customerBill",
    rule=Written(
        kind="scopes",
        level="operation",
        file="apis/customer-bill/policies.yaml",
        line=13,
        says={"all_of": ["charging.write"]},
    ),
)
RequestId = Annotated[
    str,
    Path(
        max_length=LONGEST_ID,
        description="A request's id: its answer's header `x-request-id`, also in the body of a refusal.",
        examples=[EXAMPLE.id],
    ),
]


def gateway_api(places: Places) -> Api:
    """The API of the gateway at `places`."""
    router = APIRouter(prefix=PATH, route_class=StrictRoute)

    @router.get(
        "/decisions/{id}",
        tags=["gateway"],
        summary="Why a request was decided as it was",
        responses=returns(Decision, "The decision, and the rule that made it, as it was then.", 404, example=EXAMPLE),
    )
    async def decision(id: RequestId) -> Json:
        try:
            return Json(await asyncio.to_thread(decisions.why, places, id))
        except Unknown as error:
            raise Problem(404, str(error)) from None

    @router.get(
        "/status",
        tags=["gateway"],
        summary="Which plan is in force, and what is wrong with a newer one",
        responses=returns(Standing, "How the gateway is, and what Envoy has taken and refused.", 404),
    )
    async def standing() -> Json:
        found = await asyncio.to_thread(status.standing, places)
        if found is None:
            raise Problem(404, "no gateway has run here yet")
        return Json(found)

    return Api(router, (Decision, Standing), nullcontext, DESCRIPTION)
