"""What is asked of an alarm over TMF642, on its way to the live alarms: `network.alarm.command` and reports.

It goes into the outbox in the unit of work of what is told of it, so that both are there or neither. What will come of
it is told by the same rules as the live alarms' (`alarms.life`).
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from trunkline.log.envelope import cloud_event
from trunkline.store import Unit
from trunkline.telco.model import AlarmCommand, AlarmReport, Comment, Report, Severity
from trunkline.telco.network.alarms.book import OPERATOR
from trunkline.telco.network.alarms.life import Life, Path
from trunkline.telco.network.records import alarms, posted
from trunkline.telco.network.records.reports import SYSTEM, origin, reports, source
from trunkline.tmf.declaration import Document
from trunkline.tmf.errors import conflict

SOURCE: Final = "/tmf-api/alarmManagement"

# What an alarm that was posted a moment ago is asked by: reports, which the log keeps in order behind its first one.
_AS_REPORT: Final = {
    "acknowledge": Report.ACKNOWLEDGE,
    "unacknowledge": Report.UNACKNOWLEDGE,
    "comment": Report.COMMENT,
    "clear": Report.CLEAR,
}


class Asked:
    """An alarm of the store of which something is asked in a unit of work."""

    def __init__(self, unit: Unit, document: Document) -> None:
        self._unit, self._before = unit, document
        self._life = life_of(document)
        known = posted.find(unit, document)
        self.posted = known is not None and known.alarm == document["id"]
        """Whether an outside system told of it over the API."""
        self._live = not self.posted or (known is not None and known.live)

    def order(self, command: str, user: str, *, text: str = "", parent: str = "") -> None:
        """Ask this of the alarm. Raises `Refusal` (409) where it is to be grouped before the network tells of it."""
        user, time = user or SYSTEM, self._after()
        alarm = self._life.alarm
        if self._live:
            said: AlarmCommand | AlarmReport = AlarmCommand(
                command=command, alarm_id=alarm.id, dn=alarm.dn, user=user, time=time, text=text, parent=parent
            )
        elif command in _AS_REPORT:
            said = replace(self._report(_AS_REPORT[command], time), user=user, text=text)
        else:
            why = f"{command} it once it is among the live alarms"
            raise conflict("notLive", f"the alarm {alarm.id} was posted a moment ago", why)
        send(self._unit, said)
        self._foresee(command, user, time, text, parent)

    def report(self, document: Document) -> None:
        """Its source says another severity, or other words."""
        (worded, *_) = reports(self._before | document, self._after())
        said = replace(worded, kind=Report.RAISE, problem=self._life.alarm.problem, time=self._after())
        send(self._unit, said)
        self._life.hear(said)

    def foreseen(self, document: Document) -> Document:
        """The document as it will be once all is done that was asked for."""
        return alarms.merged(document, alarms.alarm(self._life.alarm))

    def _foresee(self, command: str, user: str, time: datetime, text: str, parent: str) -> None:
        match command:
            case "acknowledge" | "unacknowledge":
                self._life.acknowledge(command == "acknowledge", user, time)
            case "comment":
                system = OPERATOR if self._live else source(self._before)
                self._life.comment(Comment(text=text, user=user, system=system, time=time))
            case "clear":
                self._life.clear(time, user)
            case _:
                self._life.group(parent)

    def _report(self, kind: Report, time: datetime) -> AlarmReport:
        alarm, system = self._life.alarm, source(self._before)
        return AlarmReport(
            kind=kind,
            vendor=alarm.vendor,
            system=system,
            dn=alarm.dn,
            problem=alarm.problem,
            severity=Severity.CLEARED if kind is Report.CLEAR else alarm.perceived_severity,
            time=time,
            native_id=alarm.paths.get(system, ""),
            source=origin(system),
        )

    def _after(self) -> datetime:
        """Now, or just after the last change, where the object's clock goes before ours: an older word is not heard."""
        return max(datetime.now(UTC), self._life.alarm.changed_time + timedelta(microseconds=1))


def send(unit: Unit, said: AlarmCommand | AlarmReport) -> None:
    """Put it into the outbox."""
    value = msgspec.json.encode(said)
    unit.send(said.topic, cloud_event(type=said.topic, source=SOURCE, id=str(uuid.uuid4()), value=value, key=said.key))


def life_of(document: Document) -> Life:
    """The life of an alarm, as far as its document tells of it."""
    alarm = alarms.read(document)
    heard = tuple(
        Path(system, id, "", alarm.raised_time, alarm.perceived_severity, alarm.text)
        for system, id in alarm.paths.items()
    )
    return Life(alarm, raised=alarm.raised_time, cleared=alarm.cleared_time, paths=heard)
