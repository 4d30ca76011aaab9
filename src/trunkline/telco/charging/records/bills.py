"""Bills as TMF678 tells of them: one of each account and cycle, and a line of it for each rate that was applied.

A bill counts as usage is rated, and counts anew what is rated anew. It is `interim` as long as its cycle goes on, and
`normal` after it. Its figures are the usage's; its state, once it is a normal one, is whose bills are sent and paid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from trunkline.telco.charging.accounts.cycles import cycle_after
from trunkline.telco.charging.records import balances
from trunkline.telco.charging.records.amounts import money, quantity, shown
from trunkline.telco.charging.records.documents import Documents, characteristic, plain, reference
from trunkline.telco.charging.records.taxes import Taxes
from trunkline.telco.model import Balance, RatedUsage, Unit
from trunkline.tmf.apis.customer_bill import BILL, CYCLE, CYCLE_SPECIFICATION, RATE
from trunkline.tmf.declaration import Document

SCHEMA: Final = "urn:trunkline:schema:charged-bill"


class Counted(NamedTuple):
    """What a usage adds to a line of a bill, or takes from it; the amount in minor units, with tax."""

    bill: str
    line: str
    usages: int
    quantity: int
    free: int
    amount: int

    @property
    def taken_back(self) -> Counted:
        return self._replace(usages=-self.usages, quantity=-self.quantity, free=-self.free, amount=-self.amount)


class Change(NamedTuple):
    """Something counted, or taken back; `rated` is the usage as it is then, rated at this time."""

    counted: Counted
    rated: RatedUsage
    time: datetime


def bill_id(account: str, cycle: datetime, zone: ZoneInfo) -> str:
    """The bill of a cycle, by the day on which it begins in the operator's zone."""
    return f"{account}.{_day(cycle, zone)}"


@lru_cache(maxsize=1_000)
def _day(cycle: datetime, zone: ZoneInfo) -> str:
    return str(cycle.astimezone(zone).date())


def is_charged(document: Document) -> bool:
    """Whether charging tells of a bill."""
    return document.get("@schemaLocation") == SCHEMA


