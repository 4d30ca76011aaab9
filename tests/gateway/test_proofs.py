"""The long proofs: hundreds of changes, certificates that rotate, upstreams that are killed, all under load; no request
fails."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.authority import Authority
from tests.gateway.running import Running, eventually, free_port, gateway, load, openapi
from tests.gateway.upstream import serving
from tests.servers.process import answers

pytestmark = pytest.mark.prove
OPEN = {"kind": "open", "reason": "a proof of changes, not of callers"}
CHANGES = 500
ROTATIONS = 40
KILLS = 6


def test_no_request_fails_in_hundreds_of_changes(tmp_path: Path) -> None:
    with serving() as upstream:
        files = {
            "gateway.yaml": {
                "upstreams": {"things": {"addresses": [f"127.0.0.1:{upstream.port}"], "health": "/healthz"}}
            },
            "things/openapi.yaml": openapi("/things/v1", {"list": "GET /thing"}),
            "things/policies.yaml": {"upstream": "things", "policies": [OPEN]},
        }
        with gateway(tmp_path, files) as running, load(f"{running.url}/things/v1/thing") as seen:
            for turn in range(CHANGES):
                breaker = {"kind": "circuit-breaker", "connections": 100 + turn % 7}
                set_ = {"kind": "headers", "set_response": {"x-turn": str(turn)}}
                running.write("things/policies.yaml", {"upstream": "things", "policies": [OPEN, breaker, set_]})
                assert running.call("/things/v1/thing").headers["x-turn"] == str(turn)
            assert not any(running.admin.stats("update_rejected").values())
    assert set(seen) == {"200"}, seen


def test_no_request_fails_while_certificates_rotate(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    authority.issue("gateway")
    with serving() as upstream:
        files = {
            "gateway.yaml": {
                "tls": {"certificate": "gateway.pem", "key": "gateway.key"},
                "upstreams": {"things": {"addresses": [f"127.0.0.1:{upstream.port}"]}},
            },
            "things/openapi.yaml": openapi("/things/v1", {"list": "GET /thing"}),
            "things/policies.yaml": {"upstream": "things", "policies": [OPEN]},
        }
        trusting = authority.trusting()
        with ExitStack() as stack:
            running = stack.enter_context(gateway(tmp_path, files, verify=trusting))
            seen = stack.enter_context(load(f"{running.url}/things/v1/thing", trusting, anew=True))
            for _ in range(ROTATIONS):
                before = shown(running)
                authority.issue("gateway")
                eventually(lambda before=before: shown(running) != before)
    assert set(seen) == {"200"}, seen


def test_no_request_fails_when_one_of_three_upstreams_is_killed(tmp_path: Path) -> None:
    ports = [free_port() for _ in range(3)]
    policies = [
        OPEN,
        {"kind": "retry", "times": 3, "on": ["connect-failure", "refused-stream", "reset"]},
        {"kind": "outlier", "failures": 2, "pause": "1 s"},
    ]
    files = {
        "gateway.yaml": {
            "upstreams": {"things": {"addresses": [f"127.0.0.1:{port}" for port in ports], "health": "/healthz"}}
        },
        "things/openapi.yaml": openapi("/things/v1", {"list": "GET /thing"}),
        "things/policies.yaml": {"upstream": "things", "policies": policies},
    }
    with ExitStack() as stack:
        servers = [stack.enter_context(server(port)) for port in ports]
        with gateway(tmp_path, files) as running, load(f"{running.url}/things/v1/thing") as seen:
            eventually(lambda: seen["200"] > 50)
            for turn in range(KILLS):
                which = turn % 3
                os.kill(servers[which].pid, signal.SIGKILL)
                servers[which].wait()
                so_far = seen["200"]
                eventually(lambda so_far=so_far: seen["200"] > so_far + 100)
                servers[which] = stack.enter_context(server(ports[which]))
                eventually(lambda: running.admin.stats(r"^cluster\.things.*membership_healthy$").popitem()[1] == 3)
    assert set(seen) == {"200"}, seen


@contextmanager
def server(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """An upstream as a process of its own, which can be killed."""
    command = [sys.executable, "-m", "tests.gateway.upstream", str(port)]
    with subprocess.Popen(command) as process:
        try:
            eventually(lambda: answers(port))
            yield process
        finally:
            process.kill()


def shown(running: Running) -> str:
    """The certificate that the gateway shows to who connects now."""
    host, port = running.url.removeprefix("https://").split(":")
    return ssl.get_server_certificate((host, int(port)))
