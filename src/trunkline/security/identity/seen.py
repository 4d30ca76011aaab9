"""Ids that are good once: of DPoP proofs and of client assertions."""

from __future__ import annotations

from sqlalchemy import Connection

from trunkline.security.identity.sealing import digest
from trunkline.security.identity.tables import seen
from trunkline.store.sql.database import Database


def first_time(connection: Connection, database: Database, id: str, until: int) -> bool:
    """Whether an id has not been seen before; it is remembered `until` then."""
    noted = database.insert(seen).on_conflict_do_nothing().returning(seen.c.digest)
    return connection.execute(noted, {"digest": digest(id), "expires": until}).scalar() is not None
