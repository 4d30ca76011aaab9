"""TMF688 Event Management, v4.0: topics, their events, and who listens to them.

The topics are the log's own, and the events those that are in them. In the standard's paths events and hubs stand
within their topic: `/topic/{topicId}/event`, `/topic/{topicId}/hub`.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from trunkline.tmf.declaration import V4, V5, OpenApi, Operation, Resource, text, time
from trunkline.tmf.model.event import Event, Topic, TopicHub

NEVER_CHANGED = frozenset(Operation) - {Operation.PATCH}

TOPIC = Resource(
    "topic",
    Topic,
    operations=NEVER_CHANGED,
    required=("name",),
    attributes=(text("name"),),
    events=("Create", "Delete"),
    examples={V5: msgspec.to_builtins(Topic(name="network.alarm"))},
)

EVENT = Resource(
    "event",
    Event,
    within="topic",
    operations=frozenset({Operation.LIST, Operation.GET, Operation.CREATE}),
    attributes=(
        text("eventType"),
        text("eventId"),
        text("domain"),
        text("correlationId"),
        text("source.id"),
        time("eventTime"),
        time("timeOccurred"),
    ),
    events=("Create",),
    examples={
        V5: msgspec.to_builtins(
            Event(
                event_type="ParcelDelivered",
                event_time=datetime(2026, 3, 9, 15, 4, tzinfo=UTC),
                domain="logistics",
                title="The router is with the customer",
                event={"parcel": {"id": "3SBEL71", "productOrder": {"id": "1042"}}},
            )
        )
    },
)

HUB = Resource(
    "topicHub",
    TopicHub,
    v4_name="hub",
    within="topic",
    operations=NEVER_CHANGED,
    required=("callback",),
    attributes=(text("callback"),),
    events=(),
    examples={
        V5: msgspec.to_builtins(
            TopicHub(callback="https://partner.example/listener", query="eventType=AlarmCreateEvent")
        )
    },
)

API = OpenApi(
    number=688,
    name="event",
    title="Event Management",
    versions=(V4,),
    resources=(TOPIC, EVENT, HUB),
)
