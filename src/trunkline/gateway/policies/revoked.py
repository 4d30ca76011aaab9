"""Tokens that were revoked before they lapsed: Envoy checks a token by itself, and would take it until then.

What is revoked is a grant: the family of all tokens that came of one sign-in, which Trunkline's own provider names in
the claim `grant`. The list reaches Envoy in a file of its own, and a request is looked up in it by its grant: ten
thousand entries cost it no more than one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from trunkline.gateway.policies.policy import TYPE, Json
from trunkline.gateway.policies.rbac import RBAC_TYPE

REVOKED: Final = "jwt-revoked"
CLAIM: Final = "grant"
GRANT: Final = "x-trunkline-grant"
"""The header in which the claim is looked up. It goes no further than the gateway."""


def revoked_filter(grants: Iterable[str]) -> Json:
    """The filter's settings: refuse the tokens of these grants."""
    listed = {grant: _action("DENY") for grant in grants}
    header = {"@type": f"{TYPE}type.matcher.v3.HttpRequestHeaderMatchInput", "header_name": GRANT}
    found: Json = {"on_no_match": _action("ALLOW")}
    if listed:
        looked_at = {"name": "grant", "typed_config": header}
        found["matcher_tree"] = {"input": looked_at, "exact_match_map": {"map": listed}}
    return {"@type": RBAC_TYPE, "matcher": found}


def _action(action: str) -> dict[str, Any]:
    said = {"@type": f"{TYPE}config.rbac.v3.Action", "name": REVOKED, "action": action}
    return {"action": {"name": "rbac", "typed_config": said}}
