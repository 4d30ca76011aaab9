"""The ledger's records: what became of each effect, and what people decided."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

import msgspec

from trunkline.effects.effect import Effect, Place


class State(StrEnum):
    """How far an effect has come. `attempted` is written before the call, for an effector that is `at-most` once;
    `failed` means that it will be tried again, `dead` that it will not unless a person says so."""

    REQUESTED = "requested"
    ATTEMPTED = "attempted"
    FAILED = "failed"
    SUCCEEDED = "succeeded"
    DEAD = "dead"
    DROPPED = "dropped"

    @property
    def over(self) -> bool:
        """Whether nothing can come any more."""
        return self in (State.SUCCEEDED, State.DROPPED)


class Reason(StrEnum):
    """Why an effect is dead: the target `refused` it; it had all its `attempts`, or is past the `age` that the effector
    allows or the time at which it `expired`; it is `unknown` whether it was done, and the target may not be asked
    twice; or there is no `effector` of that name."""

    REFUSED = "refused"
    ATTEMPTS = "attempts"
    AGE = "age"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    EFFECTOR = "effector"


class Result(StrEnum):
    """How a call ended: it is `done`; `later` means that it surely is not, and may be tried again; `refused`, that it
    is not and never will be; `unknown`, that it may have been done or not."""

    DONE = "done"
    LATER = "later"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Attempt(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One call: the proof of what was done and what the target said.

    `status` is the target's own (of HTTP, 0 where it said none), `message` the beginning of what it said.
    """

    number: int
    began: datetime
    ended: datetime | None = None
    result: Result = Result.UNKNOWN
    status: int = 0
    message: str = ""


class Action(StrEnum):
    """What may be done about a dead effect."""

    RETRY = "retry"
    DROP = "drop"


class Decision(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a person decided of a dead effect."""

    id: str
    action: Action
    by: str
    time: datetime
    why: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """All that is known of one effect; the last one of an id counts.

    `number` counts the effects of a partition in the order in which they were asked for, and `requested` is when this
    one was. `failures` are those that count against the effector's `attempts`, and `since` is when it was first tried:
    both begin anew when a person lets it be tried again. `due` is when it is tried next. `receipt` is the target's own
    reference. `effect` is the request, while it is not over.
    """

    topic: ClassVar[str] = "effect.outcome"

    id: str
    effector: str
    order: str
    state: State
    number: int
    requested: datetime
    changed: datetime
    request: Place
    cause: Place | None = None
    reason: Reason | None = None
    message: str = ""
    attempts: tuple[Attempt, ...] = ()
    """The last 100."""
    attempted: int = 0
    """How many there were in all."""
    failures: int = 0
    since: datetime | None = None
    due: datetime | None = None
    receipt: str = ""
    duplicates: int = 0
    """How often it was asked for again."""
    decisions: tuple[Decision, ...] = ()
    effect: Effect | None = None

    @property
    def key(self) -> str:
        return self.id
