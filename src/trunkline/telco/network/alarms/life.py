"""One alarm from raise to clear: the rules of X.733 and TMF642, without topics or indexes.

Reports come late, twice, out of order and over several paths, so times are those of the object, not of arrival:

- The newest word wins. A clear at or after the last raise clears the alarm, whichever path brings it, because all paths
  tell of the same fault. A raise no younger than the last clear is of the past and brings nothing back.
- A path changes the alarm only where it differs from what the same path said before, so that two paths that word one
  fault differently do not overwrite each other in turn. Of a further path's first word the severity counts.
- A raise within `FLAPPING` of the clear goes on with the same alarm and counts in `repeats`; later it is a new one.
- What was heard before changes nothing, however often it comes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from trunkline.telco.model import AckState, Alarm, AlarmReport, Comment, Report, Severity

FLAPPING = timedelta(minutes=5)
MOST_COMMENTS = 100  # on one alarm; the oldest give way

Identity = tuple[str, str]
"""The object's local DN and the problem: what makes two reports be about one alarm."""


class Effect(IntEnum):
    """What a report did to an alarm."""

    NONE = 0
    """It was known."""
    HEARD = 1
    """The alarm is as it was, but what was heard is to be remembered."""
    REPEATED = 2
    """It was said again at a later time."""
    CHANGED = 3


