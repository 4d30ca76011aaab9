"""Where a value departs from a msgspec type: every place at once, where msgspec's own conversion stops at the first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from enum import Enum
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import msgspec

Place = tuple[str | int, ...]
"""The keys and positions from the top of a value to a part of it: `("schema", 0, "name")`."""


class Fault(NamedTuple):
    """One departure. `reason` does not repeat the offending value, which may be confidential."""

    place: Place
    reason: str

    @property
    def path(self) -> str:
        """The place as a JSONPath: `$.schema[0].name`."""
        return "$" + "".join(map(_step, self.place))


def faults(kind: Any, value: Any, *, closed: bool = False) -> list[Fault]:
    """Every fault of `value`, made of dict, list and scalars, as `kind`; [] when `msgspec.convert` takes it.

    With `closed`, keys that a Struct does not declare are faults even where the Struct itself would ignore them.
    """
    return _faults(kind, value, (), closed)


def _faults(kind: Any, value: Any, at: Place, closed: bool) -> list[Fault]:
    error = _refusal(kind, value)
    if error is None and not closed:
        return []
    arm = _arm(kind, value)
    found = [fault for inner, step, part in _parts(arm, value) for fault in _faults(inner, part, (*at, step), closed)]
    found += _key_faults(arm, value, at, closed)
    return found or ([_own_fault(error, kind, at)] if error else [])


def _refusal(kind: Any, value: Any) -> msgspec.ValidationError | None:
    try:
        msgspec.convert(value, kind, str_keys=True)
    except msgspec.ValidationError as error:
        return error
    return None


def _parts(kind: Any, value: Any) -> Iterator[tuple[Any, str | int, Any]]:
    """The parts of `value` that can be looked at one by one: the type, the step and the value of each."""
    origin, arguments = get_origin(kind), get_args(kind)
    if isinstance(value, dict):
        if _is_struct(kind):
            fields = _fields(kind)
            yield from ((fields[key].type, key, part) for key, part in value.items() if key in fields)
        elif origin is dict:
            yield from ((arguments[1], key, part) for key, part in value.items())
    elif isinstance(value, list) and (origin in (list, set, frozenset) or (origin is tuple and arguments[-1] is ...)):
        yield from ((arguments[0], index, part) for index, part in enumerate(value))


def _key_faults(kind: Any, value: Any, at: Place, closed: bool) -> Iterator[Fault]:
    """Keys that are missing from a Struct's object or unknown in it."""
    if not (_is_struct(kind) and isinstance(value, dict)):
        return
    fields = _fields(kind)
    config = kind.__struct_config__
    for name, field in fields.items():
        if field.required and name not in value:
            yield Fault((*at, name), "is missing")
    if closed or config.forbid_unknown_fields:
        for key in value:
            if key not in fields and key != config.tag_field:
                near = get_close_matches(str(key), fields, n=1)
                yield Fault((*at, key), f"is not known; did you mean `{near[0]}`?" if near else "is not known here")


def _arm(kind: Any, value: Any) -> Any:
    """The part of a union that `value` is meant for, so that its inside can be looked at; else the type as it is."""
    if get_origin(kind) is Annotated:
        return _arm(get_args(kind)[0], value)
    if get_origin(kind) not in (Union, UnionType):
        return kind
    bare = [get_args(arm)[0] if get_origin(arm) is Annotated else arm for arm in get_args(kind)]
    if isinstance(value, dict):
        bare = [arm for arm in bare if _is_struct(arm) or get_origin(arm) is dict]
        if len(bare) > 1:
            bare = [arm for arm in bare if value.get(arm.__struct_config__.tag_field) == arm.__struct_config__.tag]
    elif isinstance(value, list):
        bare = [arm for arm in bare if get_origin(arm) in (list, tuple, set, frozenset)]
    return bare[0] if len(bare) == 1 else kind


def _own_fault(error: msgspec.ValidationError, kind: Any, at: Place) -> Fault:
    """msgspec's message taken apart: ``Expected `int`, got `str` - at `$.a[0].b` ``."""
    message, _, path = str(error).partition(" - at `$")
    steps = re.findall(r"\.([^.\[\]`]+)|\[(\d+)\]", path)
    place = (*at, *(int(index) if index else name for name, index in steps))
    if message.startswith("Invalid enum value") and (choices := _choices(kind)):
        return Fault(place, f"expected one of {', '.join(map(str, choices))}")
    return Fault(place, message[0].lower() + message[1:])


def _choices(kind: Any) -> list[Any]:
    if get_origin(kind) in (Annotated, Union, UnionType):
        return [choice for arm in get_args(kind) for choice in _choices(arm)]
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    return [member.value for member in kind] if isinstance(kind, type) and issubclass(kind, Enum) else []


@lru_cache(maxsize=1000)
def _fields(kind: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    """The fields of a Struct by their names in the document; msgspec evaluates the annotations anew at each call."""
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if re.fullmatch(r"\w+", step) else f"['{step}']"
