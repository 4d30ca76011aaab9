"""TMF642's tasks on alarms: acknowledge, unacknowledge, clear, comment, group, ungroup.

A task asks the live alarms by commands. It is `inProgress` while it waits for them (`awaited`) and `done` when all of
them are as it asked; which are so by then, it tells.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from trunkline.store import Store, Unit
from trunkline.telco.network.records import patterns
from trunkline.telco.network.records.alarms import ids, reference
from trunkline.telco.network.records.awaited import Awaited, wait
from trunkline.telco.network.records.commands import Asked
from trunkline.telco.network.records.kinds import ALARM
from trunkline.telco.network.records.reports import SYSTEM, is_cleared, text, who
from trunkline.tmf.declaration import Document
from trunkline.tmf.errors import bad, conflict
from trunkline.tmf.events import now

MOST_GENERATIONS: Final = 100  # of parents of parents


class _How(NamedTuple):
    """What a task commands; the attributes that say of which alarms, which are done, and when it was."""

    command: str
    about: str
    done: str
    at: str = ""


_TASKS: Final = {
    "ackAlarm": _How("acknowledge", "alarmPattern", "ackedAlarm", "ackTime"),
    "unAckAlarm": _How("unacknowledge", "alarmPattern", "unAckedAlarm", "ackTime"),
    "clearAlarm": _How("clear", "alarmPattern", "clearedAlarm", "alarmClearedTime"),
    "commentAlarm": _How("comment", "alarmPattern", "commentedAlarm"),
    "groupAlarm": _How("group", "correlatedAlarm", "groupedAlarm", "alarmChangedTime"),
    "unGroupAlarm": _How("ungroup", "correlatedAlarm", "unGroupedAlarm", "alarmChangedTime"),
}


class AlarmTasks:
    """The tasks on the alarms of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def perform(self, unit: Unit, name: str, task: Document) -> Document:
        """Ask what the task `name` asks. Raises `Refusal`: 400 where it does not say what, or of which alarms; 409
        where an alarm is not known, or cannot be asked that."""
        how = _TASKS[name]
        alarms = self._held(unit, self._alarms(how.about, task.get(how.about)))
        note, parent = "", ""
        if how.command == "clear":
            alarms = _active(alarms)
        elif how.command == "comment":
            note = text(_note(task), "comment")
        elif how.command == "group":
            parent = self._parent(task, alarms)
        elif how.command == "ungroup":
            self._check_grouped(task, alarms)
        waiting = Awaited(name, task["id"], how.command, how.done, len(alarms), _user(how.command, task), note, parent)
        done = []
        for alarm in alarms:
            if how.command != "comment" and waiting.is_met(alarm):
                done.append(reference(alarm["id"]))
                continue
            Asked(unit, alarm).order(how.command, waiting.user, text=note, parent=parent)
            wait(unit, alarm["id"], waiting)
        state = "done" if len(done) == len(alarms) else "inProgress"
        said = {how.at: task.get(how.at) or now()} if how.at else {}
        return {**task, **said, "state": state, how.done: done}

    def check_parent(self, parent: str, children: set[str]) -> None:
        """Raises `Refusal` (409) where the alarm is not known, or is one of `children` or below one of them."""
        above = parent
        for _ in range(MOST_GENERATIONS):
            if above in children:
                raise conflict("ownParent", f"the alarm {above} cannot be grouped below itself")
            stored = self._store.get(ALARM.name, above)
            if stored is None:
                raise conflict("unknownAlarm", f"there is no alarm {above[:200]} to be the parent")
            parents = ids(msgspec.json.decode(stored.document), "parentAlarm")
            if not parents:
                return
            above = parents[0]

    def _alarms(self, attribute: str, wanted: Any) -> list[Document]:
        if not isinstance(wanted, list) or not all(isinstance(pattern, dict) for pattern in wanted) or not wanted:
            raise bad("missingAttribute", f"{attribute} must name alarms", "by id, or by what they have in common")
        found = patterns.alarms(self._store, wanted, attribute)
        if not found:
            raise conflict("noAlarm", f"no alarm is as {attribute} says")
        return found

    def _held(self, unit: Unit, alarms: list[Document]) -> list[Document]:
        """The same as the unit sees them: nobody changes them before it ends."""
        held = [unit.get(ALARM.name, id) for id in sorted(alarm["id"] for alarm in alarms)]
        return [msgspec.json.decode(stored.document) for stored in held if stored is not None]

    def _parent(self, task: Document, children: list[Document]) -> str:
        found = self._alarms("parentAlarm", [task.get("parentAlarm")])
        if len(found) > 1:
            raise conflict("manyParents", f"parentAlarm is said of {len(found)} alarms", "name the parent by its id")
        id: str = found[0]["id"]
        self.check_parent(id, {child["id"] for child in children})
        return id

    def _check_grouped(self, task: Document, children: list[Document]) -> None:
        parent = next(iter(ids(task, "parentAlarm")), None)
        for child in children:
            parents = ids(child, "parentAlarm")
            if not parents or (parent is not None and parent not in parents):
                group = f"the group of {parent}" if parent is not None else "a group"
                raise conflict("notGrouped", f"the alarm {child['id']} is not in {group}")


def _active(alarms: list[Document]) -> list[Document]:
    active = [alarm for alarm in alarms if not is_cleared(alarm)]
    if not active:
        raise conflict("alarmOver", "cleared already: " + ", ".join(alarm["id"] for alarm in alarms[:10]))
    return active


def _note(task: Document) -> Document:
    note = task.get("comment")
    if not isinstance(note, dict) or not text(note, "comment"):
        raise bad("missingAttribute", "comment.comment is missing", "it is what is to be written on the alarms")
    return note


def _user(command: str, task: Document) -> str:
    match command:
        case "clear":
            user = who(task, "clear")
        case "comment":
            user = text(_note(task), "userId") or text(_note(task), "systemId")
        case "group" | "ungroup":
            user = text(task, "sourceSystemId")
        case _:
            user = who(task, "ack")
    return user or SYSTEM
