"""Bills as TMF678 tells of them: one of each account and cycle, and a line of it for each rate that was applied.

A bill counts as usage is rated, and counts anew what is rated anew. It is `interim` as long as its cycle goes on, and
`normal` after it. Its figures are the usage's; its state, once it is a normal one, is whose bills are sent and paid.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2b
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from trunkline.store import Unit as UnitOfWork
from trunkline.telco.charging.accounts.cycles import cycle_after
from trunkline.telco.charging.records import balances, documents
from trunkline.telco.charging.records.amounts import money, quantity, shown
from trunkline.telco.charging.records.documents import characteristic, plain, reference
from trunkline.telco.charging.records.taxes import Taxes
from trunkline.telco.model import RatedUsage, Unit
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


def bill_id(account: str, cycle: datetime, zone: ZoneInfo) -> str:
    """The bill of a cycle, by the day on which it begins in the operator's zone."""
    return f"{account}.{cycle.astimezone(zone).date()}"


def line_id(rated: RatedUsage, zone: ZoneInfo) -> str:
    """The line for all usage of one number at one rate, in one zone and band."""
    of = (rated.usage.subscription, rated.tariff, rated.rate, rated.zone, rated.band, rated.unit, rated.tax)
    name = blake2b("|".join(of).encode(), digest_size=8).hexdigest()
    return f"{bill_id(rated.usage.account, rated.cycle, zone)}.{name}"


def is_charged(document: Document) -> bool:
    """Whether charging tells of a bill."""
    return document.get("@schemaLocation") == SCHEMA


class Bills:
    """The bills of all accounts. `zone` is the operator's, in which cycles begin."""

    def __init__(self, zone: ZoneInfo, taxes: Taxes) -> None:
        self.zone, self._taxes = zone, taxes

    def count(self, unit: UnitOfWork, counted: Counted, rated: RatedUsage, time: datetime) -> None:
        """Add to a line and its bill, or take from them; `rated` is the usage as it is now, rated at this time."""
        line = documents.get(unit, RATE, counted.line)
        told = self._line(line or self._new_line(counted, rated, time), counted)
        if told["counted"]["usages"]:
            documents.keep(unit, RATE, line, told)
        elif line is not None:
            documents.remove(unit, RATE, line)
        bill = documents.get(unit, BILL, counted.bill)
        amounts = dict(bill["counted"]) if bill is not None else {}
        tax = told["taxClass"]
        amounts[tax] = amounts.get(tax, 0) + counted.amount
        bill = bill or self._open(unit, rated.usage.account, rated.cycle, rated.currency, time)
        self._keep(unit, bill | {"counted": amounts}, time)

    def begin(self, unit: UnitOfWork, account: str, cycle: datetime, currency: str, time: datetime) -> None:
        """A cycle of an account has begun: there is a bill of it, and be it of nothing."""
        if documents.get(unit, BILL, bill_id(account, cycle, self.zone)) is None:
            self._keep(unit, self._open(unit, account, cycle, currency, time), time)

    def end(self, unit: UnitOfWork, account: str, cycle: datetime, time: datetime) -> None:
        """A cycle of an account is over: its bill is a normal one from now on."""
        bill = documents.get(unit, BILL, bill_id(account, cycle, self.zone))
        if bill is not None and bill["category"] == "interim":
            self._keep(unit, bill | self._closed(cycle), time)

    def _open(self, unit: UnitOfWork, account: str, cycle: datetime, currency: str, time: datetime) -> Document:
        standing = balances.get(unit, account)
        end = self._end(cycle)
        prepaid = standing is not None and standing.balance.kind == "prepaid"
        bill = {
            "id": bill_id(account, cycle, self.zone),
            "@type": "CustomerBill",
            "@schemaLocation": SCHEMA,
            "billNo": bill_id(account, cycle, self.zone),
            "category": "interim",
            "runType": "onCycle",
            "state": "new",
            "nextBillDate": end,
            "billingPeriod": {"startDateTime": cycle, "endDateTime": end},
            "billCycle": reference("BillCycle", self._cycle(unit, cycle)),
            "billingAccount": reference("BillingAccount", account, ratingType="prepaid" if prepaid else "postpaid"),
            "currency": currency,
            "counted": {},
        }
        if standing is not None and standing.balance.cycle > cycle:
            bill |= self._closed(cycle)
        return plain(bill) | {"counted": {}}

    def _closed(self, cycle: datetime) -> Document:
        return plain({"category": "normal", "state": "validated", "billDate": self._end(cycle)})

    def _keep(self, unit: UnitOfWork, bill: Document, time: datetime) -> None:
        """Keep a bill with the sums of what it counts; tax is taken out of the sum of its class."""
        amounts, currency = bill["counted"], bill["currency"]
        gross = sum(amounts.values())
        net = {tax: self._taxes.net(amount, tax) for tax, amount in amounts.items()}
        prepaid = bill["billingAccount"].get("ratingType") == "prepaid"
        due = money(0 if prepaid else gross, currency)
        told = bill | {
            "lastUpdate": plain({"at": time})["at"],
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
        documents.keep(unit, BILL, None, told)

    def _new_line(self, counted: Counted, rated: RatedUsage, time: datetime) -> Document:
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

    def _line(self, line: Document, added: Counted) -> Document:
        sums = {name: value + getattr(added, name) for name, value in line["counted"].items()}
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

    def _cycle(self, unit: UnitOfWork, cycle: datetime) -> str:
        """The id of a cycle, which many accounts share; the first of them makes it known."""
        begin, end = cycle.astimezone(self.zone).date(), self._end(cycle)
        id, rhythm = str(begin), f"month-{begin.day}"
        if documents.get(unit, CYCLE, id) is not None:
            return id
        if documents.get(unit, CYCLE_SPECIFICATION, rhythm) is None:
            specification = {
                "id": rhythm,
                "@type": "BillCycleSpecification",
                "name": f"monthly, from day {begin.day}",
                "frequency": "monthly",
                "billingPeriod": "month",
                "billingDateShift": begin.day - 1,
            }
            documents.keep(unit, CYCLE_SPECIFICATION, None, specification)
        told = {
            "id": id,
            "@type": "BillCycle",
            "name": f"from {begin}",
            "billingPeriod": "month",
            "billingDate": end,
            "validFor": {"startDateTime": cycle, "endDateTime": end},
            "billCycleSpecification": reference("BillCycleSpecification", rhythm),
        }
        documents.keep(unit, CYCLE, None, plain(told))
        return id

    def _end(self, cycle: datetime) -> datetime:
        return cycle_after(self.zone, cycle.astimezone(self.zone).day, cycle)


def _described(line: Document, unit: Unit, sums: dict[str, int]) -> Iterator[str]:
    """`3 usages, 12 min, of these 10 min included, world-1, peak`."""
    yield f"{sums['usages']} usage{'' if sums['usages'] == 1 else 's'}"
    yield shown(unit, sums["quantity"])
    if sums["free"]:
        yield f"of these {shown(unit, sums['free'])} included"
    for name in ("zone", "band"):
        if line.get(name):
            yield line[name]
