"""Manifests against the kinds as they are published: types made of the Go code of Gateway API and Envoy Gateway.

A field that a kind does not have, or a value of another type, is an error of the TypeScript compiler. The kinds' rules
in CEL are not in these types; `validation.py` holds manifests against those that we know.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.kubernetes.golden import belgicom
from tests.gateway.kubernetes.rendering import rendered
from tests.gateway.kubernetes.test_kinds import ATTACHED, ELSEWHERE, OPEN, SECURITY, TLS, TRAFFIC
from tests.npm import installed
from trunkline.gateway.kubernetes.manifests import Rendered
from trunkline.gateway.kubernetes.names import ENVOY_GATEWAY, GATEWAY_API

Json = dict[str, Any]
PACKAGES = ("@kubernetes-models/gateway-api@2.0.0", "@kubernetes-models/envoy-gateway@2.0.0", "typescript@5.9.3")
MODULES = {
    GATEWAY_API: "@kubernetes-models/gateway-api/",
    ENVOY_GATEWAY: "@kubernetes-models/envoy-gateway/",
    "": "kubernetes-models/",
}
OPTIONS = ("--noEmit", "--strict", "--skipLibCheck", "--module", "esnext", "--moduleResolution", "bundler")


@pytest.fixture(scope="module")
def types() -> Path:
    """A folder with the types, and the compiler, in node_modules."""
    return installed("kubernetes-models", *PACKAGES)


def wrong(types: Path, manifests: list[Json]) -> list[str]:
    """What the compiler says of these manifests; [] where they are as the types say."""
    kinds = sorted({(manifest["apiVersion"], manifest["kind"]) for manifest in manifests})
    lines = [f'import type {{ I{kind} as {_name(kind)} }} from "{_module(version, kind)}";' for version, kind in kinds]
    for number, manifest in enumerate(manifests):
        lines.append(f"export const it{number}: {_name(manifest['kind'])} = {json.dumps(manifest)};")
    written = types / "manifests.ts"
    written.write_text("\n".join(lines))
    command = ["node", str(types / "node_modules" / ".bin" / "tsc"), *OPTIONS, str(written)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=types)
    return ran.stdout.splitlines() + ran.stderr.splitlines()


def everything(found: Rendered) -> list[Json]:
    return [manifest for manifests in found.files.values() for manifest in manifests]


def test_all_that_is_rendered_has_the_fields_that_are_published(types: Path, tmp_path: Path) -> None:
    manifests = everything(belgicom())
    manifests += everything(rendered(tmp_path / "elsewhere", OPEN, upstreams={"things": ELSEWHERE}))
    attached = [*ATTACHED.values(), *((OPEN, policy) for policy, _ in (*SECURITY, *TRAFFIC))]
    for number, policies in enumerate(attached):
        manifests += everything(rendered(tmp_path / str(number), *policies, tls=TLS))
    assert wrong(types, manifests) == []


def test_a_field_that_no_release_has_is_found(types: Path) -> None:
    manifest = next(each for each in everything(belgicom()) if each["kind"] == "BackendTrafficPolicy")
    spec = {**manifest["spec"], "timeout": {"http": {"requestTimeOut": "1s"}}}
    [said] = wrong(types, [{**manifest, "spec": spec}])
    assert "requestTimeOut" in said


def _name(kind: str) -> str:
    return f"The{kind}"


def _module(version: str, kind: str) -> str:
    group, _, _ = version.rpartition("/")
    return f"{MODULES[group]}{version}/{kind}"
