"""Buckets, what is left in them, and what is done to them (TMF654; v4 is served, and these types follow it)."""

from __future__ import annotations

from typing import ClassVar

from trunkline.tmf.declaration import Projection
from trunkline.tmf.model.account import PartyAccountRef
from trunkline.tmf.model.entity import UNSET, Entity, EntityRef, Extensible, Maybe, datetime, field
from trunkline.tmf.model.party import RelatedPartyRefOrPartyRoleRef
from trunkline.tmf.model.party_role import PaymentMethodRef
from trunkline.tmf.model.payment import PaymentRef
from trunkline.tmf.model.product import ProductRef
from trunkline.tmf.model.product_offering import ChannelRef
from trunkline.tmf.model.value import Quantity, TimePeriod


class BucketRef(EntityRef):
    """A reference to a bucket."""

    usage_type: Maybe[str] = UNSET


class LogicalResourceRef(EntityRef):
    """A reference to the number, or another logical resource, that draws from a bucket; `value` is the number."""

    value: Maybe[str] = UNSET


class ReserveBalanceRef(EntityRef):
    """A reference to what is held for a session or a purchase."""


class Bucket(Entity):
    """What is left of an amount of money or of a quantity of usage; `usageType` says of what: data, voice, EUR."""

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    usage_type: Maybe[str] = UNSET
    status: Maybe[str] = UNSET
    is_shared: Maybe[bool] = UNSET
    remaining_value: Maybe[Quantity] = UNSET
    remaining_value_name: Maybe[str] = UNSET
    reserved_value: Maybe[Quantity] = UNSET
    reserve_balance: Maybe[list[ReserveBalanceRef]] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET
    party_account: Maybe[PartyAccountRef] = UNSET
    logical_resource: Maybe[list[LogicalResourceRef]] = UNSET
    product: Maybe[list[ProductRef]] = UNSET
    related_party: Maybe[list[RelatedPartyRefOrPartyRoleRef]] = UNSET


class AccumulatedBalance(Entity):
    """What all buckets of an account hold together, of one unit."""

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    total_balance: Maybe[Quantity] = UNSET
    bucket: Maybe[list[BucketRef]] = UNSET
    party_account: Maybe[PartyAccountRef] = UNSET
    logical_resource: Maybe[list[LogicalResourceRef]] = UNSET
    product: Maybe[list[ProductRef]] = UNSET
    related_party: Maybe[list[RelatedPartyRefOrPartyRoleRef]] = UNSET


class ImpactedBucketItem(Extensible):
    """What an action did to a bucket: `itemType` is `credit` or `debit`."""

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    item_type: Maybe[str] = UNSET
    reason: Maybe[str] = UNSET
    amount: Maybe[Quantity] = UNSET


class ImpactedBucket(Extensible):
    """A bucket that an action changed, with what was in it before and after."""

    item: list[ImpactedBucketItem]
    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    requested_date: Maybe[datetime] = UNSET
    confirmation_date: Maybe[datetime] = UNSET
    bucket: Maybe[BucketRef] = UNSET
    amount_before: Maybe[Quantity] = UNSET
    amount_after: Maybe[Quantity] = UNSET


class BalanceAction(Entity):
    """Something that is done to a bucket; `amount` is always more than nothing."""

    v4: ClassVar[Projection] = Projection(flat=("relatedParty", "requestor"))

    description: Maybe[str] = UNSET
    status: Maybe[str] = UNSET
    reason: Maybe[str] = UNSET
    requested_date: Maybe[datetime] = UNSET
    confirmation_date: Maybe[datetime] = UNSET
    usage_type: Maybe[str] = UNSET
    amount: Maybe[Quantity] = UNSET
    bucket: Maybe[BucketRef] = UNSET
    impacted_bucket: Maybe[list[ImpactedBucket]] = UNSET
    party_account: Maybe[PartyAccountRef] = UNSET
    logical_resource: Maybe[LogicalResourceRef] = UNSET
    product: Maybe[ProductRef] = UNSET
    channel: Maybe[ChannelRef] = UNSET
    requestor: Maybe[RelatedPartyRefOrPartyRoleRef] = UNSET
    related_party: Maybe[list[RelatedPartyRefOrPartyRoleRef]] = UNSET


class RelatedTopupBalance(Extensible):
    """A top-up that this one has to do with: the first of those that come by themselves."""

    id: Maybe[str] = UNSET
    href: Maybe[str] = UNSET
    name: Maybe[str] = UNSET
    role: Maybe[str] = UNSET
    referred_type: Maybe[str] = field(name="@referredType", default=UNSET)


class TopupBalance(BalanceAction):
    """Put money or usage into a bucket."""

    is_auto_topup: Maybe[bool] = UNSET
    number_of_periods: Maybe[int] = UNSET
    recurring_period: Maybe[str] = UNSET
    voucher: Maybe[str] = UNSET
    payment: Maybe[PaymentRef] = UNSET
    payment_method: Maybe[PaymentMethodRef] = UNSET
    related_topup_balance: Maybe[RelatedTopupBalance] = UNSET


class AdjustBalance(BalanceAction):
    """Put something right: `adjustType` is `credit` or `debit`."""

    adjust_type: Maybe[str] = UNSET
    reserve_balance: Maybe[ReserveBalanceRef] = UNSET


class ReserveBalance(BalanceAction):
    """Hold something for a purchase, until `expirationDate`."""

    expiration_date: Maybe[datetime] = UNSET


class TransferBalance(BalanceAction):
    """Move something from one bucket to another."""

    v4: ClassVar[Projection] = Projection(flat=("relatedParty", "requestor", "receiver"))

    cost_owner: Maybe[str] = UNSET
    transfer_cost: Maybe[Quantity] = UNSET
    receiver: Maybe[RelatedPartyRefOrPartyRoleRef] = UNSET
    receiver_bucket: Maybe[BucketRef] = UNSET
    receiver_bucket_usage_type: Maybe[str] = UNSET
    receiver_logical_resource: Maybe[LogicalResourceRef] = UNSET
    receiver_party_account: Maybe[PartyAccountRef] = UNSET
    receiver_product: Maybe[ProductRef] = UNSET
