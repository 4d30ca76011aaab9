"""Alarms after ITU-T X.733 and TMF642: what systems report, what operators command, and the alarm that results."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

import msgspec

from trunkline.telco.model.source import Source


class Severity(StrEnum):
    """Perceived severity (X.733 8.1.2.3)."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    WARNING = "warning"
    INDETERMINATE = "indeterminate"
    CLEARED = "cleared"


class EventType(StrEnum):
    """Alarm type (X.733 8.1.1)."""

    COMMUNICATIONS = "communicationsAlarm"
    QUALITY_OF_SERVICE = "qualityOfServiceAlarm"
    PROCESSING_ERROR = "processingErrorAlarm"
    EQUIPMENT = "equipmentAlarm"
    ENVIRONMENTAL = "environmentalAlarm"


class Report(StrEnum):
    """What a system says of an alarm."""

    RAISE = "raise"
    """The alarm is there; repeated with another severity or text it is a change."""
    CLEAR = "clear"
    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    COMMENT = "comment"
    SYNCHRONISED = "synchronised"
    """The system's whole list of active alarms was read: what `active` does not name is no longer there."""


class AckState(StrEnum):
    """Acknowledgement (TMF642 `ackState`)."""

    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"


class AlarmReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """One report of one system about one alarm.

    The alarm's identity is (`dn`, `problem`): the canonical local DN of the object and the vendor's stable code of the
    problem, so that a trap and a file or VES event about the same thing meet. `native_id` is the system's own alarm id
    (nbiAlarmId, CSN, alarmNumber), by which a clear without object finds its alarm; `agent` is who counts `sequence`.
    """

    topic: ClassVar[str] = "network.alarm.reported"

    kind: Report
    vendor: str
    system: str
    dn: str
    native_dn: str = ""
    problem: str
    severity: Severity
    event_type: EventType | None = None
    probable_cause: str = ""
    specific_problem: str = ""
    text: str = ""
    user: str = ""
    """Who acknowledged or commented, where the report says so."""
    time: datetime
    """When it happened at the object (UTC)."""
    native_id: str = ""
    agent: str = ""
    sequence: int | None = None
    active: tuple[str, ...] = ()
    """With `synchronised`: the native ids that are still active at this agent."""
    source: Source

    @property
    def key(self) -> str:
        return self.dn


class Comment(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """A note of a person or a system on an alarm (TMF642 `comment`)."""

    text: str
    user: str
    system: str
    time: datetime


class AlarmCommand(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """What an operator asks of an alarm: acknowledge, unacknowledge, comment, clear, group, ungroup.

    `group` makes the alarm a child of `parent`, the alarm that stands for the whole fault (TMF642 `parentAlarm`).
    """

    topic: ClassVar[str] = "network.alarm.command"

    command: str
    alarm_id: str
    dn: str
    user: str
    time: datetime
    text: str = ""
    parent: str = ""

    @property
    def key(self) -> str:
        return self.dn


class Alarm(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """The alarm as the operator sees it: one, however many paths reported it (TMF642 Alarm).

    `state` is raised, updated or cleared (TMF642); `id` is stable for (`dn`, `problem`) and one raise-to-clear life.
    `paths` are the systems that reported it, each with its own id (`"netact": "65182239"`).
    """

    topic: ClassVar[str] = "network.alarm"

    id: str
    state: str
    vendor: str
    dn: str
    native_dn: str = ""
    problem: str
    perceived_severity: Severity
    event_type: EventType | None = None
    probable_cause: str = ""
    specific_problem: str = ""
    text: str = ""
    raised_time: datetime
    changed_time: datetime
    cleared_time: datetime | None = None
    cleared_by: str = ""
    ack_state: AckState = AckState.UNACKNOWLEDGED
    ack_user: str = ""
    ack_time: datetime | None = None
    comments: tuple[Comment, ...] = ()
    parent: str = ""
    children: tuple[str, ...] = ()
    paths: dict[str, str] = {}
    repeats: int = 0
    """How often it was reported again unchanged, or went and came within the flap window."""
    source: Source

    @property
    def key(self) -> str:
        return self.id
