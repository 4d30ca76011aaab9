"""Where a person sees the effects, and decides on those that are dead. The runner does what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from trunkline.effects import topics
from trunkline.effects.effect import Effect
from trunkline.effects.outcome import Action, Decision, Outcome, State
from trunkline.log.port import Event, Log, LogError

READ = 1_000


class Refused(LogError):
    """What cannot be done with an effect as it stands; the text says why."""


class Desk:
    """The outcomes of a log, and decisions on them."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._partitions = topics.create(log)

    def outcomes(self) -> Iterator[Outcome]:
        """All effects that the ledger knows, by partition in the order in which they were asked for."""
        for number in range(self._partitions):
            yield from sorted(self._latest(number).values(), key=lambda outcome: outcome.number)

    def outcome(self, id: str) -> Outcome:
        """What became of an effect. Raises `Refused` where the ledger knows none of that id."""
        for number in range(self._partitions):
            found = self._latest(number, id).get(id)
            if found is not None:
                return found
        raise Refused(
            f"the ledger knows no effect {id!r}: it was never asked for, nobody has taken it in yet, or it was done "
            "with so long ago that it is forgotten"
        )

    def asked(self, outcome: Outcome) -> Effect | None:
        """What was asked for, while the ledger or the topic of requests has it."""
        if outcome.effect is not None:
            return outcome.effect
        place = outcome.request
        for record in self._log.read(place.topic, place.partition, place.offset, 1):
            if record.offset == place.offset and record.value is not None:
                return msgspec.json.decode(record.value, type=Effect)
        return None

    def retry(self, ids: Sequence[str], *, by: str, why: str = "") -> None:
        """Let dead effects be tried again, all of them or none. Raises `Refused`."""
        self._decide(ids, Action.RETRY, by, why)

    def drop(self, id: str, *, by: str, why: str) -> None:
        """Give a dead effect up, for a reason that is kept. Raises `Refused`."""
        self._decide([id], Action.DROP, by, why)

    def _decide(self, ids: Sequence[str], action: Action, by: str, why: str) -> None:
        now = datetime.now(UTC)
        found = [self.outcome(id) for id in dict.fromkeys(ids)]
        for outcome in found:
            if outcome.state is not State.DEAD:
                raise Refused(f"effect {outcome.id} is not dead but {outcome.state.value}: there is nothing to decide")
        for number in sorted({outcome.request.partition for outcome in found}):
            events = [
                _event(Decision(id=outcome.id, action=action, by=by, time=now, why=why))
                for outcome in found
                if outcome.request.partition == number
            ]
            self._log.append(topics.DECISIONS, events, number)

    def _latest(self, number: int, id: str = "") -> dict[str, Outcome]:
        """The last outcome of each effect of a partition, or of the one with that id."""
        latest: dict[str, bytes] = {}
        offset = self._log.start(Outcome.topic, number)
        while records := self._log.read(Outcome.topic, number, offset, READ):
            for record in records:
                key = (record.key or b"").decode()
                if record.value is None:
                    latest.pop(key, None)
                elif not id or key == id:
                    latest[key] = record.value
            offset = records[-1].offset + 1
        return {key: msgspec.json.decode(value, type=Outcome) for key, value in latest.items()}


def _event(decision: Decision) -> Event:
    return Event(msgspec.json.encode(decision), decision.id.encode())
