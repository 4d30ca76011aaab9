"""The operator's files of a test, as a plan and as manifests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.gateway.running import openapi, write
from trunkline.gateway.control import planned
from trunkline.gateway.kubernetes.crds import Crds
from trunkline.gateway.kubernetes.manifests import Rendered, render
from trunkline.gateway.kubernetes.validation import problems
from trunkline.gateway.places import Places

Json = dict[str, Any]
JWT: Json = {"kind": "jwt"}
KEY: Json = {"kind": "api-key"}
OPEN: Json = {"kind": "open", "reason": "a test of manifests, not of callers"}
OURS: Json = {
    "issuer": "https://id.example.net", "keys": "jwks.json", "audiences": ["us"], "tier_claim": "level",
}  # fmt: skip
CRDS = Crds.load()


def gateway(**more: Any) -> Json:
    return {
        "upstreams": {"things": {"addresses": ["127.0.0.1:8080"]}, "newer": {"addresses": ["127.0.0.1:8081"]}},
        "issuers": {"ours": OURS},
        "tiers": {"gold": "100 per minute", "silver": "10 per minute"},
        **more,
    }


def rendered(folder: Path, *policies: Json, without: tuple[str, ...] = (), **more: Any) -> Rendered:
    """The manifests of an API `things` with one operation, `GET /things/v1/thing/{id}`, or `operations`; `each` are
    policies of operations."""
    operations = more.pop("operations", {"getThing": "GET /thing/{id}"})
    attached = {"upstream": "things", "policies": list(policies), "operations": more.pop("each", {})}
    write(
        folder,
        {
            "gateway.yaml": gateway(**more),
            "things/openapi.yaml": openapi("/things/v1", operations),
            "things/policies.yaml": attached,
        },
    )
    return render(planned(Places(folder, folder / "data")), "here", without)


def specs(found: Rendered) -> dict[str, Json]:
    """The specs of the manifests by their kinds, of which there is one each; all are held against the schemas."""
    everything = [manifest for manifests in found.files.values() for manifest in manifests]
    assert [text for manifest in everything for text in problems(manifest, CRDS)] == []
    kinds = [manifest["kind"] for manifest in everything]
    assert sorted(kinds) == sorted(set(kinds))
    return {manifest["kind"]: manifest["spec"] for manifest in everything}
