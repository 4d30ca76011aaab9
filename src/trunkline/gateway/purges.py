"""Forgetting what the cache keeps of an API: Envoy keeps by cluster, and a purge gives the API's cluster a new name."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from trunkline.gateway.envoy import files
from trunkline.gateway.places import Places


def purges(places: Places) -> Mapping[str, int]:
    """How often each API's cache was purged."""
    try:
        return msgspec.json.decode(places.purges.read_bytes(), type=dict[str, int])
    except FileNotFoundError:
        return {}


def purge(places: Places, api: str) -> None:
    """Forget what is kept of `api`, as soon as the control plane has seen it."""
    places.make()
    found = dict(purges(places))
    files.replace(places.purges, msgspec.json.encode({**found, api: found.get(api, 0) + 1}))
