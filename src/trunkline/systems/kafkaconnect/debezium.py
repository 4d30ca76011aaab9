"""Debezium's events: changes of rows, and what its connectors write besides.

Source: Debezium 3.6 reference: "Change events" and "Transaction metadata" of the PostgreSQL connector, "Schema change
topic" of the MySQL connector, "Change event messages: heartbeats".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import UNSET

from trunkline.systems.changes.envelope import UNAVAILABLE, Envelope, Source

OPS = ("c", "u", "d", "r", "t")
Besides = Literal["heartbeat", "transaction", "schema change", "message"]


def read(value: Any) -> Envelope | Besides:
    """The change that an event's value holds, or what else it is. Raises `ValueError` where it is none of Debezium's.

    The values of rows have been converted (see `values.py`). A value that the database did not repeat
    (`unavailable.value.placeholder`) is left out of `after` and named in `unchanged`.
    """
    if not isinstance(value, dict):
        raise ValueError("it is no object")
    op = value.get("op")
    if op in OPS:
        return _change(value)
    if op == "m":
        return "message"
    if "ddl" in value or "tableChanges" in value:
        return "schema change"
    if "status" in value and "event_count" in value:
        return "transaction"
    if "ts_ms" in value and value.keys() <= {"ts_ms", "ts_us", "ts_ns", "serverName"}:
        return "heartbeat"
    raise ValueError("it has no `op`, as changes have, and is nothing else that Debezium writes")


def _change(value: Mapping[str, Any]) -> Envelope:
    before, after = _row(value.get("before"), "before"), _row(value.get("after"), "after")
    unchanged = tuple(name for name, given in (after or {}).items() if given in (UNAVAILABLE, [UNAVAILABLE]))
    try:
        source = msgspec.convert(value.get("source"), Source)
    except msgspec.ValidationError as error:
        raise ValueError(f"its `source` does not say where it comes from: {error}") from None
    return Envelope(
        op=value["op"],
        source=source,
        before=UNSET if before is None else before,
        after=UNSET if after is None else {name: given for name, given in after.items() if name not in unchanged},
        unchanged=unchanged or UNSET,
    )


def _row(row: Any, name: str) -> dict[str, Any] | None:
    if row is not None and not isinstance(row, dict):
        raise ValueError(f"its `{name}` is no row")
    return row
