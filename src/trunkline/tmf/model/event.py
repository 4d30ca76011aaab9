"""Events as a resource, the topics that they belong to, and who listens (TMF688 v4.0)."""

from __future__ import annotations

from typing import Any, ClassVar

from trunkline.tmf.model.characteristic import Characteristic
from trunkline.tmf.model.entity import UNSET, Entity, EntityRef, Maybe, datetime
from trunkline.tmf.model.party import RelatedPartyRefOrPartyRoleRef


class Event(Entity):
    """What happened: `event` is what it happened to."""

    correlation_id: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    domain: Maybe[str] = UNSET
    event_id: Maybe[str] = UNSET
    event_time: Maybe[datetime] = UNSET
    event_type: Maybe[str] = UNSET
    priority: Maybe[str] = UNSET
    time_occurred: Maybe[datetime] = UNSET
    title: Maybe[str] = UNSET
    analytic_characteristic: Maybe[list[Characteristic]] = UNSET
    event: Maybe[Any] = UNSET
    related_party: Maybe[list[RelatedPartyRefOrPartyRoleRef]] = UNSET
    reporting_system: Maybe[EntityRef] = UNSET
    source: Maybe[EntityRef] = UNSET


class Topic(Entity):
    """Events that belong together."""

    name: Maybe[str] = UNSET
    content_query: Maybe[str] = UNSET
    header_query: Maybe[str] = UNSET


class TopicHub(Entity):
    """Who gets the events of a topic."""

    v4_type: ClassVar[str] = "Hub"

    callback: Maybe[str] = UNSET
    query: Maybe[str] = UNSET
