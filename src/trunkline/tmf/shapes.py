"""The shape of a record type in a version of its API: what each attribute is called there, and what it may hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, Union, get_args, get_origin

import msgspec
from msgspec import UNSET

from trunkline.store.query import Path
from trunkline.tmf.declaration import V4, Projection, Resource, Task, Version
from trunkline.tmf.model.entity import Extensible

RecordType: TypeAlias = type[msgspec.Struct]
Records: TypeAlias = tuple[RecordType, ...]

_SCALARS = (str, int, float, bool, datetime, dict)


@dataclass(frozen=True, slots=True)
class Attribute:
    """What an attribute may hold: objects of `records`, or `scalar` values: str, int, float, bool, datetime, dict, Any.

    `path` is where the canonical object has it: further in where the version has it flat. `words` are an enumeration,
    `unsaid` those of v5's that the version does not have.
    `many`: an array, of which the version has but the first where `single`. `flat`: v5 nests its objects, the version
    does not. `left_out`: the version does not have it. `moved`: of what stands there, the version has something of
    another object (`Shape.moved`), and nothing else is to be done with it.
    """

    path: Path
    scalar: Any = None
    records: Records = ()
    words: tuple[str, ...] = ()
    unsaid: frozenset[str] = frozenset()
    many: bool = False
    single: bool = False
    flat: bool = False
    left_out: bool = False
    moved: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """The attributes of a record type by their names in a version.

    `type` is what the version calls the record type, empty where it has no `@type`. `inner` is the attribute that v5
    has and this version has not, because what it holds stands beside the others; what nobody knows belongs to it.
    `identified_by` leads to what serves as an id where there is none (`Extensible.identified_by`). `moved` are paths in
    the canonical object, and where the version has what stands there. `nulls` the version requires, and v5 does not:
    they may be of any value, and are null where there is none.
    """

    record: RecordType
    type: str
    attributes: Mapping[str, Attribute]
    inner: str
    identified_by: tuple[Path, ...]
    moved: tuple[tuple[Path, Path], ...] = ()
    nulls: frozenset[str] = frozenset()


class _Rules(NamedTuple):
    """What projections say together, as a key of caches."""

    renamed: tuple[tuple[str, str], ...]
    words: tuple[tuple[str, tuple[str, ...]], ...]
    flat: frozenset[str]
    single: frozenset[str]
    left_out: frozenset[str]
    moved: tuple[tuple[str, str], ...]
    required: frozenset[str]


def _rules(*projections: Projection) -> _Rules:
    return _Rules(
        tuple({old: new for each in projections for old, new in each.renamed.items()}.items()),
        tuple({name: words for each in projections for name, words in each.words.items()}.items()),
        frozenset(name for each in projections for name in each.flat),
        frozenset(name for each in projections for name in each.single),
        frozenset(name for each in projections for name in each.left_out),
        tuple({old: new for each in projections for old, new in each.moved.items()}.items()),
        frozenset(name for each in projections for name in each.required),
    )


def shape_of(of: Resource | Task, version: Version, record: RecordType | None = None) -> Shape:
    """The shape of a resource or a task; `record` is the more special type of a document."""
    return _shape_of(record or of.record, version, of.v4)


@cache
def _shape_of(record: RecordType, version: Version, v4: Projection) -> Shape:
    return _shape(record, version, _rules(_own(record), replace(v4, required=())), False)


def required_of_new(of: Resource | Task, version: Version) -> tuple[str, ...]:
    """The canonical attributes that a version requires of a new document."""
    return (*of.required, *(of.v4.required if version is V4 else ()))


@cache
def shape(record: RecordType, version: Version, flat: bool = False) -> Shape:
    """The shape of a record type that stands further in; `flat`, with what v5 nests in it."""
    return _shape(record, version, _rules(_own(record)), flat)


def _own(record: RecordType) -> Projection:
    own = getattr(record, "v4", None)
    return own if isinstance(own, Projection) else Projection()


@cache
def _shape(record: RecordType, version: Version, rules: _Rules, flat: bool) -> Shape:
    renamed, words = dict(rules.renamed), dict(rules.words)
    attributes: dict[str, Attribute] = {}
    for field in msgspec.structs.fields(record):
        name = field.encode_name
        attribute = _attribute(name, field.type, field.required)
        if version is V4:
            attributes[renamed.get(name, name)] = replace(
                attribute,
                words=words.get(name, attribute.words),
                unsaid=frozenset(attribute.words).difference(words.get(name, attribute.words)),
                flat=name in rules.flat,
                single=name in rules.single,
                left_out=name in rules.left_out,
                required=attribute.required or name in rules.required,
            )
        else:
            attributes[name] = attribute
    moved: tuple[tuple[Path, Path], ...] = ()
    if version is V4:
        moved = tuple((tuple(old.split(".")), tuple(new.split("."))) for old, new in rules.moved)
        _move(attributes, record, moved)
    inner, identified = "", record
    if flat:
        inner = _inner(record)
        nested = attributes.pop(inner).records
        identified = nested[0]
        required = set.intersection(*(required_of(shape(each, version)) for each in nested))
        for each in special(nested):
            for name, attribute in shape(each, version).attributes.items():
                further = replace(attribute, path=(inner, *attribute.path), required=name in required)
                attributes.setdefault(name, further)
    paths = tuple(tuple(path.split(".")) for path in getattr(identified, "identified_by", ()))
    must = [renamed.get(name, name) for name in rules.required] if version is V4 else []
    nulls = frozenset(name for name in must if attributes[name].scalar is Any)
    return Shape(record, type_in(record, version), attributes, inner, paths, moved, nulls)


def _move(attributes: dict[str, Attribute], record: RecordType, moved: tuple[tuple[Path, Path], ...]) -> None:
    """Leave out what the version has elsewhere, and have it there: a text, or an object that holds several."""
    for old, new in moved:
        attribute = attributes[old[0]]
        attributes[old[0]] = replace(attribute, left_out=True, required=False)
        if len(new) == 1:
            attributes[new[0]] = Attribute(old, str, moved=True)
    for name in {new[0] for _, new in moved if len(new) > 1}:
        holder = _holder(record, name, {old[0]: new[1] for old, new in moved if new[0] == name and len(new) > 1})
        required = bool(required_of(shape(holder, V4)))
        attributes[name] = Attribute((name,), records=(holder,), moved=True, required=required)


def _holder(record: RecordType, name: str, held: Mapping[str, str]) -> RecordType:
    """The type of an object that holds, by other names, what is a record's own in v5."""
    fields = [field for field in msgspec.structs.fields(record) if field.encode_name in held]
    return msgspec.defstruct(
        f"{record.__name__}{name[:1].upper()}{name[1:]}",
        [(field.name, field.type) if field.required else (field.name, field.type, UNSET) for field in fields],
        rename={field.name: held[field.encode_name] for field in fields},
        bases=(Extensible,),
        kw_only=True,
        module=__name__,
    )


