"""`scopes`: the caller's token has what this operation asks for (OAuth 2.0, RFC 6749, clause 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from trunkline.gateway.kubernetes.said import Said
from trunkline.gateway.policies.jwt import issuers
from trunkline.gateway.policies.policy import Json, Stage
from trunkline.gateway.policies.rbac import RbacPolicy, all_of, any_of, claim, deny_unless, refusal

if TYPE_CHECKING:
    from trunkline.gateway.plan import Route

Scope = Annotated[str, Meta(pattern=r"^[\x21\x23-\x5b\x5d-\x7e]{1,200}$")]  # RFC 6749, clause 3.3


class Scopes(RbacPolicy, frozen=True, kw_only=True, tag="scopes"):
    """The token has every scope of `all_of`, and one of `any_of` where it is not empty."""

    all_of: tuple[Scope, ...] = ()
    any_of: tuple[Scope, ...] = ()

    stage: ClassVar[Stage] = Stage.ACCESS
    refusals: ClassVar[tuple[str, ...]] = (refusal("scopes"),)
    because: ClassVar[str] = "the token does not have the scopes that this operation asks for"

    def on_route(self, route: Route) -> dict[str, Json]:
        wanted = [claim("scope", scope) for scope in self.all_of]
        if self.any_of:
            wanted.append(any_of([claim("scope", scope) for scope in self.any_of]))
        return deny_unless(self.kind(), all_of(wanted), shadow=self.shadow)

    def kubernetes(self, route: Route) -> Said:
        """Envoy Gateway asks for all scopes of a principal, so each of `any_of` is a principal of its own."""
        one_of = [[scope] for scope in self.any_of] or [[]]
        principals = tuple(
            {"jwt": {"provider": issuer, "scopes": [*self.all_of, *one]}}
            for issuer in issuers(route)
            for one in one_of
            if self.all_of or one
        )
        return Said(allowed=principals)
