"""What a reservation holds yet, and a part of it that is released (TMF654 v4.1, AdjustBalance.reserveBalance).

A part is taken off the reservation's `amount` when its release is asked for, so that nobody asks for it twice, and put
back where charging refuses.
"""

from __future__ import annotations

from datetime import UTC, datetime

from trunkline.store.times import read_time
from trunkline.telco.charging.records.amounts import Amount, quantity, read, shown
from trunkline.telco.charging.records.documents import Documents
from trunkline.tmf.apis.prepay_balance import RESERVE
from trunkline.tmf.declaration import Document
from trunkline.tmf.errors import conflict


def end_of(document: Document) -> datetime | None:
    """When what is asked for ends by itself."""
    ends = document.get("expirationDate") or (document.get("validFor") or {}).get("endDateTime")
    return read_time(ends) if isinstance(ends, str) else None


def holds(reservation: Document) -> bool:
    """Whether it holds anything: charging has said so, it has not ended by itself, and not all of it was released."""
    end = end_of(reservation)
    is_over = end is not None and end <= datetime.now(UTC)
    return reservation["status"] == "completed" and not is_over and reservation["amount"]["amount"] > 0


def take_off(documents: Documents, reservation: Document, part: Amount) -> None:
    """A part of it is to be released. Raises `Refusal` (409) where it does not hold so much."""
    id = reservation["id"]
    if not holds(reservation):
        raise conflict("notHeld", f"the reservation {id} holds nothing", f"its status is {reservation['status']}")
    held = read(reservation["amount"], "amount")
    if part._replace(value=0) != held._replace(value=0):
        raise conflict("otherUnit", f"the reservation {id} holds {_shown(held)}, and amount is {_shown(part)}")
    if part.value > held.value:
        raise conflict("moreThanHeld", f"the reservation {id} holds {_shown(held)}, less than {_shown(part)}")
    _keep(documents, reservation, held, -part.value)


def put_back(documents: Documents, id: str, part: Amount) -> None:
    """A part of it was not released after all."""
    reservation = documents.get(RESERVE, id)
    if reservation is not None:
        _keep(documents, reservation, read(reservation["amount"], "amount", least=0), part.value)


def _keep(documents: Documents, reservation: Document, held: Amount, more: int) -> None:
    amount = quantity(held.unit, held.value + more, held.currency)
    documents.keep(RESERVE, reservation, reservation | {"amount": amount})


def _shown(amount: Amount) -> str:
    return shown(amount.unit, amount.value, amount.currency)
