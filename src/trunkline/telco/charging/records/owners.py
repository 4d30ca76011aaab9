"""Who keeps the records of charging, for the APIs that serve them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from trunkline.store import Store, Unit
from trunkline.telco.charging.records import balances, bills, documents, messages, specifications, usages
from trunkline.telco.charging.records.actions import ACTIONS, ActionOwner
from trunkline.telco.charging.records.kinds import KINDS
from trunkline.tmf.apis.communication import MESSAGE
from trunkline.tmf.apis.customer_bill import BILL, ON_DEMAND
from trunkline.tmf.apis.prepay_balance import BUCKET
from trunkline.tmf.apis.usage import SPECIFICATION, USAGE
from trunkline.tmf.declaration import Document, Owner
from trunkline.tmf.errors import bad, conflict
from trunkline.tmf.owners import Kept, Told


def owners(store: Store, zone: ZoneInfo) -> Mapping[str, Owner]:
    """The owners by the resources that they keep; `zone` is the operator's, in which cycles begin."""
    store.declare(KINDS)
    return {
        USAGE.name: Told(usages.is_charged, "charging tells of it, by the records of the network"),
        SPECIFICATION.name: Told(specifications.is_declared, "charging tells of such usage"),
        BUCKET.name: Told(lambda document: True, "charging alone makes buckets, of tariffs and packs"),
        MESSAGE.name: Told(messages.is_charged, "the effect ledger tells of it"),
        BILL.name: BillOwner(),
        ON_DEMAND.name: BillsOnDemand(zone),
        **{name: ActionOwner(of, store) for name, of in ACTIONS.items()},
    }


class BillOwner(Kept):
    """Bills, whose figures are those of the usage; what becomes of them is for whoever sends them and is paid."""

    _theirs: Final = ("state", "lastUpdate")

    def change(self, unit: Unit, before: Document, after: Document) -> Document:
        """Raises `Refusal` (409) where more than the state would change, or that of a cycle that goes on."""
        changed = [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
        others = sorted(set(changed) - set(self._theirs))
        if bills.is_charged(before) and others:
            raise conflict("notYours", f"{', '.join(others)} of a bill cannot be changed", "its usage says so")
        if before.get("category") == "interim" and "state" in changed:
            reason = f"the cycle of the bill {before['id']} is not over"
            raise conflict("cycleOpen", reason, "its state may be changed when it is")
        return after


class BillsOnDemand(Kept):
    """Bills that are asked for: what the account owes so far is on the bill of the cycle that it is in."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def create(self, unit: Unit, document: Document) -> Document:
        """`done`, with the bill; `rejected` where charging has none. Raises `Refusal` (400) without an account."""
        account = (document.get("billingAccount") or {}).get("id")
        if not isinstance(account, str) or not account:
            raise bad("missingAttribute", "billingAccount.id is missing", "it is the account whose bill is wanted")
        standing = balances.get(unit, account)
        id = bills.bill_id(account, standing.balance.cycle, self._zone) if standing is not None else ""
        if not id or documents.get(unit, BILL, id) is None:
            return document | {"state": "rejected"}
        return document | {"state": "done", "customerBill": documents.reference("CustomerBill", id)}
