"""What a product is, whoever sells it at whatever price: its specification and the characteristics it has (TMF620)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from trunkline.tmf.declaration import Projection
from trunkline.tmf.model.attachment import Attachment, AttachmentRef
from trunkline.tmf.model.characteristic import Characteristic
from trunkline.tmf.model.entity import UNSET, Entity, EntityRef, Extensible, Maybe, Record, datetime, field
from trunkline.tmf.model.identifier import ExternalIdentifier
from trunkline.tmf.model.party import RelatedPartyRefOrPartyRoleRef
from trunkline.tmf.model.product_catalog import CategoryRef
from trunkline.tmf.model.resource import PolicyRef, ResourceSpecificationRef
from trunkline.tmf.model.value import TimePeriod


class ServiceSpecificationRef(EntityRef):
    """A reference to the specification of a service that realises the product (TMF633)."""

    version: Maybe[str] = UNSET


class IntentSpecificationRef(EntityRef):
    """A reference to what intents for the product look like (TMF921)."""


class TargetProductSchema(Record):
    """The type of the products that follow a specification, and the address of its JSON Schema."""

    type_: str = field(name="@type")
    schema_location: str = field(name="@schemaLocation")


class ProductSpecificationRef(EntityRef):
    """A reference to the specification of a product."""

    version: Maybe[str] = UNSET
    target_product_schema: Maybe[TargetProductSchema] = UNSET


class CharacteristicValueSpecification(Extensible):
    """A value that a characteristic may have, or a range of them; `isDefault` is the one it has if nobody chooses.

    `rangeInterval` says whether `valueFrom` and `valueTo` themselves are in the range: open, closed, closedBottom,
    closedTop. `regex` is what a text must match.
    """

    value: Maybe[Any] = UNSET
    value_type: Maybe[str] = UNSET
    unit_of_measure: Maybe[str] = UNSET
    is_default: Maybe[bool] = UNSET
    value_from: Maybe[int] = UNSET
    value_to: Maybe[int] = UNSET
    range_interval: Maybe[str] = UNSET
    regex: Maybe[str] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET

    @classmethod
    def type_of(cls, document: Mapping[str, Any]) -> str:
        """By the value, where there is one: `IntegerCharacteristicValueSpecification`."""
        kind = Characteristic.type_of(document)
        return f"{kind}ValueSpecification" if "value" in document else cls.__name__


class CharacteristicSpecificationRelationship(Extensible):
    """A characteristic, of this specification or another, that this one depends on, excludes, replaces."""

    v4_type: ClassVar[str] = "ProductSpecificationCharacteristicRelationship"
    v4: ClassVar[Projection] = Projection(
        renamed={"parentSpecificationId": "id", "parentSpecificationHref": "href"},
        left_out=("characteristicSpecificationId",),
    )

    relationship_type: Maybe[str] = UNSET
    name: Maybe[str] = UNSET
    characteristic_specification_id: Maybe[str] = UNSET
    parent_specification_id: Maybe[str] = UNSET
    parent_specification_href: Maybe[str] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET


class CharacteristicSpecification(Extensible):
    """A distinctive feature of a product: its name, the type of its values, and which they may be.

    `configurable` says that it is chosen when the product is ordered, `extensible` that values may be added then. Of
    its values a product has at least `minCardinality` and at most `maxCardinality`.
    """

    v4_type: ClassVar[str] = "ProductSpecificationCharacteristic"
    v4: ClassVar[Projection] = Projection(
        renamed={
            "charSpecRelationship": "productSpecCharRelationship",
            "characteristicValueSpecification": "productSpecCharacteristicValue",
        }
    )

    id: Maybe[str] = UNSET
    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    value_type: Maybe[str] = UNSET
    configurable: Maybe[bool] = UNSET
    extensible: Maybe[bool] = UNSET
    is_unique: Maybe[bool] = UNSET
    min_cardinality: Maybe[int] = UNSET
    max_cardinality: Maybe[int] = UNSET
    regex: Maybe[str] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET
    value_schema_location: Maybe[str] = field(name="@valueSchemaLocation", default=UNSET)
    char_spec_relationship: Maybe[list[CharacteristicSpecificationRelationship]] = UNSET
    characteristic_value_specification: Maybe[list[CharacteristicValueSpecification]] = UNSET


class ProductSpecificationCharacteristicValueUse(Extensible):
    """Which of the values of a specification's characteristic an offering or a price is for: a subset of them."""

    id: Maybe[str] = UNSET
    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    value_type: Maybe[str] = UNSET
    min_cardinality: Maybe[int] = UNSET
    max_cardinality: Maybe[int] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET
    product_spec_characteristic_value: Maybe[list[CharacteristicValueSpecification]] = UNSET
    product_specification: Maybe[ProductSpecificationRef] = UNSET


class BundledProductSpecification(Entity):
    """A specification that is part of a bundle of them."""

    v4: ClassVar[Projection] = Projection(left_out=("version",))

    name: Maybe[str] = UNSET
    version: Maybe[str] = UNSET
    lifecycle_status: Maybe[str] = UNSET


class ProductSpecificationRelationship(EntityRef):
    """A specification that this one migrates to, replaces, depends on, excludes."""

    v4: ClassVar[Projection] = Projection(left_out=("version", "characteristic"))

    relationship_type: Maybe[str] = UNSET
    characteristic: Maybe[list[CharacteristicSpecification]] = UNSET
    version: Maybe[str] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET


class ProductSpecification(Entity):
    """A detailed description of something that is made available to customers as an offering.

    `productNumber` is the maker's number of it, `brand` the maker or trademark.
    """

    v4: ClassVar[Projection] = Projection(left_out=("category", "policy", "intentSpecification", "externalIdentifier"))

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    brand: Maybe[str] = UNSET
    product_number: Maybe[str] = UNSET
    version: Maybe[str] = UNSET
    lifecycle_status: Maybe[str] = UNSET
    last_update: Maybe[datetime] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET
    is_bundle: Maybe[bool] = UNSET
    bundled_product_specification: Maybe[list[BundledProductSpecification]] = UNSET
    product_spec_characteristic: Maybe[list[CharacteristicSpecification]] = UNSET
    product_specification_relationship: Maybe[list[ProductSpecificationRelationship]] = UNSET
    service_specification: Maybe[list[ServiceSpecificationRef]] = UNSET
    resource_specification: Maybe[list[ResourceSpecificationRef]] = UNSET
    intent_specification: Maybe[IntentSpecificationRef] = UNSET
    target_product_schema: Maybe[TargetProductSchema] = UNSET
    category: Maybe[list[CategoryRef]] = UNSET
    policy: Maybe[list[PolicyRef]] = UNSET
    attachment: Maybe[list[AttachmentRef | Attachment]] = UNSET
    related_party: Maybe[list[RelatedPartyRefOrPartyRoleRef]] = UNSET
    external_identifier: Maybe[list[ExternalIdentifier]] = UNSET
