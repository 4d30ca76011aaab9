"""From events to rows: what a record does to a table, as its settings say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from trunkline.log.envelope import from_micros
from trunkline.log.port import Record
from trunkline.systems.sql.settings import TableSettings

_decode: Callable[[bytes], Any] = msgspec.json.Decoder(float_hook=Decimal).decode  # no digit of a number is lost


class Row(NamedTuple):
    """What a row shall be from now on: `columns` by name, None where it shall be gone. `key` tells it from others."""

    key: tuple[Any, ...]
    columns: Mapping[str, Any] | None


class Unfit(Exception):
    """The record says nothing of a row; `reason` is the quarantine's short code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class RowMapping:
    """The rows of one table."""

    def __init__(self, settings: TableSettings) -> None:
        self._settings = settings
        self._paths = {column: path.split(".") for column, path in settings.paths.items()}

    def rows(self, record: Record) -> list[Row]:
        """What the record does, in order. Raises `Unfit`."""
        if record.value is None:
            return [self._gone(record, {})]
        value = _object(record.value)
        if self._settings.envelope == "row":
            return [self._row(record, value, value, leave_out=False)]
        return self._change(record, value)

    def _change(self, record: Record, change: dict[str, Any]) -> list[Row]:
        kind, before, after = change.get("op"), change.get("before"), change.get("after")
        if kind == "d":
            return [self._gone(record, before if isinstance(before, dict) else {})]
        if kind not in ("c", "r", "u") or not isinstance(after, dict):
            what = "empties the whole table" if kind == "t" else f"is of the kind {kind!r}"
            raise Unfit("change.not-of-a-row", f"the change {what}, which no row can show")
        row = self._row(record, change, after, leave_out=True)
        if kind == "u" and isinstance(before, dict) and self._has_key(before):
            old = self._gone(record, before)
            if old.key != row.key:  # the key itself was changed
                return [old, row]
        return [row]

    def _row(self, record: Record, value: Any, fields: dict[str, Any], *, leave_out: bool) -> Row:
        """The row that `fields` make. With `leave_out`, a field that is not there leaves its column as it is."""
        columns = {}
        for column, (first, *rest) in self._paths.items():
            if first.startswith("$"):
                columns[column] = _step(_place(first, record, value), rest)
            elif first in fields or not leave_out:
                columns[column] = _step(fields.get(first), rest)
        return Row(self._key([columns.get(column) for column in self._settings.key]), columns)

    def _gone(self, record: Record, fields: dict[str, Any]) -> Row:
        """The row's end: its key is in `fields`, or else in the record's own key."""
        key = _key_fields(record.key)
        found = []
        for column in self._settings.key:
            first, *rest = self._paths[column]
            if first.startswith("$"):
                found.append(_step(_place(first, record, fields), rest))
            elif first in fields:
                found.append(_step(fields[first], rest))
            elif isinstance(key, dict):
                found.append(_step(key.get(first), rest))
            else:
                found.append(key if len(self._settings.key) == 1 else None)
        return Row(self._key(found), None)

    def _has_key(self, fields: dict[str, Any]) -> bool:
        return all(first in fields for first, *_ in (self._paths[column] for column in self._settings.key))

    def _key(self, values: list[Any]) -> tuple[Any, ...]:
        for column, value in zip(self._settings.key, values, strict=True):
            if value is None:
                path = self._settings.paths[column]
                raise Unfit("row.no-key", f"`{path}`, which is the key column `{column}`, is not in the event")
            if isinstance(value, dict | list):
                raise Unfit("row.no-key", f"`{self._settings.paths[column]}` is no single value, but `{column}` is key")
        return tuple(values)


def _object(value: bytes) -> dict[str, Any]:
    try:
        found = _decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unfit("value.not-json", f"the value is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Unfit("value.not-object", "the value is JSON, but not an object with fields")
    return found


def _key_fields(key: bytes | None) -> Any:
    """The record's key: an object's fields where it is JSON of one, otherwise its text."""
    if key is None:
        return None
    try:
        found = _decode(key)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        found = None
    return found if isinstance(found, dict) else key.decode("utf-8", "backslashreplace")


def _place(name: str, record: Record, value: Any) -> Any:
    match name:
        case "$key":
            return _key_fields(record.key)
        case "$value":
            return value
        case "$topic":
            return record.topic
        case "$partition":
            return record.partition
        case "$offset":
            return record.offset
        case _:
            return from_micros(record.time).isoformat().replace("+00:00", "Z")


def _step(value: Any, names: list[str]) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
