"""What a way out into a database is declared with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from trunkline.protection import Unprotected, by_tls
from trunkline.systems.reach import Secret
from trunkline.systems.sink import SinkSettings

SCHEMES = ("sqlite", "postgresql", "mariadb")
Name = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\"`'%?]{1,63}$")]
TableName = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\"`'.%?]{1,63}(\.[^\x00-\x1f\"`'.%?]{1,63})?$")]
FieldPath = Annotated[str, msgspec.Meta(pattern=r"^\$?[^$\x00-\x1f]{1,200}$")]
PLACES = ("$key", "$value", "$topic", "$partition", "$offset", "$time")


class TableSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a topic's events go: `key` are the columns that tell one row from another, `columns` say which part of the
    event each column holds.

    An event is a `row`, or a `change` of one (see `systems/changes`), of which the columns hold parts of the row.
    """

    table: TableName
    key: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1)]
    columns: Annotated[dict[Name, FieldPath], msgspec.Meta(min_length=1)] | tuple[Name, ...]
    envelope: Literal["row", "change"] = "row"

    def __post_init__(self) -> None:
        if missing := [column for column in self.key if column not in self.columns]:
            raise ValueError(f"`columns` must say what {', '.join(missing)} holds, which `key` names")
        for path in self.paths.values():
            if path.startswith("$") and path.split(".")[0] not in PLACES:
                raise ValueError(f"{path} is none of {', '.join(PLACES)}")

    @property
    def paths(self) -> dict[str, str]:
        """The part of the event that each column holds; a field of its own name where only names are given."""
        return self.columns if isinstance(self.columns, dict) else {column: column for column in self.columns}


class SqlSettings(SinkSettings, frozen=True, kw_only=True):
    """A database and its tables, by topic.

    `database` is `sqlite:///path`, `postgresql://user@host:5432/name` or `mariadb://user@host:3306/name`.

    With `tls: verify-full` the server's certificate must be signed by `ca` (a PEM file in the operator's folder; the
    system's authorities where none is named) for its host; `verify-ca` leaves the name unchecked, `off` encrypts
    nothing.
    """

    database: str
    password: Secret | None = None
    tls: Literal["verify-full", "verify-ca", "off"] = "verify-full"
    ca: str = ""
    tables: dict[str, TableSettings]

    def __post_init__(self) -> None:
        super().__post_init__()
        url = urlsplit(self.database)
        if url.scheme not in SCHEMES:
            raise ValueError(f"`database` must begin with one of {', '.join(f'{scheme}://' for scheme in SCHEMES)}")
        if url.password is not None:
            raise ValueError("`database` must hold no password: give it as `password`")
        if not url.path.strip("/") or url.query or url.fragment:
            raise ValueError(
                "`database` must be sqlite:///path, postgresql://user@host/name or mariadb://user@host/name"
            )
        if self.tls == "off" and self.ca:
            raise ValueError("`ca` says whom to trust, but `tls: off` asks nobody: leave one of them out")
        if set(self.topics) != self.tables.keys():
            wrong = sorted(set(self.topics) ^ self.tables.keys())
            raise ValueError(f"each of `topics` needs its table in `tables`, and no other: see {', '.join(wrong)}")

    def unprotected(self) -> Iterable[Unprotected]:
        return by_tls(("tls",), [urlsplit(self.database).hostname or ""], self.tls)
