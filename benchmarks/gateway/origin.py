"""What is behind the proxies: another Envoy that answers from memory, so that it is never what is waited for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.gateway.wrk import LOAD_CORE, pin
from benchmarks.live import free_port
from benchmarks.streams.process import running
from tests.servers.process import answers
from trunkline.gateway.envoy.program import program
from trunkline.gateway.policies.policy import TYPE

BODY = json.dumps({"id": "7", "href": "/things/v1/thing/7", "name": "x" * 400})


@contextmanager
def origin(folder: Path) -> Iterator[int]:
    """Its port."""
    port = free_port()
    configuration = folder / "origin.json"
    configuration.write_text(json.dumps(_configuration(port)))
    command = [str(program()), "-c", str(configuration), "--concurrency", "1", "--disable-hot-restart", "-l", "error"]
    with running(command, folder / "origin.log") as process:
        process.wait_until(lambda: answers(port))
        pin(process.pid, LOAD_CORE)
        yield port


def _configuration(port: int) -> dict[str, object]:
    headers = {"content-type": "application/json", "cache-control": "public, max-age=3600"}
    added = [{"header": {"key": name, "value": value}} for name, value in headers.items()]
    answer = {"status": 200, "body": {"inline_string": BODY}}
    routes = [{"match": {"prefix": "/"}, "direct_response": answer, "response_headers_to_add": added}]
    router = {"@type": f"{TYPE}extensions.filters.http.router.v3.Router"}
    http = {
        "@type": f"{TYPE}extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "origin",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]},
        "http_filters": [{"name": "router", "typed_config": router}],
    }
    listener = {
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [{"filters": [{"name": "http", "typed_config": http}]}],
    }
    return {"static_resources": {"listeners": [listener]}}
