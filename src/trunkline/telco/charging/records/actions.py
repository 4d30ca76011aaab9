"""What is asked of buckets over TMF654, on its way to charging: `charging.command`, and the answer to it.

A top-up, an adjustment, a transfer, a reservation is `acknowledged` when it is in the outbox, in the unit of work that
keeps it, and `completed` or `failed` when charging has answered: charging alone changes buckets. Deleting a reservation
releases it, and an adjustment that names it by `reserveBalance` releases a part; what else was done stays done, whoever
deletes the record of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from trunkline.log.envelope import cloud_event
from trunkline.log.port import Record
from trunkline.store import Store
from trunkline.store import Unit as UnitOfWork
from trunkline.telco.charging.records import accounts, balances, reservations
from trunkline.telco.charging.records.amounts import Amount, read
from trunkline.telco.charging.records.documents import Documents, get, plain, reference
from trunkline.telco.model import Account, Bucket, ChargingAnswer, ChargingCommand, Unit
from trunkline.tmf.apis.prepay_balance import ADJUST, RESERVE, TOPUP, TRANSFER
from trunkline.tmf.declaration import Document, Resource
from trunkline.tmf.errors import bad, conflict
from trunkline.tmf.events import now
from trunkline.tmf.owners import Kept

SOURCE: Final = "/tmf-api/prepayBalanceManagement"
SCHEMA: Final = "urn:trunkline:schema:charging-action"
"""Of one that failed: it has the attribute `failure`, with a code and a message."""
SCHEME: Final = "tmf654"
"""What the ids of its commands begin with: `tmf654/topupBalance/<id>`."""
ACTIONS: Final = {of.name: of for of in (TOPUP, ADJUST, TRANSFER, RESERVE)}
KINDS: Final = {TOPUP.name: "topup", ADJUST.name: "adjust", TRANSFER.name: "transfer", RESERVE.name: "reserve"}
OPEN: Final = ("acknowledged", "inProgress")
# Of an action, what only charging says.
_ANSWERED: Final = ("confirmationDate", "impactedBucket", "failure")
# What an action asks for, which is asked once.
_ASKED: Final = (
    *("status", "amount", "bucket", "partyAccount", "logicalResource", "product", "usageType", "requestedDate"),
    *("adjustType", "reserveBalance", "receiverBucket", "receiverPartyAccount", "expirationDate", "validFor"),
    *_ANSWERED,
)


class ActionOwner(Kept):
    """The owner of one of the resources that are actions on buckets."""

    def __init__(self, of: Resource, store: Store) -> None:
        self._of, self._store = of, store

    def create(self, unit: UnitOfWork, document: Document) -> Document:
        """Ask charging for it. Raises `Refusal`: 400 where it does not say what, or of which account; 409 where that
        is not known, or does not fit the bucket or what is held."""
        _check_offered(self._of, document)
        id = self._account(unit, document)
        account, standing = accounts.get(unit, id), balances.get(unit, id)
        if account is None:
            raise conflict("unknownAccount", f"charging knows no account {id[:200]}")
        if document.get("reserveBalance") is not None:
            command = self._part(unit, document, account)
        else:
            # An account has buckets from the first thing on that happens to it: a top-up, say.
            command = self._command(document, account, standing.balance.buckets if standing is not None else ())
        _send(unit, command)
        asked = {name: value for name, value in document.items() if name not in _ANSWERED}
        return asked | {
            "status": "acknowledged",
            "requestedDate": now(),
            "partyAccount": document.get("partyAccount") or reference("PartyAccount", id),
        }

    def change(self, unit: UnitOfWork, before: Document, after: Document) -> Document:
        """Words on it. Raises `Refusal` (409) where what it asks for is to be another."""
        changed = [name for name in _ASKED if before.get(name) != after.get(name)]
        if changed:
            raise conflict("asked", f"{', '.join(changed)} cannot be changed", "it was asked for: ask for another")
        return after

    def delete(self, unit: UnitOfWork, document: Document) -> None:
        """Forget it; a reservation is released. Raises `Refusal` (409) where it is not answered yet."""
        if document["status"] in OPEN:
            raise conflict("notAnswered", f"the {self._of.type} {document['id']} is not answered yet", "wait for that")
        if self._of is RESERVE and reservations.holds(document):
            reserved = self._amount(document)
            command = ChargingCommand(
                id=f"{SCHEME}/{RESERVE.name}.release/{document['id']}",
                account=document["partyAccount"]["id"],
                kind="release",
                bucket=_id(document.get("bucket")),
                amount=reserved.value,
                reason=f"{SCHEME}/{RESERVE.name}/{document['id']}",
                time=datetime.now(UTC),
            )
            _send(unit, command)

    def _command(self, document: Document, account: Account, buckets: Sequence[Bucket]) -> ChargingCommand:
        amount, bucket, receiver = self._amount(document), _id(document.get("bucket")), ""
        kind, offering = KINDS[self._of.name], _offering(document)
        if self._of is TRANSFER:
            receiver = _id(document.get("receiverBucket"))
            other = _id(document.get("receiverPartyAccount"))
            if not bucket or not receiver:
                raise bad("missingAttribute", "a transfer needs bucket.id and receiverBucket.id", "of one account")
            if other and other != account.id:
                raise conflict("otherAccount", "what is left is not transferred to another account", "adjust both")
        for id in (bucket, receiver):
            _check_bucket(buckets, id, amount)
        if amount.unit is Unit.MONEY and amount.currency != account.currency:
            raise conflict("otherCurrency", f"the account is in {account.currency}", f"amount is in {amount.currency}")
        value = amount.value
        if self._of is ADJUST and _debits(document):
            value = -value
        return ChargingCommand(
            id=f"{SCHEME}/{self._of.name}/{document['id']}",
            account=account.id,
            kind="pack" if offering else kind,  # type: ignore[arg-type]
            bucket=bucket,
            to_bucket=receiver,
            amount=0 if offering else value,
            subscription=_number(document),
            offering=offering,
            valid_to=reservations.end_of(document),
            reason=str(document.get("reason", "")),
            user=_user(document),
            time=datetime.now(UTC),
        )

    def _part(self, unit: UnitOfWork, document: Document, account: Account) -> ChargingCommand:
        """The release of a part of a reservation, which is so much smaller from now on."""
        if _debits(document):
            raise bad("notOffered", "what is held is credited alone", "credit it, and then debit the bucket")
        reservation, amount = _reservation(unit, document), self._amount(document)
        bucket = _id(reservation.get("bucket")) or f"{account.id}/money"
        if (_id(document.get("bucket")) or bucket) != bucket:
            raise conflict("otherBucket", f"the reservation {reservation['id']} is of the bucket {bucket}")
        documents = Documents(unit)
        reservations.take_off(documents, reservation, amount)
        documents.write()
        return ChargingCommand(
            id=f"{SCHEME}/{self._of.name}/{document['id']}",
            account=account.id,
            kind="release",
            bucket=bucket,
            amount=amount.value,
            reason=f"{SCHEME}/{RESERVE.name}/{reservation['id']}",
            user=_user(document),
            time=datetime.now(UTC),
        )

    def _account(self, unit: UnitOfWork, document: Document) -> str:
        """The account that an action is about: it says so, or its bucket, reservation or number is the account's."""
        found = {"partyAccount": _id(document.get("partyAccount"))}
        if bucket := _id(document.get("bucket")):
            stored = unit.get("bucket", bucket)
            if stored is None:
                raise conflict("unknownBucket", f"there is no bucket {bucket[:200]}")
            found["bucket"] = _id(msgspec.json.decode(stored.document).get("partyAccount"))
        if document.get("reserveBalance") is not None:
            found["reserveBalance"] = _id(_reservation(unit, document).get("partyAccount"))
        if number := _number(document):
            found["logicalResource"] = accounts.holder_of(self._store, number)
            if not found["logicalResource"]:
                raise conflict("unknownNumber", f"no account pays for the number {number[:50]}")
        owners = {account for account in found.values() if account}
        if not owners:
            raise bad(
                "missingAttribute", "whose balance it is must be said", "by partyAccount, bucket or logicalResource"
            )
        if len(owners) > 1:
            said = ", ".join(f"{name}: {account[:100]}" for name, account in found.items() if account)
            raise conflict("manyAccounts", "it is said of more than one account", said)
        return owners.pop()

    def _amount(self, document: Document) -> Amount:
        return read(document.get("amount"), "amount")


