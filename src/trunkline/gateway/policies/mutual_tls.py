"""`mutual-tls`: the caller has a client certificate (RFC 8705) of the listener's `client_authority`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from trunkline.gateway.kubernetes.said import Said
from trunkline.gateway.policies.policy import Json, Stage
from trunkline.gateway.policies.rbac import RbacPolicy, any_of, deny_unless, refusal

if TYPE_CHECKING:
    from trunkline.gateway.plan import Route


class MutualTls(RbacPolicy, frozen=True, kw_only=True, tag="mutual-tls"):
    """The certificate's name is one of `names`: its URI (`spiffe://belgicom.be/billing`), else its DNS name, else its
    subject (`CN=billing,O=BelgiCom`). Where `names` is empty, any certificate of the authority does."""

    names: tuple[Annotated[str, Meta(min_length=1)], ...] = ()

    stage: ClassVar[Stage] = Stage.IDENTITY
    family: ClassVar[str] = "identity"
    refusals: ClassVar[tuple[str, ...]] = (refusal("mutual-tls"),)
    because: ClassVar[str] = "the caller has shown no client certificate, or one of another name"

    def on_route(self, route: Route) -> dict[str, Json]:
        """Without a name to look for, Envoy would take every connection with TLS, also one without a certificate."""
        matches: list[Json] = [{"exact": name} for name in self.names] or [{"safe_regex": {"regex": ".+"}}]
        named = any_of([{"authenticated": {"principal_name": match}} for match in matches])
        return deny_unless(self.kind(), named, shadow=self.shadow)

    def kubernetes(self, route: Route) -> Said:
        return Said(
            certificate=tuple(sorted(self.names)),
            differs="a caller without a certificate is not answered at all; any of its URI and DNS names does",
        )
