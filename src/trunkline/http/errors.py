"""Errors as `application/problem+json` (RFC 9457), written for the person who must act."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


class InvalidField(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One field of the request that was refused: where it stood (`query`, `path`, `body`), its name, and why."""

    place: str = msgspec.field(name="in")
    name: str
    reason: str


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The body of an error (RFC 9457, clause 3). `errors` names each field that was refused."""

    title: str
    status: int
    detail: str
    instance: str = ""
    errors: tuple[InvalidField, ...] = ()


class Problem(Exception):
    """What a request asked for cannot be done. Raised by any endpoint; answered as problem+json."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: tuple[InvalidField, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.headers = status, detail, errors, headers

    def response(self, instance: str) -> Response:
        details = ProblemDetails(
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=self.detail,
            instance=instance,
            errors=self.errors,
        )
        return Response(msgspec.json.encode(details), self.status, dict(self.headers or {}), MEDIA_TYPE)


def invalid(place: str, name: str, reason: str) -> Problem:
    """One field of the request is wrong: 400 naming it."""
    return Problem(400, f"{name}: {reason}", (InvalidField(place=place, name=name, reason=reason),))


def answer_errors(app: FastAPI) -> None:
    """Answer every error of `app`'s endpoints as problem+json."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _defect)


async def _problem(request: Request, error: Any) -> Response:
    return error.response(request.url.path)  # type: ignore[no-any-return]


async def _validation(request: Request, error: Any) -> Response:
    fields = tuple(_field(found) for found in error.errors())
    detail = "; ".join(f"{field.name}: {field.reason}" for field in fields)
    return Problem(400, detail, fields).response(request.url.path)


def _field(found: dict[str, Any]) -> InvalidField:
    place, *path = found["loc"]
    if found["type"] == "json_invalid":
        return InvalidField(place="body", name="body", reason=f"is not JSON: {found['ctx']['error']}")
    if found["type"] == "extra_forbidden":
        return InvalidField(place=place, name=str(path[-1]), reason="is not known here")
    reason = found["msg"].removeprefix("Value error, ")
    return InvalidField(place=place, name=".".join(map(str, path)) or place, reason=reason)


async def _http(request: Request, error: Any) -> Response:
    detail = {
        404: f"there is nothing at {request.url.path}; /docs lists what there is",
        405: f"{request.method} is not offered at {request.url.path}",
    }.get(error.status_code, str(error.detail))
    return Problem(error.status_code, detail, headers=error.headers).response(request.url.path)


async def _defect(request: Request, error: Any) -> Response:
    """What went wrong stays in the server's log: the caller cannot act on it, and it may show too much."""
    return Problem(500, "the platform failed on this request; its log says why").response(request.url.path)
