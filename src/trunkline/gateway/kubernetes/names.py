"""Names of objects in the cluster: those that are rendered, and those that the operator makes, with secrets in them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

Json = dict[str, Any]
GATEWAY_API: Final = "gateway.networking.k8s.io"
ENVOY_GATEWAY: Final = "gateway.envoyproxy.io"
GATEWAY: Final = "trunkline"
"""Of the GatewayClass, the Gateway and its ClientTrafficPolicy."""
CERTIFICATE: Final = "listener-certificate"
AUTHORITY: Final = "client-authority"
_LONGEST: Final = 253  # RFC 1123, a DNS subdomain


def object_names(names: Iterable[str]) -> dict[str, str]:
    """A name of an object for each of ours: `alarm.create_ackAlarm` is `alarm-create-ack-alarm`. Two that would be
    the same, and what is too long, end in a digest."""
    plain = {name: _plain(name) for name in names}
    often = Counter(plain.values())
    return {
        name: said if often[said] == 1 and len(said) <= _LONGEST else f"{said[:240].rstrip('-')}-{_digest(name)}"
        for name, said in plain.items()
    }


def secret(name: str) -> Json:
    """A reference to a Secret of the namespace."""
    return {"group": "", "kind": "Secret", "name": name}


def config_map(name: str) -> Json:
    """A reference to a ConfigMap of the namespace: for what is public."""
    return {"group": "", "kind": "ConfigMap", "name": name}


def api_keys(tier: str) -> str:
    """The Secret with the keys of a service level's applications, each under the name `TIER.APPLICATION`."""
    return f"api-keys-{tier}"


def key_set(issuer: str) -> str:
    """The ConfigMap with an issuer's JSON Web Key Set, under the name `jwks`."""
    return f"jwks-{issuer}"


def upstream_authority(upstream: str) -> str:
    """The ConfigMap with the certificates of those who sign the upstream's, under the name `ca.crt`."""
    return f"upstream-authority-{upstream}"


def _plain(name: str) -> str:
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name)
    return re.sub(r"[^a-z0-9]+", "-", parted.lower()).strip("-")


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:8]
