"""Alarms and what operators do with them (TMF642 v5.0.1, after ITU-T X.733)."""

from __future__ import annotations

from typing import ClassVar, Literal

from trunkline.tmf.declaration import Projection
from trunkline.tmf.model.entity import UNSET, Entity, EntityRef, Extensible, Maybe, Record, datetime
from trunkline.tmf.model.place import RelatedPlace


class AlarmedObjectRef(EntityRef):
    """The object that has the alarm: a resource (TMF639)."""

    v4_type: ClassVar[str] = "AlarmedObject"


class ServiceRef(EntityRef):
    """A service that the alarm affects."""

    v4_type: ClassVar[str] = "AffectedService"


class Comment(Extensible):
    """What a user wrote about an alarm."""

    comment: Maybe[str] = UNSET
    user_id: Maybe[str] = UNSET
    system_id: Maybe[str] = UNSET
    time: Maybe[datetime] = UNSET


class ThresholdRef(EntityRef):
    """The threshold that was crossed."""


class CrossedThresholdInformation(Record):
    """How a threshold was crossed."""

    threshold: Maybe[ThresholdRef] = UNSET
    direction: Maybe[str] = UNSET
    granularity: Maybe[str] = UNSET
    indicator_name: Maybe[str] = UNSET
    indicator_unit: Maybe[str] = UNSET
    observed_value: Maybe[str] = UNSET
    threshold_crossing_description: Maybe[str] = UNSET


class AlarmRef(EntityRef):
    """A reference to an alarm."""


class Alarm(Entity):
    """Something at an object that is not as it should be."""

    v4: ClassVar[Projection] = Projection(flat=("place",))

    external_alarm_id: Maybe[str] = UNSET
    state: Maybe[Literal["raised", "updated", "cleared"]] = UNSET
    alarm_type: Maybe[
        Literal[
            "communicationsAlarm",
            "processingErrorAlarm",
            "environmentalAlarm",
            "qualityOfServiceAlarm",
            "equipmentAlarm",
            "integrityViolation",
            "operationalViolation",
            "physicalViolation",
            "securityService",
            "mechanismViolation",
            "timeDomainViolation",
        ]
    ] = UNSET
    perceived_severity: Maybe[Literal["critical", "major", "minor", "warning", "indeterminate", "cleared"]] = UNSET
    probable_cause: Maybe[str] = UNSET
    specific_problem: Maybe[str] = UNSET
    alarmed_object_type: Maybe[str] = UNSET
    alarmed_object: Maybe[AlarmedObjectRef] = UNSET
    reporting_system_id: Maybe[str] = UNSET
    source_system_id: Maybe[str] = UNSET
    alarm_details: Maybe[str] = UNSET
    alarm_raised_time: Maybe[datetime] = UNSET
    alarm_changed_time: Maybe[datetime] = UNSET
    alarm_cleared_time: Maybe[datetime] = UNSET
    alarm_reporting_time: Maybe[datetime] = UNSET
    ack_state: Maybe[Literal["unacknowledged", "acknowledged"]] = UNSET
    ack_system_id: Maybe[str] = UNSET
    ack_user_id: Maybe[str] = UNSET
    affected_service: Maybe[list[ServiceRef]] = UNSET
    alarm_escalation: Maybe[bool] = UNSET
    clear_system_id: Maybe[str] = UNSET
    clear_user_id: Maybe[str] = UNSET
    comment: Maybe[list[Comment]] = UNSET
    correlated_alarm: Maybe[list[AlarmRef]] = UNSET
    crossed_threshold_information: Maybe[CrossedThresholdInformation] = UNSET
    is_root_cause: Maybe[bool] = UNSET
    parent_alarm: Maybe[list[AlarmRef]] = UNSET
    planned_outage_indicator: Maybe[Literal["InService", "OutOfService"]] = UNSET
    proposed_repaired_actions: Maybe[str] = UNSET
    service_affecting: Maybe[bool] = UNSET
    place: Maybe[list[RelatedPlace]] = UNSET


class AlarmTask(Entity):
    """A task on alarms. An alarm matches where it has all attributes of one of the patterns."""

    state: Maybe[Literal["acknowledged", "terminatedWithError", "inProgress", "done", "cancel", "canceled"]] = UNSET


class AckAlarm(AlarmTask):
    """Acknowledge alarms."""

    v4_type: ClassVar[str] = "AckAlarms"

    ack_system_id: Maybe[str] = UNSET
    ack_time: Maybe[datetime] = UNSET
    ack_user_id: Maybe[str] = UNSET
    alarm_pattern: Maybe[list[AlarmRef | Alarm]] = UNSET
    acked_alarm: Maybe[list[AlarmRef | Alarm]] = UNSET


class UnAckAlarm(AlarmTask):
    """Take back the acknowledgement of alarms."""

    v4_type: ClassVar[str] = "UnAckAlarms"

    ack_system_id: Maybe[str] = UNSET
    ack_time: Maybe[datetime] = UNSET
    ack_user_id: Maybe[str] = UNSET
    alarm_pattern: Maybe[list[AlarmRef | Alarm]] = UNSET
    un_acked_alarm: Maybe[list[AlarmRef | Alarm]] = UNSET


class ClearAlarm(AlarmTask):
    """Clear alarms by hand."""

    v4_type: ClassVar[str] = "ClearAlarms"

    clear_system_id: Maybe[str] = UNSET
    clear_user_id: Maybe[str] = UNSET
    alarm_cleared_time: Maybe[datetime] = UNSET
    alarm_pattern: Maybe[list[AlarmRef | Alarm]] = UNSET
    cleared_alarm: Maybe[list[AlarmRef | Alarm]] = UNSET


class CommentAlarm(AlarmTask):
    """Write a comment on alarms."""

    v4_type: ClassVar[str] = "CommentAlarms"

    comment: Maybe[Comment] = UNSET
    alarm_pattern: Maybe[list[AlarmRef | Alarm]] = UNSET
    commented_alarm: Maybe[list[AlarmRef | Alarm]] = UNSET


class GroupAlarm(AlarmTask):
    """Make alarms the children of one that stands for the whole fault."""

    v4_type: ClassVar[str] = "GroupAlarms"

    source_system_id: Maybe[str] = UNSET
    alarm_changed_time: Maybe[datetime] = UNSET
    parent_alarm: Maybe[AlarmRef | Alarm] = UNSET
    correlated_alarm: Maybe[list[AlarmRef | Alarm]] = UNSET
    grouped_alarm: Maybe[list[AlarmRef | Alarm]] = UNSET


class UnGroupAlarm(AlarmTask):
    """Take alarms out of their group."""

    v4_type: ClassVar[str] = "UnGroupAlarms"

    source_system_id: Maybe[str] = UNSET
    alarm_changed_time: Maybe[datetime] = UNSET
    parent_alarm: Maybe[AlarmRef | Alarm] = UNSET
    correlated_alarm: Maybe[list[AlarmRef | Alarm]] = UNSET
    un_grouped_alarm: Maybe[list[AlarmRef | Alarm]] = UNSET