def settle(documents: Documents, told: Sequence[tuple[ChargingAnswer, Record]]) -> None:
    """Charging has answered: tell it in the actions that asked, where these are ours."""
    for answer, _ in told:
        _settle(documents, answer)


def _settle(documents: Documents, answer: ChargingAnswer) -> None:
    scheme, _, rest = answer.id.partition("/")
    name, _, id = rest.partition("/")
    of = ACTIONS.get(name) if scheme == SCHEME else None
    before = documents.get(of, id) if of is not None else None
    if of is None or before is None or before["status"] not in OPEN:
        return
    said: dict[str, Any] = {"confirmationDate": answer.time, "status": "completed"}
    if answer.problem:
        said |= {"status": "failed", "failure": {"code": answer.problem, "message": answer.detail}}
        said["@schemaLocation"] = before.get("@schemaLocation", SCHEMA)
        if before.get("reserveBalance") is not None:
            reservations.put_back(documents, _id(before["reserveBalance"]), read(before["amount"], "amount"))
    documents.keep(of, before, before | plain(said))


def _send(unit: UnitOfWork, command: ChargingCommand) -> None:
    event = cloud_event(
        type=command.topic, source=SOURCE, id=command.id, value=msgspec.json.encode(command), key=command.key
    )
    unit.send(command.topic, event)


