"""A resource that filters are tried on: something of every type, single and in arrays."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from urllib.parse import parse_qsl

import msgspec

from trunkline.store.query import Condition
from trunkline.tmf.declaration import V5, Projection, Resource, Version, boolean, number, text, time
from trunkline.tmf.filtering import condition
from trunkline.tmf.model.entity import UNSET, Entity, Extensible, Maybe
from trunkline.tmf.model.party import RelatedPartyRefOrPartyRoleRef


class Trait(Extensible):
    name: str
    value: Maybe[Any] = UNSET


class Remark(Extensible):
    id: Maybe[str] = UNSET
    author: Maybe[str] = UNSET
    date: Maybe[datetime] = UNSET
    rank: Maybe[int] = UNSET


class Size(msgspec.Struct, rename="camel"):
    amount: Maybe[float] = UNSET
    units: Maybe[str] = UNSET


class Thing(Entity):
    name: Maybe[str] = UNSET
    status: Maybe[Literal["new", "old"]] = UNSET
    count: Maybe[int] = UNSET
    is_live: Maybe[bool] = UNSET
    made_at: Maybe[datetime] = UNSET
    size: Maybe[Size] = UNSET
    tags: Maybe[list[str]] = UNSET
    anything: Maybe[Any] = UNSET
    remark: Maybe[list[Remark]] = UNSET
    trait: Maybe[list[Trait]] = UNSET
    related_party: Maybe[list[RelatedPartyRefOrPartyRoleRef]] = UNSET


class SpecialThing(Thing):
    colour: Maybe[str] = UNSET


THING = Resource(
    "thing",
    Thing,
    attributes=(
        text("name"),
        text("status"),
        number("count"),
        boolean("isLive"),
        time("madeAt"),
        text("remark.author"),
        text("tags"),
    ),
    elements=((("trait",), (("name",), ("value",))),),
    v4=Projection(renamed={"madeAt": "madeAtt"}),
)
TIMES = {("madeAt",)}


def read(query: str, version: Version = V5) -> Condition | None:
    """The condition of a query as it stands in a URL."""
    return condition(parse_qsl(query, keep_blank_values=True), THING, version)
