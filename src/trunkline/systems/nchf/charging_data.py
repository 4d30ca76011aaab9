"""What a 5G core tells its charging function: a ChargingDataRequest of Nchf_ConvergedCharging, as far as charging looks
at it; the rest is passed over.

Names are those of the API, which writes some in capitals that no rule gives: these are written out. What it says must
be there must be there. Octets are bounded at a pebibyte, texts at 255 characters, without control characters. Source:
3GPP TS 32.291 clauses 6.1.6 and A.2, TS 29.571 for what is common to all services of the core.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, field

Text = Annotated[str, Meta(max_length=255, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Moment = Annotated[datetime, Meta(tz=True)]
Uint32 = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Units = Annotated[int, Meta(ge=0, le=2**50)]
"""Octets, or units of a service's own."""
TimeZone = Annotated[str, Meta(pattern=r"^[+-](0\d|1[0-4]):[0-5]\d(\+[12])?\Z")]


class Message(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """An object of the API."""


class PlmnId(Message, frozen=True, kw_only=True):
    """A network: country and network code."""

    mcc: Annotated[str, Meta(pattern=r"^\d{3}\Z")]
    mnc: Annotated[str, Meta(pattern=r"^\d{2,3}\Z")]

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
    id: Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{9}\Z")] = field(name="nrCellId")


class EutraCell(Message, frozen=True, kw_only=True):
    """A cell of LTE."""

    plmn_id: PlmnId
    id: Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{7}\Z")] = field(name="eutraCellId")


class NrLocation(Message, frozen=True, kw_only=True):
    """Where in 5G."""

    tai: Tai | None = None
    cell: NrCell | None = field(default=None, name="ncgi")


class EutraLocation(Message, frozen=True, kw_only=True):
    """Where in LTE."""

    tai: Tai | None = None
    cell: EutraCell | None = field(default=None, name="ecgi")


class UserLocation(Message, frozen=True, kw_only=True):
    """Where the subscriber is: in 5G, or else in LTE."""

    nr_location: NrLocation | None = None
    eutra_location: EutraLocation | None = None

    @property
    def plmn(self) -> PlmnId | None:
        """The network there: that of the tracking area, or else of the cell."""
        at = self._at
        if at is None:
            return None
        return at.tai.plmn_id if at.tai else at.cell.plmn_id if at.cell else None

    @property
    def cell(self) -> str:
        """The cell there, behind its network; empty where it is not told."""
        cell = self._at.cell if self._at else None
        return f"{cell.plmn_id}-{cell.id}" if cell else ""

    @property
    def _at(self) -> NrLocation | EutraLocation | None:
        return self.nr_location or self.eutra_location


class ServingNetworkFunction(Message, frozen=True, kw_only=True):
    """Who serves the subscriber: an AMF as a rule, that of the visited network where it roams."""

    information: NfIdentification = field(name="servingNetworkFunctionInformation")


class UserInformation(Message, frozen=True, kw_only=True):
    """The subscriber's number and device."""

    gpsi: Text = field(default="", name="servedGPSI")
    pei: Text = field(default="", name="servedPEI")


class PduSessionInformation(Message, frozen=True, kw_only=True):
    """The session in the data network `dnn_id`. `start_time` is when it began."""

    pdu_session_id: Annotated[int, Meta(ge=0, le=255)] = field(name="pduSessionID")
    dnn_id: Text
    serving_cn_plmn_id: PlmnId | None = field(default=None, name="servingCNPlmnId")
    serving: ServingNetworkFunction | None = field(default=None, name="servingNetworkFunctionID")
    start_time: Moment | None = None
    stop_time: Moment | None = None

    @property
    def plmn(self) -> PlmnId | None:
        """The network that serves: what the core says it is, or else that of the AMF."""
        return self.serving_cn_plmn_id or (self.serving.information.plmn if self.serving else None)


class PduSessionCharging(Message, frozen=True, kw_only=True):
    """What is charged: a PDU session (TS 32.255)."""

    charging_id: Uint32 | None = None
    smf_charging_id: Text = field(default="", name="sMFchargingId")
    user_information: UserInformation | None = None
    location: UserLocation | None = field(default=None, name="userLocationinfo")
    time_zone: TimeZone = field(default="", name="uetimeZone")
    session: PduSessionInformation | None = field(default=None, name="pduSessionInformation")


class Originator(Message, frozen=True, kw_only=True):
    """Who sent a message."""

    gpsi: Text = field(default="", name="originatorGPSI")


class Recipient(Message, frozen=True, kw_only=True):
    """Who gets a message."""

    gpsi: Text = field(default="", name="recipientGPSI")


class SmsCharging(Message, frozen=True, kw_only=True):
    """What is charged: a message (TS 32.274)."""

    originator: Originator = field(default=Originator(), name="originatorInfo")
    recipients: tuple[Recipient, ...] = field(default=(), name="recipientInfo")
    pei: Text = field(default="", name="userEquipmentInfo")
    location: UserLocation | None = field(default=None, name="userLocationinfo")
    time_zone: TimeZone = field(default="", name="uetimeZone")
    happened: Moment | None = field(default=None, name="eventtimestamp")
    message_type: Text = field(default="", name="sMMessageType")
    message_reference: Text = ""
    messages: Uint32 = field(default=1, name="numberofMessagesSent")


class ImsCharging(Message, frozen=True, kw_only=True):
    """What is charged: a call over IMS (TS 32.260)."""

    icid: Text = field(default="", name="iMSChargingIdentifier")
    role: Text = field(default="", name="roleOfNode")
    user_information: UserInformation | None = None
    location: UserLocation | None = field(default=None, name="userLocationInfo")
    time_zone: TimeZone = field(default="", name="ueTimeZone")
    callers: tuple[Text, ...] = field(default=(), name="callingPartyAddresses")
    called: Text = field(default="", name="calledPartyAddress")


class Trigger(Message, frozen=True, kw_only=True):
    """Why units are reported now."""

    trigger_type: Text = ""


class PduContainer(Message, frozen=True, kw_only=True):
    """Circumstances under which the units of a container were used."""

    first_usage: Moment | None = field(default=None, name="timeofFirstUsage")
    location: UserLocation | None = field(default=None, name="userLocationInformation")
    time_zone: TimeZone = field(default="", name="uetimeZone")


class RequestedUnit(Message, frozen=True, kw_only=True):
    """How much is asked for; nothing says: as much as is usual."""

    time: Uint32 | None = None
    total_volume: Units | None = None
    uplink_volume: Units | None = None
    downlink_volume: Units | None = None
    service_specific_units: Units | None = None


class UsedUnitContainer(Message, frozen=True, kw_only=True):
    """How much was used since the last report. `local_sequence_number` tells the containers of a session apart."""

    local_sequence_number: Annotated[int, Meta(ge=0, le=2**53)]
    triggers: tuple[Trigger, ...] = ()
    trigger_timestamp: Moment | None = None
    time: Uint32 = 0
    total_volume: Units | None = None
    uplink_volume: Units = 0
    downlink_volume: Units = 0
    service_specific_units: Units = 0
    event_time_stamps: tuple[Moment, ...] = ()
    pdu_container: PduContainer | None = field(default=None, name="pDUContainerInformation")

    @property
    def octets(self) -> tuple[int, int]:
        """Sent and received. The total counts where it is given: what of it was not sent was received."""
        total = self.uplink_volume + self.downlink_volume if self.total_volume is None else self.total_volume
        uplink = min(self.uplink_volume, total)
        return uplink, total - uplink


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
    sms: SmsCharging | None = field(default=None, name="sMSChargingInformation")
    ims: ImsCharging | None = field(default=None, name="iMSChargingInformation")


def zone_offset(time_zone: str) -> int:
    """Minutes ahead of UTC of a `TimeZone`. Summer time is in the offset already (TS 24.008 clause 10.5.3.8); what is
    behind it says how much of it that is."""
    minutes = int(time_zone[1:3]) * 60 + int(time_zone[4:6])
    return -minutes if time_zone[0] == "-" else minutes
