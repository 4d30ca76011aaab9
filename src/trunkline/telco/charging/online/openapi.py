"""The OpenAPI document of converged charging: its three operations, with what is read of a core's requests."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from trunkline.systems.nchf.charging_data import ChargingDataRequest
from trunkline.telco.charging.online.application import PATH
from trunkline.telco.charging.online.charging_response import ChargingDataResponse

REF: Final = "chargingDataRef"
_SCHEMA: Final = "#/components/schemas/{name}"
_REFUSALS: Final = {
    400: "The request is wrong: `invalidParams` says where.",
    403: "It is not charged, or may not be used.",
    404: "Nobody pays for the subscriber.",
    413: "The body is too large.",
    415: "The body is not application/json.",
    500: "The server failed.",
    503: "Too many requests wait: send it again.",
    504: "Charging did not answer in time: send it again.",
}


def document() -> dict[str, Any]:
    """The document (TS 32.291, clause 6.1.3), without what is not served."""
    (request, response), schemas = msgspec.json.schema_components(
        [ChargingDataRequest, ChargingDataResponse], ref_template=_SCHEMA
    )
    schemas["ProblemDetails"] = {"type": "object", "description": "What was refused, and why (TS 29.571)."}
    location = {"Location": {"description": "Where the session is.", "schema": {"type": "string"}}}
    made = {"description": "The session has begun.", "content": _json(response), "headers": location}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Nchf_ConvergedCharging",
            "version": "3.0.0",
            "description": "Converged charging of a 5G core's sessions (3GPP TS 32.291).",
        },
        "servers": [{"url": PATH}],
        "paths": {
            "/chargingdata": {"post": _operation("create", "Begin a session", request, {"201": made})},
            f"/chargingdata/{{{REF}}}/update": {
                "post": _operation(
                    "update",
                    "Report usage, and ask for more",
                    request,
                    {"200": {"description": "What may be used.", "content": _json(response)}},
                    REF,
                )
            },
            f"/chargingdata/{{{REF}}}/release": {
                "post": _operation("release", "End a session", request, {"204": {"description": "It has ended."}}, REF)
            },
        },
        "components": {"schemas": schemas},
    }


def _operation(id: str, summary: str, request: Any, answers: dict[str, Any], ref: str = "") -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": {"$ref": _SCHEMA.format(name="ProblemDetails")}}}
    said: dict[str, Any] = {"operationId": id, "summary": summary}
    if ref:
        said["parameters"] = [{"name": ref, "in": "path", "required": True, "schema": {"type": "string"}}]
    return said | {
        "requestBody": {"required": True, "content": _json(request)},
        "responses": {
            **answers,
            **{str(status): {"description": text, "content": problem} for status, text in _REFUSALS.items()},
        },
    }


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
