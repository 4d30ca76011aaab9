"""The network's alarms: the processor `alarms`, from reports of systems and commands of operators to `network.alarm`.

It sees all partitions, because one word may be about many alarms: a system's list of active alarms clears what it no
longer names, a clear may name its alarm by the system's own id alone, and a group spans objects. What is said of one
alarm is in `alarmlife`; here the alarms are found and remembered. Each report costs the same however many there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import ClassVar

import msgspec
from msgspec.structs import replace

from trunkline.log.envelope import from_micros
from trunkline.log.port import Record
from trunkline.quarantine import EXCERPT, Rejected
from trunkline.streams.recorded import Outputs
from trunkline.telco.model import Alarm, AlarmCommand, AlarmReport, Comment, Report, Severity
from trunkline.telco.network.alarms.life import Effect, Identity, Life

CLEARED_KEPT = timedelta(hours=24)  # how long a cleared alarm stays on the topic before its tombstone
OPERATOR = "operator"  # who commands come from, where a system is named
MOST_CLEARED = 20_000  # cleared alarms kept at most; the ones that were cleared first give way


class AlarmBook:
    """All alarms that are active or were cleared lately."""

    name: ClassVar[str] = "alarms"
    reads: ClassVar[tuple[str, ...]] = (AlarmReport.topic, AlarmCommand.topic)
    whole: ClassVar[bool] = True

    def __init__(self, cleared_kept: timedelta = CLEARED_KEPT, most_cleared: int = MOST_CLEARED) -> None:
        self._cleared_kept, self._most_cleared = cleared_kept, most_cleared
        self._lives: dict[str, Life] = {}
        self._current: dict[Identity, Life] = {}  # the last life of each
        self._native: dict[tuple[str, str], Life] = {}  # by system and its own id
        self._agents: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)  # ids of what is active there
        self._cleared: dict[str, None] = {}  # ids in the order in which they were cleared
        self._in_order = True
        self._report = msgspec.json.Decoder(AlarmReport)
        self._command = msgspec.json.Decoder(AlarmCommand)
        self._life = msgspec.json.Decoder(Life)

    def restore(self, key: str, value: bytes) -> None:
        life = self._life.decode(value)
        newest = self._current.get(life.identity)
        self._enter(life, current=newest is None or life.alarm.raised_time > newest.alarm.raised_time)
        self._in_order = False

    def process(self, records: Sequence[Record], out: Outputs) -> None:
        batch = _Batch(out)
        for record in records:
            if record.value is None:
                continue
            batch.work_on(record)
            if record.topic == AlarmCommand.topic:
                self._obey(self._command.decode(record.value), batch)
            else:
                report = self._report.decode(record.value)
                if report.kind is Report.SYNCHRONISED:
                    self._synchronise(report, batch)
                else:
                    self._hear(report, batch)
        batch.close()

    def tick(self, now: int, out: Outputs) -> None:
        """Forget what was cleared long ago: a tombstone each."""
        if not self._in_order:
            self._cleared = dict.fromkeys(sorted(self._cleared, key=lambda id: self._lives[id].alarm.changed_time))
            self._in_order = True
        limit = from_micros(now) - self._cleared_kept
        batch = _Batch(out, at_once=False, cause=f"tick/{now}")
        while self._cleared:
            life = self._lives[next(iter(self._cleared))]
            if len(self._cleared) <= self._most_cleared and life.alarm.changed_time > limit:
                break
            self._forget(life, batch)
        batch.close()

    def _hear(self, report: AlarmReport, batch: _Batch) -> None:
        if report.kind is Report.RAISE and report.severity is Severity.CLEARED:
            report = replace(report, kind=Report.CLEAR)
        life = self._about(report)
        # A change of severity may name its alarm by its id alone: that begins none.
        names_one = report.kind is Report.RAISE and report.problem != ""
        if names_one and (life is None or life.is_over_for(report)):
            self._begin(report, life, batch)
        elif life is not None:
            self._settle(life, life.hear(report), batch)
        elif report.kind is Report.CLEAR and report.dn and report.problem:
            self._begin(report, None, batch)
        else:
            batch.reject(
                "alarm.unknown",
                f"{report.system} says {report.kind} of an alarm that is not known: "
                f"native id {report.native_id!r}, object {report.dn!r}, problem {report.problem!r}",
                report.system,
            )

    def _about(self, report: AlarmReport) -> Life | None:
        """The alarm that a report is about: by object and problem, else by the system's own id."""
        life = self._current.get((report.dn, report.problem))
        if life is None and report.native_id and (report.kind is not Report.RAISE or not report.problem):
            life = self._native.get((report.system, report.native_id))
        return life

    def _begin(self, report: AlarmReport, before: Life | None, batch: _Batch) -> None:
        life = Life.begin(report, before)
        self._enter(life, current=True)
        batch.change(life)

    def _synchronise(self, report: AlarmReport, batch: _Batch) -> None:
        """Clear what the agent's list of active alarms no longer names, unless raised after the list was read."""
        active = set(report.active)
        for id in list(self._agents.get((report.system, report.agent), ())):
            life = self._lives[id]
            path = life.path(report.system)
            if path and path.native_id and path.native_id not in active:
                self._settle(life, life.clear(report.time, report.system), batch)

    def _obey(self, command: AlarmCommand, batch: _Batch) -> None:
        life = self._lives.get(command.alarm_id)
        if life is None:
            reason = f"{command.user} asks to {command.command} the alarm {command.alarm_id!r}, which is not known"
            batch.reject("alarm.unknown", f"{reason}: it may have been cleared and forgotten", OPERATOR)
            return
        match command.command:
            case "acknowledge" | "unacknowledge" as verb:
                self._settle(life, life.acknowledge(verb == "acknowledge", command.user, command.time), batch)
            case "comment":
                comment = Comment(text=command.text, user=command.user, system=OPERATOR, time=command.time)
                self._settle(life, life.comment(comment), batch)
            case "clear":
                self._settle(life, life.clear(command.time, command.user), batch)
            case "group":
                self._group(life, command.parent, batch)
            case "ungroup":
                self._move(life, None, batch)
            case other:
                known = "acknowledge, unacknowledge, comment, clear, group, ungroup"
                batch.reject("alarm.command", f"{other!r} is no command for an alarm: known are {known}", OPERATOR)

    def _group(self, life: Life, parent_id: str, batch: _Batch) -> None:
        parent = self._lives.get(parent_id)
        if parent is None or life in self._line(parent):
            why = "is not known" if parent is None else "is the alarm itself or below it"
            reason = f"the alarm {life.alarm.id!r} cannot be grouped under {parent_id!r}, which {why}"
            batch.reject("alarm.parent", reason, OPERATOR)
        else:
            self._move(life, parent, batch)

    def _move(self, life: Life, parent: Life | None, batch: _Batch) -> None:
        """Make the alarm a child of `parent`, or of none, and no longer of the one before."""
        before = self._lives.get(life.alarm.parent)
        if before is not None and before is not parent:
            self._settle(before, before.release(life.alarm.id), batch)
        self._settle(life, life.group(parent.alarm.id if parent else ""), batch)
        if parent is not None:
            self._settle(parent, parent.adopt(life.alarm.id), batch)

    def _line(self, life: Life | None) -> Iterator[Life]:
        """The alarm, its parent, its parent's parent, …"""
        while life is not None:
            yield life
            life = self._lives.get(life.alarm.parent)

    def _settle(self, life: Life, effect: Effect, batch: _Batch) -> None:
        """Bring the indexes up to date with what happened to an alarm, and tell of it."""
        if effect is Effect.NONE:
            return
        self._index(life)
        if effect is Effect.CHANGED:
            batch.change(life)
        else:
            batch.remember(life, told=effect is Effect.REPEATED)

    def _enter(self, life: Life, *, current: bool) -> None:
        self._lives[life.alarm.id] = life
        if current:
            self._current[life.identity] = life
        self._index(life)

    def _index(self, life: Life) -> None:
        id = life.alarm.id
        for path in life.paths:
            if path.native_id and self._current.get(life.identity) is life:
                self._native[path.system, path.native_id] = life
            at_agent = self._agents[path.system, path.agent]
            if life.active:
                at_agent[id] = None
            else:
                at_agent.pop(id, None)
        if life.active:
            self._cleared.pop(id, None)
        else:
            self._cleared.setdefault(id)

    def _forget(self, life: Life, batch: _Batch) -> None:
        alarm = life.alarm
        self._move(life, None, batch)
        for id in alarm.children:
            self._move(self._lives[id], None, batch)
        del self._lives[alarm.id], self._cleared[alarm.id]
        if self._current.get(life.identity) is life:
            del self._current[life.identity]
        for path in life.paths:
            if self._native.get((path.system, path.native_id)) is life:
                del self._native[path.system, path.native_id]
        batch.forget(life)


