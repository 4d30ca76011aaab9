"""The audit trail: who did what on whose data and why, in an order that nobody can change unseen.

Entries go into the log (`recorder`, for requests `requests`), from which one `Keeper` chains them in the `Ledger` and
signs checkpoints that leave the system (`delivery`). `verify`, `proof` and `search` read it.
"""

from trunkline.security.audit.entry import ANONYMOUS, TOPIC, Caller, Entry, Origin, Resource, Who
from trunkline.security.audit.keeper import Keeper
from trunkline.security.audit.ledger import Ledger, LedgerError
from trunkline.security.audit.recorder import NotRecorded, Recorder

__all__ = [
    "ANONYMOUS",
    "TOPIC",
    "Caller",
    "Entry",
    "Keeper",
    "Ledger",
    "LedgerError",
    "NotRecorded",
    "Origin",
    "Recorder",
    "Resource",
    "Who",
]
