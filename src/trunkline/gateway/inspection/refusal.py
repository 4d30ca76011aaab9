"""The body of a refusal: TMF630's Error, with the places and the rules that are broken, and never a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from trunkline.gateway.inspection.finding import Finding

_REASONS: Final = {
    400: ("badRequest", "the request cannot be read, or is not as the API says"),
    415: ("unsupportedMediaType", "a body of this type, or compressed, is not taken here"),
    422: ("invalidBody", "the body is not as the API says"),
    502: ("badGateway", "the service behind did not answer as the API says"),
}


def refusal(id: str, findings: Sequence[Finding]) -> bytes:
    """Of the request `id`. What the upstream has answered wrongly is not the caller's to know."""
    status = findings[0].status
    code, reason = _REASONS[status]
    told = "; ".join(map(str, findings)) if status != 502 else ""
    message = f"request {id}: {told}" if told else f"request {id}"
    error = {"@type": "Error", "code": code, "reason": reason, "status": str(status), "message": message}
    return msgspec.json.encode(error)
