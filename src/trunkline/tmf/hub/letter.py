"""Dead letters: events that a subscriber did not take. They wait in the store until a person has them sent again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from trunkline.log.envelope import attributes
from trunkline.log.port import Record
from trunkline.store import Kind, Query, Store, StoreError, Unit
from trunkline.store.query import And, Compare, Condition, Operator, Sort
from trunkline.tmf.declaration import boolean, number, text
from trunkline.tmf.events import now
from trunkline.tmf.hub.connection import Answer

PAGE = 500  # letters found, or changed, at once


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An event that was given up for a subscription after `attempts`, which lay at `offset` of `partition` in the log.

    `status` is the last answer's, 0 where there was none. `replay` says that it is to be sent again.
    """

    subscription: str
    partition: int
    offset: int
    event_id: str
    event_type: str
    attempts: int
    status: int
    message: str
    died: str
    event: msgspec.Raw
    replay: bool = False

    @property
    def id(self) -> str:
        """That of its document."""
        return f"{self.subscription}/{self.partition}/{self.offset}"


def letter_of(subscription: str, record: Record, attempts: int, answer: Answer) -> DeadLetter:
    """The event of a record becomes a dead letter."""
    its = attributes(record)
    return DeadLetter(
        subscription=subscription,
        partition=record.partition,
        offset=record.offset,
        event_id=its["id"],
        event_type=its["type"],
        attempts=attempts,
        status=answer.status,
        message=answer.message,
        died=now(),
        event=_raw(record.value or b""),
    )


def still_dead(letter: DeadLetter, attempts: int, answer: Answer) -> DeadLetter:
    """A letter that was sent again, in vain."""
    attempts += letter.attempts
    return replace(letter, attempts=attempts, status=answer.status, message=answer.message, died=now(), replay=False)


def _raw(value: bytes) -> msgspec.Raw:
    """A value as part of a document; null where it is no JSON."""
    try:
        msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.Raw(b"null")
    return msgspec.Raw(value)


LETTERS = Kind("hubLetter", (text("subscription"), number("offset"), boolean("replay")))
IN_ORDER = (Sort(("subscription",)), Sort(("offset",)))

_decode = msgspec.json.Decoder(DeadLetter).decode


class DeadLetters:
    """Those of a store."""

    def __init__(self, store: Store) -> None:
        store.declare([LETTERS])
        self._store = store

    def all(self, subscription: str = "") -> Iterator[DeadLetter]:
        """All of them, or those of a subscription, in the order of its events."""
        where = Compare(("subscription",), Operator.EQ, subscription) if subscription else None
        after = ""
        while (found := self._store.find(Query(LETTERS.name, where, IN_ORDER, limit=PAGE, after=after))).records:
            yield from (_decode(stored.document) for stored in found.records)
            after = found.last

    def any_to_replay(self) -> bool:
        """Whether any is to be sent again."""
        return bool(self._store.find(Query(LETTERS.name, _TO_REPLAY, limit=1)).records)

    def to_replay(self, subscription: str) -> list[DeadLetter]:
        """The first of a subscription that are to be sent again."""
        where = And((Compare(("subscription",), Operator.EQ, subscription), _TO_REPLAY))
        found = self._store.find(Query(LETTERS.name, where, IN_ORDER, limit=PAGE))
        return [_decode(stored.document) for stored in found.records]

    def replay(self, ids: Sequence[str]) -> None:
        """Have these sent again. Raises `StoreError` where one is not there."""

        def again(unit: Unit, id: str) -> None:
            stored = unit.get(LETTERS.name, id)
            if stored is None:
                raise StoreError(f"there is no dead letter {id}: `trunkline hub dead-letters` lists them")
            unit.replace(LETTERS.name, id, msgspec.json.encode(replace(_decode(stored.document), replay=True)))

        self._each(ids, again)

    def drop(self, ids: Sequence[str]) -> None:
        """Forget these; those that are not there are forgotten already."""

        def forget(unit: Unit, id: str) -> None:
            if unit.get(LETTERS.name, id) is not None:
                unit.remove(LETTERS.name, id)

        self._each(ids, forget)

    def _each(self, ids: Sequence[str], change: Callable[[Unit, str], None]) -> None:
        for first in range(0, len(ids), PAGE):
            with self._store.unit() as unit:
                for id in ids[first : first + PAGE]:
                    change(unit, id)


_TO_REPLAY: Condition = Compare(("replay",), Operator.EQ, True)
