"""Traps that gateways are known to fall into, each with the test that we do not. Those that belong to a room have
theirs there: bodies ahead of ext_proc (test_bodies), an upstream of TLS 1.3 (test_tls), what is kept for others
(test_checks, test_traffic)."""

from __future__ import annotations

import json
import socket
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.gateway.running import Running, eventually, gateway, openapi, write
from tests.gateway.upstream import Upstream, serving
from trunkline.document import Invalid
from trunkline.gateway.control import planned
from trunkline.gateway.envoy import files
from trunkline.gateway.envoy.program import Envoy
from trunkline.gateway.places import Places
from trunkline.gateway.policies.api_key import ApiKey

OPEN = {"kind": "open", "reason": "a test of traps, not of callers"}
THING = "/things/v1/thing"


def declared(upstream: Upstream, **more: Any) -> dict[str, Any]:
    return {
        "gateway.yaml": {"upstreams": {"things": {"addresses": [f"127.0.0.1:{upstream.port}"]}}, **more},
        "things/openapi.yaml": openapi("/things/v1", {"list": "GET /thing", "make": "POST /thing"}),
        "things/policies.yaml": {"upstream": "things", "policies": [OPEN]},
        "near/openapi.yaml": openapi("/near/v1", {"list": "GET /thing"}),
        "near/policies.yaml": {
            "upstream": "things",
            "policies": [OPEN, {"kind": "ip", "allow": ["10.0.0.0/8"]}],
        },
    }


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def running(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One proxy stands before it, and slow callers have little time."""
    timeouts = {"head": "300 ms", "request": "500 ms", "idle": "1 min"}
    with gateway(tmp_path_factory.mktemp("gw"), declared(upstream, trusted_hops=1, timeouts=timeouts)) as running:
        yield running


def names_a_cluster_that_is_not_there(scope: dict[str, Any]) -> None:
    scope["route_configuration"]["virtual_hosts"][0]["routes"][0]["route"]["cluster"] = "nowhere"


def has_a_field_that_envoy_does_not_know(scope: dict[str, Any]) -> None:
    scope["route_configuration"]["virtual_hosts"][0]["routes"][0]["match"]["unheard_of"] = True


@pytest.mark.parametrize("spoil", [names_a_cluster_that_is_not_there, has_a_field_that_envoy_does_not_know])
def test_routes_that_envoy_would_misread_are_refused_by_it_and_those_before_hold(
    running: Running, spoil: Callable[[dict[str, Any]], None]
) -> None:
    """Without `validate_clusters` the first would answer 503, without --reject-unknown-dynamic-fields the second would
    be passed over in silence."""
    file = running.places.routes
    good = file.read_bytes()
    spoilt = json.loads(good)
    spoil(next(scope for scope in spoilt["resources"] if scope["name"] == "/things/v1"))
    before = refused(running)
    files.replace(file, json.dumps(spoilt).encode())
    try:
        eventually(lambda: refused(running) > before)
        assert running.call(THING).status_code == 200
    finally:
        files.replace(file, good)


def refused(running: Running) -> int:
    return sum(running.admin.stats(r"scoped_rds\.apis\.update_(rejected|failure)$").values())


@pytest.mark.parametrize(
    ("said", "status"),
    [("10.0.0.9", 200), ("10.0.0.9, 192.0.2.7", 403), ("192.0.2.7, 10.0.0.9", 200), ("", 403)],
    ids=["the proxy's word", "the caller's word before the proxy's", "another proxy before ours", "nothing"],
)
def test_of_addresses_in_a_header_the_last_proxys_alone_is_believed(running: Running, said: str, status: int) -> None:
    assert running.call("/near/v1/thing", headers={"x-forwarded-for": said}).status_code == status


def test_a_head_that_comes_too_slowly_is_cut_off(running: Running, upstream: Upstream) -> None:
    before = len(upstream.asked)
    assert slowly(running, b"GET /things/v1/thing HTTP/1.1\r\nhost: a\r\nx-a: ", b"b").startswith(b"HTTP/1.1 408")
    assert len(upstream.asked) == before


def test_a_body_that_comes_too_slowly_is_cut_off_and_holds_no_upstream(running: Running, upstream: Upstream) -> None:
    before = len(upstream.asked)
    head = b"POST /things/v1/thing HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain\r\ncontent-length: 1000\r\n\r\n"
    assert slowly(running, head, b"b").startswith(b"HTTP/1.1 408")
    assert len(upstream.asked) == before


def slowly(running: Running, head: bytes, piece: bytes) -> bytes:
    """What is answered to who sends a head, and then a piece now and then."""
    host, port = running.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=0.05) as connection:
        connection.sendall(head)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if answer := connection.recv(65_536):
                    return answer
                break
            except TimeoutError:
                connection.sendall(piece)
    return b""


def test_a_time_of_nothing_is_none(tmp_path: Path, upstream: Upstream) -> None:
    """Envoy would take 0 for never."""
    write(tmp_path, declared(upstream, timeouts={"head": "0 s"}))
    with pytest.raises(Invalid, match="head"):
        planned(Places(tmp_path, tmp_path / "data"))


def test_keys_in_plain_text_are_their_owners_alone(running: Running) -> None:
    issued = running.register.issue("shop", "gold")
    file = running.places.filter(ApiKey.kind())
    assert issued.text in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(running.places.folder.stat().st_mode) == 0o700


def test_envoy_starts_again_without_its_control_plane(tmp_path: Path, upstream: Upstream) -> None:
    """All that it needs is in its files: by a control plane that it must ask it would answer nothing."""
    with gateway(tmp_path, declared(upstream)) as running:
        places, url = running.places, running.url
    envoy = Envoy(places)
    envoy.start(1)
    try:
        assert httpx.get(f"{url}{THING}").status_code == 200
    finally:
        envoy.stop()
