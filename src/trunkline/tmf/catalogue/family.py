"""What a product manager writes: a file a family of products, with TM Forum's words where there are any (TMF620)."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

_Whole = Annotated[int, Meta(ge=-(2**53), le=2**53)]
_Number = Annotated[float, Meta(ge=-1e15, le=1e15)]
Value: TypeAlias = str | _Whole | _Number | bool
"""A value of a characteristic; a number that JSON can hold exactly."""
Text: TypeAlias = Annotated[str, Meta(min_length=1)]


class _Entry(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    name: Text
    description: str = ""
    version: str = "1.0"
    lifecycle_status: str = "Launched"


class Money(msgspec.Struct, frozen=True):
    """An amount of a currency, whose `unit` is its three letters (ISO 4217)."""

    unit: str
    value: _Number


class Tax(msgspec.Struct, frozen=True, rename="camel"):
    """A tax that the price includes; its rate in percent."""

    tax_category: str
    tax_rate: Annotated[float, Meta(ge=0, le=100)]


class Price(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is asked once, every so often, or by use (`per: 1 GB`); or a discount: an amount or a percentage."""

    name: Text
    price_type: Literal["recurring", "oneTime", "usage", "discount"]
    price: Money | None = None
    percentage: Annotated[float, Meta(gt=0, le=100)] | None = None
    every: Literal["day", "week", "month", "year", ""] = ""
    per: str = ""
    tax: Tax | None = None


class Characteristic(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What differs between products of a specification, and which values it may have, all of one type.

    `configurable`: the customer chooses when ordering; else the offering does.
    """

    values: Annotated[list[Value], Meta(min_length=1, max_length=1000)]
    description: str = ""
    unit_of_measure: str = ""
    default: Value | None = None
    configurable: bool = False

    @property
    def value_type(self) -> str:
        """`string`, `integer`, `number` or `boolean`; empty where the values are not of one type."""
        types = {type(value) for value in self.values}
        if types == {int, float}:
            return "number"
        return {bool: "boolean", int: "integer", float: "number", str: "string"}[types.pop()] if len(types) == 1 else ""

    def has(self, value: Value) -> bool:
        """Whether it is one of the values; `true` is not 1 here."""
        return any(value == known and isinstance(value, bool) == isinstance(known, bool) for known in self.values)


class Specification(_Entry, frozen=True, kw_only=True, rename="camel"):
    """What a product is, whatever it costs."""

    brand: str = ""
    product_number: str = ""
    characteristics: dict[str, Characteristic] = {}


class Offering(_Entry, frozen=True, kw_only=True, rename="camel"):
    """What is sold: a product of a specification, or a bundle of other offerings, by how many of each (`1`, `0..4`).

    `isSellable` is false for what is sold only in a bundle or beside another. `terms` are conditions, each with its
    length (`12 month`).
    """

    status_reason: str = ""
    is_sellable: bool = True
    specification: str = ""
    characteristics: dict[str, Value] = {}
    bundle: dict[str, int | str] = {}
    terms: dict[str, str] = {}
    prices: dict[str, Price] = {}


class Family(_Entry, frozen=True, kw_only=True, rename="camel"):
    """A file of the catalogue: one family of products, which is a category in the API.

    An id is what a thing is called in the API's paths for good: a name may change, an id never does.
    """

    id: str
    specifications: dict[str, Specification] = {}
    offerings: dict[str, Offering] = {}


class Whole(_Entry, frozen=True, kw_only=True, rename="camel"):
    """`catalogue.yaml`: what holds for all families."""

    id: str
    tax: Tax | None = None
