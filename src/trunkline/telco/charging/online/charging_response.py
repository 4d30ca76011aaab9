"""The answer of charging as a core's ChargingDataResponse, or as the problem that it is refused with."""

from __future__ import annotations

from trunkline.telco.charging.online.messages import (
    ChargingDataRequest,
    ChargingDataResponse,
    FinalUnitIndication,
    GrantedUnit,
    MultipleUnitInformation,
    RedirectServer,
)
from trunkline.telco.charging.online.problem import Cause, Refused
from trunkline.telco.model import ChargingAnswer, Granted

FAILOVER = "FAILOVER_SUPPORTED"  # any server of the same log goes on with the session
THRESHOLD = 5  # more is to be asked for when a fifth of the granted octets is left

PROBLEMS = {
    "account.unknown": (404, Cause.USER_UNKNOWN),
    "subscription.unknown": (404, Cause.USER_UNKNOWN),
    "request.out-of-order": (400, Cause.CHARGING_FAILED),
    "request.too-late": (400, Cause.CHARGING_FAILED),
    "event.ahead": (400, Cause.CHARGING_FAILED),
    "ledger.violation": (500, Cause.SYSTEM_FAILURE),
}
"""What a refusal of charging is to a core; any other is that the service is denied."""

NOTHING = {
    "QUOTA_LIMIT_REACHED": Cause.QUOTA_LIMIT_REACHED,
    "END_USER_SERVICE_DENIED": Cause.END_USER_REQUEST_DENIED,
}
"""What it is to a core that none of its rating groups is granted anything, all for that reason."""


def response(told: ChargingDataRequest, answer: ChargingAnswer, top_up_page: str) -> ChargingDataResponse:
    """What was granted. Who has no units left is sent to `top_up_page`, where there is one. Raises `Refused` where
    charging has refused it."""
    if answer.problem:
        status, cause = PROBLEMS.get(answer.problem, (403, Cause.END_USER_REQUEST_DENIED))
        raise Refused(status, cause, f"{answer.problem}: {answer.detail}")
    return ChargingDataResponse(
        invocation_time_stamp=told.invocation_time_stamp,
        invocation_sequence_number=told.invocation_sequence_number,
        session_failover=FAILOVER,
        multiple_unit_information=tuple(_information(granted, answer, top_up_page) for granted in answer.granted),
    )


def opened(told: ChargingDataRequest, answer: ChargingAnswer, top_up_page: str) -> ChargingDataResponse:
    """The same of a create: a session that may use nothing is refused (403), unless there is a page to send it to."""
    results = {granted.result for granted in answer.granted}
    cause = NOTHING.get(results.pop()) if len(results) == 1 else None
    if cause is not None and not (top_up_page and cause is Cause.QUOTA_LIMIT_REACHED):
        raise Refused(403, cause, f"{told.subscriber_identifier} can be granted nothing")
    return response(told, answer, top_up_page)


def _information(granted: Granted, answer: ChargingAnswer, top_up_page: str) -> MultipleUnitInformation:
    units = granted.units if granted.result == "SUCCESS" else 0
    validity = None
    if units and granted.valid_until is not None:
        validity = max(0, int((granted.valid_until - answer.time).total_seconds()))
    ended = granted.last or (granted.result == "QUOTA_LIMIT_REACHED" and top_up_page)
    return MultipleUnitInformation(
        rating_group=granted.rating_group,
        result_code=granted.result,
        granted_unit=GrantedUnit(total_volume=units) if units else None,
        validity_time=validity,
        volume_quota_threshold=units // THRESHOLD if units and not granted.last else None,
        final_unit_indication=_final(top_up_page) if ended else None,
    )


def _final(top_up_page: str) -> FinalUnitIndication:
    if not top_up_page:
        return FinalUnitIndication(final_unit_action="TERMINATE")
    server = RedirectServer(redirect_address_type="URL", redirect_server_address=top_up_page)
    return FinalUnitIndication(final_unit_action="REDIRECT", redirect_server=server)