class Path(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What one system last said of the alarm; `agent` is who keeps the system's list of active alarms."""

    system: str
    native_id: str
    agent: str
    time: datetime
    severity: Severity
    text: str = ""


class Life(msgspec.Struct, omit_defaults=True, gc=False):
    """An alarm, and what must be remembered to judge the next report about it.

    `raised` and `cleared` are the times of the last raise and the last clear that were heard, whether or not they
    changed the alarm; `after` is the last clear of the life before.
    """

    alarm: Alarm
    raised: datetime | None = None
    cleared: datetime | None = None
    after: datetime | None = None
    acknowledged: datetime | None = None
    """When the acknowledgement last changed."""
    paths: tuple[Path, ...] = ()

    @classmethod
    def begin(cls, report: AlarmReport, before: Life | None = None) -> Life:
        """The alarm that a raise begins, or a clear without raise, which is kept as history."""
        alarm = Alarm(
            id=_id(report),
            state="raised",
            vendor=report.vendor,
            dn=report.dn,
            native_dn=report.native_dn,
            problem=report.problem,
            perceived_severity=report.severity,
            event_type=report.event_type,
            probable_cause=report.probable_cause,
            specific_problem=report.specific_problem,
            text=report.text,
            raised_time=report.time,
            changed_time=report.time,
            paths={report.system: report.native_id},
            source=report.source,
        )
        life = cls(alarm, after=before.cleared if before else None, paths=(_path(report),))
        if report.kind is Report.CLEAR:
            life.clear(report.time, report.user or report.system)
        else:
            life.raised = report.time
        return life

    @property
    def identity(self) -> Identity:
        return self.alarm.dn, self.alarm.problem

    @property
    def active(self) -> bool:
        return self.alarm.state != "cleared"

    def path(self, system: str) -> Path | None:
        return next((path for path in self.paths if path.system == system), None)

    def is_over_for(self, report: AlarmReport) -> bool:
        """Does a raise begin a new alarm, because this one was cleared long before it?"""
        return not self.active and self.cleared is not None and report.time - self.cleared > FLAPPING

    def hear(self, report: AlarmReport) -> Effect:
        """Take a report of a system about this alarm."""
        if report.kind is Report.RAISE:
            return self._hear_raise(report)
        if report.kind is Report.CLEAR:
            return max(self._see(report), self.clear(report.time, report.user or report.system))
        if report.kind is Report.COMMENT:
            return self.comment(Comment(text=report.text, user=report.user, system=report.system, time=report.time))
        acknowledged = report.kind is Report.ACKNOWLEDGE
        return self.acknowledge(acknowledged, report.user or report.system, report.time)

    def clear(self, time: datetime, by: str) -> Effect:
        """Clear the alarm as of `time`, unless it was raised after that; `by` is the person or the system."""
        news = self.cleared is None or time > self.cleared
        if news:
            self.cleared = time
        if not self.active or (self.raised is not None and time < self.raised):
            return Effect.HEARD if news else Effect.NONE
        return self._change(
            time, state="cleared", perceived_severity=Severity.CLEARED, cleared_time=time, cleared_by=by
        )

    def acknowledge(self, acknowledged: bool, user: str, time: datetime) -> Effect:
        """Set the acknowledgement as of `time`; an older word than the last one, or than the alarm, does nothing."""
        if time < self.alarm.raised_time or (self.acknowledged is not None and time <= self.acknowledged):
            return Effect.NONE
        self.acknowledged = time
        state = AckState.ACKNOWLEDGED if acknowledged else AckState.UNACKNOWLEDGED
        if state is self.alarm.ack_state:
            return Effect.HEARD
        who, when = (user, time) if acknowledged else ("", None)
        return self._change(time, ack_state=state, ack_user=who, ack_time=when)

    def comment(self, comment: Comment) -> Effect:
        """Add a comment, in the order of their times; the same one again does nothing."""
        if comment in self.alarm.comments:
            return Effect.NONE
        comments = sorted((*self.alarm.comments, comment), key=lambda one: one.time)[-MOST_COMMENTS:]
        return self._change(comment.time, comments=tuple(comments)) if comment in comments else Effect.NONE

    def group(self, parent: str) -> Effect:
        """Make it a child of the alarm `parent`, or of none ("")."""
        return self._change(self.alarm.changed_time, parent=parent) if parent != self.alarm.parent else Effect.NONE

    def adopt(self, child: str) -> Effect:
        if child in self.alarm.children:
            return Effect.NONE
        return self._change(self.alarm.changed_time, children=(*self.alarm.children, child))

    def release(self, child: str) -> Effect:
        if child not in self.alarm.children:
            return Effect.NONE
        return self._change(self.alarm.changed_time, children=tuple(id for id in self.alarm.children if id != child))

    def _hear_raise(self, report: AlarmReport) -> Effect:
        before = self.path(report.system)
        if self.after is not None and report.time <= self.after:
            return Effect.NONE
        if self.cleared is not None and report.time <= self.cleared:
            return self._hear_past_raise(report)
        if before is not None and report.time <= before.time:
            return Effect.NONE
        cleared = not self.active
        self.raised = max(self.raised or report.time, report.time)
        self._see(report)
        if cleared:
            return self._change(
                report.time,
                state="raised",
                perceived_severity=report.severity,
                cleared_time=None,
                cleared_by="",
                repeats=self.alarm.repeats + 1,
                **self._wording(report),
            )
        if before is None or (self.cleared is not None and before.time <= self.cleared):
            return self._join(report)
        if (report.severity, report.text) != (before.severity, before.text):
            return self._change(
                report.time, state="updated", perceived_severity=report.severity, **self._wording(report)
            )
        self.alarm = replace(self.alarm, repeats=self.alarm.repeats + 1)
        return Effect.REPEATED

    def _hear_past_raise(self, report: AlarmReport) -> Effect:
        """A raise that a known clear ended. It tells what is still missing: how the alarm began, or over which path."""
        effect = self._see(report)
        if self.raised is None:
            self.raised = report.time
            began = min(report.time, self.alarm.raised_time)
            return self._change(self.alarm.changed_time, raised_time=began, **self._wording(report))
        if report.system not in self.alarm.paths:
            return self._change(self.alarm.changed_time, paths=self._paths_with(report))
        return effect

    def _join(self, report: AlarmReport) -> Effect:
        """The first word of a further path."""
        severity = report.severity if report.time >= self.alarm.changed_time else self.alarm.perceived_severity
        if severity is not self.alarm.perceived_severity:
            return self._change(
                report.time, state="updated", perceived_severity=severity, paths=self._paths_with(report)
            )
        if self.alarm.paths.get(report.system) == report.native_id:
            return Effect.HEARD
        return self._change(self.alarm.changed_time, paths=self._paths_with(report))

    def _wording(self, report: AlarmReport) -> dict[str, object]:
        """What a report says of the alarm; what it leaves out stays."""
        alarm = self.alarm
        return {
            "text": report.text or alarm.text,
            "event_type": report.event_type or alarm.event_type,
            "probable_cause": report.probable_cause or alarm.probable_cause,
            "specific_problem": report.specific_problem or alarm.specific_problem,
            "native_dn": report.native_dn or alarm.native_dn,
            "paths": self._paths_with(report),
        }

    def _paths_with(self, report: AlarmReport) -> dict[str, str]:
        return {**self.alarm.paths, report.system: report.native_id or self.alarm.paths.get(report.system, "")}

    def _see(self, report: AlarmReport) -> Effect:
        """Remember what the path says now, if it is news from it."""
        before = self.path(report.system)
        if before is not None and report.time <= before.time:
            return Effect.NONE
        self.paths = (*(path for path in self.paths if path is not before), _path(report, before))
        return Effect.HEARD

    def _change(self, time: datetime, **fields: object) -> Effect:
        self.alarm = replace(self.alarm, changed_time=max(time, self.alarm.changed_time), **fields)
        return Effect.CHANGED


def _path(report: AlarmReport, before: Path | None = None) -> Path:
    return Path(
        system=report.system,
        native_id=report.native_id or (before.native_id if before else ""),
        agent=report.agent or (before.agent if before else ""),
        time=report.time,
        severity=report.severity,
        text=report.text,
    )


def _id(report: AlarmReport) -> str:
    """Stable for the object, the problem and the time at which this life began."""
    name = f"{report.dn}|{report.problem}|{report.time.isoformat()}"
    return blake2b(name.encode(), digest_size=8).hexdigest()
