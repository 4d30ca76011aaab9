"""Answers encoded by msgspec, and how the OpenAPI document describes them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from fastapi import Request
from starlette.responses import Response

from trunkline.http.errors import MEDIA_TYPE as PROBLEM
from trunkline.http.errors import ProblemDetails

REFERENCE = "#/components/schemas/{name}"
JSON = "application/json"


class Json(Response):
    """A record, or a sequence of records, as JSON."""

    media_type = JSON

    def render(self, content: Any) -> bytes:
        return msgspec.json.encode(content)


class Page(Json):
    """Part of a list: the records, `X-Total-Count` of all that match, and `Link`s to the first and the next part."""

    def __init__(self, request: Request, records: Any, total: int, next_cursor: str = "") -> None:
        links = [_link(request, "first", None)]
        if next_cursor:
            links.append(_link(request, "next", next_cursor))
        super().__init__(records, headers={"X-Total-Count": str(total), "Link": ", ".join(links)})


def _link(request: Request, relation: str, cursor: str | None) -> str:
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    if cursor:
        query.append(("cursor", cursor))
    path = request.scope["raw_path"].decode("ascii")
    return f'<{path}{"?" if query else ""}{urlencode(query)}>; rel="{relation}"'


PAGE_HEADERS = {
    "X-Total-Count": {"description": "How many records match in all.", "schema": {"type": "integer"}},
    "Link": {
        "description": "`first` and, unless this is the last part, `next` (RFC 8288).",
        "schema": {"type": "string"},
    },
}


def returns(
    record: Any, description: str, *errors: int, example: Any = None, status: int = 200, paged: bool = False
) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: `record` is what it answers with, `errors` the statuses of its problems.

    Every route may answer 400, so that one is always among them.
    """
    answer: dict[str, Any] = {"description": description, "content": {JSON: {"schema": schema_of(record)}}}
    if example is not None:
        answer["content"][JSON]["example"] = msgspec.to_builtins(example)
    if paged:
        answer["headers"] = PAGE_HEADERS
    problem = {"content": {PROBLEM: {"schema": schema_of(ProblemDetails)}}}
    responses: dict[int | str, dict[str, Any]] = {status: answer}
    for code in (400, *errors):
        responses[code] = {"description": PROBLEMS[code], **problem}
    return responses


PROBLEMS = {
    400: "A parameter or field is unknown or wrong; the problem names it.",
    404: "There is no such thing.",
    409: "What is asked does not fit the present state.",
    410: "It was there, but is not kept any more.",
    503: "The server is too busy for this; try again later.",
}


def schema_of(record: Any) -> dict[str, Any]:
    (schema,), _ = msgspec.json.schema_components((record,), ref_template=REFERENCE)
    return schema


def component_schemas(records: tuple[Any, ...]) -> Mapping[str, Any]:
    """The schemas of `records` and of all that they are made of, by name."""
    _, components = msgspec.json.schema_components((*records, ProblemDetails), ref_template=REFERENCE)
    return components
