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

CAUSES: dict[str, tuple[int, Cause]] = {}
"""What a refusal of charging is over there; any other one is that the service is denied."""


def response(told: ChargingDataRequest, answer: ChargingAnswer, top_up_page: str) -> ChargingDataResponse:
    """What was granted. Who has no units left is sent to `top_up_page`, where there is one."""
    return ChargingDataResponse(
        invocation_time_stamp=told.invocation_time_stamp,
        invocation_sequence_number=told.invocation_sequence_number,
        session_failover=FAILOVER,
        multiple_unit_information=tuple(_information(granted, answer, top_up_page) for granted in answer.granted),
    )


def _information(granted: Granted, answer: ChargingAnswer, top_up_page: str) -> MultipleUnitInformation:
    units = granted.units if granted.result == "SUCCESS" else 0
    validity = None
    if units and granted.valid_until is not None:
        validity = max(0, int((granted.valid_until - answer.time).total_seconds()))
    return MultipleUnitInformation(
        rating_group=granted.rating_group,
        result_code=granted.result,
        granted_unit=GrantedUnit(total_volume=units) if units else None,
        validity_time=validity,
        volume_quota_threshold=units // THRESHOLD if units and not granted.last else None,
        final_unit_indication=_final(top_up_page) if granted.last else None,
    )


def _final(top_up_page: str) -> FinalUnitIndication:
    if not top_up_page:
        return FinalUnitIndication(final_unit_action="TERMINATE")
    server = RedirectServer(redirect_address_type="URL", redirect_server_address=top_up_page)
    return FinalUnitIndication(final_unit_action="REDIRECT", redirect_server=server)


def refusal(answer: ChargingAnswer) -> Refused:
    """Why nothing was granted at all."""
    status, cause = CAUSES.get(answer.problem, (403, Cause.END_USER_REQUEST_DENIED))
    return Refused(status, cause, f"{answer.problem}: {answer.detail}" if answer.detail else answer.problem)
