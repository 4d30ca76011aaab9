"""What is read of a ChargingDataRequest of Nchf_ConvergedCharging; the rest is passed over.

Names are those of the API, which writes some in capitals that no rule gives: these are written out. Source: 3GPP TS
32.291 clause 6.1.6.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import field

Count = Annotated[int, msgspec.Meta(ge=0, le=2**45)]
"""Octets, seconds or units of one container; more than 32 TiB at once are a mistake."""
Number = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Name = Annotated[str, msgspec.Meta(max_length=200)]


class Part(msgspec.Struct, rename="camel", gc=False):
    """An object of the API."""


class Plmn(Part):
    mcc: Annotated[str, msgspec.Meta(pattern=r"^\d{3}\Z")]
    mnc: Annotated[str, msgspec.Meta(pattern=r"^\d{2,3}\Z")]

    @property
    def digits(self) -> str:
        return self.mcc + self.mnc


class Area(Part):
    plmn_id: Plmn


class Cell(Part):
    nr_cell_id: Name = ""
    eutra_cell_id: Name = ""


class Location(Part):
    tai: Area | None = None
    ncgi: Cell | None = None
    ecgi: Cell | None = None


class UserLocation(Part):
    nr_location: Location | None = None
    eutra_location: Location | None = None

    @property
    def known(self) -> Location | None:
        return self.nr_location or self.eutra_location


class NetworkFunction(Part):
    name: Name = field(default="", name="nFName")
    fqdn: Name = field(default="", name="nFFqdn")
    ipv4: Name = field(default="", name="nFIPv4Address")
    plmn: Plmn | None = field(default=None, name="nFPLMNID")


class Serving(Part):
    information: NetworkFunction | None = field(default=None, name="servingNetworkFunctionInformation")


class Trigger(Part):
    trigger_type: str = ""


class ContainerInformation(Part):
    first: Moment | None = field(default=None, name="timeofFirstUsage")
    location: UserLocation | None = field(default=None, name="userLocationInformation")


class UsedUnits(Part):
    """UsedUnitContainer."""

    time: Count = 0
    total_volume: Count = 0
    uplink_volume: Count = 0
    downlink_volume: Count = 0
    service_specific_units: Count = 0
    event_time_stamps: list[Moment] = []
    trigger_timestamp: Moment | None = None
    triggers: list[Trigger] = []
    information: ContainerInformation | None = field(default=None, name="pDUContainerInformation")


class UnitUsage(Part):
    """MultipleUnitUsage."""

    rating_group: Number
    used: list[UsedUnits] = field(default_factory=list, name="usedUnitContainer")


class Served(Part):
    """UserInformation."""

    gpsi: Name = field(default="", name="servedGPSI")
    pei: Name = field(default="", name="servedPEI")


class PduSession(Part):
    """PDUSessionInformation."""

    dnn: Name = field(default="", name="dnnId")
    start_time: Moment | None = None
    stop_time: Moment | None = None
    serving: Serving | None = field(default=None, name="servingNetworkFunctionID")
    serving_plmn: Plmn | None = field(default=None, name="servingCNPlmnId")


class PduCharging(Part):
    """PDUSessionChargingInformation."""

    charging_id: Number | None = None
    smf_charging_id: Name = field(default="", name="sMFchargingId")
    user: Served = field(default_factory=Served, name="userInformation")
    location: UserLocation | None = field(default=None, name="userLocationinfo")
    zone: Name = field(default="", name="uetimeZone")
    session: PduSession = field(default_factory=PduSession, name="pduSessionInformation")


class Originator(Part):
    supi: Name = field(default="", name="originatorSUPI")
    gpsi: Name = field(default="", name="originatorGPSI")


class Recipient(Part):
    supi: Name = field(default="", name="recipientSUPI")
    gpsi: Name = field(default="", name="recipientGPSI")


class SmsCharging(Part):
    """SMSChargingInformation."""

    originator: Originator = field(default_factory=Originator, name="originatorInfo")
    recipients: list[Recipient] = field(default_factory=list, name="recipientInfo")
    pei: Name = field(default="", name="userEquipmentInfo")
    location: UserLocation | None = field(default=None, name="userLocationinfo")
    zone: Name = field(default="", name="uetimeZone")
    happened: Moment | None = field(default=None, name="eventtimestamp")
    message_type: str = field(default="", name="sMMessageType")
    message_reference: str = ""
    messages: Count = field(default=1, name="numberofMessagesSent")


class ImsCharging(Part):
    """IMSChargingInformation."""

    icid: Name = field(default="", name="iMSChargingIdentifier")
    role: str = field(default="", name="roleOfNode")
    user: Served = field(default_factory=Served, name="userInformation")
    location: UserLocation | None = field(default=None, name="userLocationInfo")
    zone: Name = field(default="", name="ueTimeZone")
    callers: list[Name] = field(default_factory=list, name="callingPartyAddresses")
    called: Name = field(default="", name="calledPartyAddress")


class ChargingDataRequest(Part):
    consumer: NetworkFunction = field(name="nfConsumerIdentification")
    invocation_time_stamp: Moment
    invocation_sequence_number: Number
    subscriber: Name = field(default="", name="subscriberIdentifier")
    one_time_event: bool = False
    usages: list[UnitUsage] = field(default_factory=list, name="multipleUnitUsage")
    triggers: list[Trigger] = []
    pdu: PduCharging | None = field(default=None, name="pDUSessionChargingInformation")
    sms: SmsCharging | None = field(default=None, name="sMSChargingInformation")
    ims: ImsCharging | None = field(default=None, name="iMSChargingInformation")
