"""Asking a schema registry for the schema of an id (Confluent's interface, `GET /schemas/ids/{id}`)."""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import msgspec

from trunkline.systems.kafka.settings import KafkaSettings
from trunkline.systems.kafkaconnect.converter import SchemaById
from trunkline.systems.reach import Context

LARGEST = 8 << 20  # bytes of an answer
PATIENCE = 10.0  # seconds


class _Answer(msgspec.Struct):
    schema: str
    schema_type: str = msgspec.field(default="AVRO", name="schemaType")
    references: list[Any] = msgspec.field(default_factory=list)


def schema_by_id(settings: KafkaSettings, context: Context) -> SchemaById | None:
    """What asks the registry that the settings name; None where they name none."""
    registry = settings.registry
    if registry is None:
        return None
    headers = {"Accept": "application/vnd.schemaregistry.v1+json"}
    if registry.password is not None:
        login = f"{registry.user}:{context.secret(registry.password)}".encode()
        headers["Authorization"] = f"Basic {b64encode(login).decode()}"
    trusted = ssl.create_default_context(cafile=context.project / registry.ca if registry.ca else None)

    def ask(id: int) -> Mapping[str, Any]:
        request = Request(f"{registry.url.rstrip('/')}/schemas/ids/{id}", headers=headers)  # noqa: S310  # http(s) alone
        try:
            with urlopen(request, timeout=PATIENCE, context=trusted) as answer:  # noqa: S310
                found = msgspec.json.decode(answer.read(LARGEST), type=_Answer)
        except HTTPError as error:
            if error.code == 404:
                raise LookupError(f"{registry.url} answers 404") from None
            raise OSError(f"the schema registry {registry.url} answers {error.code}") from None
        except (OSError, msgspec.MsgspecError) as error:
            raise OSError(f"the schema registry {registry.url} cannot be asked: {error}") from None
        if found.schema_type != "AVRO":
            raise LookupError(f"it is no Avro, but {found.schema_type}")
        if found.references:
            raise LookupError("it refers to other schemas, which is not taken: register it whole")
        schema: Any = msgspec.json.decode(found.schema)
        return schema if isinstance(schema, dict) else {"type": schema}

    return ask
