"""The answer of charging as a core's ChargingDataResponse (TS 32.291 clause 6.1.6), or as a problem that refuses it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from trunkline.systems.nchf.charging_data import ChargingDataRequest, Message
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


class GrantedUnit(Message, frozen=True, kw_only=True):
    """How much may be used."""

    total_volume: int


class RedirectServer(Message, frozen=True, kw_only=True):
    """Where a subscriber without quota is sent."""

    redirect_address_type: Literal["URL"]
    redirect_server_address: str


class FinalUnitIndication(Message, frozen=True, kw_only=True):
    """There are no units behind these; what to do when they are used."""

    final_unit_action: Literal["TERMINATE", "REDIRECT"]
    redirect_server: RedirectServer | None = None


class MultipleUnitInformation(Message, frozen=True, kw_only=True):
    """What one rating group may use. `validity_time` is in seconds; with `volume_quota_threshold` octets left, more is
    to be asked for."""

    rating_group: int
    result_code: str
    granted_unit: GrantedUnit | None = None
    validity_time: int | None = None
    volume_quota_threshold: int | None = None
    final_unit_indication: FinalUnitIndication | None = None


class ChargingDataResponse(Message, frozen=True, kw_only=True):
    """The answer to a create or an update."""

    invocation_time_stamp: datetime
    invocation_sequence_number: int
    session_failover: str
    multiple_unit_information: tuple[MultipleUnitInformation, ...] = ()


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
