"""What a 5G core and its charging function tell each other (TS 32.291 clause 6.1.6), as far as charging looks at it.

Fields that are not named here are passed over. Octets are bounded at a pebibyte, texts at 255 characters, without
control characters.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, field

Text = Annotated[str, Meta(max_length=255, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Moment = Annotated[datetime, Meta(tz=True)]
Uint32 = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Octets = Annotated[int, Meta(ge=0, le=2**50)]
TimeZone = Annotated[str, Meta(pattern=r"^[+-](0\d|1[0-4]):[0-5]\d(\+[12])?$")]


class Message(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """A JSON object with names in camel case; those that the standard spells otherwise are given in full."""


class PlmnId(Message, frozen=True, kw_only=True):
    """A network: country and network code."""

    mcc: Annotated[str, Meta(pattern=r"^\d{3}$")]
    mnc: Annotated[str, Meta(pattern=r"^\d{2,3}$")]

    def __str__(self) -> str:
        return self.mcc + self.mnc


class NfIdentification(Message, frozen=True, kw_only=True):
    """Which network function: its kind, and what names it."""

    node_functionality: Text
    name: Text = field(default="", name="nFName")
    fqdn: Text = field(default="", name="nFFqdn")
    ipv4: Text = field(default="", name="nFIPv4Address")
    ipv6: Text = field(default="", name="nFIPv6Address")
    plmn: PlmnId | None = field(default=None, name="nFPLMNID")


class Tai(Message, frozen=True, kw_only=True):
    """A tracking area, of which only the network counts here."""

    plmn_id: PlmnId


class NrCell(Message, frozen=True, kw_only=True):
    """A cell of 5G."""

    plmn_id: PlmnId
    cell: Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{9}$")] = field(name="nrCellId")


class EutraCell(Message, frozen=True, kw_only=True):
    """A cell of LTE."""

    plmn_id: PlmnId
    cell: Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{7}$")] = field(name="eutraCellId")


class NrLocation(Message, frozen=True, kw_only=True):
    """Where in 5G."""

    tai: Tai | None = None
    cell: NrCell | None = field(default=None, name="ncgi")


class EutraLocation(Message, frozen=True, kw_only=True):
    """Where in LTE."""

    tai: Tai | None = None
    cell: EutraCell | None = field(default=None, name="ecgi")


class UserLocation(Message, frozen=True, kw_only=True):
    """Where the subscriber is (TS 29.571)."""

    nr_location: NrLocation | None = None
    eutra_location: EutraLocation | None = None


class ServingNetworkFunction(Message, frozen=True, kw_only=True):
    """Who serves the subscriber: an AMF as a rule, that of the visited network where it roams."""

    information: NfIdentification = field(name="servingNetworkFunctionInformation")


class UserInformation(Message, frozen=True, kw_only=True):
    """The subscriber; `roamer_in_out` is IN_BOUND of another operator's, OUT_BOUND of ours in another network."""

    gpsi: Text = field(default="", name="servedGPSI")
    roamer_in_out: Text = ""


class PduSessionInformation(Message, frozen=True, kw_only=True):
    """The session in the data network `dnn_id`. `start_time` is when it began."""

    pdu_session_id: Annotated[int, Meta(ge=0, le=255)] = field(name="pduSessionID")
    dnn_id: Text
    pdu_type: Text = ""
    h_plmn_id: PlmnId | None = None
    serving_cn_plmn_id: PlmnId | None = field(default=None, name="servingCNPlmnId")
    serving: ServingNetworkFunction | None = field(default=None, name="servingNetworkFunctionID")
    start_time: Moment | None = None


class PduSessionCharging(Message, frozen=True, kw_only=True):
    """What is charged: a PDU session."""

    charging_id: Uint32 | None = None
    smf_charging_id: Text = field(default="", name="sMFchargingId")
    user_information: UserInformation | None = None
    location: UserLocation | None = field(default=None, name="userLocationinfo")
    time_zone: TimeZone = field(default="", name="uetimeZone")
    session: PduSessionInformation = field(name="pduSessionInformation")


class OtherCharging(Message, frozen=True, kw_only=True):
    """Something else that a core charges, as a message or a call."""


class Trigger(Message, frozen=True, kw_only=True):
    """Why units are reported now."""

    trigger_type: Text = ""
    trigger_category: Text = ""


class PduContainer(Message, frozen=True, kw_only=True):
    """Circumstances under which the units of a container were used."""

    first_usage: Moment | None = field(default=None, name="timeofFirstUsage")
    location: UserLocation | None = field(default=None, name="userLocationInformation")
    time_zone: TimeZone = field(default="", name="uetimeZone")


class RequestedUnit(Message, frozen=True, kw_only=True):
    """How much is asked for; nothing says: as much as is usual."""

    time: Uint32 | None = None
    total_volume: Octets | None = None
    uplink_volume: Octets | None = None
    downlink_volume: Octets | None = None
    service_specific_units: Octets | None = None


class UsedUnitContainer(Message, frozen=True, kw_only=True):
    """How much was used since the last report. `local_sequence_number` tells the containers of a session apart."""

    local_sequence_number: Annotated[int, Meta(ge=0, le=2**53)]
    quota_management_indicator: Text = ""
    triggers: tuple[Trigger, ...] = ()
    trigger_timestamp: Moment | None = None
    time: Uint32 = 0
    total_volume: Octets | None = None
    uplink_volume: Octets = 0
    downlink_volume: Octets = 0
    pdu_container: PduContainer | None = field(default=None, name="pDUContainerInformation")


class MultipleUnitUsage(Message, frozen=True, kw_only=True):
    """What one rating group used and asks for."""

    rating_group: Uint32
    requested_unit: RequestedUnit | None = None
    used_unit_container: tuple[UsedUnitContainer, ...] = ()


class ChargingDataRequest(Message, frozen=True, kw_only=True):
    """A request of any of the three operations. Everything is named by the session and the sequence number."""

    nf_consumer_identification: NfIdentification
    invocation_time_stamp: Moment
    invocation_sequence_number: Uint32
    subscriber_identifier: Text = ""
    charging_id: Uint32 | None = None
    retransmission_indicator: bool = False
    one_time_event: bool = False
    multiple_unit_usage: Annotated[tuple[MultipleUnitUsage, ...], Meta(max_length=100)] = ()
    triggers: tuple[Trigger, ...] = ()
    pdu_session: PduSessionCharging | None = field(default=None, name="pDUSessionChargingInformation")
    sms: OtherCharging | None = field(default=None, name="sMSChargingInformation")
    ims: OtherCharging | None = field(default=None, name="iMSChargingInformation")


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
