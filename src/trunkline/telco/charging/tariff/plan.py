"""Tariffs as they stand in YAML: plans, packs, and the price lists on which plans stand."""

from __future__ import annotations

from typing import Annotated

import msgspec

from trunkline.telco.charging.tariff.allowance import WrittenAllowance, WrittenPackAllowance
from trunkline.telco.charging.tariff.rate import WrittenRate
from trunkline.telco.model import Service

Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class WrittenVersion(msgspec.Struct, frozen=True, kw_only=True):
    """From midnight of a day of the operator's time until that of another; zones and calendar are files' names."""

    since: Day = msgspec.field(name="from")
    until: Day | None = None
    zones: str = "zones"
    calendar: str = "calendar"


class PlanVersion(WrittenVersion, frozen=True, kw_only=True):
    """`rates` come before those of the price list `prices`; `services` are what it sells, all where they are not named.

    `draws` names shared allowances of other plans, `mobile-20/data`, from which its usages draw too.
    """

    services: tuple[Service, ...] = tuple(Service)
    prices: str = ""
    draws: list[str] = []
    allowances: list[WrittenAllowance] = []
    rates: list[WrittenRate] = []


class PackVersion(WrittenVersion, frozen=True, kw_only=True):
    allowances: Annotated[list[WrittenPackAllowance], msgspec.Meta(min_length=1)]


class WrittenPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A file of `plans/`, which is named by the tariff's id: that of its product offering."""

    name: str
    currency: Currency
    versions: Annotated[list[PlanVersion], msgspec.Meta(min_length=1)]


class WrittenDraft(WrittenPlan, frozen=True, kw_only=True):
    """A file of `drafts/`: one version of a plan that might be, in the place of the plan `replaces`."""

    replaces: str
    versions: Annotated[list[PlanVersion], msgspec.Meta(min_length=1, max_length=1)]


class WrittenPack(msgspec.Struct, frozen=True, kw_only=True):
    """A file of `packs/`, named in the same way."""

    name: str
    currency: Currency
    versions: Annotated[list[PackVersion], msgspec.Meta(min_length=1)]


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """A file of `prices/`: rates of several plans. It has no versions, so that no plan's version ever changes."""

    currency: Currency
    zones: str = "zones"
    calendar: str = "calendar"
    rates: Annotated[list[WrittenRate], msgspec.Meta(min_length=1)]
