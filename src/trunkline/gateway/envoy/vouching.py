"""Envoy's filter that tells the platform what the gateway has found out, with the proof that it is the gateway."""

from __future__ import annotations

from typing import Any, Final

from trunkline.gateway.places import Places
from trunkline.gateway.policies.policy import TYPE
from trunkline.http.vouching import ADDRESS, PROOF, Proof

Json = dict[str, Any]
NAME: Final = "vouching"
_SEEN: Final = "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"


def settings(places: Places | None) -> Json:
    """The filter's settings; the proof is in them unless there are no `places`."""
    proof = Proof(places.proof).text() if places is not None else "none"
    return {
        "@type": f"{TYPE}extensions.filters.http.header_mutation.v3.HeaderMutation",
        "mutations": {"request_mutations": [_set(PROOF, proof), _set(ADDRESS, _SEEN)]},
    }


def _set(name: str, value: str) -> Json:
    return {"append": {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}}
