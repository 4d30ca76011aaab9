"""The part that a party plays: customer, supplier, dealer (TMF669; v4 is served, and these types follow it)."""

from __future__ import annotations

from typing import ClassVar

from trunkline.tmf.model.characteristic import Characteristic
from trunkline.tmf.model.entity import UNSET, Entity, EntityRef, Extensible, Maybe, Record, datetime, field
from trunkline.tmf.model.party import RelatedPartyRefOrPartyRoleRef
from trunkline.tmf.model.product_offering import AgreementRef
from trunkline.tmf.model.value import TimePeriod


class AccountRef(Extensible):
    """A reference to an account of the party (TMF666)."""

    name: str
    id: Maybe[str] = UNSET
    href: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    referred_type: Maybe[str] = field(name="@referredType", default=UNSET)


class PaymentMethodRef(EntityRef):
    """A reference to how the party pays (TMF670)."""


class RoleTypeRef(Extensible):
    """What kind of role it is, as the specification of a partnership has it (TMF668).

    The official file requires an `id` that it does not describe: it is the name where none is given.
    """

    identified_by: ClassVar[tuple[str, ...]] = ("name", "partnershipId")

    id: str
    name: Maybe[str] = UNSET
    partnership_id: Maybe[str] = UNSET
    partnership_href: Maybe[str] = UNSET
    partnership_name: Maybe[str] = UNSET
    referred_type: Maybe[str] = field(name="@referredType", default=UNSET)


class MediumCharacteristic(Record):
    """Where a party is reached: one of an address, a telephone number, an e-mail address."""

    contact_type: Maybe[str] = UNSET
    email_address: Maybe[str] = UNSET
    phone_number: Maybe[str] = UNSET
    fax_number: Maybe[str] = UNSET
    social_network_id: Maybe[str] = UNSET
    street1: Maybe[str] = UNSET
    street2: Maybe[str] = UNSET
    post_code: Maybe[str] = UNSET
    city: Maybe[str] = UNSET
    state_or_province: Maybe[str] = UNSET
    country: Maybe[str] = UNSET


class ContactMedium(Extensible):
    """A way to reach the party: `mediumType` is `email`, `postalAddress`, `phone`."""

    medium_type: str
    characteristic: MediumCharacteristic
    preferred: Maybe[bool] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET


class CreditProfile(Extensible):
    """How far the party is trusted to pay: `creditRiskRating` is low for a good one, `creditScore` is high."""

    credit_profile_date: datetime
    valid_for: TimePeriod
    credit_risk_rating: Maybe[int] = UNSET
    credit_score: Maybe[int] = UNSET


class EngagedParty(Extensible):
    """The party that plays the role."""

    v4_type: ClassVar[str] = "RelatedPartyRefOrValue"

    id: Maybe[str] = UNSET
    href: Maybe[str] = UNSET
    name: Maybe[str] = UNSET
    role: Maybe[str] = UNSET
    referred_type: Maybe[str] = field(name="@referredType", default=UNSET)


class PartyRole(Entity):
    """The part played by a party in a given context; a more special type of it is `Customer`, `Supplier`."""

    name: Maybe[str] = UNSET
    role_type: Maybe[RoleTypeRef] = UNSET
    status: Maybe[str] = UNSET
    status_reason: Maybe[str] = UNSET
    engaged_party: Maybe[EngagedParty] = UNSET
    related_party: Maybe[list[RelatedPartyRefOrPartyRoleRef]] = UNSET
    characteristic: Maybe[list[Characteristic]] = UNSET
    contact_medium: Maybe[list[ContactMedium]] = UNSET
    account: Maybe[list[AccountRef]] = UNSET
    agreement: Maybe[list[AgreementRef]] = UNSET
    payment_method: Maybe[list[PaymentMethodRef]] = UNSET
    credit_profile: Maybe[list[CreditProfile]] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET
