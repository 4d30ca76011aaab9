"""A change of one API while the gateway runs, with a few APIs and with a thousand of ten operations each: how soon it
holds after Envoy was told, and after its file was saved; how long all of them take to load, and what they weigh."""

from __future__ import annotations

import http.client
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from benchmarks.gateway.origin import origin
from benchmarks.gateway.ours import AUDIENCE, ISSUER, run
from benchmarks.headline import Headline
from benchmarks.live import free_port
from trunkline.gateway.control import check

FEW, MANY, CHANGES = 10, 1_000, 20
METHODS = ("get", "put", "patch", "delete", "post")
CHAIN = [
    {"kind": "jwt", "issuer": "ours"},
    {"kind": "tier", "allowed": ["gold", "silver"]},
    {"kind": "scopes", "any_of": ["thing.read", "thing.write"]},
    {"kind": "rate-limit", "limit": "1000 per second"},
]
OPEN = {"kind": "open", "reason": "what is measured is the change alone"}


def main() -> Iterator[Headline]:
    for apis in (FEW, MANY):
        with tempfile.TemporaryDirectory() as name:
            yield from _headlines(Path(name), apis)


def _headlines(folder: Path, apis: int) -> Iterator[Headline]:
    said = f"gateway of {apis:,} APIs, {apis * len(METHODS) * 2:,} operations"
    port = free_port()
    with origin(folder) as behind:
        _write(folder, port, behind, apis)
        began = time.perf_counter()
        assert check(folder, folder / "data") == []
        yield Headline(f"{said}: checked", "s", time.perf_counter() - began, lower_is_better=True)
        began = time.perf_counter()
        with run(folder) as (places, pid):
            yield Headline(f"{said}: from nothing to answering", "s", time.perf_counter() - began, lower_is_better=True)
            yield Headline(f"{said}: Envoy's memory", "MB", _resident(pid), lower_is_better=True)
            told, saved = [], []
            for turn in range(CHANGES):
                began = time.time()
                _policies(folder, {"kind": "headers", "set_response": {"x-turn": str(turn)}})
                _until(port, str(turn))
                now = time.time()
                told.append((now - places.routes.stat().st_ctime) * 1_000)  # when it was renamed
                saved.append((now - began) * 1_000)
    yield Headline(
        f"{said}: a change holds after Envoy was told, p50", "ms", statistics.median(told), lower_is_better=True
    )
    yield Headline(f"{said}: …, p95", "ms", _p95(told), target=50, lower_is_better=True)
    yield Headline(f"{said}: … after its file was saved, p50", "ms", statistics.median(saved), lower_is_better=True)
    yield Headline(f"{said}: …, p95", "ms", _p95(saved), lower_is_better=True)


def _p95(found: list[float]) -> float:
    return statistics.quantiles(found, n=20)[-1]


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1_000


def _write(folder: Path, port: int, behind: int, apis: int) -> None:
    _file(folder, "gateway.yaml", {
        "listen": f"127.0.0.1:{port}",
        "upstreams": {"things": {"addresses": [f"127.0.0.1:{behind}"]}},
        "issuers": {"ours": {"issuer": ISSUER, "keys": "jwks.json", "audiences": [AUDIENCE], "tier_claim": "tier"}},
        "tiers": {"gold": "1000 per second", "silver": "100 per second"},
    })  # fmt: skip
    for number in range(apis):
        name = f"api-{number:04}"
        _file(folder, f"{name}/openapi.yaml", _openapi(name))
        _file(folder, f"{name}/policies.yaml", {"upstream": "things", "policies": CHAIN})
    _policies(folder)


def _policies(folder: Path, *more: dict[str, Any]) -> None:
    """Of the API that changes."""
    _file(folder, "api-0000/policies.yaml", {"upstream": "things", "policies": [OPEN, *more]})


def _openapi(name: str) -> dict[str, Any]:
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    answers = {"200": {"description": "done"}, "default": {"description": "an error"}}
    paths = {
        f"/{kind}/{{id}}": {
            method: {
                "operationId": f"{method}-{kind}",
                "summary": kind,
                "parameters": [parameter],
                "responses": answers,
            }
            for method in METHODS
        }
        for kind in ("thing", "part")
    }
    info = {"title": name, "version": "1"}
    return {"openapi": "3.1.0", "info": info, "servers": [{"url": f"/{name}/v1"}], "paths": paths}


class _Plain(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _file(folder: Path, name: str, content: Any) -> None:
    path = folder / "apis" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(yaml.dump(content, Dumper=_Plain, sort_keys=False))
    beside.replace(path)


def _until(port: int, turn: str) -> None:
    """Ask until the answer comes by the new policies."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while True:
        connection.request("GET", "/api-0000/v1/thing/7")
        answer = connection.getresponse()
        answer.read()
        if answer.headers.get("x-turn") == turn:
            break
        time.sleep(0.001)
    connection.close()
