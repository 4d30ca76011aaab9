"""Which tokens Envoy refuses although they have not lapsed: those of grants that were revoked."""

from __future__ import annotations

from collections.abc import Iterable

from trunkline.gateway.credentials.register import extension
from trunkline.gateway.envoy import files
from trunkline.gateway.places import Places
from trunkline.gateway.policies.revoked import REVOKED, revoked_filter


def tell(places: Places, grants: Iterable[str]) -> None:
    """Let Envoy refuse the tokens of these grants, and of no others."""
    settings = revoked_filter(sorted(grants))
    files.replace(places.filter(REVOKED), files.resources([extension(REVOKED, settings)]))


def begin(places: Places) -> None:
    """Envoy waits for a file of its filter; where nobody has revoked anything yet, it is told of nothing."""
    if not places.filter(REVOKED).exists():
        tell(places, ())
