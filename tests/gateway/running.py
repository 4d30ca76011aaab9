"""A gateway that runs: the operator's files in a temporary folder, the control plane in a thread, the real Envoy."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.components import need
from trunkline.gateway.control import Control
from trunkline.gateway.credentials import Register
from trunkline.gateway.decisions import Decision, Unknown, why
from trunkline.gateway.envoy.admin import Admin
from trunkline.gateway.places import Places

PATIENCE = 60.0


@dataclass
class Running:
    """A running gateway, and how to call it and to change its files."""

    places: Places
    url: str
    client: httpx.Client

    def call(self, path: str, method: str = "GET", **more: Any) -> httpx.Response:
        return self.client.request(method, f"{self.url}{path}", **more)

    @property
    def admin(self) -> Admin:
        return Admin(self.places.admin)

    @property
    def register(self) -> Register:
        return Register(self.places)

    def revision(self) -> str:
        return json.loads(self.places.status.read_text())["revision"]

    def status(self) -> dict[str, Any]:
        return json.loads(self.places.status.read_text())

    def write(self, name: str, content: Any) -> None:
        """Change a file of `apis/`, and wait until the gateway has taken it up, or refused to."""
        write(self.places.project, {name: content})
        written = datetime.now(UTC)
        (self.places.project / "apis" / name).touch()  # it is looked at once more, from now on, with what was written
        eventually(lambda: datetime.fromisoformat(self.status()["looked"]) >= written)

    def why(self, response: httpx.Response) -> Decision:
        """The decision on a request, as soon as the access log has it."""
        found: list[Decision] = []

        def is_found() -> bool:
            try:
                found.append(why(self.places, response.headers["x-request-id"]))
            except Unknown:
                return False
            return True

        eventually(is_found)
        return found[0]


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


@contextmanager
def load(
    url: str, verify: ssl.SSLContext | bool = True, anew: bool = False, pause: float = 0.0
) -> Iterator[Counter[str]]:
    """Requests on two connections, or on a new one each, `pause` seconds apart; counts what became of them."""
    seen: Counter[str] = Counter()
    stop = threading.Event()

    def ask() -> None:
        client = httpx.Client(timeout=20, verify=verify)
        while not stop.wait(pause):
            try:
                seen[str(client.get(url).status_code)] += 1
            except httpx.TransportError as error:
                seen[repr(error)] += 1
            if anew:
                client.close()
                client = httpx.Client(timeout=20, verify=verify)
        client.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write(project: Path, files: Mapping[str, Any]) -> None:
    """Files of `apis/` by name; what is not text is written as YAML."""
    for name, content in files.items():
        path = project / "apis" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".new")
        beside.write_text(content if isinstance(content, str) else yaml.dump(content, Dumper=_Plain, sort_keys=False))
        beside.replace(path)


class _Plain(yaml.SafeDumper):
    """Writes a value that is there twice out twice: the operator's YAML has no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def openapi(base: str, operations: Mapping[str, str], **extra: Mapping[str, Any]) -> dict[str, Any]:
    """An OpenAPI document of operations: `{"listThing": "GET /thing"}`; `extra` is more of an operation by its id."""
    paths: dict[str, Any] = {}
    for id, said in operations.items():
        method, path = said.split(" ")
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        paths.setdefault(path, {})[method.lower()] = {
            "operationId": id,
            "summary": id,
            "parameters": [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
            ],
            "responses": {"200": {"description": "done"}, "default": {"description": "an error"}},
            **extra.get(id, {}),
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": base, "version": "1"},
        "servers": [{"url": f"https://api.example.net{base}"}],
        "paths": paths,
    }


@contextmanager
def gateway(project: Path, files: Mapping[str, Any], verify: Any = True, store: str = "") -> Iterator[Running]:
    """Run a gateway by `files`, whose `gateway.yaml` lacks only `listen`, on the store at the URL `store`."""
    need("Envoy")
    address = f"127.0.0.1:{free_port()}"
    said = {"listen": address, **files["gateway.yaml"]}
    write(project, {**files, "gateway.yaml": said})
    places = Places(project, project / "data", store)
    places.data.mkdir(exist_ok=True)
    stop = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            Control(places).run(stop)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    scheme = "https" if "tls" in said else "http"
    with httpx.Client(verify=verify, timeout=PATIENCE) as client:
        try:
            eventually(lambda: bool(failures) or Admin(places.admin).is_live())
            if failures:
                raise failures[0]
            yield Running(places, f"{scheme}://{address}", client)
        finally:
            stop.set()
            thread.join()
    assert not failures


__all__ = ["Running", "eventually", "free_port", "gateway", "openapi", "write"]
