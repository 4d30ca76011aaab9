"""The relay: what units of work have sent goes from the store's outbox into the log, in the order of their commits.

Each batch is one transaction of the log together with a word, on the topic `store.relayed`, of what it was. A relay
that dies between that and the outbox leaves a batch in both; the next one knows it by that word. So each event is in
the log exactly once, also on Kafka for who reads committed transactions. Only where a store was set back to an older
state (a backup), what its outbox had then is sent again, under the ids that the events have.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Sequence
from contextlib import closing
from typing import Final

import msgspec

from trunkline.log.port import (
    ContractViolation,
    Event,
    Fenced,
    Log,
    LogError,
    Topic,
    TransactionalProducer,
)
from trunkline.quarantine import EXCERPT, Rejected, named
from trunkline.store.port import Outgoing, Store, StoreError

RELAYED: Final = Topic(name="store.relayed", compacted=True)
PAUSE: Final = 0.05  # seconds between two looks into an empty outbox
AGAIN: Final = 5.0  # seconds after which is tried again what failed
BATCH: Final = 1_000

logger = logging.getLogger(__name__)


class Relayed(msgspec.Struct, frozen=True, gc=False):
    """A batch that is in the log: the last id of it, and the SHA-256 of its events."""

    last: int
    digest: str


_decode = msgspec.json.Decoder(Relayed).decode


class Relay:
    """Empties the outbox of a store. Of several for one store, here or elsewhere, one works and the others wait.

    `name` tells apart relays of different stores into one log; `member` is this one's own, the same after a restart.
    """

    def __init__(self, log: Log, store: Store, name: str = "store", member: str = "") -> None:
        self._log, self._store, self._name = log, store, name
        log.create(RELAYED)
        if Rejected.topic not in {topic.name for topic in log.topics()}:
            log.create(Topic(name=Rejected.topic))
        self._member = log.member(f"store.relay.{name}", RELAYED.name, member)
        self._producer: TransactionalProducer | None = None

    def run(self, stop: threading.Event) -> None:
        """Relay until `stop` is set. What fails is said and tried again."""
        while not stop.is_set():
            try:
                pause = 0.0 if self.run_once() else PAUSE
            except Fenced:
                pause = AGAIN  # another one has taken over
            except (LogError, StoreError):
                logger.exception("events wait in the store's outbox; the log is tried again in %d s", AGAIN)
                pause = AGAIN
            stop.wait(pause)

    def run_once(self) -> int:
        """Relay what waits, one batch at most; how many events that were. Raises `LogError`, `StoreError`."""
        if not self._member.assignment():
            self._let_go()
            return 0
        try:
            if self._producer is None:
                self._take_over()
            if batch := self._store.outbox(BATCH):
                self._append(batch)
                self._store.sent(batch[-1].id)
        except BaseException:
            self._let_go()  # what was in the making is settled before it is looked at again
            raise
        return len(batch)

    def close(self) -> None:
        """Let another one work."""
        self._let_go()
        self._member.close()

    def _take_over(self) -> None:
        """Fence whoever was at it, and take out of the outbox what it had brought into the log."""
        self._producer = self._log.transactional(f"store.relay.{self._name}")
        relayed = self._last()
        batch = [waiting for waiting in self._store.outbox(BATCH) if relayed and waiting.id <= relayed.last]
        if relayed and batch and batch[-1].id == relayed.last and _digest(batch) == relayed.digest:
            self._store.sent(relayed.last)

    def _append(self, batch: Sequence[Outgoing]) -> None:
        refused: dict[int, str] = {}
        while True:
            try:
                return self._transact(batch, refused)
            except ContractViolation as violation:
                # Places are those in the events of one topic, among the ones not refused yet.
                there = [i for i, each in enumerate(batch) if each.topic == violation.topic and i not in refused]
                for place, path, reason in violation.failures:
                    refused[there[place]] = f"{path}: {reason}"

    def _transact(self, batch: Sequence[Outgoing], refused: dict[int, str]) -> None:
        if self._producer is None:
            raise Fenced(f"the relay {self._name} has let go")
        topics: dict[str, list[Event]] = {}
        for place, outgoing in enumerate(batch):
            if place in refused:
                topics.setdefault(Rejected.topic, []).append(self._rejected(outgoing, refused[place]))
            else:
                topics.setdefault(outgoing.topic, []).append(outgoing.event)
        word = Event(msgspec.json.encode(Relayed(batch[-1].id, _digest(batch))), self._name.encode())
        with self._producer.transaction() as transaction:
            for topic, events in topics.items():
                transaction.append(topic, events)
            transaction.append(RELAYED.name, [word])

    def _rejected(self, outgoing: Outgoing, reason: str) -> Event:
        rejected = Rejected(
            stage="contract",
            reason="contract.violated",
            message=reason,
            system="store",
            uri=f"store://{self._name}/outbox",
            offset=outgoing.id,
            part=(outgoing.event.value or b"")[:EXCERPT],
            target=outgoing.topic,
            whose=named(outgoing.event.key),
        )
        return Event(msgspec.json.encode(rejected), rejected.key.encode())

    def _last(self) -> Relayed | None:
        """The last batch that a relay of this name brought into the log."""
        found, key = None, self._name.encode()
        offset, end = self._log.start(RELAYED.name, 0), self._log.settled(RELAYED.name, 0)
        while offset < end and (records := self._log.read(RELAYED.name, 0, offset)):
            for record in records:
                if record.key == key and record.value is not None:
                    found = _decode(record.value)
            offset = records[-1].offset + 1
        return found

    def _let_go(self) -> None:
        if self._producer is not None:
            with closing(self._producer):
                self._producer = None


def _digest(batch: Sequence[Outgoing]) -> str:
    digest = hashlib.sha256()
    for outgoing in batch:
        digest.update(msgspec.msgpack.encode(outgoing))
    return digest.hexdigest()
