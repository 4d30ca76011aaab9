"""Whose the events of a topic are, as its contract says, or the settings of the records that they tell of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from trunkline.store.matching import values as values_at

Keys = Sequence[bytes | None]
Values = Sequence[bytes | None]


class Whose(Protocol):
    """Whose the events of a topic are."""

    def of(self, keys: Keys, values: Values) -> Keys:
        """Of each event the person's name; None where it is nobody's."""


class ByKey:
    """The person whom the event's key names."""

    def of(self, keys: Keys, values: Values) -> Keys:
        return keys


class ByField:
    """The person whom the first of these texts of the value names that is there and not empty; where none is, with
    `or_key`, whom the key names. A name is a field of the first level, behind a prefix where persons are called so
    elsewhere: `imsi:imsi` is `imsi:` and what the field `imsi` says.
    """

    def __init__(self, names: Sequence[str], *, or_key: bool = False) -> None:
        split = [name.rpartition(":") for name in names]
        self._prefixes = [f"{prefix}{colon}" for prefix, colon, _ in split]
        self._places = [f"field{place}" for place in range(len(split))]
        fields = {place: field for place, (_, _, field) in zip(self._places, split, strict=True)}
        named = [(place, Any, None) for place in self._places]
        self._decode = msgspec.json.Decoder(msgspec.defstruct("Named", named, rename=fields, gc=False)).decode
        self._or_key = or_key

    def of(self, keys: Keys, values: Values) -> Keys:
        named = map(self._named, values)
        return [name or key for name, key in zip(named, keys, strict=True)] if self._or_key else list(named)

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


class _Told(msgspec.Struct):
    """What is read of an event of TMF630: the document that it tells of, by its kind."""

    event: dict[str, dict[str, Any]]


_told: Final = msgspec.json.Decoder(_Told).decode


class ByRecord:
    """The person whom a record names of which the event tells (TMF630, `event`): by kind the path to that name."""

    def __init__(self, subjects: Mapping[str, tuple[str, ...]]) -> None:
        self._subjects = subjects

    def of(self, keys: Keys, values: Values) -> Keys:
        return [self._named(value) for value in values]

    def _named(self, value: bytes | None) -> bytes | None:
        if value is None:
            return None
        try:
            told = _told(value).event
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        for kind, document in told.items():
            path = self._subjects.get(kind)
            found = None if path is None else next(iter(values_at(document, path or ("id",))), None)
            if isinstance(found, str) and found:
                return found.encode()
        return None
