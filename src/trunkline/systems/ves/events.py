"""VES events as they are posted: the common header and the blocks of the domains that are taken.

These types say what the ONAP schema CommonEventFormat 30.2.1 says of the same blocks: what it refuses, they refuse.
Blocks of other domains are only kept as they came.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from trunkline.log.envelope import EPOCH

Strings = dict[str, str]


class Strict(msgspec.Struct, rename="camel", forbid_unknown_fields=True, gc=False):
    """A block in which a field that the schema does not name is a fault, and null too: leave out what is not there."""


class Header(Strict):
    """commonEventHeader."""

    domain: Literal[
        "fault", "heartbeat", "measurement", "mobileFlow", "notification", "other", "perf3gpp", "pnfRegistration",
        "sipSignaling", "stateChange", "stndDefined", "syslog", "thresholdCrossingAlert", "voiceQuality",
    ]  # fmt: skip
    event_id: str
    event_name: str
    last_epoch_microsec: int | float
    priority: Literal["High", "Medium", "Normal", "Low"]
    reporting_entity_name: str
    sequence: int
    source_name: str
    start_epoch_microsec: int | float
    version: Literal["4.0", "4.0.1", "4.1"]
    ves_event_listener_version: Literal["7.0", "7.0.1", "7.1", "7.1.1", "7.2", "7.2.1"]
    event_type: str = ""
    internal_header_fields: dict[str, Any] = {}
    nfc_naming_code: str = ""
    nf_naming_code: str = ""
    nf_vendor_name: str = ""
    reporting_entity_id: str = ""
    source_id: str = ""
    stnd_defined_namespace: str = ""
    time_zone_offset: str = ""

    @property
    def time(self) -> datetime:
        """When it happened last, which for a change or a clear is not when it began. Raises `ValueError`."""
        try:
            return EPOCH + timedelta(microseconds=int(self.last_epoch_microsec))
        except OverflowError:
            raise ValueError(f"lastEpochMicrosec {self.last_epoch_microsec} is no time in microseconds") from None


class Fault(Strict):
    """faultFields."""

    alarm_condition: str
    event_severity: Literal["CRITICAL", "MAJOR", "MINOR", "WARNING", "NORMAL"]
    event_source_type: str
    fault_fields_version: Literal["4.0"]
    specific_problem: str
    vf_status: Literal["Active", "Idle", "Preparing to terminate", "Ready to terminate", "Requesting termination"]
    alarm_additional_information: Strings = {}
    alarm_interface_a: str = ""
    event_category: str = ""


class Heartbeat(Strict):
    """heartbeatFields."""

    heartbeat_fields_version: Literal["3.0"]
    heartbeat_interval: int
    additional_fields: Strings = {}


class MeasTypes(Strict):
    """The names of counters, or their numbers."""

    s_meas_types_list: tuple[str, ...] | UnsetType = UNSET
    i_meas_types_list: tuple[int, ...] | UnsetType = UNSET

    def __post_init__(self) -> None:
        if (self.s_meas_types_list is UNSET) == (self.i_meas_types_list is UNSET):
            raise ValueError("sMeasTypesList or iMeasTypesList is expected, and not both")


class MeasInfoId(Strict):
    s_meas_info_id: str | UnsetType = UNSET
    i_meas_info_id: int | UnsetType = UNSET

    def __post_init__(self) -> None:
        if (self.s_meas_info_id is UNSET) == (self.i_meas_info_id is UNSET):
            raise ValueError("sMeasInfoId or iMeasInfoId is expected, and not both")


class MeasResult(Strict):
    """The value of the counter at position `p`, counted from 1."""

    p: int
    i_value: int | UnsetType = UNSET
    r_value: int | float | UnsetType = UNSET
    s_value: str | UnsetType = UNSET
    is_null: Literal["true", "false"] | UnsetType = UNSET

    def __post_init__(self) -> None:
        if sum(value is not UNSET for value in (self.i_value, self.r_value, self.s_value, self.is_null)) != 1:
            raise ValueError("one of iValue, rValue, sValue and isNull is expected")


class MeasValues(Strict):
    meas_obj_inst_id: str
    meas_results: tuple[MeasResult, ...]
    meas_obj_addl_flds: Strings = {}
    suspect_flag: Literal["true", "false"] = "false"


class MeasInfo(Strict):
    meas_types: MeasTypes
    meas_values_list: tuple[MeasValues, ...]
    job_id: str = ""
    meas_info_id: MeasInfoId | UnsetType = UNSET


class MeasDataCollection(Strict):
    granularity_period: Annotated[float, msgspec.Meta(gt=0)]
    meas_info_list: tuple[MeasInfo, ...]
    measured_entity_dn: str
    format_version: str = ""
    meas_obj_inst_id_list: tuple[str, ...] = ()
    measured_entity_software_version: str = ""
    measured_entity_user_name: str = ""


class Perf3gpp(Strict):
    """perf3gppFields."""

    meas_data_collection: MeasDataCollection
    perf3gpp_fields_version: Literal["1.0", "1.0.1"]
    event_addl_fields: Strings = {}


class Event(Strict):
    """One event: its header, and the block that its domain names."""

    common_event_header: Header
    fault_fields: Fault | UnsetType = UNSET
    heartbeat_fields: Heartbeat | UnsetType = UNSET
    perf3gpp_fields: Perf3gpp | UnsetType = UNSET
    measurement_fields: dict[str, Any] = {}
    mobile_flow_fields: dict[str, Any] = {}
    notification_fields: dict[str, Any] = {}
    other_fields: dict[str, Any] = {}
    pnf_registration_fields: dict[str, Any] = {}
    sip_signaling_fields: dict[str, Any] = {}
    state_change_fields: dict[str, Any] = {}
    stnd_defined_fields: dict[str, Any] = {}
    syslog_fields: dict[str, Any] = {}
    threshold_crossing_alert_fields: dict[str, Any] = {}
    voice_quality_fields: dict[str, Any] = {}

    def __post_init__(self) -> None:
        domain = self.common_event_header.domain
        needed = {"fault": self.fault_fields, "perf3gpp": self.perf3gpp_fields}
        if needed.get(domain, self) is UNSET:
            raise ValueError(f"an event of the domain {domain} needs {domain}Fields")
        _ = self.common_event_header.time
