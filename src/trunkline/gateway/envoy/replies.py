"""What callers get where the gateway itself answers: TM Forum's Error body (TMF630, "Error representation").

Every body names the request's id, which is also in the header `x-request-id`. The reason in it is general on purpose;
the operator finds the rule by `trunkline why ID`.
"""

from __future__ import annotations

from typing import Any, Final

from trunkline.gateway.policies import KINDS
from trunkline.gateway.policies.inspecting import Inspecting
from trunkline.gateway.policies.policy import TYPE
from trunkline.gateway.policies.rbac import refusal
from trunkline.gateway.policies.revoked import REVOKED

Json = dict[str, Any]
UNNAMED: Final = "%CONNECTION_ID%-%START_TIME(%s%6f)%"
"""The id of a request that was refused before Envoy gave it one, because it could not be read."""
_REQUEST_ID: Final = "%REQ(X-REQUEST-ID)%"
_REASONS: Final = {
    400: ("badRequest", "the request cannot be read"),
    401: ("unauthenticated", "it is not known who calls"),
    403: ("forbidden", "this caller may not do this"),
    404: ("notFound", "no API has an operation at this path"),
    405: ("methodNotAllowed", "the path has no such method"),
    408: ("requestTimeout", "the request did not come in time"),
    413: ("tooLarge", "the request is larger than is taken here"),
    426: ("upgradeRequired", "this version of HTTP is not taken"),
    429: ("tooManyRequests", "more requests came than are allowed"),
    431: ("headersTooLarge", "the request's headers are larger than are taken here"),
    502: ("badGateway", "the service behind answered what cannot be read"),
    503: ("unavailable", "the service behind does not answer"),
    504: ("timeout", "the service behind did not answer in time"),
}


def local_replies() -> Json:
    """Envoy's `local_reply_config`: one body a status, with the id that the request has."""
    unnamed = {"header_filter": {"header": {"name": "x-request-id", "present_match": True, "invert_match": True}}}
    mappers: list[Json] = [_revoked(), _looked_into()]
    for status, (code, reason) in _REASONS.items():
        this = {
            "status_code_filter": {"comparison": {"op": "EQ", "value": {"default_value": status, "runtime_key": "-"}}}
        }
        mappers.append({"filter": {"and_filter": {"filters": [this, unnamed]}}, **_body(code, reason, status, UNNAMED)})
        mappers.append({"filter": this, **_body(code, reason, status, _REQUEST_ID)})
    other = _body("refused", "the gateway cannot do this", "%RESPONSE_CODE%", _REQUEST_ID)
    return {"mappers": mappers, "body_format": other["body_format_override"]}


def _revoked() -> Json:
    """A revoked token is answered as one that has lapsed (RFC 6750, clause 3.1); Envoy itself would say 403."""
    kind = f"{TYPE}extensions.access_loggers.filters.cel.v3.ExpressionFilter"
    expression = {"@type": kind, "expression": f'response.code_details == "{refusal(REVOKED)}"'}
    is_revoked = {"name": "envoy.access_loggers.extension_filters.cel", "typed_config": expression}
    challenge = {"key": "www-authenticate", "value": 'Bearer error="invalid_token"'}
    return {
        "filter": {"extension_filter": is_revoked},
        "status_code": 401,
        "headers_to_add": [{"header": challenge}],
        **_body(*_REASONS[401], 401, _REQUEST_ID),
    }


def _looked_into() -> Json:
    """Where a companion has looked into a body, it says itself what is wrong there."""
    kinds = "|".join(kind.kind() for kind in KINDS if issubclass(kind, Inspecting))
    kind = f"{TYPE}extensions.access_loggers.filters.cel.v3.ExpressionFilter"
    expression = {"@type": kind, "expression": rf'response.code_details.matches("^({kinds})\\[")'}
    is_looked_into = {"name": "envoy.access_loggers.extension_filters.cel", "typed_config": expression}
    said = {"text_format_source": {"inline_string": "%LOCAL_REPLY_BODY%"}, "content_type": "application/json"}
    return {"filter": {"extension_filter": is_looked_into}, "body_format_override": said}


def _body(code: str, reason: str, status: int | str, id: str) -> Json:
    error = {"@type": "Error", "code": code, "reason": reason, "status": str(status), "message": f"request {id}"}
    return {"body_format_override": {"json_format": error, "content_type": "application/json"}}
