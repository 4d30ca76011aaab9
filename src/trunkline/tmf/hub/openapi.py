"""How OpenAPI documents describe the operations of `/hub`. What refusals look like is the document's around."""

from __future__ import annotations

from typing import Any

from trunkline.tmf.declaration import V5, Version

Words = dict[str, Any]

TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
CALLBACK = {
    **TEXT,
    "format": "uri",
    "description": "Where events are posted to: https or http, at a public address unless the operator permits it.",
}
QUERY = {
    **TEXT,
    "description": "Which events, and what of them: `eventType=`, `fields=`, and filters as lists take them. "
    "Without it, all of the API's.",
    "example": "eventType=AlarmCreateEvent&perceivedSeverity=critical",
}
ID = {"name": "id", "in": "path", "required": True, "schema": TEXT, "description": "The subscription's id."}
PAGING = [
    {
        "name": "offset",
        "in": "query",
        "schema": {**COUNT, "maximum": 1_000_000},
        "description": "How many to leave out.",
    },
    {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": 1_000},
        "description": "How many at most; 100 where it is not given.",
    },
]


def subscribe(version: Version) -> Words:
    """POST /hub."""
    properties = {"callback": CALLBACK, "query": QUERY}
    if version is V5:
        properties["@type"] = TEXT
    given = {"type": "object", "required": ["callback"], "properties": properties}
    location = {"Location": {"description": "Where the subscription is.", "schema": TEXT}}
    return {
        "summary": "Subscribe to events",
        "requestBody": {"required": True, "content": {"application/json": {"schema": given}}},
        "responses": {
            "201": {
                "description": "It is subscribed, from now on.",
                "content": _json(_hub(version)),
                "headers": location,
            },
            **_refusals(400, 409, 413, 415),
        },
    }


def get(version: Version) -> Words:
    """GET /hub/{id}."""
    return {
        "summary": "Get one subscription",
        "parameters": [ID],
        "responses": {"200": {"description": "It.", "content": _json(_hub(version))}, **_refusals(400, 404)},
    }


def listed(version: Version) -> Words:
    """GET /hub."""
    headers = {
        "X-Total-Count": {"description": "How many there are in all.", "schema": COUNT},
        "X-Result-Count": {"description": "How many are in this answer.", "schema": COUNT},
    }
    told = {"content": _json({"type": "array", "items": _hub(version)}), "headers": headers}
    return {
        "summary": "List the subscriptions",
        "parameters": PAGING,
        "responses": {
            "200": {"description": "All there are.", **told},
            "206": {"description": "A part of them.", **told},
            **_refusals(400),
        },
    }


def unsubscribe(version: Version) -> Words:
    """DELETE /hub/{id}."""
    return {
        "summary": "End a subscription",
        "parameters": [ID],
        "responses": {"204": {"description": "Within a second nothing more is sent."}, **_refusals(400, 404, 409)},
    }


def _hub(version: Version) -> Words:
    properties = {"id": TEXT, "callback": CALLBACK, "query": QUERY}
    required = ["id", "callback"]
    if version is V5:
        properties |= {"href": TEXT, "@type": TEXT}
        required.append("@type")
    return {"type": "object", "required": required, "properties": properties}


def _json(schema: Words) -> Words:
    return {"application/json": {"schema": schema}}


def _refusals(*statuses: int) -> Words:
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in (*statuses, 421, 500, 503)}
