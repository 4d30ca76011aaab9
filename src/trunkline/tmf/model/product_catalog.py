"""A catalogue and the categories that lead through it (TMF620)."""

from __future__ import annotations

from typing import ClassVar

from trunkline.tmf.declaration import Projection
from trunkline.tmf.model.entity import UNSET, Entity, EntityRef, Maybe, datetime
from trunkline.tmf.model.party import RelatedPartyRefOrPartyRoleRef
from trunkline.tmf.model.value import TimePeriod


class CategoryRef(EntityRef):
    """A reference to a category."""

    version: Maybe[str] = UNSET


class ProductOfferingRef(EntityRef):
    """A reference to an offering."""

    v4: ClassVar[Projection] = Projection(left_out=("version",))

    version: Maybe[str] = UNSET


class Category(Entity):
    """A logical group of offerings, and of further categories.

    `isRoot` says that it has no `parent`; `lastUpdate` is when it was changed last.
    """

    v4: ClassVar[Projection] = Projection(moved={"parent.id": "parentId"})

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    is_root: Maybe[bool] = UNSET
    parent: Maybe[CategoryRef] = UNSET
    sub_category: Maybe[list[CategoryRef]] = UNSET
    product_offering: Maybe[list[ProductOfferingRef]] = UNSET
    version: Maybe[str] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET
    lifecycle_status: Maybe[str] = UNSET
    last_update: Maybe[datetime] = UNSET


class ProductCatalog(Entity):
    """A collection of offerings for a sales channel or market; `category` are the roots of its categories.

    `catalogType` tells whether it is one of products, services or resources.
    """

    v4_type: ClassVar[str] = "Catalog"

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    catalog_type: Maybe[str] = UNSET
    category: Maybe[list[CategoryRef]] = UNSET
    related_party: Maybe[list[RelatedPartyRefOrPartyRoleRef]] = UNSET
    version: Maybe[str] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET
    lifecycle_status: Maybe[str] = UNSET
    last_update: Maybe[datetime] = UNSET
