"""Texts of digits found by their longest known prefix: numbers by E.164, networks by MCC and MNC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class Prefixes(Generic[T]):
    """What each prefix stands for; the empty prefix is that of every text."""

    def __init__(self, values: Mapping[str, T]) -> None:
        self.values = dict(values)
        self._lengths = sorted({len(prefix) for prefix in values}, reverse=True)

    def find(self, text: str) -> T | None:
        """What the longest prefix of `text` stands for; None where it has none."""
        for length in self._lengths:
            if (prefix := text[:length]) in self.values and len(prefix) == length:
                return self.values[prefix]
        return None
