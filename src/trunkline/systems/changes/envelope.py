"""What a change looks like as an event: the fields of Debezium's envelope, so that both are read by the same code.

Source: Debezium 3 reference, "Change events" of the PostgreSQL and the MariaDB connector.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from trunkline.systems.changes.change import Op

UNAVAILABLE = "__debezium_unavailable_value"
"""What Debezium writes for a value that the database did not repeat (`unavailable.value.placeholder`)."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where a change came from. `name` is the connection, `ts_us` the time of the commit in microseconds, and `row` the
    place of the change in its transaction (MariaDB: in its event). A snapshot's rows say so; theirs is its moment.
    """

    connector: str
    db: str
    table: str
    schema: str | UnsetType = UNSET
    name: str = ""
    ts_ms: int | None = None
    ts_us: int | None = None
    snapshot: str | bool | None = "false"
    row: int | None = 0
    lsn: int | UnsetType | None = UNSET
    txId: int | UnsetType | None = UNSET  # Debezium's spelling
    gtid: str | UnsetType | None = UNSET
    file: str | UnsetType | None = UNSET
    pos: int | UnsetType | None = UNSET


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A change. `before` and `after` are left out where there is no such row or the database did not give it.

    The values of `unchanged` columns are not in `after`: they are what they were.
    """

    op: Op
    source: Source
    before: dict[str, Any] | UnsetType | None = UNSET
    after: dict[str, Any] | UnsetType | None = UNSET
    unchanged: tuple[str, ...] | UnsetType = UNSET


class _WithSchema(msgspec.Struct):
    payload: Envelope


_plain = msgspec.json.Decoder(Envelope)
_with_schema = msgspec.json.Decoder(_WithSchema)


def read(value: bytes) -> Envelope:
    """The change that an event holds: one of ours, or Debezium's as JSON, with or without its schema.

    Raises `ValueError` where it is neither.
    """
    try:
        envelope = _plain.decode(value)
    except msgspec.ValidationError:
        envelope = _with_schema.decode(value).payload
    if not envelope.after or envelope.unchanged is not UNSET:
        return envelope
    unchanged = tuple(name for name, given in envelope.after.items() if given == UNAVAILABLE)
    if not unchanged:
        return envelope
    known = {name: given for name, given in envelope.after.items() if given != UNAVAILABLE}
    return msgspec.structs.replace(envelope, after=known, unchanged=unchanged)
