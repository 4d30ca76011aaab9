"""`ip`: which networks may call. The address is that of the connection's other end; a header
is believed only of the proxies that gateway.yaml counts as `trusted_hops`."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from trunkline.gateway.kubernetes.said import Said
from trunkline.gateway.policies.policy import Json, Stage
from trunkline.gateway.policies.rbac import RbacPolicy, any_of, deny, refusal

if TYPE_CHECKING:
    from trunkline.gateway.plan import Route

Network = Annotated[str, Meta(pattern=r"^[0-9a-fA-F.:]+(/[0-9]{1,3})?$")]


class Ip(RbacPolicy, frozen=True, kw_only=True, tag="ip"):
    """Refuse `deny`; where `allow` is not empty, refuse all that is not in it, too. Networks are as `10.1.0.0/16`."""

    allow: tuple[Network, ...] = ()
    deny: tuple[Network, ...] = ()

    stage: ClassVar[Stage] = Stage.ADDRESS
    refusals: ClassVar[tuple[str, ...]] = (refusal("ip"),)
    because: ClassVar[str] = "the caller's address is not in a network that may call"

    def on_route(self, route: Route) -> dict[str, Json]:
        refused = [_in(network) for network in self.deny]
        if self.allow:
            refused.append({"not_id": any_of([_in(network) for network in self.allow])})
        return deny(self.kind(), any_of(refused), shadow=self.shadow)

    def kubernetes(self, route: Route) -> Said:
        return Said(
            allowed=({"clientCIDRs": [_cidr(network) for network in self.allow]},) if self.allow else (),
            denied=({"clientCIDRs": [_cidr(network) for network in self.deny]},) if self.deny else (),
        )


def _in(network: str) -> Json:
    parsed = ip_network(network, strict=False)
    return {"remote_ip": {"address_prefix": str(parsed.network_address), "prefix_len": parsed.prefixlen}}


def _cidr(network: str) -> str:
    return str(ip_network(network, strict=False))
