"""The schemas that events were written with, by the id that stands before each event."""

from __future__ import annotations

import threading
import time
from typing import Any, Final

from trunkline.contracts.avro_foreign import readable
from trunkline.registry.client import Registry, UnknownSchema

KEPT: Final = 1_000  # schemas
AGAIN: Final = 10.0  # seconds until the registry is asked again for a schema that it did not have

JSON: Final = object()
"""What stands for any JSON Schema: its events are read as they are, and held to the contract afterwards."""


class WrittenSchemas:
    """What the registry knows, asked once for each schema. Safe to use from several threads."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: dict[int, Any] = {}
        self._refused: dict[int, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def __getitem__(self, id: int) -> Any:
        """The Avro schema as `AvroValues` reads by it, or `JSON`.

        Raises `ValueError` where the registry has none that we can read by, `RegistryError` where it cannot be asked.
        """
        found = self._known.get(id)
        if found is not None:
            return found
        with self._lock:
            if id not in self._known:
                self._ask(id)
            return self._known[id]

    def _ask(self, id: int) -> None:
        since, reason = self._refused.get(id, (0.0, ""))
        if reason and time.monotonic() - since < AGAIN:
            raise ValueError(reason)
        try:
            found = self._made(id)
        except ValueError as error:
            _keep(self._refused, id, (time.monotonic(), str(error)))
            raise
        _keep(self._known, id, found)

    def _made(self, id: int) -> Any:
        try:
            schema = self._registry.schema(id)
        except UnknownSchema as unknown:
            raise ValueError(f"the schema registry {self._registry.url} has no schema {id}: {unknown}") from None
        match schema.type:
            case "JSON":
                return JSON
            case "AVRO":
                try:
                    return readable(schema.texts)
                except ValueError as error:
                    raise ValueError(f"the schema {id}: {error}") from None
            case other:
                raise ValueError(f"the schema {id} is of type {other}; Avro and JSON Schema can be read")


def _keep(into: dict[int, Any], id: int, what: Any) -> None:
    """The oldest goes where there are too many."""
    if len(into) >= KEPT:
        del into[next(iter(into))]
    into[id] = what
