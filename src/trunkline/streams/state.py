"""State by key: what it is now, and what those keys held at the last commit that have changed since.

A value is never changed in place, so that going back is to put what was held before. Packed, it is a MessagePack map of
keys (bytes) to values, nil for a key that was removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Generic, TypeVar, cast

import msgspec
from msgspec import inspect

from trunkline.streams.instance import CHUNK

V = TypeVar("V")
FIRST = 1_000  # keys of the first chunk; the others are cut by what it weighed

FIXED = (
    inspect.IntType,
    inspect.FloatType,
    inspect.StrType,
    inspect.BytesType,
    inspect.BoolType,
    inspect.NoneType,
    inspect.DecimalType,
    inspect.DateTimeType,
    inspect.DateType,
    inspect.TimeType,
    inspect.TimeDeltaType,
    inspect.UUIDType,
    inspect.EnumType,
    inspect.LiteralType,
)

_encode = msgspec.msgpack.Encoder().encode


class State(Generic[V]):
    """Values by key, as they are now. A hot loop may do what `set` does by itself."""

    def __init__(self) -> None:
        self.values: dict[bytes, V] = {}
        self.before: dict[bytes, V | None] = {}
        """What the keys held at the last commit that have changed since; None: nothing."""

    def __len__(self) -> int:
        return len(self.values)

    def get(self, key: bytes) -> V | None:
        """The value of a key."""
        return self.values.get(key)

    def set(self, key: bytes, value: V | None) -> None:
        """Change a key's value; None removes the key."""
        self.before.setdefault(key, self.values.get(key))
        self._put(key, value)

    def put(self, values: Mapping[bytes, V | None]) -> None:
        """Take values as committed."""
        self.values.update(cast(Mapping[bytes, V], values))  # the removed keys among them go at once
        for key in [key for key, value in values.items() if value is None]:
            del self.values[key]

    def changes(self) -> Iterator[Mapping[bytes, V | None]]:
        """What has changed since the last `done`, in parts that `pack` makes records of."""
        before = self.before
        return parts(dict(zip(before, map(self.values.get, before), strict=True))) if before else iter(())

    def done(self) -> None:
        """The changes are committed."""
        self.before.clear()

    def undo(self) -> None:
        """Go back to what is committed."""
        for key, value in self.before.items():
            self._put(key, value)
        self.before.clear()

    def chunks(self) -> Iterator[Mapping[bytes, V | None]]:
        """All values, in such parts, each as it is when it is asked for: between commits."""
        keys = iter(list(self.values))
        count = FIRST
        while names := list(islice(keys, count)):
            part: dict[bytes, V | None] = {key: self.values[key] for key in names if key in self.values}
            if part:
                yield from parts(part)
                count = max(1, min(8 * count, len(part) * CHUNK // len(pack(part))))

    def _put(self, key: bytes, value: V | None) -> None:
        if value is None:
            self.values.pop(key, None)
        else:
            self.values[key] = value


def decoder(type: Any) -> Callable[[bytes], dict[bytes, Any]]:
    """What reads packed values of a type."""
    return msgspec.msgpack.Decoder(dict[bytes, type | None]).decode


def pack(values: object) -> bytes:
    """Values as a record of the changelog."""
    return _encode(values)


def parts(values: Mapping[bytes, V]) -> Iterator[Mapping[bytes, V]]:
    """The values cut so that each part, packed, has about `CHUNK` bytes at most."""
    size = len(pack(values))
    if size <= CHUNK or len(values) == 1:
        yield values
        return
    items, count = iter(values.items()), -(-len(values) // (size // CHUNK + 1))
    while part := dict(islice(items, count)):
        yield from parts(part)


def refuse_mutable(state: Any) -> None:
    """Raises `TypeError` where a value of the type could be changed in place, saying which part of it."""
    if fault := _mutable(inspect.type_info(state), set()):
        raise TypeError(
            f"state must be of a type that cannot be changed in place: a Struct with frozen=True whose fields are such "
            f"types too, int, float, str, bytes, bool, or a tuple of them; {fault}"
        )


def _mutable(type: inspect.Type, seen: set[object]) -> str:
    """What of a type could be changed in place, "" where nothing could."""
    if isinstance(type, FIXED):
        return ""
    if isinstance(type, inspect.StructType):
        if type.cls in seen:
            return ""
        seen.add(type.cls)
        if not type.cls.__struct_config__.frozen:
            return f"{type.cls.__name__} is a Struct without frozen=True"
        faults = ((f"{type.cls.__name__}.{field.name}", _mutable(field.type, seen)) for field in type.fields)
        return next((f"{place}: {fault}" for place, fault in faults if fault), "")
    if isinstance(type, inspect.UnionType):
        return next(filter(None, (_mutable(each, seen) for each in type.types)), "")
    if isinstance(type, inspect.TupleType):
        return next(filter(None, (_mutable(each, seen) for each in type.item_types)), "")
    if isinstance(type, inspect.VarTupleType | inspect.FrozenSetType):
        return _mutable(type.item_type, seen)
    if isinstance(type, inspect.AnyType):
        return "it does not say of what type its parts are"
    return f"a {type.__class__.__name__.removesuffix('Type').lower()} can be changed"
