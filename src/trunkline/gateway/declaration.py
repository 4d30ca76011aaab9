"""What the operator declares of the gateway: `apis/gateway.yaml`, and `policies.yaml` of each API."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from trunkline.gateway.policies import AnyPolicy
from trunkline.gateway.quantities import Patience, PerPeriod, Size

NAME: Final = r"^[a-z][a-z0-9-]{0,62}$"
Name = Annotated[str, Meta(pattern=NAME)]
Address = Annotated[str, Meta(pattern=r"^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}$")]
File = Annotated[str, Meta(pattern=r"^(\$\{data:[^${}]+\}|[^${}]+)$", min_length=1)]
"""A path in the operator's folder, or `${data:path}` in its data folder."""
Claim = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{0,100}$")]
Several = Annotated[tuple[Address, ...], Meta(min_length=1, max_length=1_000)]


class Declared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the files; a key that is not known is refused."""


class Tls(Declared, frozen=True, kw_only=True):
    """The listener's certificate and key, PEM files. Certificates of clients are taken from `client_authority`."""

    certificate: File
    key: File
    client_authority: File | None = None


class UpstreamTls(Declared, frozen=True, kw_only=True):
    """TLS to an upstream: its certificate is of `authority` (a PEM file) and for `name`. `certificate` and `key` are
    the gateway's own, where the upstream asks for them."""

    authority: File
    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9.-]{1,253}$")]
    certificate: File | None = None
    key: File | None = None


class Upstream(Declared, frozen=True, kw_only=True):
    """Servers that answer alike. Each is asked for `health` (a path) every second, where it is given, and gets nothing
    while it does not answer 200. `ours` is the platform itself: it is told, with a proof, from which address a request
    came and whose key it had. Its API has the data folder of the gateway."""

    addresses: Several
    health: Annotated[str, Meta(pattern=r"^(/[\x21-\x7e]*)?$")] = ""
    tls: UpstreamTls | None = None
    http2: bool = False
    ours: bool = False


class Issuer(Declared, frozen=True, kw_only=True):
    """Who signs tokens for us: `issuer` is its name in them, `keys` its JSON Web Key Set. A token is for us when it
    names one of `audiences`. `client_claim` says who the client is; `tier_claim`, where it is given, its service level.
    Upstreams get the token, too, unless `forward` is false."""

    issuer: Annotated[str, Meta(pattern=r"^https?://[^\s?#]+$")]
    keys: File
    audiences: Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(min_length=1)]
    client_claim: Claim = "client_id"
    tier_claim: Claim = ""
    forward: bool = True


class Timeouts(Declared, frozen=True, kw_only=True):
    """How long callers may take: `head` for a request's head, `request` for all of a request, and `idle` is how long a
    connection is kept that nobody uses."""

    head: Patience = "10 s"
    request: Patience = "60 s"
    idle: Patience = "5 min"


class Gateway(Declared, frozen=True, kw_only=True):
    """`apis/gateway.yaml`: where the gateway listens, what it knows, and the policies of all APIs and of groups.

    `hosts` are the names that it answers to; `trusted_hops` how many proxies stand before it, whose `X-Forwarded-For`
    it believes; `threads` how many cores it uses.
    """

    listen: Address = "127.0.0.1:8090"
    tls: Tls | None = None
    hosts: Annotated[tuple[Annotated[str, Meta(pattern=r"^(\*|[A-Za-z0-9.-]+)$")], ...], Meta(min_length=1)] = ("*",)
    trusted_hops: Annotated[int, Meta(ge=0, le=10)] = 0
    largest_body: Size = "1 MiB"
    timeouts: Timeouts = Timeouts()
    connections: Annotated[int, Meta(ge=1, le=1_000_000)] = 10_000
    threads: Annotated[int, Meta(ge=1, le=256)] = 1
    upstreams: dict[Name, Upstream]
    issuers: dict[Name, Issuer] = msgspec.field(default_factory=dict)
    tiers: dict[Name, PerPeriod] = {}
    policies: tuple[AnyPolicy, ...] = ()
    groups: dict[Name, tuple[AnyPolicy, ...]] = msgspec.field(default_factory=dict)


class ApiPolicies(Declared, frozen=True, kw_only=True):
    """`apis/<name>/policies.yaml`: which upstream answers, and what holds for the API and for its operations by id."""

    upstream: Name
    group: str = ""
    policies: tuple[AnyPolicy, ...] = ()
    operations: dict[str, tuple[AnyPolicy, ...]] = msgspec.field(default_factory=dict)


def split(address: str) -> tuple[str, int]:
    """Host and port of `host:port`; an IPv6 host without its brackets."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)
