"""Bills, their lines, and the cycles in which they are made (TMF678; v4 is served, and these types follow it)."""

from __future__ import annotations

from typing import ClassVar, Literal

from trunkline.tmf.declaration import Projection
from trunkline.tmf.model.account import FinancialAccountRef
from trunkline.tmf.model.attachment import Attachment, AttachmentRef
from trunkline.tmf.model.characteristic import Characteristic
from trunkline.tmf.model.entity import UNSET, Entity, EntityRef, Extensible, Maybe, datetime
from trunkline.tmf.model.party import RelatedPartyRefOrPartyRoleRef
from trunkline.tmf.model.party_role import PaymentMethodRef
from trunkline.tmf.model.payment import PaymentRef
from trunkline.tmf.model.product import BillingAccountRef, ProductRef
from trunkline.tmf.model.product_offering_price import TaxItem
from trunkline.tmf.model.value import Money, TimePeriod


class CustomerBillRef(EntityRef):
    """A reference to a bill."""


class AppliedCustomerBillingRateRef(EntityRef):
    """A reference to a line of a bill."""


class BillCycleRef(EntityRef):
    """A reference to the cycle that a bill is of."""


class BillCycleSpecificationRef(EntityRef):
    """A reference to the rhythm of a cycle."""


class AppliedBillingTaxRate(Extensible):
    """A tax within a line of a bill; the rate is in percent."""

    tax_category: Maybe[str] = UNSET
    tax_rate: Maybe[float] = UNSET
    tax_amount: Maybe[Money] = UNSET


class AppliedPayment(Extensible):
    """What of a payment went to a bill."""

    applied_amount: Maybe[Money] = UNSET
    payment: Maybe[PaymentRef] = UNSET


class CustomerBill(Entity):
    """What a customer is to pay for a cycle, or off it.

    `category` is `interim` as long as the cycle goes on, and `normal` after it.
    """

    bill_no: Maybe[str] = UNSET
    bill_date: Maybe[datetime] = UNSET
    category: Maybe[str] = UNSET
    run_type: Maybe[Literal["onCycle", "offCycle"]] = UNSET
    state: Maybe[Literal["new", "onHold", "validated", "sent", "settled", "partiallyPaid"]] = UNSET
    last_update: Maybe[datetime] = UNSET
    next_bill_date: Maybe[datetime] = UNSET
    payment_due_date: Maybe[datetime] = UNSET
    billing_period: Maybe[TimePeriod] = UNSET
    amount_due: Maybe[Money] = UNSET
    remaining_amount: Maybe[Money] = UNSET
    tax_excluded_amount: Maybe[Money] = UNSET
    tax_included_amount: Maybe[Money] = UNSET
    tax_item: Maybe[list[TaxItem]] = UNSET
    applied_payment: Maybe[list[AppliedPayment]] = UNSET
    bill_cycle: Maybe[BillCycleRef] = UNSET
    bill_document: Maybe[list[AttachmentRef | Attachment]] = UNSET
    billing_account: Maybe[BillingAccountRef] = UNSET
    financial_account: Maybe[FinancialAccountRef] = UNSET
    payment_method: Maybe[PaymentMethodRef] = UNSET
    related_party: Maybe[list[RelatedPartyRefOrPartyRoleRef]] = UNSET


class AppliedCustomerBillingRate(Entity):
    """A line of a bill: what all usage of one rate cost in a cycle."""

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    applied_billing_rate_type: Maybe[str] = UNSET
    date: Maybe[datetime] = UNSET
    is_billed: Maybe[bool] = UNSET
    period_coverage: Maybe[TimePeriod] = UNSET
    tax_excluded_amount: Maybe[Money] = UNSET
    tax_included_amount: Maybe[Money] = UNSET
    applied_tax: Maybe[list[AppliedBillingTaxRate]] = UNSET
    bill: Maybe[CustomerBillRef] = UNSET
    billing_account: Maybe[BillingAccountRef] = UNSET
    characteristic: Maybe[list[Characteristic]] = UNSET
    product: Maybe[ProductRef] = UNSET


class CustomerBillOnDemand(Entity):
    """A bill that is asked for before its time."""

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    last_update: Maybe[str] = UNSET
    state: Maybe[Literal["inProgress", "rejected", "done", "terminatedWithError"]] = UNSET
    billing_account: Maybe[BillingAccountRef] = UNSET
    customer_bill: Maybe[CustomerBillRef] = UNSET
    related_party: Maybe[RelatedPartyRefOrPartyRoleRef] = UNSET


class BillCycle(Entity):
    """One cycle: from when to when, and when its bill is made."""

    v4: ClassVar[Projection] = Projection(renamed={"billCycleSpecification": "BillCycleSpecification"})

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    billing_date: Maybe[datetime] = UNSET
    billing_period: Maybe[str] = UNSET
    charge_date: Maybe[datetime] = UNSET
    credit_date: Maybe[datetime] = UNSET
    mailing_date: Maybe[datetime] = UNSET
    payment_due_date: Maybe[datetime] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET
    bill_cycle_specification: Maybe[BillCycleSpecificationRef] = UNSET


class BillCycleSpecification(Entity):
    """The rhythm of cycles. Offsets and the shift are days from the beginning of the billing period."""

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    billing_period: Maybe[str] = UNSET
    frequency: Maybe[str] = UNSET
    billing_date_shift: Maybe[int] = UNSET
    charge_date_offset: Maybe[int] = UNSET
    credit_date_offset: Maybe[int] = UNSET
    mailing_date_offset: Maybe[int] = UNSET
    payment_due_date_offset: Maybe[int] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET
