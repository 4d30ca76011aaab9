"""A managed object of the network as TMF639 tells of it, in the shape of v5: a LogicalResource with its DN as id.

Where it stands is its `place` (site and region), what it lies in its `resourceRelationship`; its attributes are
characteristics by their 3GPP or vendor's names. States of X.731 are told as far as its attributes say them.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Final

from trunkline.telco.model import Dn, NetworkResource
from trunkline.tmf.declaration import Document

LONGEST_ID: Final = 500
"""Characters, as many as a store takes."""

_NAME: Final = "DN"
# X.731's values as bulk CM files write them (TS 28.625), letters only, and as TMF639 spells them.
_STATES: Final = {
    "administrativeState": {"locked": "locked", "unlocked": "unlocked", "shuttingdown": "shutdown"},
    "operationalState": {"enabled": "enable", "disabled": "disable"},
    "usageState": {"idle": "idle", "active": "active", "busy": "busy"},
}


def resource(resource: NetworkResource) -> Document:
    """The document of a managed object. The time of the file is not in it: only what changes makes it another."""
    name = resource.user_label or resource.dn.rpartition(",")[2].partition("=")[2]
    document: Document = {
        "id": id_of(resource.dn),
        "@type": "LogicalResource",
        "@baseType": "Resource",
        "name": name or resource.dn,
        "category": resource.cls,
        **_states(resource),
        "resourceCharacteristic": list(_characteristics(resource)),
        "resourceRelationship": list(_relationships(resource)),
        "place": list(_places(resource)),
        "externalIdentifier": [_native_name(resource)],
    }
    return {name: value for name, value in document.items() if value != []}


def is_of_network(document: Document) -> bool:
    """Whether the network tells of a resource, and not a client of the API: it has a name there."""
    names = document.get("externalIdentifier", ())
    return any(isinstance(name, dict) and name.get("externalIdentifierType") == _NAME for name in names)


def id_of(dn: str) -> str:
    """The id of an object: its DN, or what stands for one that is too long for an id."""
    if len(dn) <= LONGEST_ID:
        return dn
    return f"{dn[: LONGEST_ID - 33]}~{blake2b(dn.encode(), digest_size=16).hexdigest()}"


def _states(resource: NetworkResource) -> Document:
    said = {name.rpartition(".")[2]: value for name, value in resource.attributes.items()}
    words = {name: "".join(filter(str.isalpha, said.get(name, ""))).lower() for name in _STATES}
    return {name: states[words[name]] for name, states in _STATES.items() if words[name] in states}


def _characteristics(resource: NetworkResource) -> Iterator[Document]:
    known = {"vendor": resource.vendor, "technology": resource.technology}
    for name, value in (known | resource.attributes).items():
        if value:
            yield {"@type": "StringCharacteristic", "name": name, "valueType": "string", "value": value}
    for name, degrees in (("latitude", resource.latitude), ("longitude", resource.longitude)):
        if degrees is not None:
            yield {"@type": "NumberCharacteristic", "name": name, "valueType": "number", "value": degrees}


def _relationships(resource: NetworkResource) -> Iterator[Document]:
    """What the object lies in, by its name (TS 32.300): everything but the last step."""
    try:
        above = id_of(",".join(f"{step.cls}={step.id}" for step in Dn.parse(resource.dn)[:-1]))
    except ValueError:  # not of the form class=id: a name that stands for itself
        return
    if above:
        # TMF639's relationship is a reference itself in v5 and so must have an id, beside that of what it leads to.
        yield {
            "@type": "ResourceRelationship",
            "id": above,
            "relationshipType": "isContainedIn",
            "resource": {"id": above, "@type": "ResourceRef", "@referredType": "LogicalResource"},
        }


def _places(resource: NetworkResource) -> Iterator[Document]:
    for role, name, type in (("site", resource.site, "GeographicSite"), ("region", resource.region, "GeographicArea")):
        if name:
            place = {"id": name, "name": name, "@type": "PlaceRef", "@referredType": type}
            yield {"@type": "RelatedPlaceRef", "role": role, "place": place}


def _native_name(resource: NetworkResource) -> Document:
    identifier = {"@type": "ExternalIdentifier", "externalIdentifierType": _NAME, "id": resource.native_dn}
    return identifier | ({"owner": resource.system} if resource.system else {})
