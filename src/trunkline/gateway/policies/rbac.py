"""Rules about the request, its address and its caller, as Envoy's RBAC filter decides them.

A rule is written as what is denied, under the name of its kind: only a rule that matched is named in the access log,
and `trunkline why` needs the name. (A request that no rule of an allowing filter matches is refused without one.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from trunkline.gateway.policies.policy import TYPE, Json, Policy

if TYPE_CHECKING:
    from trunkline.gateway.declaration import Gateway

_TYPE: Final = f"{TYPE}extensions.filters.http.rbac.v3."
RBAC_TYPE: Final = f"{_TYPE}RBAC"


class RbacPolicy(Policy, frozen=True, kw_only=True):
    """A policy whose rules the filter decides, also in the shadow."""

    shadowable: ClassVar[bool] = True

    @classmethod
    def filters(cls, gateway: Gateway) -> dict[str, Json]:
        return {cls.kind(): rbac_filter()}

    @classmethod
    def reports(cls) -> str:
        return report(cls.kind())


def rbac_filter() -> Json:
    """The filter in the chain; it decides nothing without a route's rules."""
    return {"@type": RBAC_TYPE}


def deny_unless(kind: str, allowed: Json, *, shadow: bool) -> dict[str, Json]:
    """Refuse (or report) what the principal `allowed` is not."""
    return deny(kind, {"not_id": allowed}, shadow=shadow)


def deny(kind: str, refused: Json, *, shadow: bool) -> dict[str, Json]:
    """Refuse (or report) what the principal `refused` is."""
    rules = {"action": "DENY", "policies": {kind: {"permissions": [{"any": True}], "principals": [refused]}}}
    said: Json = {"shadow_rules": rules, "shadow_rules_stat_prefix": f"{kind}_"} if shadow else {"rules": rules}
    return {kind: {"@type": f"{_TYPE}RBACPerRoute", "rbac": said}}


def refusal(kind: str) -> str:
    """What the access log's details say where `kind` has refused."""
    return f"rbac_access_denied_matched_policy[{kind}]"


def report(kind: str) -> str:
    """The access log's format of what the shadow of `kind` would have refused: the kind's name, or nothing."""
    return f"%DYNAMIC_METADATA(envoy.filters.http.rbac:{kind}_shadow_effective_policy_id)%"


def header(name: str, match: Json) -> Json:
    """The principal whose request has such a header."""
    return {"header": {"name": name, "string_match": match}}


def claim(name: str, value: str) -> Json:
    """The principal whose token has `value` in the claim: it is the value, or has it in its list."""
    exact = {"string_match": {"exact": value}}
    return any_of([_metadata(name, {"list_match": {"one_of": exact}}), _metadata(name, exact)])


def has_claim(name: str) -> Json:
    """The principal whose token has the claim, whatever it is."""
    return _metadata(name, {"present_match": True})


def _metadata(claim: str, match: Json) -> Json:
    """What the `jwt` filter has left behind of the token."""
    path = [{"key": "jwt"}, {"key": claim}]
    return {"metadata": {"filter": "envoy.filters.http.jwt_authn", "path": path, "value": match}}


def any_of(principals: list[Json]) -> Json:
    return {"or_ids": {"ids": principals}}


def all_of(principals: list[Json]) -> Json:
    return {"and_ids": {"ids": principals}}
