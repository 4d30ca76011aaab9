"""The request: what a processor wants done in the outside world."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Protocol

import msgspec

from trunkline.log.port import Record

Id = Annotated[str, msgspec.Meta(pattern=r"^[!#-\[\]-~]{1,200}$")]
"""Visible ASCII without `"` and backslash, so that it can stand in a header."""


class Place(msgspec.Struct, frozen=True, rename="camel"):
    """Where an event lies in the log."""

    topic: str
    partition: int
    offset: int

    @classmethod
    def of(cls, record: Record) -> Place:
        return cls(record.topic, record.partition, record.offset)


class Effect(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A call that somebody wants made, once.

    `id` is the idempotency key. Make it from what the effect is about (`notice-<subscription>-<cycle>-80`), never from
    a clock or a random number, so that a processor that works on the same event again asks for the same effect. The
    same id must come with the same `order`.

    `effector` says who performs it: the name of a file `effects/<name>.yaml`. `payload` is what is sent, as text (JSON,
    as a rule), and `parameters` fill the places `{name}` of the effector's URL.

    `order` is the ordering key, a subscription say: an effect waits until those before it with the same one are done
    with, unless it says that it need not (`waits`). After `expires` it is not begun any more.
    `cause` is the event that made the processor ask.
    """

    topic: ClassVar[str] = "effect.requested"

    id: Id
    effector: Annotated[str, msgspec.Meta(min_length=1, max_length=63)]
    order: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
    payload: Annotated[str, msgspec.Meta(max_length=262_144)] = ""
    parameters: dict[str, str] = {}
    waits: bool = True
    expires: datetime | None = None
    cause: Place | None = None

    @property
    def key(self) -> str:
        return self.order


class Outputs(Protocol):
    """Where a processor sends: `streams.outputs.Outputs`, or the one that a processor's class is given."""

    def send(self, topic: str, key: str, value: bytes | None, *, id: str) -> None: ...


def request(effect: Effect, out: Outputs) -> None:
    """Ask for an effect, as part of what a processor sends."""
    out.send(Effect.topic, effect.key, msgspec.json.encode(effect), id=effect.id)
