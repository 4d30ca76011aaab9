"""What a connection to PostgreSQL is declared with."""

from __future__ import annotations

from typing import Annotated

import msgspec

from trunkline.systems.changes.settings import DatabaseSettings, Port


class PostgresqlSettings(DatabaseSettings, frozen=True, kw_only=True):
    """A database of a server. Its tables are written `schema.table`.

    `publication` is the name of the one that says which tables the server sends; where there is none of that name (or
    of `trunkline_<connection>` where none is named), it is made.
    """

    port: Port = 5432
    database: str
    publication: Annotated[str, msgspec.Meta(pattern=r"^[^\x00\"]{0,63}$")] = ""
