"""Erasure: of an account that is nobody's any more, nothing stays in the store, and nobody is told what went."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from trunkline.store import Query, Store, Unit
from trunkline.store.query import Compare, Operator, Path
from trunkline.telco.charging.records import accounts, balances, corrections
from trunkline.tmf.apis.communication import MESSAGE
from trunkline.tmf.apis.customer_bill import BILL, ON_DEMAND, RATE
from trunkline.tmf.apis.prepay_balance import ACCUMULATED, ACTION, ADJUST, BUCKET, RESERVE, TOPUP, TRANSFER
from trunkline.tmf.apis.usage import USAGE

PAGE: Final = 1_000
_PAYS: Final[Path] = ("partyAccount", "id")
_BILLED: Final[Path] = ("billingAccount", "id")
OF_ACCOUNT: Final[dict[str, Path]] = {
    **dict.fromkeys(
        (each.name for each in (USAGE, BUCKET, ACCUMULATED, ACTION, TOPUP, ADJUST, TRANSFER, RESERVE)), _PAYS
    ),
    **dict.fromkeys((each.name for each in (BILL, RATE, ON_DEMAND)), _BILLED),
    MESSAGE.name: ("receiver", "party", "partyOrPartyRole", "id"),
}
"""Where the records of each kind say whose they are."""


def erase(unit: Unit, store: Store, account: str) -> None:
    """Let all records of an account go that are in the store; those of which the person's key is deleted too."""
    for kind, path in OF_ACCOUNT.items():
        ids = list(_find(store, kind, path, account))
        _remove(unit, kind, ids)
        if kind == USAGE.name:
            _remove(unit, corrections.KIND.name, ids)
    for kind in (accounts.KIND.name, balances.KIND.name):
        _remove(unit, kind, [account])


def _find(store: Store, kind: str, path: Path, account: str) -> Iterator[str]:
    query = Query(kind, Compare(path, Operator.EQ, account), limit=PAGE)
    while True:
        found = store.find(query)
        yield from (stored.id for stored in found.records)
        if len(found.records) < PAGE:
            return
        query = query._replace(offset=query.offset + PAGE)


def _remove(unit: Unit, kind: str, ids: Collection[str]) -> None:
    for id in unit.get_many(kind, ids):
        unit.remove(kind, id)
