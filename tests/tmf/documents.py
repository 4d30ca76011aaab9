"""Generated documents: such as a resource, in the shape of a version, may be."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from hypothesis import strategies as st

from trunkline.tmf.declaration import Resource, Task, Version
from trunkline.tmf.versions import described

texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=6)
times = st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC)).map(
    lambda time: time.isoformat().replace("+00:00", "Z")
)
scalars = st.booleans() | st.integers(-9, 9) | texts | st.floats(-9, 9)
values = st.recursive(
    scalars, lambda further: st.lists(further, max_size=2) | st.dictionaries(texts, further, max_size=2)
)
extensions = st.dictionaries(texts.map(lambda text: f"x{text}"), values, max_size=2)


def documents(
    of: Resource | Task, version: Version, *, typed: bool = True, extended: bool = True
) -> st.SearchStrategy[dict[str, Any]]:
    """Documents that are right. `typed`: with the `@type` where v5 requires it; `extended`: with attributes that the
    types do not have."""
    return _objects(described(of, version), typed, extended)


_WHOLE = {
    "AlarmRefOrValue": "Alarm",
    "ResourceRefOrValue": "Resource",
    "PerformanceIndicatorSpecificationRefOrValue": "PerformanceIndicatorSpecification",
    "PerformanceIndicatorGroupSpecificationRefOrValue": "PerformanceIndicatorGroupSpecification",
    "PerformanceMeasurementRefOrValue": "PerformanceMeasurement",
    "PartyRefOrPartyRoleRef": "PartyRoleRef",
}
"""Of the types that an object may be of, that which has all attributes."""


@cache
def _objects(
    record: type[msgspec.Struct], typed: bool, extended: bool, depth: int = 0
) -> st.SearchStrategy[dict[str, Any]]:
    """With all that is required, and a few of the others: fewer, the further in."""
    required: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for field in msgspec.structs.fields(record):
        name = field.encode_name
        if name == "@type":
            if typed and field.required:
                required[name] = st.just(_WHOLE.get(record.__name__, record.__name__))
        else:
            (required if field.required else optional)[name] = _values(field.type, typed, extended, depth)
    few = max(4 - depth, 0)
    names = st.lists(st.sampled_from(sorted(optional)), max_size=few, unique=True) if optional else st.just([])
    others = names.flatmap(lambda some: st.fixed_dictionaries({name: optional[name] for name in some}))
    further = extensions if extended else st.just({})
    return st.builds(lambda *parts: parts[0] | parts[1] | parts[2], further, st.fixed_dictionaries(required), others)


def _values(annotation: Any, typed: bool, extended: bool, depth: int) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _values(arguments[0], typed, extended, depth)
    if origin in (Union, UnionType):
        [only] = [each for each in arguments if each is not msgspec.UnsetType]
        return _values(only, typed, extended, depth)
    if origin is list:
        return st.lists(_values(arguments[0], typed, extended, depth), max_size=2)
    if origin is Literal:
        return st.sampled_from(arguments)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return st.deferred(lambda: _objects(annotation, typed, extended, depth + 1))
    return _SCALARS[origin or annotation]


_SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    int: st.integers(-9, 9),
    float: st.floats(-9, 9),
    bool: st.booleans(),
    datetime: times,
    dict: st.dictionaries(texts, values, max_size=2),
    Any: values,
}
