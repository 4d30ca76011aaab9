"""A small API of the tests' own, served over a real store: lamps, and the task that lights them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import httpx
import msgspec
from fastapi import FastAPI

from trunkline.store import Store, Unit
from trunkline.tmf.declaration import (
    V4,
    V5,
    Document,
    Lifecycle,
    OpenApi,
    Projection,
    Resource,
    Task,
    number,
    text,
    time,
)
from trunkline.tmf.errors import conflict
from trunkline.tmf.events import tell
from trunkline.tmf.model.characteristic import Characteristic
from trunkline.tmf.model.entity import UNSET, Entity, Maybe, datetime
from trunkline.tmf.model.party import RelatedPartyRefOrPartyRoleRef

V4_PATH, V5_PATH = "/tmf-api/lampManagement/v4", "/tmf-api/lampManagement/v5"


class Lamp(Entity):
    """A lamp."""

    name: Maybe[str] = UNSET
    status: Maybe[Literal["off", "lit", "broken"]] = UNSET
    serial_number: Maybe[str] = UNSET
    watts: Maybe[int] = UNSET
    last_lit: Maybe[datetime] = UNSET
    last_update: Maybe[datetime] = UNSET
    smart: Maybe[bool] = UNSET
    lamp_characteristic: Maybe[list[Characteristic]] = UNSET
    related_party: Maybe[list[RelatedPartyRefOrPartyRoleRef]] = UNSET


class Bulb(Entity):
    """What is in a lamp."""

    colour: Maybe[str] = UNSET


class LightLamp(Entity):
    """Light a lamp."""

    v4_type: ClassVar[str] = "LightLamps"

    state: Maybe[str] = UNSET
    lamp_id: Maybe[str] = UNSET


LAMP = Resource(
    "lamp",
    Lamp,
    required=("name",),
    immutable=("serialNumber",),
    attributes=(
        text("name"),
        text("status"),
        number("watts"),
        time("lastUpdate"),
        text("relatedParty.partyOrPartyRole.id"),
    ),
    elements=((("lampCharacteristic",), (("name",), ("value",))),),
    lifecycle=Lifecycle("status", "off", {"off": ("lit", "broken"), "lit": ("off", "broken")}),
    updated="lastUpdate",
    v4=Projection(renamed={"lastLit": "litLast"}, left_out=("smart",)),
    examples={V5: {"@type": "Lamp", "name": "Hall", "watts": 7}},
)
BULB = Resource("bulb", Bulb, within="lamp", attributes=(text("colour"),))
LIGHT = Task("lightLamp", "lightLamps", LightLamp, required=("lampId",))
LAMPS = OpenApi(999, "lampManagement", "Lamps", (V4, V5), (LAMP, BULB), (LIGHT,))


class Janitor:
    """Owns the lamps: lights them, and keeps those called `Beacon`."""

    def create(self, unit: Unit, document: Document) -> Document:
        return document

    def change(self, unit: Unit, before: Document, after: Document) -> Document:
        return after

    def delete(self, unit: Unit, document: Document) -> None:
        if document["name"] == "Beacon":
            raise conflict("inUse", "ships need the beacon")

    def perform(self, unit: Unit, task: Task, document: Document) -> Document:
        stored = unit.get("lamp", document["lampId"])
        if stored is None:
            return {**document, "state": "terminatedWithError"}
        if document["lampId"] == "cursed":
            raise RuntimeError("the secret of the cursed lamp")
        before = msgspec.json.decode(stored.document)
        after = {**before, "status": "lit"}
        unit.replace("lamp", stored.id, msgspec.json.encode(after), stored.version)
        tell(unit, LAMPS, LAMP, before, after)
        return {**document, "state": "done"}


def owned_by(party: str) -> Document:
    """A related party of v5."""
    return {
        "@type": "RelatedPartyRefOrPartyRoleRef",
        "role": "owner",
        "partyOrPartyRole": {"@type": "PartyRef", "id": party, "@referredType": "Individual"},
    }


@dataclass
class Client:
    """Asks an application, each request by itself."""

    app: FastAPI
    path: str

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://localhost") as http:
                return await http.request(method, path if path.startswith("http") else self.path + path, **more)

        return asyncio.run(ask())

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("GET", path, **more)

    def post(self, path: str, document: Any, **more: Any) -> httpx.Response:
        return self.ask("POST", path, json=document, **more)

    def patch(
        self, path: str, change: Any, media_type: str = "application/merge-patch+json", **headers: str
    ) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = msgspec.json.encode(change)
        return self.ask("PATCH", path, content=content, headers={"content-type": media_type, **named})

    def delete(self, path: str, **headers: str) -> httpx.Response:
        return self.ask("DELETE", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def made(self, **attributes: Any) -> str:
        """The id of a new lamp."""
        answer = self.post("/lamp", {"@type": "Lamp", "name": "Hall", **attributes})
        assert answer.status_code == 201, answer.text
        id: str = answer.json()["id"]
        return id


@dataclass
class Outbox:
    """What waits in a store's outbox."""

    store: Store

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """Type and payload of the events since this was last asked."""
        waiting = self.store.outbox()
        if waiting:
            self.store.sent(waiting[-1].id)
        values = [msgspec.json.decode(out.event.value or b"") for out in waiting]
        return [(value["eventType"], value["event"]) for value in values]

    def types(self) -> list[str]:
        return [type for type, _ in self.told()]