def required_of(of: Shape) -> set[str]:
    """The attributes that an object of this shape must have."""
    return {name for name, attribute in of.attributes.items() if attribute.required}


def _inner(record: RecordType) -> str:
    """The one attribute of a record type that holds objects."""
    fields = msgspec.structs.fields(record)
    found = [field.encode_name for field in fields if _attribute("", field.type, False).records]
    if len(found) != 1:
        raise TypeError(f"{record.__name__} cannot be flat in v4: {len(found)} of its attributes hold objects, not one")
    return found[0]


def type_in(record: RecordType, version: Version) -> str:
    """The `@type` by which a version knows a record type; empty where it has none."""
    if not issubclass(record, Extensible):
        return ""
    return (version is V4 and record.v4_type) or record.__name__


@cache
def special(records: Records) -> Records:
    """These record types, and all that are more special."""
    found = dict.fromkeys(records)
    for record in records:
        found |= dict.fromkeys(special(tuple(record.__subclasses__())))
    return tuple(found)


@cache
def known(records: Records, version: Version) -> Mapping[str, RecordType]:
    """These record types, and all that are more special, by their `@type`: the version's, or v5's."""
    by_type: dict[str, RecordType] = {}
    for record in special(records):
        by_type.setdefault(record.__name__, record)
        by_type.setdefault(type_in(record, version), record)
    return by_type


def chosen(records: Records, document: Mapping[str, Any], version: Version) -> RecordType:
    """Of which record type an object is: by its `@type`, or else the first of `records` that it fits."""
    said = document.get("@type")
    if isinstance(said, str) and (found := known(records, version).get(said)) is not None:
        return found
    if len(records) == 1:
        return records[0]
    names = _names(records)
    plain = {name: value for name, value in document.items() if name in names}
    return next((each for each in records if issubclass(each, Extensible) and each.fits(plain)), records[-1])


@cache
def _names(records: Records) -> frozenset[str]:
    return frozenset(field.encode_name for each in records for field in msgspec.structs.fields(each))


def _attribute(name: str, annotation: Any, required: bool) -> Attribute:
    """What the annotation of a record type's attribute allows; what it leaves open is Any."""
    options = tuple(_options(annotation))
    only = options[0] if len(options) == 1 else None
    if get_origin(only) is list:
        return replace(_attribute(name, get_args(only)[0], required), many=True)
    if all(get_origin(option) is Literal for option in options):
        words = tuple(word for option in options for word in get_args(option))
        return Attribute((name,), str, words=words, required=required)
    if all(isinstance(option, type) and issubclass(option, msgspec.Struct) for option in options):
        return Attribute((name,), records=options, required=required)
    scalar = get_origin(only) or only
    return Attribute((name,), scalar if scalar in _SCALARS else Any, required=required)


def _options(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        for option in get_args(annotation):
            yield from _options(option)
    elif origin is Annotated:
        yield from _options(get_args(annotation)[0])
    elif annotation not in (msgspec.UnsetType, type(None)):
        yield annotation
