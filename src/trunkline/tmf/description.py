"""Record types in the shape of a version, from which the OpenAPI document's schemas are made."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ForwardRef, Literal

import msgspec
from msgspec import UNSET, UnsetType

from trunkline.tmf.declaration import V4, V5, Resource, Task, Version
from trunkline.tmf.shapes import (
    Attribute,
    Records,
    RecordType,
    Shape,
    required_of,
    required_of_new,
    shape,
    shape_of,
    special,
    type_in,
)

TIME = Annotated[datetime, msgspec.Meta(tz=True)]
_made: dict[tuple[Any, ...], RecordType] = {}


def described(of: Resource | Task, version: Version, *, creating: bool = False) -> RecordType:
    """A record type as a version tells of it, with the attributes of all its more special types.

    `creating`: as it is sent to be made, `Alarm_Create` in v4 and `Alarm_FVO` in v5, with what is required then.
    """
    shapes = [shape_of(of, version, each) for each in special((of.record,))]
    name = shapes[0].type or of.record.__name__
    required = _required(shapes[:1], version)
    if creating:
        name += "_Create" if version is V4 else "_FVO"
        names = {attribute.path[0]: called for called, attribute in shapes[0].attributes.items()}
        required |= {names.get(each, each) for each in required_of_new(of, version)}
    return _record(name, shapes, frozenset(required), version)


def _held(records: Records, version: Version, flat: bool) -> RecordType:
    shapes = [shape(each, version, flat) for each in special(records)]
    names = [type_in(each, version) or each.__name__ for each in records]
    return _record(_either(names), shapes, frozenset(_required(shapes[: len(records)], version)), version)


def _required(shapes: list[Shape], version: Version) -> set[str]:
    """What an object must have, of whichever of these it is."""
    required = set.intersection(*(required_of(each) for each in shapes))
    if version is V5 and all(each.type for each in shapes):
        required.add("@type")
    return required


def _either(names: list[str]) -> str:
    """`AlarmRefOrValue` of AlarmRef and Alarm, as TM Forum names it."""
    first, *others = names
    return f"{first}OrValue" if others == [first.removesuffix("Ref")] else "Or".join(names)


def _record(name: str, shapes: list[Shape], required: frozenset[str], version: Version) -> RecordType:
    """A record type with the attributes of all these shapes. What it holds is made after it: that may be itself."""
    key = (name, version, required, *shapes)
    if key in _made:
        return _made[key]
    attributes: dict[str, Attribute] = {}
    for each in reversed(shapes):
        attributes |= {called: attribute for called, attribute in each.attributes.items() if not attribute.left_out}
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for place, (called, attribute) in enumerate(attributes.items()):
        type = _type(attribute, f"Held{place}")
        fields.append((f"a{place}", type) if called in required else (f"a{place}", type | UnsetType, UNSET))
    made = msgspec.defstruct(
        name,
        fields,
        rename={f"a{place}": called for place, called in enumerate(attributes)},
        kw_only=True,
        namespace={"__doc__": shapes[0].record.__doc__},
        module=__name__,
    )
    _made[key] = made
    for place, attribute in enumerate(attributes.values()):
        if attribute.records:
            setattr(made, f"Held{place}", _held(attribute.records, version, attribute.flat))
    return made


def _type(attribute: Attribute, held: str) -> Any:
    """The annotation of an attribute; objects are of a type that the record type has by the name `held`."""
    type: Any = TIME if attribute.scalar is datetime else attribute.scalar
    if attribute.records:
        type = ForwardRef(held)
    elif attribute.words:
        type = Literal[attribute.words]
    return list[type] if attribute.many and not attribute.single else type
