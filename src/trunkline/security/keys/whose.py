"""Whose the events of a topic are, as its contract says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

Keys = Sequence[bytes | None]
Values = Sequence[bytes | None]


class Whose:
    """The person whom the event's key names; or, with `names`, whom the first of these texts of the value names that is
    there and not empty. A name is a field of the first level, behind a prefix where persons are called so elsewhere:
    `imsi:imsi` is `imsi:` and what the field `imsi` says.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        split = [name.rpartition(":") for name in names]
        self._prefixes = [f"{prefix}{colon}" for prefix, colon, _ in split]
        self._places = [f"field{place}" for place in range(len(split))]
        fields = {place: field for place, (_, _, field) in zip(self._places, split, strict=True)}
        named = [(place, Any, None) for place in self._places]
        self._decode = msgspec.json.Decoder(msgspec.defstruct("Named", named, rename=fields, gc=False)).decode

    def of(self, keys: Keys, values: Values) -> Keys:
        """Of each event the person's name; None where it is nobody's."""
        return [self._named(value) for value in values] if self._places else keys

    def _named(self, value: bytes | None) -> bytes | None:
        if value is None:
            return None
        try:
            read = self._decode(value)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        for place, prefix in zip(self._places, self._prefixes, strict=True):
            name = getattr(read, place)
            if isinstance(name, str) and name:
                return f"{prefix}{name}".encode()
        return None
