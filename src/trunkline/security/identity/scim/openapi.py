"""The OpenAPI document of SCIM, as it is served: which endpoints there are, and what is taken."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from trunkline.security.identity.scim.errors import MEDIA_TYPE
from trunkline.security.identity.scim.patching import Operations
from trunkline.security.identity.scim.resources import Role, User

PATH: Final = "/scim/v2"
_SCHEMA: Final = "#/components/schemas/{name}"
_TEXT: Final = {"type": "string"}
_REFUSALS: Final = {
    400: "The request is wrong: `detail` says how.",
    401: "The token is none of ours.",
    403: "The token does not have the scope.",
    404: "There is no such resource.",
    409: "The name is taken.",
    413: "The body is too large.",
    415: "The body's media type is not taken.",
    500: "The server failed; its log says why.",
    503: "The store cannot be reached: try again.",
}


def document() -> dict[str, Any]:
    """The document (RFC 7644, clause 3)."""
    kinds = [User, Role, Operations]
    (user, role, patch), schemas = msgspec.json.schema_components(kinds, ref_template=_SCHEMA)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "SCIM",
            "version": "2.0.0",
            "description": "Joiners and leavers, as a directory tells of them (RFC 7643, RFC 7644).",
        },
        "servers": [{"url": PATH}],
        "paths": {
            "/ServiceProviderConfig": {"get": _operation("getServiceProviderConfig", "What is offered")},
            **_resource("User", user, patch, "userName"),
            **_resource("Group", role, patch, "displayName"),
        },
        "components": {"schemas": schemas},
    }


def _resource(name: str, schema: Any, patch: Any, filtered: str) -> dict[str, Any]:
    return {
        f"/{name}s": {
            "get": _operation(f"list{name}s", f"List or find {name.lower()}s", parameters=_finding(filtered)),
            "post": _operation(f"add{name}", f"Add a {name.lower()}", schema, "201"),
        },
        f"/{name}s/{{id}}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": _TEXT}],
            "get": _operation(f"get{name}", f"Get a {name.lower()}"),
            "put": _operation(f"replace{name}", f"Replace a {name.lower()}", schema),
            "patch": _operation(f"patch{name}", f"Change a {name.lower()}", patch),
            "delete": _operation(f"delete{name}", f"Remove a {name.lower()}", done="204"),
        },
    }


def _operation(
    id: str, summary: str, body: Any = None, done: str = "200", parameters: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "It is done." if done == "204" else "It, or them."}
    if done != "204":
        answer["content"] = {MEDIA_TYPE: {"schema": {"type": "object"}}}
    said: dict[str, Any] = {"operationId": id, "summary": summary}
    if parameters:
        said["parameters"] = parameters
    if body is not None:
        taken = {media_type: {"schema": body} for media_type in (MEDIA_TYPE, "application/json")}
        said["requestBody"] = {"required": True, "content": taken}
    refusals = {str(status): {"description": text} for status, text in _REFUSALS.items()}
    return said | {"responses": {done: answer, **refusals}}


def _finding(filtered: str) -> list[dict[str, Any]]:
    number = {"type": "integer", "minimum": 0, "maximum": 999_999_999}
    said = {"startIndex": number, "count": number, "filter": {**_TEXT, "example": f'{filtered} eq "ana@acme.example"'}}
    return [{"name": name, "in": "query", "schema": schema} for name, schema in said.items()]
