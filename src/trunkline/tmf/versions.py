"""The versions of an API as projections of the same records: documents to the canonical shape, v5's, and back.

    canonical = read(document_of_v4, RESOURCE, V4)
    document_of_v4 = write(canonical, RESOURCE, V4)

Reading fills in what v5 requires and v4 does not: the `@type` of every object that has one, and the id of a reference.
Writing v4 renames, flattens and leaves out as the record types and the resource say (`Projection`), and lets the rest
stand. What neither knows, attributes of an extension, passes through unchanged.

A document that v4 made comes back to it the same, but for an added `@type` or id, and `@referredType` in what v4 has
flat. What v5 says of the type of an object that v4 has flat (`@baseType`, `@schemaLocation`) is not told in v4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from trunkline.store.query import Path
from trunkline.tmf.declaration import V4, V5, Document, Resource, Task, Version
from trunkline.tmf.description import described
from trunkline.tmf.model.entity import Extensible
from trunkline.tmf.shapes import Attribute, Records, RecordType, Shape, chosen, shape, shape_of, special, type_in

__all__ = ["canonical_path", "described", "identity", "read", "write"]

_OF_THE_TYPE = ("@type", "@baseType", "@schemaLocation")


def read(document: Document, of: Resource | Task, version: Version) -> Document:
    """The canonical document that a version's tells of. An attribute that is null is left out."""
    return _read(document, shape_of(of, version, chosen((of.record,), document, version)), version)


def _read(document: Document, of: Shape, version: Version) -> Document:
    canonical: Document = {}
    within: Document = {}
    if of.moved:
        document = _moved(document, ((new, old) for old, new in of.moved))
    for name, value in document.items():
        attribute = of.attributes.get(name)
        if attribute is None or attribute.moved:
            (within if of.inner else canonical)[name] = value
        elif value is not None or attribute.scalar is Any:
            object = within if len(attribute.path) > 1 else canonical
            object[attribute.path[-1]] = _read_value(value, attribute, version)
    if of.inner and (within or _nested(of).required):
        canonical[of.inner] = _complete(within, chosen(_nested(of).records, within, version), version)
    return _complete(canonical, of.record, version)


def _read_value(value: Any, attribute: Attribute, version: Version) -> Any:
    if attribute.records:
        if isinstance(value, list):
            return [_read_object(each, attribute, version) for each in value]
        value = _read_object(value, attribute, version)
    return [value] if attribute.single else value


def _read_object(value: Any, attribute: Attribute, version: Version) -> Any:
    if not isinstance(value, dict):
        return value
    return _read(value, shape(chosen(attribute.records, value, version), version, attribute.flat), version)


def _complete(document: Document, record: RecordType, version: Version) -> Document:
    """With what v5 requires."""
    if issubclass(record, Extensible):
        said = document.get("@type")
        if said is None:
            document["@type"] = record.type_of(document)
        elif said == type_in(record, version):
            document["@type"] = record.__name__
    if "id" not in document and _must_have_id(record) and (id := identity(document, shape(record, V5))):
        document["id"] = id
    return document


@cache
def _must_have_id(record: RecordType) -> bool:
    id = shape(record, V5).attributes.get("id")
    return id is not None and id.required


def _moved(document: Document, paths: Iterable[tuple[Path, Path]]) -> Document:
    """A copy of an object that has at the second of each two paths what it had at the first."""
    moved = dict(document)
    for (*way, last), target in paths:
        holder = _holder(moved, way)
        if last in holder:
            value = holder.pop(last)
            _holder(moved, target[:-1])[target[-1]] = value
        if way and not holder:
            del moved[way[0]]
    return moved


def _holder(document: Document, way: Sequence[str]) -> Document:
    """The object to which a way leads, copied, so that it may be changed; an empty one where there is none."""
    for name in way:
        held = document.get(name)
        document[name] = dict(held) if isinstance(held, dict) else {}
        document = document[name]
    return document


def identity(document: Mapping[str, Any], of: Shape) -> str:
    """What serves as the id of an object that has none; empty where nothing does."""
    found = (_at(document, path) for path in of.identified_by)
    return next((value for value in found if isinstance(value, str) and value), "")


