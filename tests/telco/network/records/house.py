"""The live alarms, the store and their owner, without a log: what the outbox holds is worked on when a test says so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from tests.telco.network.outputs import NOON, Running
from trunkline.log.envelope import micros
from trunkline.log.port import Record
from trunkline.store import Store
from trunkline.telco.model import Alarm, AlarmCommand, AlarmReport
from trunkline.telco.network.alarms.book import AlarmBook
from trunkline.telco.network.records.following import take
from trunkline.telco.network.records.kinds import ALARM, KINDS
from trunkline.telco.network.records.owner import AlarmOwner
from trunkline.tmf.apis.alarm import API
from trunkline.tmf.declaration import Document
from trunkline.tmf.events import TOPIC

TASKS = {task.name: task for task in API.tasks}


class House:
    """A network of one worker, and the store that follows it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        store.declare(KINDS)
        self.owner = AlarmOwner(store)
        self.book = Running(AlarmBook)
        self.told: list[tuple[str, str]] = []
        """What was told to subscribers: (event type, the document's id)."""
        self.rejected: list[bytes] = []
        self._offset = 0

    def network(self, *reports: AlarmReport) -> None:
        """The network reports, and everything follows."""
        for report in reports:
            self._work(report.topic, msgspec.json.encode(report), report.key)
        self.settle()

    def tick(self, now: datetime) -> None:
        """Time passes at the worker."""
        self._follow(self.book.tick(now).events)

    def settle(self) -> None:
        """Bring what is in the outbox to the worker, and what it tells into the store, until nothing moves."""
        while waiting := self.store.outbox():
            for outgoing in waiting:
                event = outgoing.event
                if outgoing.topic == TOPIC:
                    value = msgspec.json.decode(event.value or b"")
                    (document,) = value["event"].values()
                    self.told.append((value["eventType"], document["id"]))
                else:
                    assert event.value is not None
                    self._work(outgoing.topic, event.value, (event.key or b"").decode())
            self.store.sent(waiting[-1].id)

    def post(self, **said: Any) -> Document:
        """POST /alarm."""
        with self.store.unit() as unit:
            made = self.owner.create(unit, {"id": "unused", "@type": "Alarm", **said})
            unit.add(ALARM.name, made["id"], msgspec.json.encode(made))
        return made

    def patch(self, id: str, **said: Any) -> Document:
        """PATCH /alarm/{id}; None takes an attribute away."""
        with self.store.unit() as unit:
            before = self.alarm(id)
            after = {name: value for name, value in (before | said).items() if value is not None}
            made = self.owner.change(unit, before, after)
            unit.replace(ALARM.name, id, msgspec.json.encode(made))
        return made

    def delete(self, id: str) -> None:
        """DELETE /alarm/{id}."""
        with self.store.unit() as unit:
            self.owner.delete(unit, self.alarm(id))
            unit.remove(ALARM.name, id)

    def ask(self, task: str, **said: Any) -> Document:
        """POST a task."""
        with self.store.unit() as unit:
            id = f"task-{self._next()}"
            made = self.owner.perform(unit, TASKS[task], {"id": id, "@type": TASKS[task].resource.type, **said})
            unit.add(task, id, msgspec.json.encode(made))
        return made

    def task(self, made: Document) -> Document:
        """The task as it is now."""
        return self._get(made["@type"][:1].lower() + made["@type"][1:], made["id"])

    def alarm(self, id: str) -> Document:
        return self._get(ALARM.name, id)

    def gone(self, id: str) -> bool:
        return self.store.get(ALARM.name, id) is None

    def live(self, id: str) -> Alarm:
        """The alarm as the worker keeps it."""
        alarm: Alarm = msgspec.convert(msgspec.json.decode(self.book.kept[id])["alarm"], Alarm)
        return alarm

    def _work(self, topic: str, value: bytes, key: str) -> None:
        kind = AlarmCommand if topic == AlarmCommand.topic else AlarmReport
        self._follow(self.book.take(msgspec.json.decode(value, type=kind)).events)

    def _follow(self, events: list[tuple[str, str, bytes | None]]) -> None:
        for topic, key, value in events:
            if topic != Alarm.topic:
                self.rejected.append(value or b"")
                continue
            with self.store.unit() as unit:
                take(unit, Record(topic, 0, self._next(), value, key.encode(), (), micros(NOON)))

    def _next(self) -> int:
        self._offset += 1
        return self._offset

    def _get(self, kind: str, id: str) -> Document:
        stored = self.store.get(kind, id)
        assert stored is not None, f"there is no {kind} {id}"
        document: Document = msgspec.json.decode(stored.document)
        return document
