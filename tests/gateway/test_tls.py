"""TLS on both sides: its version, client certificates, and certificates that change while requests come."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.authority import Authority
from tests.gateway.running import Running, eventually, gateway, openapi
from tests.gateway.upstream import serving

BILLING = "spiffe://belgicom.be/billing"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gw")


@pytest.fixture(scope="module")
def authority(project: Path) -> Authority:
    return Authority(project)


@pytest.fixture(scope="module")
def running(project: Path, authority: Authority) -> Iterator[Running]:
    authority.issue("gateway")
    behind = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    behind.load_cert_chain(*authority.issue("upstream", dns="things.belgicom.be"))
    behind.minimum_version = ssl.TLSVersion.TLSv1_3
    named = {"kind": "mutual-tls", "names": [BILLING]}
    with serving(tls=behind) as upstream:
        tls = {"authority": "authority.pem", "name": "things.belgicom.be"}
        files = {
            "gateway.yaml": {
                "hosts": ["127.0.0.1", "api.belgicom.be"],
                "tls": {"certificate": "gateway.pem", "key": "gateway.key", "client_authority": "authority.pem"},
                "upstreams": {
                    "things": {"addresses": [f"127.0.0.1:{upstream.port}"], "tls": tls},
                    "mistaken": {
                        "addresses": [f"127.0.0.1:{upstream.port}"],
                        "tls": {**tls, "name": "other.belgicom.be"},
                    },
                },
            },
            "any/openapi.yaml": openapi("/any/v1", {"list": "GET /thing"}),
            "any/policies.yaml": {"upstream": "things", "policies": [{"kind": "mutual-tls"}]},
            "named/openapi.yaml": openapi("/named/v1", {"list": "GET /thing"}),
            "named/policies.yaml": {"upstream": "things", "policies": [named]},
            "mistaken/openapi.yaml": openapi("/mistaken/v1", {"list": "GET /thing"}),
            "mistaken/policies.yaml": {"upstream": "mistaken", "policies": [{"kind": "mutual-tls"}]},
        }
        with gateway(project, files, verify=authority.trusting()) as running:
            yield running


def calling(running: Running, context: ssl.SSLContext, path: str) -> httpx.Response:
    with httpx.Client(verify=context) as client:
        return client.get(f"{running.url}{path}")


def test_who_shows_no_certificate_is_refused(running: Running) -> None:
    answer = running.call("/any/v1/thing")
    assert answer.status_code == 403
    decision = running.why(answer)
    assert decision.rule is not None
    assert decision.rule.kind == "mutual-tls"


def test_a_certificate_of_the_authority_is_taken_and_an_upstream_of_tls_1_3_is_reached(
    running: Running, authority: Authority
) -> None:
    assert calling(running, authority.trusting(authority.issue("somebody")), "/any/v1/thing").status_code == 200


def test_a_certificate_of_another_authority_is_not(running: Running, authority: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "stranger").issue("somebody", uri=BILLING)
    with pytest.raises(httpx.TransportError):
        calling(running, authority.trusting(stranger), "/any/v1/thing")


def test_the_certificates_name_decides(running: Running, authority: Authority) -> None:
    billing = authority.trusting(authority.issue("billing", uri=BILLING))
    assert calling(running, billing, "/named/v1/thing").status_code == 200
    other = authority.trusting(authority.issue("other", uri=f"{BILLING}-not"))
    assert calling(running, other, "/named/v1/thing").status_code == 403


def test_an_upstream_with_a_certificate_for_another_name_is_not_trusted(running: Running, authority: Authority) -> None:
    answer = calling(running, authority.trusting(authority.issue("somebody")), "/mistaken/v1/thing")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


@pytest.mark.parametrize("host", ["api.belgicom.be", "api.belgicom.be:443", "127.0.0.1"])
def test_a_host_name_of_ours_is_answered(running: Running, host: str) -> None:
    assert running.call("/any/v1/thing", headers={"host": host}).status_code == 403  # no certificate: it was routed


@pytest.mark.parametrize("host", ["evil.example.org", "api.belgicom.be.evil.org", "api.belgicom.bet"])
def test_another_host_name_is_not(running: Running, host: str) -> None:
    assert running.call("/any/v1/thing", headers={"host": host}).status_code == 404


def test_nothing_older_than_tls_1_3_is_spoken(running: Running, authority: Authority) -> None:
    old = authority.trusting(authority.issue("somebody"))
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(httpx.ConnectError):
        calling(running, old, "/any/v1/thing")


def test_a_new_certificate_is_shown_without_a_restart(running: Running, authority: Authority) -> None:
    def serial() -> int:
        host, port = running.url.removeprefix("https://").split(":")
        pem = ssl.get_server_certificate((host, int(port)))
        return hash(pem)

    before = serial()
    authority.issue("gateway")
    eventually(lambda: serial() != before)
    assert calling(running, authority.trusting(authority.issue("somebody")), "/any/v1/thing").status_code == 200