def _at(document: Any, path: Path) -> Any:
    """What an object has at a path; None where there is nothing."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _nested(flat: Shape) -> Attribute:
    """What v5 has in an object that v4 has flat."""
    return shape(flat.record, V5).attributes[flat.inner]


def write(document: Document, of: Resource | Task, version: Version) -> Document:
    """The document as a version tells of it. In v5 that is the canonical document itself: change neither."""
    if version is V5:
        return document
    return _written(document, shape_of(of, version, chosen((of.record,), document, V5)))


def _written(document: Document, of: Shape) -> Document:
    told = _moved(document, of.moved) if of.moved else document.copy()
    if of.type != of.record.__name__ and told.get("@type") == of.record.__name__:
        told["@type"] = of.type
    for name, canonical, attribute in _changing(of):
        if canonical not in told:
            continue
        value = told.pop(canonical)
        if attribute.left_out or (attribute.unsaid and isinstance(value, str) and value in attribute.unsaid):
            continue
        value = _written_value(value, attribute)
        if value is not None:
            told[name] = value
    for name in of.nulls:
        told.setdefault(name, None)
    return told


def _written_value(value: Any, attribute: Attribute) -> Any:
    """None where v4 has one of an array, and there is none."""
    if attribute.single and isinstance(value, list):
        value = value[0] if value else None
    if not attribute.records:
        return value
    if isinstance(value, list):
        return [_written_object(each, attribute) for each in value]
    return _written_object(value, attribute)


def _written_object(value: Any, attribute: Attribute) -> Any:
    if not isinstance(value, dict):
        return value
    of = shape(chosen(attribute.records, value, V5), V4)
    if attribute.flat:
        return _flattened(value, of)
    return _written(value, of) if _differs(of) else value


def _flattened(document: Document, of: Shape) -> Document:
    """An object with what v5 nests in it beside its own attributes."""
    flat = shape(of.record, V4, True)
    outer = document.copy()
    inner = outer.pop(flat.inner, None)
    if not isinstance(inner, dict):
        return _written(document, of)
    told = _written(inner, shape(chosen(_nested(flat).records, inner, V5), V4))
    for name in _OF_THE_TYPE:
        told.pop(name, None)
    if isinstance(type := inner.get("@type"), str):
        told.setdefault("@referredType", type.removesuffix("Ref"))
    told.update(_written(outer, of))
    return told


@cache
def _differs(of: Shape) -> bool:
    """Whether v4 tells anything of such an object otherwise than v5."""
    return bool(of.moved or of.nulls or _changing(of)) or of.type != of.record.__name__


@cache
def _changing(of: Shape) -> tuple[tuple[str, str, Attribute], ...]:
    """The attributes that v4 tells otherwise than v5, by their names in v4 and in v5: most need not be looked at."""
    return tuple(
        (name, attribute.path[0], attribute)
        for name, attribute in of.attributes.items()
        if _changes(name, attribute) or any(_type_changes(each) for each in _within(attribute.records))
    )


def _changes(name: str, attribute: Attribute) -> bool:
    if attribute.moved:
        return False
    renamed = name != attribute.path[0]
    return renamed or attribute.flat or attribute.single or attribute.left_out or bool(attribute.unsaid)


def _type_changes(record: RecordType) -> bool:
    of = shape(record, V4)
    otherwise = of.type != type_in(record, V5) or bool(of.moved or of.nulls)
    return otherwise or any(_changes(*each) for each in of.attributes.items())


@cache
def _within(records: Records) -> frozenset[RecordType]:
    """All record types of the objects that these may hold, at any depth, and these."""
    found: set[RecordType] = set()
    waiting = list(special(records))
    while waiting:
        record = waiting.pop()
        if record not in found:
            found.add(record)
            for attribute in shape(record, V4).attributes.values():
                waiting.extend(special(attribute.records))
    return frozenset(found)


def canonical_path(path: Path, of: Resource | Task, version: Version) -> Path:
    """Where the canonical document has what a version's has at `path`."""
    if version is V5:
        return path
    canonical: list[str] = []
    shapes = [shape_of(of, version, record) for record in special((of.record,))]
    place = 0
    while place < len(path):
        moved = ((old, new) for each in shapes for old, new in each.moved if path[place : place + len(new)] == new)
        if (elsewhere := next(moved, None)) is not None:
            return (*canonical, *elsewhere[0], *path[place + len(elsewhere[1]) :])
        name = path[place]
        found = next(((each, each.attributes[name]) for each in shapes if name in each.attributes), None)
        if found is None:
            inner = next((each.inner for each in shapes if each.inner), "")
            return (*canonical, *((inner,) if inner else ()), *path[place:])
        attribute = found[1]
        canonical += attribute.path
        shapes = [shape(each, version, attribute.flat) for each in special(attribute.records)]
        place += 1
    return tuple(canonical)
