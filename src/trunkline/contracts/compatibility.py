"""What changed between two versions of a contract, and whether the contract allows it.

Backward: the new version takes every event of the old one, so what lies in the log can be read, replayed and repaired.
Forward: a reader made for the old version can read every new event; readers pass over fields that they do not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from trunkline.contracts.avro import avro_kind
from trunkline.contracts.contract import Contract
from trunkline.contracts.field import Field
from trunkline.document import Problem
from trunkline.faults import Place

FLOORS: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
CEILINGS: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


class Change(NamedTuple):
    """One change from the old version to the new; `place` is where it stands in the new file."""

    place: Place
    text: str
    backward: bool = True
    """Whether old events still fit."""
    forward: bool = True
    """Whether old readers still understand."""


def changes(old: Contract, new: Contract) -> list[Change]:
    """Everything that changed in what `new` says of the events and of their topic, harmless changes too."""
    found = list(_object(old.event, new.event, "", closed=new.settings.unknown_fields == "refused"))
    if old.key != new.key:
        text = f"the key changed from {', '.join(old.key) or 'none'} to {', '.join(new.key) or 'none'}"
        found.append(Change(("schema", 0), text, backward=False, forward=False))
    if old.settings.compacted and not new.settings.compacted:
        found.append(Change((), "the topic is no longer compacted: its tombstones would be refused", backward=False))
    if new.settings.compacted and not old.settings.compacted:
        text = "the topic became compacted: all events of a key but the last would be deleted"
        found.append(Change((), text, backward=False, forward=False))
    if (old.settings.unknown_fields, new.settings.unknown_fields) == ("allowed", "refused"):
        text = "fields that the contract does not name are now refused"
        found.append(Change(("customProperties",), text, backward=False))
    found += _wire_format(old, new)
    return found


def refusals(old: Contract, new: Contract) -> list[Problem]:
    """Why `new` must not take the place of `old`: [] when it may. The old version's `compatibility` decides.

    Versions are semantic: any change asks for a higher one, a change of the events for a higher minor or major, and
    an incompatible change, which only `compatibility: none` allows, for a higher major.
    """
    found = changes(old, new)
    mode = old.settings.compatibility
    problems = [
        new.document.problem(change.place, f"{change.text} ({way} compatibility, version {old.odcs.version})")
        for change in found
        for way, kept in (("backward", change.backward), ("forward", change.forward))
        if not kept and mode in (way, "full")
    ]
    if new.settings.partitions < old.settings.partitions:
        reason = f"partitions cannot shrink from {old.settings.partitions} to {new.settings.partitions}"
        problems.append(new.document.problem(("customProperties",), reason))
    if reason := _version_reason(old, new, found):
        problems.append(new.document.problem(("version",), reason))
    return problems


def _wire_format(old: Contract, new: Contract) -> Iterator[Change]:
    before, after = old.settings.wire_format, new.settings.wire_format
    if before != after:
        text = f"the wire format changed from {before} to {after}: readers of the one do not understand the other"
        yield Change(("customProperties",), text, backward=False, forward=False)
    elif after == "avro":
        yield from _avro_kinds(old.event, new.event, "")


def _avro_kinds(old: Field, new: Field, path: str) -> Iterator[Change]:
    """Changes that the contract takes, but no reader in Avro, which tells an enum from a string, say."""
    before, after = avro_kind(old), avro_kind(new)
    if before != after:
        if old.json_kind == new.json_kind and after != "double":
            text = f"`{path}` changed its Avro type from {before} to {after}, which readers in Avro do not take"
            yield Change(new.place, text, backward=False, forward=False)
        return
    fields = {field.name: field for field in old.fields}
    for field in new.fields:
        if field.name in fields:
            yield from _avro_kinds(fields[field.name], field, f"{path}.{field.name}".lstrip("."))
    if old.items and new.items:
        yield from _avro_kinds(old.items, new.items, f"{path}.*" if new.type == "map" else f"{path}[]")


def _version_reason(old: Contract, new: Contract, found: Iterable[Change]) -> str:
    before = old.odcs.version
    if old.document.data == new.document.data:
        return ""
    if new.version < old.version:
        return f"version {new.odcs.version} is older than {before}, which is in force"
    if not all(change.backward and change.forward for change in found) and old.settings.compatibility == "none":
        enough, step = new.version[0] > old.version[0], "major"
    elif found:
        enough, step = new.version[:2] > old.version[:2], "minor"
    else:
        enough, step = new.version > old.version, "patch"
    return "" if enough else f"the contract changed since {before}: raise the {step} version"


def _field(old: Field, new: Field, path: str, closed: bool) -> Iterator[Change]:
    """Changes of one field. A type that is not a union is looked at as a union of one."""
    place = new.place
    if old.nullable and not new.nullable:
        yield Change(place, f"`{path}` may no longer be null", backward=False)
    if new.nullable and not old.nullable:
        yield Change(place, f"`{path}` may now be null", forward=False)
    if old.classification != new.classification:
        yield Change(place, f"`{path}` was {old.classification} and is {new.classification}")
    before, after = _arms(old), _arms(new)
    for kind in before.keys() - after.keys():
        yield Change(place, f"`{path}` may no longer be of type {before[kind].type}", backward=False)
    for kind in after.keys() - before.keys():
        yield Change(place, f"`{path}` may now be of type {after[kind].type}", forward=False)
    for kind in before.keys() & after.keys():
        yield from _same_kind(before[kind], after[kind], path, closed)


def _arms(field: Field) -> dict[str, Field]:
    return {arm.json_kind: arm for arm in (field.arms or (field,))}


def _same_kind(old: Field, new: Field, path: str, closed: bool) -> Iterator[Change]:
    place = new.place
    if old.type != new.type:
        text = f"`{path}` changed its type from {old.type} to {new.type}"
        yield Change(place, text, backward=_takes(new, old), forward=_takes(old, new))
        if new.json_kind != "number":
            return
    yield from _values(old, new, path)
    yield from _limits(old, new, path)
    if new.type == "object":
        yield from _object(old, new, f"{path}.", closed)
    if old.items and new.items:
        yield from _field(old.items, new.items, f"{path}.*" if new.type == "map" else f"{path}[]", closed)
    if old.keys and new.keys:
        yield from _field(old.keys, new.keys, f"key of {path}", closed)


def _takes(wide: Field, narrow: Field) -> bool:
    """Whether every value of the type `narrow` is one of the other type `wide`."""
    free_text = wide.type == "string" and not wide.limits and not wide.values
    return free_text or (wide.type, narrow.type) == ("number", "integer")


def _object(old: Field, new: Field, prefix: str, closed: bool) -> Iterator[Change]:
    before = {field.name: field for field in old.fields}
    after = {field.name: field for field in new.fields}
    for name, field in before.items():
        if name not in after:
            text = f"`{prefix}{name}` was removed"
            text += ": events that have it would be refused" if closed else ""
            yield Change(new.place, text, backward=not closed, forward=not field.required)
    for name, field in after.items():
        path = f"{prefix}{name}"
        if name not in before:
            text = f"`{path}` was added" + (" as required: old events do not have it" if field.required else "")
            yield Change(field.place, text, backward=not field.required)
            continue
        if field.required and not before[name].required:
            yield Change(field.place, f"`{path}` became required: old events may lack it", backward=False)
        if before[name].required and not field.required:
            yield Change(field.place, f"`{path}` became optional: old readers count on it", forward=False)
        yield from _field(before[name], field, path, closed)


def _values(old: Field, new: Field, path: str) -> Iterator[Change]:
    place = (*new.place, "quality")
    if old.values and new.values:
        if gone := [value for value in old.values if value not in new.values]:
            yield Change(place, f"`{path}` may no longer be {_listed(gone)}", backward=False)
        if come := [value for value in new.values if value not in old.values]:
            yield Change(place, f"`{path}` may now be {_listed(come)}", forward=False)
    elif new.values:
        yield Change(place, f"`{path}` may only be {_listed(new.values)}", backward=False)
    elif old.values:
        yield Change(place, f"`{path}` may be other than {_listed(old.values)}", forward=False)


def _limits(old: Field, new: Field, path: str) -> Iterator[Change]:
    place = (*new.place, "logicalTypeOptions")
    for name in sorted({*old.limits, *new.limits}):
        before, after = old.limits.get(name), new.limits.get(name)
        if before == after:
            continue
        text = f"`{path}` changed its {name} from {_shown(before)} to {_shown(after)}"
        if before is None or after is None:
            backward, forward = after is None, before is None
        elif name in FLOORS or name in CEILINGS:
            backward = after < before if name in FLOORS else after > before
            forward = not backward
        elif name == "timezone":
            backward, forward = bool(before), bool(after)
        else:
            backward = forward = False
        yield Change(place, text, backward, forward)


def _shown(limit: Any) -> str:
    return "none" if limit is None else str(limit)


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(map(str, values))
