"""The kinds of usage that charging tells of, as TMF635's usageSpecifications: what each is measured in."""

from __future__ import annotations

from typing import Final

import msgspec

from trunkline.store import Store
from trunkline.telco.charging.records.usages import UNITS
from trunkline.telco.model import Service
from trunkline.tmf.apis.usage import SPECIFICATION
from trunkline.tmf.declaration import Document

SCHEMA: Final = "urn:trunkline:schema:charged-usage-kind"
_CHARACTERISTICS: Final = {
    Service.VOICE: {"duration": "integer", "otherParty": "string", "direction": "string"},
    Service.MESSAGE: {"items": "integer", "otherParty": "string", "direction": "string"},
    Service.DATA: {"uplinkVolume": "integer", "downlinkVolume": "integer", "apn": "string", "ratingGroup": "integer"},
    Service.CONTENT: {"items": "integer", "otherParty": "string"},
}
_OF_ALL: Final = {"subscription": "string", "visitedNetwork": "string", "system": "string", "source": "string"}


def declare(store: Store) -> None:
    """Bring the kinds of usage into the store; what is there already is not written again."""
    with store.unit() as unit:
        for service in Service:
            document = msgspec.json.encode(specification(service))
            stored = unit.get(SPECIFICATION.name, service)
            if stored is None or stored.document != document:
                unit.put(SPECIFICATION.name, service, document)


def specification(service: Service) -> Document:
    """What usage of a service looks like."""
    names = _CHARACTERISTICS[service] | _OF_ALL
    return {
        "id": str(service),
        "@type": "UsageSpecification",
        "@schemaLocation": SCHEMA,
        "name": str(service),
        "description": f"{service}, measured in {UNITS[service]}s",
        "lifecycleStatus": "Active",
        "specCharacteristic": [
            {"@type": "UsageCharacteristicSpecification", "name": name, "valueType": type}
            for name, type in names.items()
        ],
    }


def is_declared(document: Document) -> bool:
    """Whether charging says it, and not a client of the API."""
    return document.get("@schemaLocation") == SCHEMA
