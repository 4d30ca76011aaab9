"""Records in SQL: documents by kind and id, an outbox to the log, and migrations."""

from trunkline.store.opening import open_store, reach
from trunkline.store.port import Attribute, Conflict, Kind, Outgoing, Store, StoreError, Unavailable, Unit
from trunkline.store.query import Found, Query, Stored

__all__ = [
    "Attribute",
    "Conflict",
    "Found",
    "Kind",
    "Outgoing",
    "Query",
    "Store",
    "StoreError",
    "Stored",
    "Unavailable",
    "Unit",
    "open_store",
    "reach",
]
