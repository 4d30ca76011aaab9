"""The real Envoy as the gateway calls the API by mutual TLS, with certificates that are rotated meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.gateway.running import eventually, gateway, openapi
from tests.security.certificates.house import Clock, authorities, service, serving
from trunkline.http import Tls
from trunkline.security.certificates.spiffe import Peers

BEFORE = timedelta(seconds=2)
"""How long a new authority is trusted before it signs."""


async def _who(request: Request) -> Response:
    return JSONResponse({"peer": str(request.scope["peer"])})


def test_the_gateway_is_known_to_the_api_and_goes_on_through_rotations(tmp_path: Path) -> None:
    clock = Clock()
    of = authorities(tmp_path / "data" / "certificates", clock)
    api, own = service(of, "api"), service(of, "gateway")
    app = Starlette(routes=[Route("/any/v1/thing", _who)])
    with serving(Tls(api.files, Peers(["spiffe://acme/gateway/*"])), app=app) as running:
        tls = {
            "authority": "${data:certificates/authorities.pem}",
            "name": "localhost",
            "certificate": "${data:certificates/gateway/certificate.pem}",
            "key": "${data:certificates/gateway/key.pem}",
        }
        files = {
            "gateway.yaml": {"upstreams": {"api": {"addresses": [f"127.0.0.1:{running.port}"], "tls": tls}}},
            "any/openapi.yaml": openapi("/any/v1", {"list": "GET /thing"}),
            "any/policies.yaml": {
                "upstream": "api",
                "policies": [{"kind": "open", "reason": "who calls is not what is tested"}],
            },
        }
        with gateway(tmp_path, files) as envoy:
            said = envoy.call("/any/v1/thing")
            assert said.json()["peer"] == "spiffe://acme/gateway/one"
            first, revision, statuses = of.signing().certificate, envoy.revision(), set()

            def ask_until(holds: Callable[[], bool]) -> None:
                def asked() -> bool:
                    statuses.add(envoy.call("/any/v1/thing").status_code)
                    return holds()

                eventually(asked)

            of.rotate(BEFORE)
            ask_until(lambda: envoy.revision() != revision)  # it trusts the new authority, too
            clock.pass_by(BEFORE)
            assert of.signing().certificate != first
            revision = envoy.revision()
            for each in (api, own):
                each.renew()
            ask_until(lambda: envoy.revision() != revision)  # it shows its new certificate
            assert statuses == {200}
            assert envoy.call("/any/v1/thing").json() == said.json()
