"""The ledger's balance: what is in the buckets is what came into them less what went out, to the last unit.

    sum(balances) + sum(charges) = sum(top-ups) + sum(grants)

for each account and unit, where charges are what usage cost or consumed and what expired. It is proven with every
event, from the postings alone on the one side and from the buckets alone on the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from trunkline.telco.charging.accounts.rating import Violation
from trunkline.telco.charging.accounts.standing import Standing
from trunkline.telco.model import Ledger, Posting, Unit

LEDGERS = frozenset(ledger.value for ledger in Ledger)
UNITS = {f"{ledger}|{unit}": unit.value for ledger in Ledger for unit in Unit if ledger is not Ledger.RESERVED}
"""The unit of each of the totals that buckets have given or received for good."""


class Totals:
    """What each account of the ledger has received, less what it gave, by unit: from all postings that were told."""

    def __init__(self, amounts: dict[str, int] | None = None) -> None:
        self.amounts = dict(amounts or {})

    def after(self, postings: Iterable[Posting]) -> Totals:
        """The totals with these postings too."""
        totals = Totals(self.amounts)
        for posting in postings:
            for name, amount in ((posting.credit, posting.amount), (posting.debit, -posting.amount)):
                if name in LEDGERS:
                    key = f"{name}|{posting.unit}"
                    totals.amounts[key] = totals.amounts.get(key, 0) + amount
        return totals

    def plus(self, amounts: Mapping[str, int]) -> Totals:
        """The totals with these amounts too."""
        return Totals({**self.amounts, **{key: self.amounts.get(key, 0) + amount for key, amount in amounts.items()}})

    def received(self) -> dict[str, int]:
        """What all buckets must hold, with what is held of them, by unit."""
        sums: dict[str, int] = {}
        for key, amount in self.amounts.items():
            if (unit := UNITS.get(key)) is not None:
                sums[unit] = sums.get(unit, 0) - amount
        return sums


def prove(standing: Standing, totals: Totals, postings: Sequence[Posting], tariff: str) -> None:
    """Raises `Violation` of a tariff where these postings, the last of the totals, do not fit the buckets."""
    for posting in postings:
        if posting.amount <= 0:
            raise Violation(tariff, f"the posting {posting.id} is of {posting.amount!r}, and must be of 1 or more")
    received = totals.received()
    left = dict.fromkeys(received, 0)
    for holding in standing.holdings:
        left[holding.unit] = left.get(holding.unit, 0) + holding.remaining
    for unit, amount in left.items():
        must = received.get(unit, 0)
        if amount != must:
            raise Violation(tariff, f"the buckets hold {amount} {unit}, and by the ledger must hold {must}")
