"""The shape of an effector: what performs effects on one outside system, and how it is declared.

A kind of effector is a folder here, or in the operator's own `effects/`, whose `__init__.py` says
`EFFECTOR = Kind(name="http", settings=HttpSettings, open=open_endpoint)`. The runner opens one for each declared one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Protocol

import msgspec

from trunkline.effects.effect import Effect
from trunkline.effects.outcome import Result
from trunkline.protection import Unprotected

Seconds = Annotated[float, msgspec.Meta(gt=0, le=31_536_000)]


class BreakerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """After `failures` within `window` seconds the effector is left alone for `pause` seconds; then one call tries."""

    failures: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 5
    window: Seconds = 30.0
    pause: Seconds = 10.0


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every effector declares in `effects/<name>.yaml`; each kind adds its own fields in a subclass
    (`frozen=True, kw_only=True`). Times are in seconds.

    `once: at-least` is for a target that knows an idempotency key again: a call is repeated until it is known to be
    done. `at-most` is for one that does not: a call that may have been done is never repeated by itself.
    At most `in_flight` calls run at once, and `rate` begin a second (with `burst` at once after a rest).
    A call that failed is repeated after `first_pause`, doubled each time up to `longest_pause`, until there were
    `attempts` or `max_age` is over. `after_dead` says whether the effects behind a dead one of the same ordering key
    `hold` until a person has decided, or `pass`.
    """

    kind: str
    once: Literal["at-least", "at-most"] = "at-least"
    in_flight: Annotated[int, msgspec.Meta(ge=1, le=256)] = 8
    rate: Annotated[float, msgspec.Meta(gt=0, le=1e6)] | None = None
    burst: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    attempts: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 10
    max_age: Seconds = 86_400.0
    first_pause: Seconds = 1.0
    longest_pause: Seconds = 300.0
    breaker: BreakerSettings = BreakerSettings()
    after_dead: Literal["hold", "pass"] = "hold"

    def unprotected(self) -> Iterable[Unprotected]:
        """Ways to other machines on which it is not encrypted, or not known who they are (`trunkline.protection`)."""
        return ()


class Answer(NamedTuple):
    """How a call ended, as the effector understands its target.

    `pause` is how long the target wants to be left alone, in seconds. `ill` says that it did not answer, or that it is
    not well: that counts for the circuit breaker.
    """

    result: Result
    status: int = 0
    message: str = ""
    receipt: str = ""
    pause: float = 0.0
    ill: bool = False


class Effector(Protocol):
    """An open way to a target, used by several threads at once."""

    def perform(self, effect: Effect) -> Answer:
        """Make the call, with `effect.id` as the idempotency key; blocks, for a bounded time.

        What it raises counts as `unknown`.
        """

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Context:
    """What an effector is given. `project` is the operator's folder, to which relative paths in settings refer.
    `secret` turns a `Secret` setting into its value and raises `ValueError` with what to do where it is not there."""

    name: str
    project: Path
    secret: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of effector. `open` raises `ValueError` with what to put right."""

    name: str
    settings: type[Settings]
    open: Callable[[Any, Context], Effector]
