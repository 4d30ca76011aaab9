"""What a connection to a database is declared with, whichever database it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec

from trunkline.protection import Unprotected, by_tls
from trunkline.systems.reach import Secret, Settings

TableName = Annotated[str, msgspec.Meta(pattern=r"^[^.\x00-\x1f]+\.[^\x00-\x1f]+$")]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class TableSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a table's changes go. `key` are the columns of the events' key, the primary key where none are named.

    `envelope` says what an event holds: a `change` with the row before and after it, or the `row` as it now is, for a
    compacted topic; a row that is gone is then a tombstone.
    """

    topic: str
    key: tuple[str, ...] = ()
    envelope: Literal["change", "row"] = "change"


class DatabaseSettings(Settings, frozen=True, kw_only=True):
    """How a database is reached and which of its tables are followed.

    With `tls: verify-full` the server's certificate must be signed by `ca` (a PEM file in the operator's folder; the
    system's authorities where none is named) for `host`; `verify-ca` leaves the name unchecked, `off` encrypts nothing.
    `zone` is where the times are from that the database keeps without one (`Europe/Brussels`); they stay without one
    where it is not declared.
    """

    host: str
    user: str
    password: Secret | None = None
    tls: Literal["verify-full", "verify-ca", "off"] = "verify-full"
    ca: str = ""
    zone: str = ""
    tables: Annotated[dict[TableName, TableSettings], msgspec.Meta(min_length=1)]

    def __post_init__(self) -> None:
        if self.tls == "off" and self.ca:
            raise ValueError("`ca` says whom to trust, but `tls: off` asks nobody: leave one of them out")
        if self.tls == "verify-ca" and not self.ca:
            raise ValueError("`tls: verify-ca` needs a `ca`: anybody has a certificate of the well-known ones")
        zone_of(self.zone)

    def unprotected(self) -> Iterable[Unprotected]:
        return by_tls(("tls",), [self.host], self.tls)


def zone_of(name: str) -> ZoneInfo | None:
    """The zone of that name, None for "". Raises `ValueError` where there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (OSError, KeyError, ValueError):
        raise ValueError(f"`zone`: no time zone is named {name!r}: write one as Europe/Brussels") from None