class _Batch:
    """What a batch leads to. A change is told as it happens; that an alarm was only said again, once at the end."""

    record: Record

    def __init__(self, out: Outputs, *, at_once: bool = True, cause: str = "") -> None:
        self._out, self._at_once, self._cause = out, at_once, cause
        self._encoder = msgspec.json.Encoder()
        self._pending: dict[str, tuple[Life, bool]] = {}

    def work_on(self, record: Record) -> None:
        """What follows comes of `record`. The ids of its events name it, and so are the same in a replay."""
        self.record = record
        self._cause = f"{record.topic}/{record.partition}/{record.offset}"

    def change(self, life: Life) -> None:
        if self._at_once:
            self._tell(life)
        self._pending[life.alarm.id] = (life, not self._at_once)

    def remember(self, life: Life, *, told: bool) -> None:
        """Keep the alarm's state at the batch's end; and tell of it then, with `told`."""
        _, before = self._pending.get(life.alarm.id, (life, False))
        self._pending[life.alarm.id] = (life, told or before)

    def forget(self, life: Life) -> None:
        id = life.alarm.id
        self._pending.pop(id, None)
        self._out.send(Alarm.topic, id, None, id=f"{id}@{self._cause}")
        self._out.keep(id, None)

    def reject(self, reason: str, message: str, system: str) -> None:
        record, value = self.record, self.record.value or b""
        rejected = Rejected(
            stage="processor",
            reason=reason,
            message=message,
            system=system,
            uri=f"log://{record.topic}/{record.partition}",
            offset=record.offset,
            length=len(value),
            part=value[:EXCERPT],
            target=Alarm.topic,
            time=from_micros(record.time),
        )
        self._out.send(Rejected.topic, rejected.key, msgspec.json.encode(rejected), id=f"{self._cause}:{reason}")

    def close(self) -> None:
        for id, (life, told) in self._pending.items():
            if told:
                self._tell(life)
            self._out.keep(id, self._encoder.encode(life))

    def _tell(self, life: Life) -> None:
        alarm = life.alarm
        self._out.send(Alarm.topic, alarm.id, self._encoder.encode(alarm), id=f"{alarm.id}@{self._cause}")
