"""Why a request is refused, as a network function reads it: ProblemDetails with a cause (TS 29.571 clause 5.2.4.1)."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus

import msgspec

MEDIA_TYPE = "application/problem+json"


class Cause(StrEnum):
    """What a network function decides by: of charging (TS 32.291 clause 6.1.7.3) and of any service (TS 29.500 clause
    5.2.7.2)."""

    CHARGING_FAILED = "CHARGING_FAILED"
    """What charging needs of the session or the subscriber is missing or wrong."""
    CHARGING_NOT_APPLICABLE = "CHARGING_NOT_APPLICABLE"
    """It may go on uncharged."""
    END_USER_REQUEST_DENIED = "END_USER_REQUEST_DENIED"
    QUOTA_LIMIT_REACHED = "QUOTA_LIMIT_REACHED"
    USER_UNKNOWN = "USER_UNKNOWN"
    INVALID_MSG_FORMAT = "INVALID_MSG_FORMAT"
    MANDATORY_IE_MISSING = "MANDATORY_IE_MISSING"
    RESOURCE_URI_STRUCTURE_NOT_FOUND = "RESOURCE_URI_STRUCTURE_NOT_FOUND"
    CONTEXT_NOT_FOUND = "CONTEXT_NOT_FOUND"
    NF_CONGESTION = "NF_CONGESTION"
    TIMED_OUT_REQUEST = "TIMED_OUT_REQUEST"
    SYSTEM_FAILURE = "SYSTEM_FAILURE"


class InvalidParam(msgspec.Struct, frozen=True):
    """A field that was refused: a JSON pointer to it, and why."""

    param: str
    reason: str


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The body of a refusal."""

    title: str
    status: int
    detail: str
    instance: str
    cause: str
    invalid_params: tuple[InvalidParam, ...] = ()


class Refused(Exception):
    """A request is not answered with what it asked for. `retry_after` are seconds after which it may be sent again, the
    same; None where that would not help."""

    def __init__(
        self,
        status: int,
        cause: Cause,
        detail: str,
        invalid: tuple[InvalidParam, ...] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.cause, self.detail, self.invalid, self.retry_after = (
            status, cause, detail, invalid, retry_after,
        )  # fmt: skip

    def details(self, instance: str) -> bytes:
        """As JSON; `instance` is the path that was asked."""
        return msgspec.json.encode(
            ProblemDetails(
                title=HTTPStatus(self.status).phrase,
                status=self.status,
                detail=self.detail,
                instance=instance,
                cause=self.cause,
                invalid_params=self.invalid,
            )
        )


def wrong(param: str, reason: str, cause: Cause = Cause.CHARGING_FAILED) -> Refused:
    """One field is wrong or missing: 400, naming it by its JSON pointer."""
    return Refused(400, cause, f"{param}: {reason}", (InvalidParam(param, reason),))
