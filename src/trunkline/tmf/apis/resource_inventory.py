"""TMF639 Resource Inventory Management, v4.0 and v5.0: what the network is made of."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from trunkline.tmf.declaration import V4, V5, Lifecycle, OpenApi, Projection, text, time
from trunkline.tmf.declaration import Resource as Declared
from trunkline.tmf.model.characteristic import Characteristic
from trunkline.tmf.model.place import PlaceRef, RelatedPlaceRef
from trunkline.tmf.model.resource import PhysicalResource, Resource, ResourceRef, ResourceRelationship

_IN_PLACE = ("alarm", "available", "reserved", "standby", "suspended", "unknown")
"""The states of a resource that is there, of which each may follow each."""

LIFECYCLE = Lifecycle(
    "resourceStatus",
    initial="",
    after={
        "planned": ("installed", *_IN_PLACE, "not exists"),
        "installed": (*_IN_PLACE, "pendingRemoval"),
        **dict.fromkeys(_IN_PLACE, (*_IN_PLACE, "pendingRemoval")),
        "pendingRemoval": ("not exists", *_IN_PLACE),
    },
)
"""The standard names the states and not what follows them: from plan to removal, which may still be taken back while it
is pending. A plan that is given up never exists. A resource that says none has none."""

RESOURCE = Declared(
    "resource",
    Resource,
    attributes=(
        text("name"),
        text("category"),
        text("resourceStatus"),
        text("administrativeState"),
        text("operationalState"),
        text("usageState"),
        text("resourceVersion"),
        text("resourceSpecification.id"),
        text("resourceRelationship.resource.id"),
        text("relatedParty.partyOrPartyRole.id"),
        text("place.place.id"),
        text("place.place.name"),
        text("externalIdentifier.id"),
        time("startOperatingDate"),
        time("endOperatingDate"),
    ),
    elements=(
        (("resourceCharacteristic",), (("name",), ("value",))),
        (("resourceRelationship",), (("relationshipType",), ("resource", "id"))),
    ),
    lifecycle=LIFECYCLE,
    v4=Projection(required=("name",)),
    examples={
        V5: msgspec.to_builtins(
            PhysicalResource(
                name="RRU 3 at Antwerp harbour",
                category="RadioUnit",
                serial_number="D82K7714",
                resource_status="available",
                administrative_state="unlocked",
                operational_state="enable",
                usage_state="active",
                start_operating_date=datetime(2024, 5, 13, tzinfo=UTC),
                resource_characteristic=[Characteristic(name="band", value="B20", type_="StringCharacteristic")],
                resource_relationship=[
                    ResourceRelationship(
                        id="ANT_HAVEN_02", relationship_type="isContainedIn", resource=ResourceRef(id="ANT_HAVEN_02")
                    )
                ],
                place=[RelatedPlaceRef(role="site", place=PlaceRef(id="ANT_HAVEN", name="Antwerp harbour"))],
            )
        )
    },
)

API = OpenApi(
    number=639,
    name="resourceInventoryManagement",
    title="Resource Inventory Management",
    versions=(V4, V5),
    resources=(RESOURCE,),
)
