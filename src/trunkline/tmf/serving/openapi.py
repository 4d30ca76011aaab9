"""The OpenAPI document of one version of one API: what is served, with all parameters and all answers.

Made from the declaration, so that it cannot tell of anything else; the examples are the operator's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi

from trunkline.tmf.declaration import V5, Document, OpenApi, Operation, Version
from trunkline.tmf.description import described
from trunkline.tmf.href import href
from trunkline.tmf.patching import MEDIA_TYPES as PATCHES
from trunkline.tmf.serving import paging
from trunkline.tmf.serving.operations import OFFERS
from trunkline.tmf.serving.parameters import TEXT, Schema, parameters
from trunkline.tmf.serving.served import Served
from trunkline.tmf.versions import write

JSON = "application/json"
SCHEMA = "#/components/schemas/{name}"
ALWAYS_TOLD: Schema = {"required": ["id", "href", "@type"]}
ERRORS: Mapping[int, str] = {
    400: "The request is wrong: `reason` says what, `message` where.",
    404: "There is no such document.",
    409: "It does not fit what is there: a state that may not follow, an id that is taken.",
    412: "The document is not any more one of those that `If-Match` names.",
    413: "The body is too large.",
    415: "The body's media type is not taken.",
    421: "The server does not answer for this host name.",
    500: "The server failed; its log says why.",
    503: "The server, or what it needs, is too busy or not there: try again later.",
}
ALWAYS = (400, 421, 500, 503)
"""What every operation may answer. Where there is no operation, 404 and 405 are answered, with the same body."""
REFUSALS: Mapping[Operation, tuple[int, ...]] = {
    Operation.LIST: ALWAYS,
    Operation.GET: (*ALWAYS, 404),
    Operation.CREATE: (*ALWAYS, 404, 409, 413, 415),
    Operation.PATCH: (*ALWAYS, 404, 409, 412, 413, 415),
    Operation.DELETE: (*ALWAYS, 404, 409, 412),
}
HEADERS: Mapping[str, str] = {
    "ETag": "The entity tag of the document as it is now, for `If-Match` and `If-None-Match`.",
    "Location": "Where the document is: its href.",
    "Link": "Where other parts of the list are: `self`, `first`, `prev`, `next`, `last` (RFC 8288).",
    paging.TOTAL: f"How many documents match in all; at least so many where there is `{paging.INCOMPLETE}`.",
    paging.COUNT: "How many are in this answer.",
    paging.INCOMPLETE: "`false` where no index answers the filter, and only a bounded number of documents was looked "
    "at: the list may lack some. Absent otherwise.",
}
SUMMARIES: Mapping[Operation, str] = {
    Operation.LIST: "List or find documents of type {type}",
    Operation.GET: "Get one {type}",
    Operation.CREATE: "Make one {type}",
    Operation.PATCH: "Change one {type}",
    Operation.DELETE: "Remove one {type}",
}


def document(
    api: OpenApi, version: Version, served: Iterable[Served], *, root: str, hub: APIRouter | None
) -> dict[str, Any]:
    """The document. `root` is the URL that the API's path is under, "" where that is the document's own server."""
    served = tuple(served)
    records = [described(one.what, version, creating=creating) for one in served for creating in (False, True)]
    references, schemas = msgspec.json.schema_components(records, ref_template=SCHEMA)
    schemas["Error"] = _error(version)
    paths: dict[str, dict[str, Any]] = {}
    for one, told, new in zip(served, references[::2], references[1::2], strict=True):
        for operation, offer in OFFERS.items():
            if operation in one.of.operations:
                path = paths.setdefault(_path(one, offer.of_one), {})
                path[offer.method.lower()] = _operation(one, operation, {"allOf": [told, ALWAYS_TOLD]}, new)
    if hub is not None:
        further = get_openapi(title=api.title, version=version, routes=hub.routes, openapi_version="3.1.0")
        paths.update(further["paths"])
        schemas.update(further.get("components", {}).get("schemas", {}))
    return {
        "openapi": "3.1.0",
        "x-encoded-slashes": True,  # an id may hold one: the path is read step by step before it is decoded
        "info": {
            "title": api.title,
            "version": f"{version.removeprefix('v')}.0.0",
            "description": f"TMF{api.number} {version}, by the rules of TMF630.",
        },
        "servers": [{"url": root + api.path(version)}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                str(status): {"description": text, "content": _json({"$ref": SCHEMA.format(name="Error")})}
                for status, text in ERRORS.items()
            },
            "headers": {name: {"description": text, "schema": TEXT} for name, text in HEADERS.items()},
        },
    }


def _path(served: Served, of_one: bool) -> str:
    within = f"/{served.parent}/{{{served.of.parent}}}" if served.of.parent else ""
    return f"{within}/{served.name}{'/{id}' if of_one else ''}"


def _operation(served: Served, operation: Operation, record: Schema, new: Schema) -> dict[str, Any]:
    example = _example(served)
    statuses = sorted({*REFUSALS[operation], *((404,) if served.of.within else ())})
    refusals = {str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses}
    told = {
        "operationId": f"{operation}_{served.of.name}",
        "tags": [served.name],
        "summary": SUMMARIES[operation].format(type=served.of.type),
        "parameters": parameters(served, operation),
        "responses": {**_answers(operation, record, _told(served, example)), **refusals},
    }
    if operation is Operation.CREATE:
        told["requestBody"] = {"required": True, "content": _json(new, example)}
    elif operation is Operation.PATCH:
        told["requestBody"] = {"required": True, "content": {taken: {"schema": PATCHES[taken]} for taken in PATCHES}}
    return told


def _example(served: Served) -> Document | None:
    """The operator's own, in the words of the version."""
    examples = served.what.examples
    if served.version in examples or V5 not in examples:
        return examples.get(served.version)
    return write(examples[V5], served.what, served.version)


