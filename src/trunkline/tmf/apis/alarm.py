"""TMF642 Alarm Management, v4.0 and v5.0.1: alarms, and the tasks by which operators act on them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from trunkline.tmf.declaration import V4, V5, Lifecycle, OpenApi, Resource, Task, text, time
from trunkline.tmf.model.alarm import (
    AckAlarm,
    Alarm,
    AlarmedObjectRef,
    AlarmRef,
    ClearAlarm,
    Comment,
    CommentAlarm,
    GroupAlarm,
    UnAckAlarm,
    UnGroupAlarm,
)

CELL = "ManagedElement=ANT_HAVEN_02,ENBFunction=1,EUtranCellFDD=ANT_HAVEN_02-1"
AT_NIGHT = datetime(2026, 3, 9, 2, 14, 30, tzinfo=UTC)

ALARM = Resource(
    "alarm",
    Alarm,
    required=(
        "alarmType",
        "perceivedSeverity",
        "probableCause",
        "alarmedObject",
        "sourceSystemId",
        "state",
        "alarmRaisedTime",
    ),
    immutable=("alarmRaisedTime", "sourceSystemId"),
    attributes=(
        text("state"),
        text("perceivedSeverity"),
        text("alarmType"),
        text("ackState"),
        text("probableCause"),
        text("specificProblem"),
        text("sourceSystemId"),
        text("externalAlarmId"),
        text("alarmedObjectType"),
        text("alarmedObject.id"),
        text("parentAlarm.id"),
        text("affectedService.id"),
        time("alarmRaisedTime"),
        time("alarmChangedTime"),
        time("alarmClearedTime"),
        time("alarmReportingTime"),
    ),
    lifecycle=Lifecycle("state", "raised", {"raised": ("updated", "cleared"), "updated": ("cleared",)}),
    examples={
        V5: msgspec.to_builtins(
            Alarm(
                state="raised",
                alarm_type="equipmentAlarm",
                perceived_severity="major",
                probable_cause="powerProblem",
                specific_problem="Rectifier low voltage",
                alarmed_object=AlarmedObjectRef(id=CELL, referred_type="LogicalResource"),
                alarmed_object_type="EUtranCellFDD",
                source_system_id="enm",
                alarm_raised_time=AT_NIGHT,
                ack_state="unacknowledged",
            )
        )
    },
)

_PATTERN: list[AlarmRef | Alarm] = [AlarmRef(id="8675309")]

API = OpenApi(
    number=642,
    name="alarmManagement",
    title="Alarm Management",
    versions=(V4, V5),
    resources=(ALARM,),
    tasks=(
        Task(
            "ackAlarm",
            "ackAlarms",
            AckAlarm,
            required=("ackSystemId", "ackUserId", "alarmPattern"),
            examples={
                V5: msgspec.to_builtins(
                    AckAlarm(ack_system_id="noc", ack_user_id="els", ack_time=AT_NIGHT, alarm_pattern=_PATTERN)
                )
            },
        ),
        Task(
            "unAckAlarm",
            "unAckAlarms",
            UnAckAlarm,
            required=("ackSystemId", "ackUserId", "alarmPattern"),
            examples={
                V5: msgspec.to_builtins(UnAckAlarm(ack_system_id="noc", ack_user_id="els", alarm_pattern=_PATTERN))
            },
        ),
        Task(
            "clearAlarm",
            "clearAlarms",
            ClearAlarm,
            required=("clearSystemId", "clearUserId", "alarmClearedTime", "alarmPattern"),
            examples={
                V5: msgspec.to_builtins(
                    ClearAlarm(
                        clear_system_id="noc",
                        clear_user_id="els",
                        alarm_cleared_time=AT_NIGHT,
                        alarm_pattern=[Alarm(alarmed_object=AlarmedObjectRef(id=CELL))],
                    )
                )
            },
        ),
        Task(
            "commentAlarm",
            "commentAlarms",
            CommentAlarm,
            required=("comment", "alarmPattern"),
            examples={
                V5: msgspec.to_builtins(
                    CommentAlarm(
                        comment=Comment(comment="A technician is on the way", user_id="els", system_id="noc"),
                        alarm_pattern=_PATTERN,
                    )
                )
            },
        ),
        Task(
            "groupAlarm",
            "groupAlarms",
            GroupAlarm,
            required=("sourceSystemId", "alarmChangedTime", "parentAlarm", "correlatedAlarm"),
            examples={
                V5: msgspec.to_builtins(
                    GroupAlarm(
                        source_system_id="noc",
                        alarm_changed_time=AT_NIGHT,
                        parent_alarm=AlarmRef(id="8675399"),
                        correlated_alarm=_PATTERN,
                    )
                )
            },
        ),
        Task(
            "unGroupAlarm",
            "unGroupAlarms",
            UnGroupAlarm,
            required=("sourceSystemId", "alarmChangedTime", "parentAlarm", "correlatedAlarm"),
            examples={
                V5: msgspec.to_builtins(
                    UnGroupAlarm(
                        source_system_id="noc",
                        alarm_changed_time=AT_NIGHT,
                        parent_alarm=AlarmRef(id="8675399"),
                        correlated_alarm=_PATTERN,
                    )
                )
            },
        ),
    ),
)
