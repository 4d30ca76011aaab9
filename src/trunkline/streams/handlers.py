"""The functions that users write, as they are called: what each takes is read from its annotations."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec

from trunkline.log.envelope import micros
from trunkline.log.port import Record

LATEST = 1 << 62  # microseconds: what is later is no time, and does not fit where times are packed

Field = str | Callable[[Any], Any]
"""Something of an event: the name of its field, or a function of it."""


class Rejection(Exception):
    """Raised by a processor's function for an event that it cannot take: the event goes to the quarantine.

    `reason` is a short stable code (`usage.negative`), `message` the sentence for the person who must act.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Handler(NamedTuple):
    """What is called for the events of one topic: `call(state, event, out)`."""

    call: Callable[[Any, Any, Any], Any]
    decode: Callable[[bytes], Any] | None
    """Makes the event of a value; None where the event is the value itself, or the record."""
    records: bool
    """The event is the record (`Record`)."""
    optional: bool
    """A tombstone is an event too: None."""
    key: Callable[[Any], bytes] | None
    time: Callable[[Any], int] | None


def handler(
    call: Callable[[Any, Any, Any], Any], event: Any, *, key: Field | None = None, time: Field | None = None
) -> Handler:
    """A handler of events annotated as `event`: `bytes`, `Record`, or anything that msgspec reads from JSON."""
    type, optional = without_none(event)
    raw = type is bytes or type is Record
    decode = None if raw else msgspec.json.Decoder(type).decode
    return Handler(
        call,
        decode,
        type is Record,
        optional,
        None if key is None else key_of(key),
        None if time is None else time_of(time),
    )


def decode_reason(error: Exception) -> str:
    """The reason with which an event goes to the quarantine that could not be decoded."""
    return "decode.schema" if isinstance(error, msgspec.ValidationError) else "decode.json"


def signature(function: Callable[..., Any], count: int) -> tuple[list[Any], Any]:
    """The annotations of the function's parameters, of which there must be `count`, and of what it returns.

    Raises `TypeError` where one has none.
    """
    name = getattr(function, "__name__", repr(function))
    parameters = list(inspect.signature(function).parameters)
    if len(parameters) != count:
        raise TypeError(f"{name} takes {len(parameters)} parameters, where {count} are given to it")
    try:
        hints = get_type_hints(function)
    except NameError as error:
        raise TypeError(f"{name}: {error}; its annotations must be names of its module") from error
    if missing := [each for each in [*parameters, "return"] if each not in hints]:
        raise TypeError(f"{name} must have a type annotation on {', '.join(missing)}: by them events are decoded")
    return [hints[each] for each in parameters], hints["return"]


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """The types of a union; of any other type, itself."""
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def without_none(annotation: Any) -> tuple[Any, bool]:
    """The type without `| None`, and whether it had that."""
    every = alternatives(annotation)
    types = tuple(each for each in every if each is not NoneType)
    return (Union[types], True) if 0 < len(types) < len(every) else (annotation, False)  # noqa: UP007  # of a tuple


def key_of(field: Field) -> Callable[[Any], bytes]:
    """A function that gives an event's key. It raises `Rejection` where that is no text."""
    get = attrgetter(field) if isinstance(field, str) else field

    def key(event: Any) -> bytes:
        found = get(event)
        if isinstance(found, str):
            return found.encode()
        if isinstance(found, bytes):
            return found
        raise Rejection("event.key", f"its key must be a text or bytes, and is {found!r}")

    return key


def time_of(field: Field) -> Callable[[Any], int]:
    """A function that gives an event's time in microseconds. It raises `Rejection` where that is none."""
    get = attrgetter(field) if isinstance(field, str) else field

    def time(event: Any) -> int:
        found = get(event)
        if isinstance(found, datetime) and found.tzinfo is not None:
            found = micros(found)
        if found.__class__ is int and 0 <= found <= LATEST:
            return int(found)
        raise Rejection("event.time", f"its time must be microseconds or a moment with a time zone, and is {found!r}")

    return time