def _told(served: Served, example: Document | None) -> Document | None:
    """The example as it is answered, with its place."""
    if example is None:
        return None
    id = str(example.get("id", "1"))
    base = (
        href(served.api.path(served.version), served.parent, "1") if served.parent else served.api.path(served.version)
    )
    return {**example, "id": id, "href": href(base, served.name, id)}


def _answers(operation: Operation, record: Schema, example: Any) -> dict[str, Any]:
    match operation:
        case Operation.LIST:
            content = _json({"type": "array", "items": record}, example and [example])
            headers = _headers("Link", paging.TOTAL, paging.COUNT, paging.INCOMPLETE)
            return {
                "200": {"description": "All that match.", "content": content, "headers": headers},
                "206": {"description": "A part of those that match.", "content": content, "headers": headers},
            }
        case Operation.GET:
            return {
                "200": {"description": "It.", "content": _json(record, example), "headers": _headers("ETag")},
                "304": {"description": "It is as `If-None-Match` says.", "headers": _headers("ETag")},
            }
        case Operation.CREATE:
            headers = _headers("ETag", "Location")
            return {"201": {"description": "As it was made.", "content": _json(record, example), "headers": headers}}
        case Operation.PATCH:
            headers = _headers("ETag")
            return {"200": {"description": "As it is now.", "content": _json(record, example), "headers": headers}}
        case Operation.DELETE:
            return {"204": {"description": "It is gone."}}


def _json(schema: Schema, example: Any = None) -> dict[str, Any]:
    return {JSON: {"schema": schema} if example is None else {"schema": schema, "example": example}}


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _error(version: Version) -> Schema:
    names = ("code", "reason", "message", "status", "referenceError", "@type", "@baseType", "@schemaLocation")
    required = ["code", "reason", *(["@type"] if version is V5 else [])]
    return {
        "type": "object",
        "description": "What was refused, and why (TMF630).",
        "properties": dict.fromkeys(names, TEXT),
        "required": required,
    }
