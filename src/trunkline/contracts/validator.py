"""A contract compiled: every append checks its events with it, so it must cost about a microsecond an event.

The contract becomes a msgspec Struct type with constraints, and an event is valid when it decodes: the parser checks
types and limits while it reads. Only an event that fails is looked at a second time, to name each fault with its path.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from functools import reduce
from operator import or_
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from trunkline.contracts.contract import Contract
from trunkline.contracts.field import Field
from trunkline.faults import faults
from trunkline.log.port import Event

_LABEL: Final = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
FORMATS: Final = {
    "email": r"^[^@\s]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\Z",
    "hostname": rf"^(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*\Z",
    "ipv4": r"^((25[0-5]|2[0-4]\d|1?\d?\d)(\.(?!\Z)|\Z)){4}",
    "ipv6": r"^(?=.*:)[0-9A-Fa-f:]{2,39}(\.\d{1,3}){0,3}\Z",
    "uri": r"^[A-Za-z][A-Za-z0-9+.-]*:\S*\Z",
    "uuid": r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z",
}
"""ODCS string formats as patterns: the shape, not whether such an address exists."""

_META: Final = {
    "minimum": "ge", "exclusiveMinimum": "gt", "maximum": "le", "exclusiveMaximum": "lt", "multipleOf": "multiple_of",
    "minLength": "min_length", "maxLength": "max_length", "minItems": "min_length", "maxItems": "max_length",
    "minProperties": "min_length", "maxProperties": "max_length", "pattern": "pattern", "timezone": "tz",
}  # fmt: skip
_SCALARS: Final[dict[str, Any]] = {
    "string": str, "integer": int, "number": float, "boolean": bool, "timestamp": datetime, "date": date, "time": time,
}  # fmt: skip


class ContractValidator:
    """Checks the events of one topic (`log.port.Validator`)."""

    def __init__(self, contract: Contract) -> None:
        self.type = compiled(contract.event, closed=contract.settings.unknown_fields == "refused")
        self._decode = msgspec.json.Decoder(self.type).decode
        self._compacted = contract.settings.compacted

    def failures(self, events: Sequence[Event]) -> list[tuple[int, str, str]]:
        """Every fault of a batch: (index of the event, JSONPath in it, reason)."""
        decode, compacted = self._decode, self._compacted
        failures: list[tuple[int, str, str]] = []
        for index, event in enumerate(events):
            value = event.value
            if value is None:
                if not compacted:
                    reason = "an event without value (a tombstone) is for compacted topics only"
                    failures.append((index, "$", reason))
            else:
                try:
                    decode(value)
                except (ValueError, RecursionError) as error:
                    failures += [(index, path, reason) for path, reason in self._explain(value, error)]
            if compacted and event.key is None:
                failures.append((index, "$", "an event on a compacted topic needs a key"))
        return failures

    def _explain(self, value: bytes, error: Exception) -> list[tuple[str, str]]:
        try:
            found = faults(self.type, msgspec.json.decode(value))
        except (ValueError, RecursionError) as malformed:
            return [("$", str(malformed))]
        return [(fault.path, fault.reason) for fault in found] or [("$", str(error))]


def compiled(field: Field, *, closed: bool) -> Any:
    """The msgspec type of `field`; with `closed`, objects refuse fields that the contract does not name."""
    return _compiled(field, closed) | None if field.nullable else _compiled(field, closed)


def _compiled(field: Field, closed: bool) -> Any:
    if field.values:
        return Literal[field.values]
    if field.type == "object":
        return _struct(field, closed)
    if field.type == "union":
        return reduce(or_, (compiled(arm, closed=closed) for arm in field.arms))
    if field.type == "map" and field.keys and field.items:
        key, value = _compiled(field.keys, closed), compiled(field.items, closed=closed)
        return _limited(field, dict[key, value])  # type: ignore[valid-type]
    if field.type == "array" and field.items:
        item = compiled(field.items, closed=closed)
        return _limited(field, list[item])  # type: ignore[valid-type]
    if field.limits.get("format") == "byte":
        return _limited(field, bytes)
    return _limited(field, _SCALARS[field.type])


def _struct(field: Field, closed: bool) -> type[msgspec.Struct]:
    # Struct attributes get names of our own, because a field may be called `class` or `ce-id`.
    members = []
    for index, below in enumerate(field.fields):
        default = msgspec.field(name=below.name) if below.required else msgspec.field(name=below.name, default=None)
        members.append((f"f{index}", compiled(below, closed=closed), default))
    return msgspec.defstruct(field.name or "Item", members, kw_only=True, gc=False, forbid_unknown_fields=closed)


def _limited(field: Field, kind: Any) -> Any:
    limits = {_META[name]: limit for name, limit in field.limits.items() if name in _META}
    if pattern := FORMATS.get(field.limits.get("format", "")):
        limits["pattern"] = pattern
    if limits.get("tz") is False:
        del limits["tz"]
    return Annotated[kind, Meta(**limits)] if limits else kind
