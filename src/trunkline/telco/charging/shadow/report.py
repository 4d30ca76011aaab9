"""What a comparison comes to: each number's bills, who would be shocked, why, and all of it together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from trunkline.telco.charging.shadow.bill import Bill, BillKey, Reason
from trunkline.telco.charging.shadow.comparison import Comparison, Refusal
from trunkline.telco.charging.shadow.threshold import Threshold


class Sum(NamedTuple):
    """Amounts of several bills of one currency, in its minor units; see `Bill`."""

    today: int = 0
    draft: int = 0
    unrated: int = 0

    @property
    def difference(self) -> int:
        """How much more the usages cost that both can rate."""
        return self.draft - (self.today - self.unrated)

    def plus(self, bill: Bill) -> Sum:
        return Sum(self.today + bill.today, self.draft + bill.draft, self.unrated + bill.unrated)


class Shocked(NamedTuple):
    """An account that would pay more for a cycle's usage than the threshold allows, and why."""

    account: str
    cycle: datetime
    currency: str
    sum: Sum
    reasons: list[tuple[Reason, int]]


class Report(NamedTuple):
    """`bills` and `shocked` with the highest rise first, `reasons` with the biggest difference."""

    bills: list[tuple[BillKey, Bill]]
    shocked: list[Shocked]
    refused: list[Refusal]
    reasons: list[tuple[str, Reason, int]]
    """With the currency before, and the difference in its minor units behind."""
    sums: dict[str, Sum]
    """By currency."""


def report(comparison: Comparison, threshold: Threshold, since: datetime) -> Report:
    """Of the cycles that begin at `since` or later."""
    bills = [(key, bill) for key, bill in comparison.bills.items() if key.cycle >= since]
    bills.sort(key=lambda each: (-each[1].difference, each[0]))
    accounts: dict[tuple[str, datetime], list[Bill]] = {}
    of_currency: dict[str, list[Bill]] = {}
    for key, bill in bills:
        accounts.setdefault((key.account, key.cycle), []).append(bill)
        of_currency.setdefault(bill.currency, []).append(bill)
    shocked = []
    for (account, cycle), its in accounts.items():
        sum = total(its)
        if threshold.shocks(sum.today - sum.unrated, sum.difference, its[0].currency):
            shocked.append(Shocked(account, cycle, its[0].currency, sum, reasons(its)))
    shocked.sort(key=lambda each: (-each.sum.difference, each.account, each.cycle))
    return Report(
        bills=bills,
        shocked=shocked,
        refused=[each for each in comparison.refused() if each.time is None or each.time >= since],
        reasons=[(currency, *each) for currency, its in of_currency.items() for each in reasons(its)],
        sums={currency: total(its) for currency, its in of_currency.items()},
    )


def total(bills: Iterable[Bill]) -> Sum:
    """All of them together."""
    sum = Sum()
    for bill in bills:
        sum = sum.plus(bill)
    return sum


def reasons(bills: Iterable[Bill]) -> list[tuple[Reason, int]]:
    """What makes their differences; together it is all of it."""
    sums: Counter[Reason] = Counter()
    for bill in bills:
        for reason, amount in bill.reasons.items():
            sums[reason] += amount
    found = [(reason, amount) for reason, amount in sums.items() if amount]
    return sorted(found, key=lambda each: (-abs(each[1]), each[0]))
