"""What a connection to MariaDB is declared with."""

from __future__ import annotations

from typing import Annotated

import msgspec

from trunkline.systems.changes.settings import DatabaseSettings, Port


class MariadbSettings(DatabaseSettings, frozen=True, kw_only=True):
    """A server. Its tables are written `database.table`.

    `server_id` is our own among all servers that read this one's binary log: another with the same would be cut off.
    """

    port: Port = 3306
    server_id: Annotated[int, msgspec.Meta(ge=1, lt=1 << 32)]
