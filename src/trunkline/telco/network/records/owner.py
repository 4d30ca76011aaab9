"""The owner of alarms (TMF642): what is asked of their records is done by the live alarms.

An alarm that is posted becomes a report of the system that posted it, and what an operator asks a command; the record
is told as it will be once that is done, and the network has the last word on it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec

from trunkline.store import Query, Store, Unit
from trunkline.store.query import And, Compare, Operator, Sort
from trunkline.telco.model import AckState, AlarmReport, Report
from trunkline.telco.network.alarms.life import FLAPPING, Life
from trunkline.telco.network.records import deleted, posted
from trunkline.telco.network.records.alarms import alarm, ids, merged, time_of
from trunkline.telco.network.records.commands import Asked, life_of, send
from trunkline.telco.network.records.kinds import ALARM
from trunkline.telco.network.records.reports import is_cleared, notes, reports, text, who
from trunkline.telco.network.records.tasks import AlarmTasks
from trunkline.tmf.declaration import Document, Task
from trunkline.tmf.errors import bad, conflict

# What only the network, or the system that an alarm came from when it was raised, says of it.
_TOLD: Final = (
    "problem",
    "nativeDn",
    "vendor",
    "reportedBy",
    "externalIdentifier",
    "repeats",
    "sourceSystemId",
    "externalAlarmId",
)
# What of it the system that posts an alarm says once.
_POSTED: Final = ("sourceSystemId", "externalAlarmId")
# What the system that posted an alarm may say anew, with another severity or other details.
_WORDED: Final = ("perceivedSeverity", "alarmDetails", "alarmType", "probableCause", "specificProblem")


class AlarmOwner:
    """The owner of the resource `alarm` of a store, and of the tasks on alarms."""

    def __init__(self, store: Store) -> None:
        self._store, self._tasks = store, AlarmTasks(store)

    def create(self, unit: Unit, document: Document) -> Document:
        """Report an alarm. Raises `Refusal`: 400 where it lacks what makes one, 409 where it is there already."""
        told = [name for name in _TOLD if name in document and name not in _POSTED]
        if told:
            raise bad("notYours", f"{', '.join(told)} of an alarm cannot be given", "the network tells of it")
        if ids(document, "parentAlarm") or ids(document, "correlatedAlarm"):
            raise conflict("notLive", "an alarm cannot be grouped before it is there", "group it by groupAlarm then")
        said = list(reports(document, datetime.now(UTC)))
        known = self._same(said[0])
        if known is not None and is_cleared(known):
            self._check_is_new(known, said[0])
        elif known is not None:
            reason = f"the alarm is there already: {known['id']}"
            raise conflict("alarmExists", reason, "change it by PATCH; its object and its problem are the same")
        for report in said:
            send(unit, report)
        if known is not None and said[0].time - _cleared(known) <= FLAPPING:  # the same alarm again: it is made anew
            unit.remove(ALARM.name, known["id"])
            life, document = life_of(known), known | document
        else:
            life = Life.begin(said[0])
        for report in said:
            life.hear(report)
        made = merged(document, alarm(life.alarm))
        posted.post(unit, made)
        return made

    def change(self, unit: Unit, before: Document, after: Document) -> Document:
        """Ask for what is to be other than before. Raises `Refusal` (409) where that is the network's to say."""
        self._check_is_ours(before, after)
        asked = Asked(unit, before)
        before_notes = notes(before)
        for note in notes(after):
            if note not in before_notes:
                asked.order("comment", text(note, "userId") or text(note, "systemId"), text=note["comment"])
        wanted = after.get("ackState", before.get("ackState"))
        if wanted != before.get("ackState"):
            if wanted not in set(AckState):
                raise bad("badValue", f"ackState is none of {', '.join(AckState)}", f"it is {wanted!r}")
            asked.order(wanted.removesuffix("d"), who(after, "ack"))
        self._regroup(asked, before, after)
        if is_cleared(after) and not is_cleared(before):
            asked.order("clear", who(after, "clear"))
        elif any(before.get(name) != after.get(name) for name in _WORDED):
            self._reword(asked, before, after)
        return asked.foreseen(after)

    def delete(self, unit: Unit, document: Document) -> None:
        """Forget an alarm that is over. Raises `Refusal` (409) where it is not."""
        if not is_cleared(document):
            reason = f"the alarm {document['id']} is not over"
            raise conflict("alarmActive", reason, "clear it (clearAlarm); it is forgotten a day later, or by DELETE")
        posted.forget(unit, document)
        deleted.delete(unit, document)

    def perform(self, unit: Unit, task: Task, document: Document) -> Document:
        """Ask what a task asks. Raises `Refusal` as `AlarmTasks` does."""
        return self._tasks.perform(unit, task.name, document)

    def _same(self, report: AlarmReport) -> Document | None:
        """The last alarm of the same object and problem that is known."""
        object = Compare(("alarmedObject", "id"), Operator.EQ, report.dn)
        problem = Compare(("problem",), Operator.EQ, report.problem)
        latest = Sort(("alarmChangedTime",), descending=True)
        found = self._store.find(Query(ALARM.name, And((object, problem)), [latest], limit=1)).records
        known: Document | None = msgspec.json.decode(found[0].document) if found else None
        return known

    def _check_is_new(self, known: Document, report: AlarmReport) -> None:
        if report.kind is Report.RAISE and report.time > _cleared(known):
            return
        reason = f"the alarm {known['id']} of the same object and problem is over since {_cleared(known).isoformat()}"
        raise conflict("alarmOver", reason, "what was raised before that is over, too: a new one was raised later")

    def _check_is_ours(self, before: Document, after: Document) -> None:
        told = [name for name in _TOLD if before.get(name) != after.get(name)]
        told += [name for name in ("alarmedObject", "correlatedAlarm") if ids(before, name) != ids(after, name)]
        if time_of(before, "alarmRaisedTime") != time_of(after, "alarmRaisedTime"):
            told.append("alarmRaisedTime")
        if before.get("ackState") == after.get("ackState") and before.get("ackUserId") != after.get("ackUserId"):
            told.append("ackUserId")
        if told:
            raise conflict("notYours", f"{', '.join(told)} of an alarm cannot be changed", "the network tells of it")
        if is_cleared(before) and any(before.get(name) != after.get(name) for name in (*_WORDED, "state")):
            raise conflict("alarmOver", f"the alarm {before['id']} is over", "only who reports it again raises it")

    def _regroup(self, asked: Asked, before: Document, after: Document) -> None:
        was, parents = ids(before, "parentAlarm"), ids(after, "parentAlarm")
        if was == parents:
            return
        if not parents:
            asked.order("ungroup", who(after, "ack"))
        elif len(parents) > 1:
            raise conflict("manyParents", f"the alarm would have {len(parents)} parents", "an alarm has one at most")
        else:
            self._tasks.check_parent(parents[0], {before["id"]})
            asked.order("group", "", parent=parents[0])

    def _reword(self, asked: Asked, before: Document, after: Document) -> None:
        if not asked.posted:
            changed = ", ".join(name for name in _WORDED if before.get(name) != after.get(name))
            reason = f"{changed} of the alarm {before['id']} cannot be changed"
            raise conflict("notYours", reason, "the network tells of it")
        if all(before.get(name) == after.get(name) for name in ("perceivedSeverity", "alarmDetails")):
            reason = "the alarm is the same, with the same severity and details"
            raise conflict("sameAlarm", reason, "say another perceivedSeverity, or other alarmDetails, with it")
        asked.report(after)


def _cleared(document: Document) -> datetime:
    return time_of(document, "alarmClearedTime") or time_of(document, "alarmChangedTime") or datetime.now(UTC)
