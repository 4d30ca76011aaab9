"""The gateway as it is run, on one core, with the policies that a benchmark asks for."""

from __future__ import annotations

import http.client
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from benchmarks.gateway.origin import origin
from benchmarks.gateway.wrk import PROXY_CORE, pin
from benchmarks.live import free_port
from trunkline.gateway.control import Control
from trunkline.gateway.envoy.admin import Admin
from trunkline.gateway.places import Places

ISSUER = "https://id.example.net"
AUDIENCE = "https://api.example.net"
THING = "/things/v1/thing/7"


class Ours(NamedTuple):
    """Where it answers, Envoy's process, its files, a token that it takes, and how to sign others."""

    url: str
    pid: int
    places: Places
    token: str
    sign: Callable[..., str]


@contextmanager
def gateway(folder: Path, origin: int, policies: Sequence[dict[str, Any]], takes: Any = None) -> Iterator[Ours]:
    """It runs with these policies on one operation, `THING`: GET, or POST of bodies by the schema `takes`."""
    key = RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256", "use": "sig"})
    (folder / "jwks.json").write_text(json.dumps(KeySet([key]).as_dict(private=False)))
    port = free_port()
    _write(folder, port, origin, policies, takes)
    with run(folder) as (places, pid):
        pin(pid, PROXY_CORE)
        sign = partial(_token, key)
        yield Ours(f"http://127.0.0.1:{port}{THING}", pid, places, sign(), sign)


@contextmanager
def both(
    policies: Sequence[dict[str, Any]], others: Sequence[dict[str, Any]], takes: Any = None
) -> Iterator[tuple[Ours, Ours]]:
    """Two gateways before one origin: with these policies, and with the others."""
    with tempfile.TemporaryDirectory() as name, origin(Path(name)) as behind:
        one, other = Path(name) / "one", Path(name) / "other"
        one.mkdir()
        other.mkdir()
        with gateway(one, behind, policies, takes) as first, gateway(other, behind, others, takes) as second:
            yield first, second


def until(ours: Ours, headers: Mapping[str, str], status: int) -> None:
    """Ask, with these headers, until the answer has this status."""
    host = ours.url.removeprefix("http://").removesuffix(THING)
    with closing(http.client.HTTPConnection(host, timeout=10)) as connection:
        while True:
            connection.request("GET", THING, headers=dict(headers))
            answer = connection.getresponse()
            answer.read()
            if answer.status == status:
                return


@contextmanager
def run(folder: Path) -> Iterator[tuple[Places, int]]:
    """The gateway of a folder, until it is left: its files, and Envoy's process."""
    places, stop = Places(folder, folder / "data"), threading.Event()
    thread = threading.Thread(target=Control(places).run, args=(stop,))
    thread.start()
    try:
        while not Admin(places.admin).is_live():
            if not thread.is_alive():
                raise RuntimeError("the gateway does not start")
            time.sleep(0.02)
        yield places, _envoy(places)
    finally:
        stop.set()
        thread.join()


def _write(folder: Path, port: int, origin: int, policies: Sequence[dict[str, Any]], takes: Any) -> None:
    issuer = {"issuer": ISSUER, "keys": "jwks.json", "audiences": [AUDIENCE], "tier_claim": "tier"}
    body = {"requestBody": {"content": {"application/json": {"schema": takes}}}} if takes else {}
    files = {
        "gateway.yaml": {
            "listen": f"127.0.0.1:{port}",
            "upstreams": {"things": {"addresses": [f"127.0.0.1:{origin}"]}},
            "issuers": {"ours": issuer},
            "tiers": {"gold": "1000000 per second"},
        },
        "things/policies.yaml": {"upstream": "things", "policies": list(policies)},
        "things/openapi.yaml": {
            "openapi": "3.1.0",
            "info": {"title": "Things", "version": "1"},
            "servers": [{"url": "/things/v1"}],
            "paths": {
                "/thing/{id}": {
                    "post" if takes else "get": {
                        "operationId": "call",
                        "summary": "One thing",
                        "x-classification": "public",
                        "parameters": [{"name": "id", "in": "path", "required": True}],
                        "responses": {"200": {"description": "it"}, "default": {"description": "an error"}},
                        **body,
                    }
                }
            },
        },
    }
    for name, content in files.items():
        path = folder / "apis" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False))


def _token(key: RSAKey, **more: str) -> str:
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "crm",
        "client_id": "crm",
        "tier": "gold",
        "scope": "thing:read",
        **more,
    }
    return jwt.encode({"alg": "RS256", "kid": "one"}, {**claims, "exp": int(time.time()) + 3_600}, key)


def _envoy(places: Places) -> int:
    """The process that was started with the gateway's configuration."""
    configuration = str(places.bootstrap).encode()
    for folder in Path("/proc").iterdir():
        with suppress(OSError):  # a process that has ended meanwhile
            if folder.name.isdecimal() and configuration in (folder / "cmdline").read_bytes().split(b"\0"):
                return int(folder.name)
    raise RuntimeError("there is no Envoy")
