"""One partition of the ledger in the log: taken over from its outcomes, fed with what comes, written back."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from datetime import UTC, datetime

import msgspec

from trunkline.effects import metrics
from trunkline.effects.effect import Effect, Place
from trunkline.effects.ledger import End, Ledger
from trunkline.effects.outcome import Decision, Outcome, State
from trunkline.effects.topics import DECISIONS
from trunkline.log.envelope import cloud_event, from_micros
from trunkline.log.port import Event, Log, Member, RecordBatch, TopicPartition, Transaction
from trunkline.quarantine import EXCERPT, Rejected, named

SYSTEM = "effects"  # the ledger's group, and its name in the quarantine
SOURCE = f"trunkline://{SYSTEM}"
REMEMBERED = 7 * 86_400.0  # seconds for which an effect that is over is remembered
READ = 2_000  # outcomes read at once
FORGET = 1_000  # outcomes forgotten at once
LOOK = 1.0  # seconds between looks at what the clock brings,
LOOK_BACK = 60.0  # and at which outcomes are old

_effect = msgspec.json.Decoder(Effect)
_outcome = msgspec.json.Decoder(Outcome)
_decision = msgspec.json.Decoder(Decision)


class Glance(msgspec.Struct):
    """What is read of an outcome that is over."""

    state: State
    number: int


_glance = msgspec.json.Decoder(Glance)


class Share:
    """The partition of a ledger. `committed` and `offsets` say where the group goes on; `ends` see `Ledger.loaded`."""

    def __init__(
        self, log: Log, ledger: Ledger, committed: Mapping[TopicPartition, int], ends: Sequence[End] = ()
    ) -> None:
        self._log, self.ledger = log, ledger
        number = ledger.number
        self.requests = TopicPartition(Effect.topic, number)
        self.decisions = TopicPartition(DECISIONS, number)
        self._outcomes = TopicPartition(Outcome.topic, number)
        self.offsets = {place: committed.get(place, log.start(*place)) for place in (self.requests, self.decisions)}
        self._written = dict(self.offsets)
        self._rejected: list[Event] = []
        self._look_at = self._look_back_at = 0.0
        self._old = 0
        self._load(ends)

    def take(self, batch: RecordBatch, now: datetime) -> None:
        """Take in requests or decisions."""
        take = self._take_requests if batch.topic == Effect.topic else self._take_decisions
        take(batch, now)
        self.offsets[TopicPartition(batch.topic, batch.partition)] = batch.offsets[-1] + 1

    def tidy(self, now: datetime) -> None:
        """Look, about once a second, where the outcomes end and what is past its time."""
        moment = time.monotonic()
        if moment >= self._look_at:
            self._look_at = moment + LOOK
            self.ledger.here = self._log.end(*self._outcomes)
            self.ledger.end_overdue(now)
            self.ledger.forget_done(self._old, FORGET)
        if moment >= self._look_back_at:
            self._look_back_at = moment + LOOK_BACK
            self._old = self._log.offset_at(*self._outcomes, int((now.timestamp() - REMEMBERED) * 1e6))

    @property
    def changed(self) -> bool:
        """Whether there is something to commit."""
        return bool(self.ledger.changes or self._rejected or self.offsets != self._written)

    def write(self, transaction: Transaction, member: Member) -> None:
        """Put what has changed into the transaction, which is fenced by the member's hold on this partition."""
        if self.ledger.asked_again:
            self._answer_again()
        if self.ledger.changes:
            topic, number = self._outcomes
            transaction.append(topic, [_event(id, outcome) for id, outcome in self.ledger.changes.items()], number)
        if self._rejected:
            transaction.append(Rejected.topic, self._rejected)
        transaction.consumed(member, self.offsets)

    def written(self) -> None:
        """The transaction is committed."""
        self._written = dict(self.offsets)
        self._rejected.clear()
        self.ledger.changes.clear()

    def _load(self, ends: Sequence[End]) -> None:
        """The state as whoever had the partition before has left it."""
        end = self._log.settled(*self._outcomes)
        offset = self._log.start(*self._outcomes)
        while offset < end and (records := self._log.read(*self._outcomes, offset, READ)):
            for record in records:
                id = (record.key or b"").decode()
                if record.value is None:
                    self.ledger.forget(id)
                    continue
                glance = _glance.decode(record.value)
                if glance.state.over:
                    self.ledger.remember(id, glance.number, record.offset)
                else:
                    self.ledger.take_back(_outcome.decode(record.value))
            offset = records[-1].offset + 1
        self.ledger.here = end
        self.ledger.loaded(datetime.now(UTC), ends)

    def _take_requests(self, batch: RecordBatch, now: datetime) -> None:
        broken = {index: (stage, reason) for index, stage, reason in reversed(batch.failures)}
        columns = zip(batch.offsets, batch.times, batch.keys, batch.values, strict=True)
        for index, (offset, at, key, value) in enumerate(columns):
            place = Place(batch.topic, batch.partition, offset)
            if index in broken:
                self._reject(place, key, value or b"", *broken[index])
            elif value is not None:
                try:
                    effect = _effect.decode(value)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    self._reject(place, key, value, "decode", str(error))
                else:
                    self.ledger.ask(effect, place, from_micros(at), now)

    def _take_decisions(self, batch: RecordBatch, now: datetime) -> None:
        for value in batch.values:
            if value is not None:
                self.ledger.decide(_decision.decode(value), now)

    def _reject(self, place: Place, key: bytes | None, value: bytes, stage: str, reason: str) -> None:
        metrics.REFUSED.inc()
        rejected = Rejected(
            stage=stage,
            reason=f"{stage}.input",
            message=f"this is no effect, and nothing is called: {reason}",
            system=SYSTEM,
            uri=f"log://{place.topic}/{place.partition}",
            offset=place.offset,
            length=len(value),
            part=value[:EXCERPT],
            target=place.topic,
            time=datetime.now(UTC),
            whose=named(key),
        )
        id = f"{SYSTEM}:{rejected.uri}/{place.offset}"
        encoded = msgspec.json.encode(rejected)
        event = cloud_event(type=Rejected.topic, source=SOURCE, id=id, value=encoded, key=rejected.key)
        self._rejected.append(event)

    def _answer_again(self) -> None:
        """Tell the outcomes of those once more that were asked for again."""
        asked, self.ledger.asked_again = self.ledger.asked_again, Counter()
        metrics.DUPLICATES.inc(asked.total())
        for id, outcome in self._find(asked.keys() & self.ledger.done.keys()).items():
            self.ledger.changes[id] = msgspec.structs.replace(outcome, duplicates=outcome.duplicates + asked[id])
            self.ledger.remember(id, outcome.number, self.ledger.here)

    def _find(self, ids: Set[str]) -> dict[str, Outcome]:
        """The last outcome of each, from the offset on that is remembered for it."""
        found: dict[str, Outcome] = {}
        offset = 0
        for id in sorted(ids, key=self.ledger.done.__getitem__):
            offset = max(offset, self.ledger.done[id])
            while id not in found and (records := self._log.read(*self._outcomes, offset, READ)):
                for record in records:
                    key = (record.key or b"").decode()
                    if key in ids and record.value is not None:
                        found[key] = _outcome.decode(record.value)
                offset = records[-1].offset + 1
        return found


def _event(id: str, outcome: Outcome | None) -> Event:
    value = None if outcome is None else msgspec.json.encode(outcome)
    version = "forgotten" if outcome is None else outcome.changed.isoformat()
    return cloud_event(type=Outcome.topic, source=SOURCE, id=f"{id}/{version}", value=value, key=id)
