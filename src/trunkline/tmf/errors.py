"""What an API refuses, as TM Forum's Error body says it (TMF630, "Error representation")."""

from __future__ import annotations

from typing import Any

from trunkline.tmf.declaration import V5, Version


class Refusal(Exception):
    """What was asked for cannot be done: answered with `status` and an Error body.

    `reason` is a sentence for the person who must act, `message` says more where there is more to say (which attribute,
    at which position). `code` is stable, for programs.
    """

    def __init__(self, status: int, code: str, reason: str, message: str = "") -> None:
        super().__init__(f"{reason}{f': {message}' if message else ''}")
        self.status, self.code, self.reason, self.message = status, code, reason, message

    def body(self, version: Version) -> dict[str, Any]:
        """The Error body; v5 requires its @type."""
        body: dict[str, Any] = {"code": self.code, "reason": self.reason, "status": str(self.status)}
        if self.message:
            body["message"] = self.message
        if version is V5:
            body["@type"] = "Error"
        return body


def bad(code: str, reason: str, message: str = "") -> Refusal:
    """400: the request is wrong."""
    return Refusal(400, code, reason, message)


def conflict(code: str, reason: str, message: str = "") -> Refusal:
    """409: it does not fit what is there."""
    return Refusal(409, code, reason, message)


def not_found(type: str, id: str) -> Refusal:
    """404: there is no such document."""
    return Refusal(404, "notFound", f"there is no {type} {id}")
