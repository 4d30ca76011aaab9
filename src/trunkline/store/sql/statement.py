"""A statement that is put together from parts: its parameters, and names that are used once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import count
from typing import Any

from sqlalchemy import Connection, text

from trunkline.store.pattern import read_pattern
from trunkline.store.query import Value


class Statement:
    """What the parts of one statement share. `number` says how the dialect takes a number."""

    def __init__(self, number: Callable[[float], Any]) -> None:
        self._number = number
        self._names = count(1)
        self.parameters: dict[str, Any] = {}

    def add(self, value: Any) -> str:
        """A parameter; returns how the statement names it."""
        name = f"p{next(self._names)}"
        self.parameters[name] = value
        return f":{name}"

    def compared(self, value: Any) -> str:
        """A parameter that is held against a text or a number of a document."""
        return self.add(self._number(value) if isinstance(value, int | float) else value)

    def pattern(self, value: Value) -> str:
        """A parameter that is a pattern as PostgreSQL has it. Raises `PatternError`."""
        return self.add(read_pattern(str(value)).postgresql)

    def alias(self) -> str:
        """A name for a row that no other part has."""
        return f"t{next(self._names)}"

    def run(self, connection: Connection, sql: str) -> list[Any]:
        """All rows that the statement gives."""
        return list(connection.execute(_read(sql), self.parameters).all())


_read = lru_cache(maxsize=500)(text)
