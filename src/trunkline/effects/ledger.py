"""What is known of the effects of one partition, and what follows from what happens to them. No I/O and no clock."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import islice
from typing import Any, NamedTuple

from msgspec.structs import replace

from trunkline.backoff import backoff
from trunkline.effects.effect import Effect, Place
from trunkline.effects.effector import Answer, Settings
from trunkline.effects.outcome import Action, Attempt, Decision, Outcome, Reason, Result, State

MOST_OPEN = 25_000  # effects that are not over, after which no more are taken in; or as many as have
MOST_BYTES = 64 << 20  # bytes of payload
MOST_DONE = 100_000  # effects that are over and remembered
MOST_ATTEMPTS = 100  # that an outcome tells

BROKEN_OFF = "the process ended, or lost its share, during the call: find out from the target whether it was done"


class Stage(Enum):
    """Where an open effect is."""

    WAITING = auto()  # for one before it of its ordering key
    READY = auto()
    CALLING = auto()
    DEAD = auto()
    OVER = auto()


class Entry:
    """An effect that is not over, of the partition `partition`."""

    __slots__ = ("effect", "outcome", "partition", "stage")

    def __init__(self, partition: int, effect: Effect, outcome: Outcome) -> None:
        self.partition, self.effect, self.outcome = partition, effect, outcome
        self.stage = Stage.DEAD if outcome.state is State.DEAD else Stage.WAITING


class End(NamedTuple):
    """How a call has ended."""

    entry: Entry
    attempt: Attempt
    answer: Answer


class Ledger:
    """The effects of partition `number`. `policies` are the effectors' settings by name; `chance` spreads repetitions.

    What has changed is gathered in `changes`, and what has become ready in `ready`; whoever drives the ledger takes
    them out. `here` is an offset of the outcomes at or below that of the next one.
    """

    def __init__(
        self, number: int, policies: Mapping[str, Settings], chance: Callable[[], float] = random.random
    ) -> None:
        self.number = number
        self._policies, self._chance = policies, chance
        self._lines: dict[str, dict[str, Entry]] = {}
        """By ordering key: the effects that are before each other, in order."""
        self._next = 0
        self._bytes = 0
        self.here = 0
        self.open: dict[str, Entry] = {}
        self.done: dict[str, int] = {}
        """Those that are over, the oldest first: an offset at or below that of the last outcome."""
        self.changes: dict[str, Outcome | None] = {}
        self.ready: list[Entry] = []
        self.asked_again: Counter[str] = Counter()
        """Those that are over and were asked for again: their outcome must be looked up and told again."""

    @property
    def full(self) -> bool:
        """Whether no more effects should be taken in until some are over."""
        return len(self.open) >= MOST_OPEN or self._bytes >= MOST_BYTES

    # From the log, when the partition is taken over

    def take_back(self, outcome: Outcome) -> None:
        """Take back an effect that is not over."""
        if outcome.effect is not None:
            self._next = max(self._next, outcome.number + 1)
            self.open[outcome.id] = Entry(self.number, outcome.effect, outcome)

    def remember(self, id: str, number: int, offset: int) -> None:
        """An effect is over."""
        self._next = max(self._next, number + 1)
        self.open.pop(id, None)
        self.done.pop(id, None)
        self.done[id] = offset

    def forget(self, id: str) -> None:
        """An effect is not remembered any more."""
        self.open.pop(id, None)
        self.done.pop(id, None)

    def loaded(self, now: datetime, ends: Sequence[End] = ()) -> None:
        """All was taken back: go on where the one before broke off. `ends` are those of calls that this process
        has seen, and perhaps could not commit, because it lost its share for a moment."""
        seen = {(end.entry.effect.id, end.attempt): end.answer for end in ends}
        entries = sorted(self.open.values(), key=lambda entry: entry.outcome.number)
        ended: list[End] = []
        for entry in entries:
            self._bytes += _size(entry.effect)
            if entry.outcome.state is State.ATTEMPTED:
                attempt = entry.outcome.attempts[-1]
                answer = seen.get((entry.effect.id, attempt))
                if answer is None:
                    self._die(entry, Reason.UNKNOWN, now, message=BROKEN_OFF)
                else:
                    entry.stage = Stage.CALLING
                    ended.append(End(entry, attempt, answer))
            elif entry.stage is not Stage.DEAD and entry.effect.effector not in self._policies:
                self._die_without_effector(entry, now)
            if entry.stage is not Stage.DEAD or self._holds(entry):
                self._lines.setdefault(entry.effect.order, {})[entry.effect.id] = entry
        for end in ended:
            self.end(end.entry, end.attempt, end.answer, now)
        for entry in entries:
            if entry.stage is Stage.WAITING:
                self._try(entry)

    # What comes in

    def ask(self, effect: Effect, request: Place, time: datetime, now: datetime) -> None:
        """An effect is asked for, by the event at `request` of the time `time`."""
        known = self.open.get(effect.id)
        if known is not None:
            self._change(known, now, duplicates=known.outcome.duplicates + 1)
            return
        if effect.id in self.done:
            self.asked_again[effect.id] += 1
            return
        outcome = Outcome(
            id=effect.id,
            effector=effect.effector,
            order=effect.order,
            state=State.REQUESTED,
            number=self._next,
            requested=time,
            changed=now,
            request=request,
            cause=effect.cause,
            effect=effect,
        )
        self._next += 1
        self._bytes += _size(effect)
        entry = self.open[effect.id] = Entry(self.number, effect, outcome)
        self._lines.setdefault(effect.order, {})[effect.id] = entry
        self._change(entry, now)
        if effect.effector in self._policies:
            self._try(entry)
        else:
            self._die_without_effector(entry, now)

    def decide(self, decision: Decision, now: datetime) -> None:
        """A person has decided. Says nothing of an effect that is not dead (any more)."""
        entry = self.open.get(decision.id)
        if entry is None or entry.stage is not Stage.DEAD:
            return
        decisions = (*entry.outcome.decisions, decision)
        if decision.action is Action.DROP:
            self._change(entry, now, state=State.DROPPED, message=decision.why, decisions=decisions)
            self._close(entry)
            return
        # Whoever lets an expired effect be tried again wants it done all the same.
        entry.effect = replace(entry.effect, expires=None)
        self._change(
            entry, now, state=State.REQUESTED, reason=None, message="", failures=0, since=None, due=None,
            decisions=decisions, effect=entry.effect,
        )  # fmt: skip
        self._lines.setdefault(entry.effect.order, {}).setdefault(entry.effect.id, entry)
        if entry.effect.effector in self._policies:
            self._try(entry)
        else:
            self._die_without_effector(entry, now)

    # Calls

    def begin(self, entry: Entry, now: datetime) -> Attempt | None:
        """A call begins, as soon as the changes are committed; None where the effect's time is over."""
        if self._end_overdue(entry, now):
            return None
        entry.stage = Stage.CALLING
        attempt = Attempt(number=entry.outcome.attempted + 1, began=now)
        if self._policies[entry.effect.effector].once == "at-most":
            self._change(
                entry, now, state=State.ATTEMPTED, due=None, attempted=attempt.number,
                attempts=(*entry.outcome.attempts, attempt)[-MOST_ATTEMPTS:],
            )  # fmt: skip
        return attempt

    def end(self, entry: Entry, begun: Attempt, answer: Answer, now: datetime, *, probe: bool = False) -> None:
        """A call has ended. One that a circuit breaker let through as a `probe` counts for nothing when it fails: the
        target was known to be ill."""
        attempt = replace(begun, ended=now, result=answer.result, status=answer.status, message=answer.message)
        before = [known for known in entry.outcome.attempts if known.number < attempt.number]
        told: dict[str, Any] = {
            "attempts": (*before, attempt)[-MOST_ATTEMPTS:],
            "attempted": attempt.number,
            "message": answer.message,
            "since": entry.outcome.since or attempt.began,
        }
        policy = self._policies[entry.effect.effector]
        if answer.result is Result.DONE:
            self._change(entry, now, state=State.SUCCEEDED, receipt=answer.receipt, due=None, **told)
            self._close(entry)
        elif answer.result is Result.REFUSED:
            self._die(entry, Reason.REFUSED, now, **told)
        elif answer.result is Result.UNKNOWN and policy.once == "at-most":
            self._die(entry, Reason.UNKNOWN, now, **told)
        else:
            failures = entry.outcome.failures + (not probe)
            wait = backoff(max(failures, 1), policy.first_pause, policy.longest_pause, self._chance())
            due = now + timedelta(seconds=max(wait, answer.pause))
            self._change(entry, now, state=State.FAILED, failures=failures, due=due, **told)
            if failures >= policy.attempts:
                self._die(entry, Reason.ATTEMPTS, now)
            elif not self._end_overdue(entry, now):
                self._make_ready(entry)

    # Time

    def end_overdue(self, now: datetime) -> None:
        """Give up those that are past their time."""
        for entry in [entry for entry in self.open.values() if entry.stage in (Stage.WAITING, Stage.READY)]:
            self._end_overdue(entry, now)

    def forget_done(self, before: int, most: int) -> None:
        """Forget those that are over since before an offset of the outcomes, `most` at once; and the oldest, where
        there are too many."""
        for id, offset in list(islice(self.done.items(), most)):
            if offset >= before and len(self.done) <= MOST_DONE:
                return
            del self.done[id]
            self.changes[id] = None

    def _end_overdue(self, entry: Entry, now: datetime) -> bool:
        expires, since = entry.effect.expires, entry.outcome.since
        if expires is not None and expires <= now:
            self._die(entry, Reason.EXPIRED, now, message=f"not done by {expires.isoformat()}")
            return True
        longest = self._policies[entry.effect.effector].max_age
        if since is not None and since + timedelta(seconds=longest) <= now:
            self._die(entry, Reason.AGE, now, message=f"tried in vain for {longest:g} s: {entry.outcome.message}")
            return True
        return False

    # From one stage to the next

    def _try(self, entry: Entry) -> None:
        """Let an effect be called, when its turn has come."""
        line = self._lines[entry.effect.order]
        if not entry.effect.waits or next(iter(line)) == entry.effect.id:
            self._make_ready(entry)
        else:
            entry.stage = Stage.WAITING

    def _make_ready(self, entry: Entry) -> None:
        entry.stage = Stage.READY
        self.ready.append(entry)

    def _die(self, entry: Entry, reason: Reason, now: datetime, **told: Any) -> None:
        self._change(entry, now, state=State.DEAD, reason=reason, due=None, **told)
        entry.stage = Stage.DEAD
        if not self._holds(entry):
            self._leave_line(entry)

    def _die_without_effector(self, entry: Entry, now: datetime) -> None:
        name = entry.effect.effector
        message = f"there is no effects/{name}.yaml: add it, start the role `perform` anew, and retry"
        self._die(entry, Reason.EFFECTOR, now, message=message)

    def _holds(self, dead: Entry) -> bool:
        """Whether those behind a dead effect wait until somebody has decided."""
        policy = self._policies.get(dead.effect.effector)
        return dead.outcome.reason is not Reason.EXPIRED and (policy is None or policy.after_dead == "hold")

    def _close(self, entry: Entry) -> None:
        entry.stage = Stage.OVER
        id = entry.effect.id
        self.changes[id] = replace(entry.outcome, effect=None)
        self._bytes -= _size(entry.effect)
        del self.open[id]
        self.done[id] = self.here
        self._leave_line(entry)

    def _leave_line(self, entry: Entry) -> None:
        line = self._lines.get(entry.effect.order, {})
        if line.pop(entry.effect.id, None) is None:
            return
        if not line:
            del self._lines[entry.effect.order]
            return
        head = next(iter(line.values()))
        if head.stage is Stage.WAITING:
            self._make_ready(head)

    def _change(self, entry: Entry, now: datetime, **changes: Any) -> None:
        entry.outcome = self.changes[entry.effect.id] = replace(entry.outcome, changed=now, **changes)


def _size(effect: Effect) -> int:
    return len(effect.payload) + sum(map(len, effect.parameters.values()))
