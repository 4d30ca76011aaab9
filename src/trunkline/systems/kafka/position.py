"""How far another Kafka's topics have been taken: what the log keeps, with the events, from which a restart goes on."""

from __future__ import annotations

import msgspec


class TopicPosition(msgspec.Struct, frozen=True):
    """The next offset of each partition of the topic with this `id`; one that is made anew has another."""

    id: str
    offsets: dict[int, int]


class Position(msgspec.Struct, frozen=True):
    """By the topic's name."""

    topics: dict[str, TopicPosition] = {}

    @classmethod
    def read(cls, value: bytes | None) -> Position:
        """The position that was written so; the very first where nothing was."""
        return msgspec.json.decode(value, type=cls) if value is not None else cls()

    def bytes(self) -> bytes:
        return msgspec.json.encode(self)
