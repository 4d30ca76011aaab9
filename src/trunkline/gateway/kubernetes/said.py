"""What a policy says in the manifests of a route, and what Envoy Gateway has no words for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from trunkline.gateway.quantities import Rate, seconds

Json = dict[str, Any]
_UNITS: Final = {1: "Second", 60: "Minute", 3_600: "Hour", 86_400: "Day"}


class Inexpressible(Exception):
    """Envoy Gateway cannot do what is asked; the text says why."""


@dataclass(frozen=True)
class Said:
    """One policy's part of a route's manifests."""

    security: Json = field(default_factory=dict)
    """Of the SecurityPolicy's spec."""
    allowed: tuple[Json, ...] = ()
    """Who alone may call: the caller is one of these principals. Empty: the policy asks for nobody."""
    denied: tuple[Json, ...] = ()
    """Principals that may not."""
    traffic: Json = field(default_factory=dict)
    """Of the BackendTrafficPolicy's spec."""
    local_limits: tuple[Json, ...] = ()
    """Rules of its rate limit that each Envoy counts for itself."""
    limits: tuple[Json, ...] = ()
    """Rules of its rate limit that all Envoys count together."""
    set_request: Mapping[str, str] = field(default_factory=dict)
    remove_request: tuple[str, ...] = ()
    set_response: Mapping[str, str] = field(default_factory=dict)
    remove_response: tuple[str, ...] = ()
    split: tuple[tuple[str, int], ...] = ()
    """Upstreams with their weights, where the requests do not all go to the API's own."""
    mirror: tuple[str, int] | None = None
    """An upstream that gets copies of requests, so many of a million."""
    preflight: bool = False
    """Whether browsers' preflight requests come to this route, too."""
    certificate: tuple[str, ...] | None = None
    """Names of client certificates, of which the caller has one; empty: any name. None: none is asked for."""
    shadow: bool = False
    """Whether a shadow of the policy is said as one."""
    differs: str = ""
    """What holds otherwise than at Trunkline's own Envoy."""


def limit(rate: Rate) -> Json:
    """As Envoy Gateway's RateLimitValue."""
    return {"requests": rate.amount, "unit": _UNITS[rate.period]}


def duration(text: str) -> str:
    """As a Duration of the Gateway API (GEP-2257): `1h30m`, `250ms`."""
    left = round(seconds(text) * 1_000)
    parts = []
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)):
        many, left = divmod(left, size)
        if many:
            parts.append(f"{many}{unit}")
    return "".join(parts) or "0s"


def merged(one: Json, other: Json) -> Json:
    """`one` with `other` laid over it, mapping by mapping."""
    laid = dict(one)
    for key, value in other.items():
        old = laid.get(key)
        laid[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return laid


def both(alternatives: Iterable[Json], others: Iterable[Json]) -> list[Json]:
    """Principals that are one of `alternatives` and one of `others`. A token has to have the claims and the scopes of
    both, and an issuer who is not the same in both leaves nobody."""
    others = list(others)
    found = []
    for one in alternatives:
        for other in others:
            if "jwt" in one and "jwt" in other:
                if one["jwt"]["provider"] != other["jwt"]["provider"]:
                    continue
                lists = {
                    name: [*one["jwt"].get(name, []), *other["jwt"].get(name, [])]
                    for name in ("claims", "scopes")
                    if name in one["jwt"] or name in other["jwt"]
                }
                found.append({**one, **other, "jwt": {"provider": one["jwt"]["provider"], **lists}})
            else:
                found.append({**one, **other})
    return found
