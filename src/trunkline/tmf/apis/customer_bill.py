"""TMF678 Customer Bill Management, v4.0: bills, the rates that were applied, and the cycles they are of.

Its file has no events, so that none are told.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from trunkline.tmf.declaration import READ_ONLY, V4, V5, Lifecycle, OpenApi, Operation, Resource, text, time
from trunkline.tmf.model.characteristic import Characteristic
from trunkline.tmf.model.customer_bill import (
    AppliedBillingTaxRate,
    AppliedCustomerBillingRate,
    BillCycle,
    BillCycleRef,
    BillCycleSpecification,
    BillCycleSpecificationRef,
    CustomerBill,
    CustomerBillOnDemand,
    CustomerBillRef,
)
from trunkline.tmf.model.product import BillingAccountRef
from trunkline.tmf.model.value import Money, TimePeriod

ACCOUNT = BillingAccountRef(id="1042", referred_type="BillingAccount")
MARCH = TimePeriod(
    start_date_time=datetime(2026, 2, 28, 23, tzinfo=UTC), end_date_time=datetime(2026, 3, 31, 22, tzinfo=UTC)
)

BILL = Resource(
    "customerBill",
    CustomerBill,
    operations=READ_ONLY | {Operation.PATCH},
    attributes=(
        text("billingAccount.id"),
        text("state"),
        text("category"),
        text("billNo"),
        text("billCycle.id"),
        text("relatedParty.partyOrPartyRole.id"),
        time("billDate"),
        time("billingPeriod.startDateTime"),
    ),
    lifecycle=Lifecycle(
        "state",
        "new",
        {
            "new": ("onHold", "validated"),
            "onHold": ("new", "validated"),
            "validated": ("onHold", "sent"),
            "sent": ("partiallyPaid", "settled"),
            "partiallyPaid": ("settled",),
        },
    ),
    events=(),
    updated="lastUpdate",
    examples={
        V5: msgspec.to_builtins(
            CustomerBill(
                bill_no="1042-2026-03-01",
                category="normal",
                run_type="onCycle",
                state="validated",
                billing_period=MARCH,
                amount_due=Money(unit="EUR", value=27.35),
                tax_included_amount=Money(unit="EUR", value=27.35),
                bill_cycle=BillCycleRef(id="2026-03-01"),
                billing_account=ACCOUNT,
            )
        )
    },
)

RATE = Resource(
    "appliedCustomerBillingRate",
    AppliedCustomerBillingRate,
    operations=READ_ONLY,
    attributes=(text("bill.id"), text("billingAccount.id"), text("name"), time("date")),
    events=(),
    examples={
        V5: msgspec.to_builtins(
            AppliedCustomerBillingRate(
                name="Calls in Belgium",
                applied_billing_rate_type="appliedBillingCharge",
                is_billed=True,
                bill=CustomerBillRef(id="1042.2026-03-01"),
                period_coverage=MARCH,
                tax_included_amount=Money(unit="EUR", value=7.35),
                applied_tax=[AppliedBillingTaxRate(tax_category="standard")],
                characteristic=[Characteristic(name="usages", value=12, type_="IntegerCharacteristic")],
            )
        )
    },
)

ON_DEMAND = Resource(
    "customerBillOnDemand",
    CustomerBillOnDemand,
    operations=READ_ONLY | {Operation.CREATE},
    attributes=(text("billingAccount.id"), text("state"), text("customerBill.id")),
    lifecycle=Lifecycle("state", "inProgress", {"inProgress": ("rejected", "done", "terminatedWithError")}),
    events=(),
    updated="lastUpdate",
    examples={V5: msgspec.to_builtins(CustomerBillOnDemand(name="What I owe until today", billing_account=ACCOUNT))},
)

CYCLE = Resource(
    "billCycle",
    BillCycle,
    operations=READ_ONLY,
    attributes=(text("name"), text("billCycleSpecification.id"), time("billingDate"), time("validFor.startDateTime")),
    events=(),
    examples={
        V5: msgspec.to_builtins(
            BillCycle(
                name="2026-03-01",
                billing_period="month",
                valid_for=MARCH,
                bill_cycle_specification=BillCycleSpecificationRef(id="month-1"),
            )
        )
    },
)

CYCLE_SPECIFICATION = Resource(
    "billCycleSpecification",
    BillCycleSpecification,
    operations=READ_ONLY,
    attributes=(text("name"), text("frequency")),
    events=(),
    examples={
        V5: msgspec.to_builtins(
            BillCycleSpecification(
                name="From the 1st", frequency="monthly", billing_period="month", billing_date_shift=0
            )
        )
    },
)

API = OpenApi(
    number=678,
    name="customerBillManagement",
    title="Customer Bill Management",
    versions=(V4,),
    resources=(BILL, RATE, ON_DEMAND, CYCLE, CYCLE_SPECIFICATION),
)
