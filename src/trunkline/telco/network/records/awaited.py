"""Tasks that wait for alarms: what each asked of an alarm, until the network shows that it is so.

The live alarms obey a command a moment after it was given. The follower of alarms then tells the tasks that wait.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec

from trunkline.store import Kind, Unit
from trunkline.telco.network.records.alarms import ids, reference
from trunkline.telco.network.records.reports import is_cleared, notes
from trunkline.tmf import events
from trunkline.tmf.declaration import Document, Lifecycle, OpenApi, Resource

KIND = Kind("network.alarm.awaited")
"""By an alarm's id: the tasks that wait for it."""

_LIFE: Final = Lifecycle("state", "acknowledged", {"inProgress": ("done", "terminatedWithError")})


class Awaited(msgspec.Struct, frozen=True):
    """What the task `id` of the kind `task` waits for at an alarm, one of the `alarms` that it is about.

    `done` is the attribute of the task that lists the alarms that are as it asked.
    """

    task: str
    id: str
    command: str
    done: str
    alarms: int
    user: str
    text: str = ""
    parent: str = ""

    def is_met(self, alarm: Document) -> bool:
        """Whether the alarm is as the command asks."""
        match self.command:
            case "acknowledge" | "unacknowledge":
                return bool(alarm.get("ackState") == f"{self.command}d")
            case "clear":
                return is_cleared(alarm)
            case "comment":
                return (self.text, self.user) in [(note["comment"], note.get("userId")) for note in notes(alarm)]
            case "group":
                return self.parent in ids(alarm, "parentAlarm")
            case _:
                return not ids(alarm, "parentAlarm")


class _Waiting(msgspec.Struct, frozen=True):
    """The tasks that wait for an alarm."""

    tasks: list[Awaited]


_decode = msgspec.json.Decoder(_Waiting).decode


def wait(unit: Unit, alarm: str, awaited: Awaited) -> None:
    """Let a task wait for an alarm."""
    _keep(unit, alarm, [*_waiting(unit, alarm), awaited])


def settle(unit: Unit, api: OpenApi, alarm: Document) -> None:
    """The network tells of this alarm: tell the tasks whose command it has obeyed."""
    waiting = _waiting(unit, alarm["id"])
    still = [awaited for awaited in waiting if not awaited.is_met(alarm)]
    if len(still) < len(waiting):
        for awaited in waiting:
            if awaited not in still:
                _tell(unit, api, awaited, alarm["id"], "inProgress")
        _keep(unit, alarm["id"], still)


def forget(unit: Unit, api: OpenApi, alarm: str) -> None:
    """The alarm is gone: what tasks wait for at it will not be."""
    waiting = _waiting(unit, alarm)
    for awaited in waiting:
        _tell(unit, api, awaited, None, "terminatedWithError")
    if waiting:
        _keep(unit, alarm, [])


def _tell(unit: Unit, api: OpenApi, awaited: Awaited, alarm: str | None, state: str) -> None:
    stored = unit.get(awaited.task, awaited.id)
    if stored is None:
        return
    before: Document = msgspec.json.decode(stored.document)
    done = [*before.get(awaited.done, []), *([reference(alarm)] if alarm is not None else [])]
    if len(done) == awaited.alarms:
        state = "done"
    after = before | {awaited.done: done, "state": state}
    unit.replace(awaited.task, awaited.id, msgspec.json.encode(after))
    events.tell(unit, api, _resource(api, awaited.task), before, after)


def _resource(api: OpenApi, name: str) -> Resource:
    """A task as the resource of whose states its events tell."""
    return next(replace(task.resource, lifecycle=_LIFE) for task in api.tasks if task.name == name)


def _waiting(unit: Unit, alarm: str) -> list[Awaited]:
    stored = unit.get(KIND.name, alarm)
    return _decode(stored.document).tasks if stored is not None else []


def _keep(unit: Unit, alarm: str, waiting: list[Awaited]) -> None:
    if waiting:
        unit.put(KIND.name, alarm, msgspec.json.encode(_Waiting(waiting)))
    else:
        unit.remove(KIND.name, alarm)