def _reservation(unit: UnitOfWork, document: Document) -> Document:
    """The one that an action names. Raises `Refusal`: 400 where it does not say which, 409 where there is none."""
    id = _id(document["reserveBalance"])
    if not id:
        raise bad(
            "missingAttribute", "reserveBalance.id is missing", "it is the reservation of which a part is released"
        )
    reservation = get(unit, RESERVE, id)
    if reservation is None:
        raise conflict("unknownReservation", f"there is no reservation {id[:200]}")
    return reservation


def _check_bucket(buckets: Sequence[Bucket], id: str, amount: Amount) -> None:
    if not id:
        return
    bucket = next((bucket for bucket in buckets if bucket.id == id), None)
    if bucket is None:
        raise conflict("unknownBucket", f"the account has no bucket {id[:200]}")
    if bucket.unit is not amount.unit:
        raise conflict("otherUnit", f"the bucket {id} holds {bucket.unit}, and amount is of {amount.unit}")


def _check_offered(of: Resource, document: Document) -> None:
    for name in ("voucher", "isAutoTopup", "transferCost", *(() if of is ADJUST else ("reserveBalance",))):
        if document.get(name):
            raise bad("notOffered", f"{name} is not offered", "leave it out")
    if _offering(document) and of is not TOPUP:
        raise bad("notOffered", "a product offering can be topped up alone")


def _debits(document: Document) -> bool:
    type = document.get("adjustType", "credit")
    if type not in ("credit", "debit"):
        raise bad("badValue", "adjustType is credit or debit", f"it is {str(type)[:50]!r}")
    return bool(type == "debit")


def _offering(document: Document) -> str:
    """The pack that is bought: the offering that `product` refers to."""
    product = document.get("product")
    is_offering = isinstance(product, dict) and product.get("@referredType") == "ProductOffering"
    return _id(product) if is_offering else ""


def _number(document: Document) -> str:
    resource = document.get("logicalResource")
    value = resource.get("value") if isinstance(resource, dict) else None
    return value if isinstance(value, str) and value else _id(resource)


def _user(document: Document) -> str:
    """Who asks for it."""
    return _id((document.get("requestor") or {}).get("partyOrPartyRole"))


def _id(reference: Any) -> str:
    """What a reference leads to; empty where there is none."""
    id = reference.get("id") if isinstance(reference, dict) else None
    return id if isinstance(id, str) else ""