class Bills:
    """The bills of all accounts. `zone` is the operator's, in which cycles begin."""

    def __init__(self, zone: ZoneInfo, taxes: Taxes) -> None:
        self.zone, self._taxes = zone, taxes

    def bill_of(self, rated: RatedUsage) -> str:
        """The id of the bill in which a usage counts."""
        return bill_id(rated.usage.account, rated.cycle, self.zone)

    def line_of(self, rated: RatedUsage) -> str:
        """The id of the line for all usage of one number at one rate, in one zone and band."""
        of = (rated.usage.subscription, rated.tariff, rated.rate, rated.zone, rated.band, rated.unit, rated.tax)
        name = blake2b("|".join(of).encode(), digest_size=8).hexdigest()
        return f"{self.bill_of(rated)}.{name}"

    def count(self, documents: Documents, changes: Sequence[Change]) -> None:
        """Add to lines and their bills, or take from them: each is told once, by all that changes it."""
        lines, bills = (
            _by(changes, lambda change: change.counted.line),
            _by(changes, lambda change: change.counted.bill),
        )
        documents.read(RATE, lines)
        documents.read(BILL, bills)
        amounts: dict[str, Counter[str]] = {bill: Counter() for bill in bills}
        for of in lines.values():
            tax, amount = self._count(documents, of)
            amounts[of[0].counted.bill][tax] += amount
        opened = self._opened(documents, [of[0].rated for bill, of in bills.items() if not documents.get(BILL, bill)])
        for id, of in bills.items():
            bill = documents.get(BILL, id) or opened[id]
            sums = {tax: bill["counted"].get(tax, 0) + amounts[id][tax] for tax in {**bill["counted"], **amounts[id]}}
            self._keep(documents, bill | {"counted": sums}, of[-1].time)

    def read(self, documents: Documents, of: Iterable[tuple[str, datetime]]) -> None:
        """Read the bills of these accounts and cycles at once."""
        documents.read(BILL, [bill_id(account, cycle, self.zone) for account, cycle in of])

    def begin(self, documents: Documents, balance: Balance) -> None:
        """A cycle of an account has begun: there is a bill of it, and be it of nothing."""
        if documents.get(BILL, bill_id(balance.account, balance.cycle, self.zone)) is None:
            bill = self._open(documents, balance.account, balance.cycle, balance.currency, balance)
            self._keep(documents, bill, balance.time)

    def end(self, documents: Documents, account: str, cycle: datetime, time: datetime) -> None:
        """A cycle of an account is over: its bill is a normal one from now on."""
        bill = documents.get(BILL, bill_id(account, cycle, self.zone))
        if bill is not None and bill["category"] == "interim":
            self._keep(documents, bill | self._closed(cycle), time)

    def _count(self, documents: Documents, changes: Sequence[Change]) -> tuple[str, int]:
        """Tell a line anew, and what it adds to its bill: the class of tax, and the amount."""
        [first, *_] = changes
        before = documents.get(RATE, first.counted.line)
        line = before or self._new_line(first)
        told = self._line(line, [change.counted for change in changes])
        if told["counted"]["usages"]:
            documents.keep(RATE, before, told)
        elif before is not None:
            documents.remove(RATE, before)
        return line["taxClass"], sum(change.counted.amount for change in changes)

    def _opened(self, documents: Documents, rated: Sequence[RatedUsage]) -> Mapping[str, Document]:
        """New bills, of the first usages that count in them."""
        standings = balances.get_many(documents.unit, {each.usage.account for each in rated})
        opened = {}
        for each in rated:
            account, standing = each.usage.account, standings.get(each.usage.account)
            balance = standing.balance if standing is not None else None
            opened[self.bill_of(each)] = self._open(documents, account, each.cycle, each.currency, balance)
        return opened

    def _open(
        self, documents: Documents, account: str, cycle: datetime, currency: str, balance: Balance | None
    ) -> Document:
        id, end = bill_id(account, cycle, self.zone), self._end(cycle)
        prepaid = balance is not None and balance.kind == "prepaid"
        bill = {
            "id": id,
            "@type": "CustomerBill",
            "@schemaLocation": SCHEMA,
            "billNo": id,
            "category": "interim",
            "runType": "onCycle",
            "state": "new",
            "nextBillDate": end,
            "billingPeriod": {"startDateTime": cycle, "endDateTime": end},
            "billCycle": reference("BillCycle", self._cycle(documents, cycle)),
            "billingAccount": reference("BillingAccount", account, ratingType="prepaid" if prepaid else "postpaid"),
            "currency": currency,
        }
        if balance is not None and balance.cycle > cycle:
            bill |= self._closed(cycle)
        return plain(bill) | {"counted": {}}

    def _closed(self, cycle: datetime) -> Document:
        return plain({"category": "normal", "state": "validated", "billDate": self._end(cycle)})

    def _keep(self, documents: Documents, bill: Document, time: datetime) -> None:
        """Keep a bill with the sums of what it counts; tax is taken out of the sum of its class."""
        amounts, currency = bill["counted"], bill["currency"]
        gross = sum(amounts.values())
        net = {tax: self._taxes.net(amount, tax) for tax, amount in amounts.items()}
        prepaid = bill["billingAccount"].get("ratingType") == "prepaid"
        due = money(0 if prepaid else gross, currency)
        told = bill | {
            "lastUpdate": msgspec.to_builtins(time),
            "taxIncludedAmount": money(gross, currency),
            "taxExcludedAmount": money(sum(net.values()), currency),
            "taxItem": [
                {
                    "@type": "TaxItem",
                    "taxCategory": tax,
                    "taxRate": float(self._taxes.rate(tax) or 0),
                    "taxAmount": money(amount - net[tax], currency),
                }
                for tax, amount in sorted(amounts.items())
            ],
            "amountDue": due,
            "remainingAmount": due,
        }
        documents.keep(BILL, None, told)

    def _new_line(self, first: Change) -> Document:
        counted, rated, time = first
        return plain(
            {
                "id": counted.line,
                "@type": "AppliedCustomerBillingRate",
                "@schemaLocation": SCHEMA,
                "name": rated.rate,
                "appliedBillingRateType": "appliedBillingCharge",
                "date": time,
                "isBilled": True,
                "bill": reference("CustomerBill", counted.bill),
                "billingAccount": reference("BillingAccount", rated.usage.account),
                "periodCoverage": {"startDateTime": rated.cycle, "endDateTime": self._end(rated.cycle)},
                "product": reference("Product", rated.usage.subscription),
                "tariff": rated.tariff,
                "zone": rated.zone,
                "band": rated.band,
                "usedUnit": rated.unit,
                "taxClass": rated.tax,
                "currency": rated.currency,
            }
        ) | {"counted": {"usages": 0, "quantity": 0, "free": 0, "amount": 0}}

    def _line(self, line: Document, added: Sequence[Counted]) -> Document:
        sums = {name: value + sum(getattr(each, name) for each in added) for name, value in line["counted"].items()}
        unit, tax, currency = Unit(line["usedUnit"]), line["taxClass"], line["currency"]
        net = self._taxes.net(sums["amount"], tax)
        rate = self._taxes.rate(tax)
        return line | {
            "counted": sums,
            "description": ", ".join(_described(line, unit, sums)),
            "taxIncludedAmount": money(sums["amount"], currency),
            "taxExcludedAmount": money(net, currency),
            "appliedTax": [
                {
                    "@type": "AppliedBillingTaxRate",
                    "taxCategory": tax,
                    "taxAmount": money(sums["amount"] - net, currency),
                    **({"taxRate": float(rate)} if rate is not None else {}),
                }
            ],
            "characteristic": [
                characteristic("tariff", line["tariff"]),
                characteristic("usages", sums["usages"]),
                characteristic("quantity", quantity(unit, sums["quantity"])),
                characteristic("freeQuantity", quantity(unit, sums["free"])),
            ],
        }

    def _cycle(self, documents: Documents, cycle: datetime) -> str:
        """The id of a cycle, which many accounts share; the first of them makes it known."""
        begin, end = cycle.astimezone(self.zone).date(), self._end(cycle)
        id, rhythm = str(begin), f"month-{begin.day}"
        if documents.get(CYCLE, id) is not None:
            return id
        if documents.get(CYCLE_SPECIFICATION, rhythm) is None:
            specification = {
                "id": rhythm,
                "@type": "BillCycleSpecification",
                "name": f"monthly, from day {begin.day}",
                "frequency": "monthly",
                "billingPeriod": "month",
                "billingDateShift": begin.day - 1,
            }
            documents.keep(CYCLE_SPECIFICATION, None, specification)
        told = {
            "id": id,
            "@type": "BillCycle",
            "name": f"from {begin}",
            "billingPeriod": "month",
            "billingDate": end,
            "validFor": {"startDateTime": cycle, "endDateTime": end},
            "billCycleSpecification": reference("BillCycleSpecification", rhythm),
        }
        documents.keep(CYCLE, None, plain(told))
        return id

    def _end(self, cycle: datetime) -> datetime:
        return _after(cycle, self.zone)


@lru_cache(maxsize=1_000)
def _after(cycle: datetime, zone: ZoneInfo) -> datetime:
    return cycle_after(zone, cycle.astimezone(zone).day, cycle)


def _by(changes: Sequence[Change], key: Callable[[Change], str]) -> dict[str, list[Change]]:
    """The changes by their lines, or their bills."""
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(key(change), []).append(change)
    return found


def _described(line: Document, unit: Unit, sums: dict[str, int]) -> Iterator[str]:
    """`3 usages, 12 min, of these 10 min included, world-1, peak`."""
    yield f"{sums['usages']} usage{'' if sums['usages'] == 1 else 's'}"
    yield shown(unit, sums["quantity"])
    if sums["free"]:
        yield f"of these {shown(unit, sums['free'])} included"
    for name in ("zone", "band"):
        if line.get(name):
            yield line[name]
